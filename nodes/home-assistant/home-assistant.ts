import { join } from 'node:path';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { HomeAssistantBridge } from '../../src/home-assistant/bridge.js';
import { eventIn, missIn, reportIn } from '../../src/home-assistant/incoming.js';
import { loadMemory, saveMemory } from '../../src/home-assistant/memory-file.js';
import type { MqttMessage } from '../../src/home-assistant/mqtt-message.js';
import { topicProblem, type HomeAssistantOptions } from '../../src/home-assistant/options.js';
import { readShownPlates } from '../../src/home-assistant/shown-plates.js';
import { connectionNews } from '../../src/node-red/connection-news.js';
import { AlprNodeError, describeValue, toError } from '../../src/node-red/errors.js';
import { handleInput } from '../../src/node-red/handle-input.js';
import { cameraOf, frameOf, type AlprMessage } from '../../src/node-red/message.js';
import { packageVersion } from '../../src/node-red/package-version.js';
import { SettingsError, SettingsReader } from '../../src/node-red/settings.js';
import { count, StatusLine } from '../../src/node-red/status.js';

const TICK_MS = 5000;
const SAVE_MS = 2000;
const START_MS = 5000;
/** Events are small: a burst of them waits rather than being refused. */
const QUEUE_LIMIT = 1000;

/** Plate events as MQTT messages that Home Assistant finds by itself: one device per camera. */
export = function (RED: NodeAPI): void {
  function HomeAssistant(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    const { options, problem } = readOptions(config);
    const { userDir } = RED.settings as { userDir?: string };
    // A Node-RED without such a folder (embedded in another program) remembers for as long as it runs.
    const file = userDir === undefined ? undefined : join(userDir, 'alpr-home-assistant', `${this.id}.json`);
    const status = new StatusLine(this);
    let bridge = new HomeAssistantBridge(options);
    let closed = false;
    let saveTimer: NodeJS.Timeout | undefined;

    const save = async (): Promise<void> => {
      clearTimeout(saveTimer);
      saveTimer = undefined;
      if (file === undefined) return;
      try {
        await saveMemory(file, bridge.memory);
      } catch (thrown) {
        this.warn(`Expected to keep ${file} but received ${toError(thrown).message}: entities that go may stay behind`);
      }
    };
    const toSave = (): void => {
      saveTimer ??= setTimeout(() => void save(), SAVE_MS);
    };
    const describe = (): string => count(bridge.size, 'camera');
    /** What no message asked for. */
    const sendNow = (messages: MqttMessage[]): void => {
      if (closed || messages.length === 0) return;
      toSave();
      this.send([messages.map((message) => ({ ...message }))]);
    };

    const loaded = (async () => {
      if (problem !== undefined) return;
      try {
        bridge = new HomeAssistantBridge(options, file === undefined ? undefined : await loadMemory(file));
      } catch (thrown) {
        this.warn(`Expected to read ${file} but received ${toError(thrown).message}`);
      }
      status.idle(bridge.size === 0 ? 'no camera yet' : describe());
    })();
    const { events } = RED as unknown as { events: NodeJS.EventEmitter };
    const start = (): void => {
      events.off('flows:started', start);
      clearTimeout(startTimer);
      if (problem === undefined) void loaded.then(() => sendNow(bridge.start()));
    };
    const startTimer = setTimeout(start, START_MS);
    events.on('flows:started', start);
    const ticker = setInterval(() => sendNow(bridge.tick(Date.now())), TICK_MS);

    /** What a message gives, by what it is. */
    const messagesOf = (msg: AlprMessage): MqttMessage[] => {
      const { payload, topic } = msg;
      const news = connectionNews(msg);
      if (news !== undefined) return news === true ? bridge.announce() : [];
      if (msg['error'] !== undefined && eventIn(payload) === undefined) return bridge.ended(cameraOf(msg));
      if (topic === `${options.prefix}/status`) return String(payload) === 'online' ? bridge.born() : [];
      switch (msg['action']) {
        case 'announce':
          return bridge.announce();
        case 'remove':
          return bridge.remove(payload === undefined || payload === '' ? undefined : String(payload));
        case 'migrate':
          return bridge.migrate(oldTopics(payload));
      }
      const event = eventIn(payload);
      if (event !== undefined) return bridge.event(event, Date.now());
      const report = reportIn(payload);
      if (report !== undefined) return bridge.report(report);
      const miss = missIn(payload);
      if (miss !== undefined) return bridge.miss(miss);
      const frame = frameOf(msg);
      if (frame !== undefined) return bridge.frame(frame.cameraId, millisecondsOf(msg.timings), Date.now());
      throw new AlprNodeError(
        'ALPR_EVENT',
        `Expected a plate event, a miss, a frame, a camera's report or news of the broker but received ${describeValue(payload)}`,
      );
    };

    handleInput(
      this,
      async (msg, context) => {
        await loaded;
        const messages = messagesOf(msg);
        if (messages.length > 0) toSave();
        context.report(describe());
        return messages.length === 0 ? null : [messages.map((message) => ({ ...message }))];
      },
      {
        status,
        problem,
        // Announced before its first state.
        concurrency: 1,
        queueLimit: QUEUE_LIMIT,
        control: (msg) => {
          if (msg.complete !== true || problem !== undefined) return null;
          const messages = bridge.ended(cameraOf(msg));
          return messages.length === 0 ? null : [messages.map((message) => ({ ...message }))];
        },
        onClose: async () => {
          closed = true;
          events.off('flows:started', start);
          clearTimeout(startTimer);
          clearInterval(ticker);
          if (saveTimer !== undefined) await save();
        },
      },
    );
  }
  RED.nodes.registerType('alpr-home-assistant', HomeAssistant);
};

function readOptions(config: object): { options: HomeAssistantOptions; problem: Error | undefined } {
  const read = new SettingsReader(config);
  const problems: string[] = [];
  const topic = (name: string, fallback: string): string => {
    const text = read.text(name) || fallback;
    const wrong = topicProblem(text);
    if (wrong !== undefined)
      problems.push(`Expected a topic for ${name} but received ${describeValue(text)}: ${wrong}`);
    return text;
  };
  const prefix = topic('prefix', 'homeassistant');
  const base = topic('base', 'plateflow');
  const { plates, problem } = readShownPlates(read.text('plates'));
  if (problem !== undefined) problems.push(`Expected ${problem} for plates but received something else`);
  const options: HomeAssistantOptions = {
    prefix,
    base,
    availability: `${base}/status`,
    retain: read.flag('retain', true),
    lastPlate: read.flag('lastPlate', true),
    images: read.flag('images', true),
    readsToday: read.flag('readsToday', true),
    diagnostics: read.flag('diagnostics', true),
    plates,
    seenSeconds: read.number('seenSeconds', 60, { min: 1, max: 86_400 }),
    silenceMs: 1000 * read.number('silenceSeconds', 60, { min: 5, max: 86_400 }),
    reportMs: 1000 * read.number('reportSeconds', 60, { min: 1, max: 86_400 }),
    version: packageVersion(),
  };
  if (read.error !== undefined) problems.push(read.error.message);
  const error = problems.length === 0 ? undefined : new SettingsError(problems);
  return { options, problem: error };
}

function oldTopics(payload: unknown): string[] {
  const list = Array.isArray(payload) ? payload : [payload];
  const isTopic = (topic: unknown): topic is string => typeof topic === 'string' && topicProblem(topic) === undefined;
  if (list.length > 0 && list.every(isTopic)) return list;
  throw new AlprNodeError(
    'ALPR_EVENT',
    `Expected the old discovery topics as payload of migrate but received ${describeValue(payload)}`,
  );
}

/** All stages of a frame together, decoding and drawing left out: they are not what is worth a faster device. */
function millisecondsOf(timings: AlprMessage['timings']): number {
  if (typeof timings !== 'object' || timings === null) return 0;
  let sum = 0;
  for (const [stage, ms] of Object.entries(timings)) {
    if (stage !== 'decode' && stage !== 'overlay' && Number.isFinite(ms)) sum += ms;
  }
  return sum;
}

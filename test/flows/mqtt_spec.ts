import assert from 'node:assert/strict';
import fs from 'node:fs';
import type { PlateEvent } from '../../src/events/plate-event.js';
import { PretendedHomeAssistant } from '../support/home-assistant-rules.js';
import { mosquittoMissing, startBroker, type Broker } from '../support/mosquitto.js';
import { startNodeRed, type NodeRedProcess } from '../support/node-red-process.js';
import { brokerNodes, entrance, Listener, makeUserDirectory, outboxNodes, statusWatch, until } from './mqtt-flow.js';
import type { FlowNode } from './recorded-flow.js';

const tab: FlowNode = { id: 'tab', type: 'tab', label: 'mqtt' };
const settings = { mqttReconnectTime: 300 };

describe('Over a real broker with TLS and login', function () {
  this.timeout(300_000);
  let broker: Broker;
  let nodeRed: NodeRedProcess | undefined;
  let folder = '';
  let listeners: Listener[] = [];

  before(function () {
    const missing = mosquittoMissing();
    if (missing !== undefined) {
      if (process.env['CI']) throw new Error(missing);
      console.log(`    skipped: ${missing}`);
      this.skip();
    }
  });
  beforeEach(async () => {
    folder = makeUserDirectory();
    // A new one each time: what is retained stays.
    broker = await startBroker();
  });
  afterEach(async () => {
    for (const listener of listeners) await listener.close();
    listeners = [];
    await nodeRed?.stop();
    nodeRed = undefined;
    await broker.remove();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  async function start(flow?: FlowNode[]): Promise<NodeRedProcess> {
    nodeRed = await startNodeRed({ userDirectory: folder, settings });
    if (flow !== undefined) await nodeRed.deploy(flow);
    return nodeRed;
  }
  async function listen(...topics: string[]): Promise<Listener> {
    const listener = await Listener.connect(broker, topics);
    listeners.push(listener);
    return listener;
  }
  async function post(body: object): Promise<Response> {
    return fetch(`${nodeRed!.url}in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
  }
  /** Until Node-RED says that it has it. What nobody confirmed is sent again, as a camera's flow after a restart would. */
  async function handOver(body: object): Promise<void> {
    await until(
      () =>
        post(body).then(
          ({ ok }) => ok,
          () => false,
        ),
      'Node-RED to take a message',
    );
  }
  async function statusOf(node: string): Promise<string> {
    const response = await fetch(`${nodeRed!.url}status`);
    return ((await response.json()) as Record<string, string>)[node] ?? '';
  }

  describe('the outbox', () => {
    const flow = (password?: string): FlowNode[] => [
      tab,
      ...brokerNodes(broker, password),
      ...outboxNodes(),
      ...entrance('outbox', 'outbox'),
      ...statusWatch(['outbox', 'mqtt-out']),
    ];
    const topic = 'plateflow/events';
    const event = (id: number): object => ({ topic, qos: 1, payload: { id, plate: `AB${id}CD` } });
    const ids = (listener: Listener): number[] =>
      listener.texts(topic).map((text) => (JSON.parse(text) as { id: number }).id);
    /** Ids in the order of their first arrival. */
    const once = (listener: Listener): number[] => [...new Set(ids(listener))];
    const upTo = (count: number): number[] => [...Array(count).keys()];

    it('delivers in order, and leaves nothing on the disk', async () => {
      const listener = await listen(topic);
      await start(flow());
      await Promise.all(upTo(300).map(async (id) => handOver(event(id))));
      await until(() => once(listener).length === 300, 'all events');
      // They were handed over at the same time; none is there twice or missing.
      assert.deepEqual(
        ids(listener).sort((a, b) => a - b),
        upTo(300),
      );
      await until(async () => (await statusOf('outbox')) === '300 delivered', 'the status of an empty outbox');
      assert.deepEqual(fs.readdirSync(`${folder}/alpr-outbox/outbox`), ['lock']);
      assert.deepEqual(nodeRed!.errors(), []);
    });

    it('loses nothing and keeps the order while broker and Node-RED are killed and restarted', async () => {
      const listener = await listen(topic);
      await start(flow());
      const restartNodeRed = async (signal: NodeJS.Signals): Promise<void> => {
        const { pid } = nodeRed!;
        process.kill(pid, signal);
        await nodeRed!.stop();
        await start();
      };
      const trouble: Record<number, () => Promise<void>> = {
        20: () => broker.stop('SIGKILL'),
        40: () => broker.start(),
        60: () => restartNodeRed('SIGKILL'),
        80: () => broker.stop(),
        100: () => restartNodeRed('SIGKILL'),
        120: () => broker.start(),
        140: () => restartNodeRed('SIGTERM'),
        150: async () => {
          await broker.stop('SIGKILL');
          await restartNodeRed('SIGKILL');
          await broker.start();
        },
      };
      const count = 180;
      for (const id of upTo(count)) {
        await trouble[id]?.();
        await handOver(event(id));
      }
      await until(
        () => once(listener).length === count,
        () => `${count} events but ${once(listener).length} came`,
      );
      assert.deepEqual(once(listener), upTo(count));
      await until(() => fs.readdirSync(`${folder}/alpr-outbox/outbox`).join() === 'lock', 'an empty folder');
      // Nothing that was settled comes again.
      const arrived = ids(listener).length;
      await restartNodeRed('SIGKILL');
      await handOver(event(count));
      await until(() => once(listener).length === count + 1, 'one more');
      assert.equal(ids(listener).length, arrived + 1);
    });

    it('keeps a burst of 10 000 events during an outage, and delivers all of them', async () => {
      const burst = [
        { id: 'burst', type: 'inject', z: 'tab', props: [], repeat: '', once: false, wires: [['make']] },
        {
          ...{ id: 'make', type: 'function', z: 'tab', outputs: 1, wires: [['outbox']] },
          func: `for (let id = 0; id < 10000; id++) node.send({ topic: ${JSON.stringify(topic)}, qos: 1, payload: { id } });`,
        },
      ];
      const listener = await listen(topic);
      await start([...flow(), ...burst]);
      await until(async () => (await statusOf('mqtt-out')).endsWith('.connected'), 'a connection');
      await broker.stop();
      await until(async () => !(await statusOf('mqtt-out')).endsWith('.connected'), 'no connection');
      await fetch(`${nodeRed!.url}inject/burst`, { method: 'POST' });
      await until(async () => (await statusOf('outbox')) === 'offline: 10000', 'all kept');
      await broker.start();
      await until(
        () => once(listener).length === 10_000,
        () => `10000 events but ${once(listener).length} came`,
      );
      assert.deepEqual(once(listener), upTo(10_000));
      assert.deepEqual(nodeRed!.errors(), []);
    });

    it('shows that the broker refuses the password, and keeps what it has until that is put right', async () => {
      const listener = await listen(topic);
      await start(flow('wrong'));
      await handOver(event(0));
      await until(() => nodeRed!.log().includes('Connection failed to broker'), 'a line in the log');
      await until(async () => (await statusOf('outbox')) === 'offline: 1', 'offline in the status');
      assert.deepEqual(ids(listener), []);
      await nodeRed!.deploy(flow());
      await until(() => once(listener).length === 1, 'the event');
    });

    it('gives up a message on a topic that MQTT does not allow, and delivers those behind it', async () => {
      const listener = await listen(topic);
      const nodes = [
        ...flow().map((node) => (node.id === 'outbox' ? { ...node, maxUnanswered: 2, answerSeconds: 1 } : node)),
      ];
      await start(nodes);
      await until(async () => (await statusOf('mqtt-out')).endsWith('.connected'), 'a connection');
      await handOver({ ...event(0), topic: 'gate #1' });
      await handOver(event(1));
      await until(() => once(listener).length === 1, 'the event behind it');
      await until(async () => (await statusOf('outbox')).includes('1 lost'), 'the loss in the status');
      assert.match(nodeRed!.log(), /A message was not delivered: no answer although the connection stands/);
    });
  });

  describe('Home Assistant', () => {
    const status = { topic: 'plateflow/status', qos: '1', retain: 'true' };
    const lastWill = {
      ...{ birthTopic: status.topic, birthPayload: 'online', birthQos: status.qos, birthRetain: status.retain },
      ...{ closeTopic: status.topic, closePayload: 'offline', closeQos: status.qos, closeRetain: status.retain },
      ...{ willTopic: status.topic, willPayload: 'offline', willQos: status.qos, willRetain: status.retain },
      ...{ birthMsg: {}, closeMsg: {}, willMsg: {} },
    };
    const flow = (own: object = {}): FlowNode[] => [
      tab,
      ...brokerNodes(broker, undefined, lastWill),
      { id: 'ha', type: 'alpr-home-assistant', z: 'tab', name: '', ...own, wires: [['outbox']] },
      ...outboxNodes({ latestRetained: true }),
      {
        ...{ id: 'birth', type: 'mqtt in', z: 'tab', name: '', topic: 'homeassistant/status', qos: '1' },
        ...{ datatype: 'auto-detect', broker: 'broker', nl: false, rap: true, rh: 0, inputs: 0, wires: [['ha']] },
      },
      ...entrance('ha', 'ha'),
    ];
    const event = (more: Partial<PlateEvent> & { images?: unknown } = {}): object => ({
      payload: {
        ...{
          version: 1,
          event: 'final',
          id: 'a',
          camera: 'gate',
          plate: 'AB12CD',
          normalised: 'AB12CD',
          confidence: 0.9,
        },
        ...{ characters: [], candidates: [], reads: 3, agreeing: 3, box: { x1: 0, y1: 0, x2: 9, y2: 9 } },
        ...{ firstSeen: 1, lastSeen: 2, frames: 3, ...more },
      },
    });
    const config = 'homeassistant/device/plateflow_gate/config';

    /** What somebody sees who comes to the broker now, once it holds. */
    async function newcomer(
      holds: (home: PretendedHomeAssistant) => boolean,
      wanted: string,
    ): Promise<PretendedHomeAssistant> {
      let home = new PretendedHomeAssistant();
      await until(async () => {
        const listener = await Listener.connect(broker, ['homeassistant/#', 'plateflow/#']);
        await new Promise((resolve) => setTimeout(resolve, 150));
        await listener.client.unsubscribeAsync(['homeassistant/#', 'plateflow/#']);
        await listener.close();
        home = new PretendedHomeAssistant();
        const configs = listener.arrivals.filter(({ topic }) => topic.endsWith('/config'));
        for (const arrival of [...configs, ...listener.arrivals]) home.take({ ...arrival, qos: 1 });
        return holds(home);
      }, wanted);
      return home;
    }

    it('finds camera, states and picture retained, hears events live, and sees Node-RED go and come', async () => {
      const jpeg = Buffer.from([0xff, 0xd8, 0, 1, 2, 254]);
      const live = await listen('plateflow/#', 'homeassistant/#');
      await start(flow());
      await handOver(event({ images: { plate: jpeg.toString('base64') } as never }));
      await until(() => live.texts('plateflow/gate/reads_today').length === 1, 'all states');
      const [heard] = live.texts('plateflow/gate/event').map((text) => JSON.parse(text) as Record<string, unknown>);
      assert.deepEqual([heard!['event_type'], heard!['plate'], heard!['id']], ['final', 'AB12CD', 'a']);
      assert.ok(
        live.arrivals.findIndex(({ topic }) => topic === config) <
          live.arrivals.findIndex(({ topic }) => topic.includes('/gate/')),
      );
      const home = await newcomer(({ retained }) => retained.has('plateflow/gate/reads_today'), 'retained states');
      assert.deepEqual(home.problems, []);
      assert.ok(home.entities.has('plateflow_gate/last_plate_image'));
      assert.deepEqual(home.retained.get('plateflow/gate/last_plate/image'), jpeg);
      assert.equal(String(home.retained.get('plateflow/gate/last_plate')), 'AB12CD');
      assert.equal(home.retained.has('plateflow/gate/event'), false);
      assert.equal(String(home.retained.get('plateflow/status')), 'online');
      // Its end is the broker's to tell.
      process.kill(nodeRed!.pid, 'SIGKILL');
      await newcomer(({ retained }) => String(retained.get('plateflow/status')) === 'offline', 'the last will');
      await nodeRed!.stop();
      await start();
      await newcomer(({ retained }) => String(retained.get('plateflow/status')) === 'online', 'the birth message');
    });

    it('is told everything again when it starts', async () => {
      const live = await listen('homeassistant/#');
      await start(flow());
      await handOver(event());
      await until(() => live.texts(config).length === 1, 'the announcement');
      await live.client.publishAsync('homeassistant/status', 'offline', { qos: 1 });
      await live.client.publishAsync('homeassistant/status', 'online', { qos: 1 });
      await until(() => live.texts(config).length === 2, 'the announcement again');
      assert.equal(new Set(live.texts(config)).size, 1);
    });

    it('loses a plate’s sensor with the settings, and a camera with a message, also over a restart', async () => {
      await start(flow({ plates: 'AB12CD = Bakery' }));
      await handOver(event());
      const has = ({ entities }: PretendedHomeAssistant): boolean =>
        [...entities.values()].some(({ name }) => name === 'Bakery');
      await newcomer(has, 'the sensor');
      await nodeRed!.deploy(flow());
      // Who comes while the change is being told gets it live, not retained.
      await newcomer(
        (home) => home.entities.size > 0 && !has(home) && home.problems.length === 0,
        'no such sensor, and everything retained',
      );
      await nodeRed!.stop();
      await start();
      await handOver({ action: 'remove', payload: 'gate' });
      const gone = await newcomer(
        ({ retained }) => ![...retained.keys()].some((topic) => topic.includes('gate')),
        'nothing of the camera',
      );
      assert.equal(gone.entities.size, 0);
    });
  });
});

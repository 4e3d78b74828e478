import { resolve } from 'node:path';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { problemsText } from '../../src/lists/errors.js';
import type { Verdict } from '../../src/lists/gate.js';
import { readEntries } from '../../src/lists/json.js';
import { KnownPlates } from '../../src/lists/known-plates.js';
import { MAX_DISTANCE } from '../../src/lists/plate-list.js';
import { sightingOf } from '../../src/lists/sighting.js';
import { handleInput } from '../../src/node-red/handle-input.js';
import type { AlprMessage } from '../../src/node-red/message.js';
import { SettingsError, SettingsReader } from '../../src/node-red/settings.js';
import { StatusLine } from '../../src/node-red/status.js';

/** The output of each verdict; answers to control messages come out of the last one. */
const OUTPUTS: Readonly<Record<Verdict, number>> = { allowed: 0, alert: 1, 'not-allowed': 2 };
const ANSWERS = 3;

/** Plates are small: a burst of events waits rather than being refused. */
const QUEUE_LIMIT = 1000;

/** Says who may come in: plates of the list that are surely read, and nobody else. */
export = function (RED: NodeAPI): void {
  function PlateListNode(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    const read = new SettingsReader(config);
    const distance = (name: string, fallback: number): number =>
      read.number(name, fallback, { min: 0, max: MAX_DISTANCE });
    const { fileWorkingDirectory, userDir } = RED.settings as { fileWorkingDirectory?: string; userDir?: string };
    const folder = fileWorkingDirectory ?? userDir ?? '.';
    const path = (name: string): string => {
      const text = read.text(name);
      return text === '' ? '' : resolve(folder, text);
    };
    const dialog = entriesOf(config);
    const settings = {
      entries: dialog.entries,
      file: path('file'),
      store: path('store'),
      limits: {
        allow: distance('allowDistance', 0),
        alert: distance('alertDistance', 0.5),
        deny: distance('denyDistance', 0.5),
      },
      gate: {
        minReads: read.number('minReads', 2, { min: 1, max: 100, integer: true }),
        minConfidence: read.number('minConfidence', 0.8, { min: 0, max: 1 }),
        cooldownMs: 1000 * read.number('cooldownSeconds', 10, { min: 0, max: 86_400 }),
      },
    };
    const finalOnly = read.flag('finalOnly', true);
    const problem = read.error ?? dialog.error ?? sameFile(settings.file, settings.store);

    const status = new ListStatus(this);
    const counts: Record<Verdict, number> = { allowed: 0, alert: 0, 'not-allowed': 0 };
    const statusText = (): string => {
      const { text } = plates.health;
      const allowed = `${counts.allowed} allowed`;
      const whole = `${text}, ${allowed}`;
      if (counts.allowed + counts.alert + counts['not-allowed'] === 0) return text;
      return whole.length < 20 ? whole : `${plates.size}, ${allowed}`;
    };
    const plates = new KnownPlates(settings, (message) => {
      if (message !== undefined) this.error(message, { topic: 'list' });
      status.tell(plates, statusText());
    });
    status.waitingFor('reading the list');
    const started = problem === undefined ? plates.start() : undefined;
    if (dialog.problems !== undefined) this.warn(dialog.problems);

    handleInput(
      this,
      async (msg, context) => {
        await started;
        const { action } = msg;
        if (typeof action === 'string') {
          const payload = await plates.act(action, msg.payload ?? msg['plate']);
          context.report(statusText());
          const answer: (AlprMessage | null)[] = [null, null, null, null];
          answer[ANSWERS] = { ...msg, payload };
          return answer;
        }
        const sighting = sightingOf(msg);
        const passedOver = finalOnly && sighting.event !== undefined && sighting.event !== 'final';
        if (passedOver) {
          context.report(statusText());
          return null;
        }
        const known = plates.judge(sighting);
        counts[known.verdict]++;
        msg['known'] = known;
        const { payload } = msg;
        // A new object: other branches of the flow may hold the old one.
        if (typeof payload === 'object' && payload !== null && 'plate' in payload) msg.payload = { ...payload, known };
        context.report(statusText());
        const output: (AlprMessage | null)[] = [null, null, null, null];
        output[OUTPUTS[known.verdict]] = msg;
        return output;
      },
      {
        status,
        problem,
        // Adding to the list and looking it up happen in the order in which they were asked for.
        concurrency: 1,
        queueLimit: QUEUE_LIMIT,
        // The end of a source must open no gate: nothing of the kind is passed on.
        control: (msg) => {
          if (msg.reset === true) plates.forget();
          return null;
        },
        onClose: () => plates.close(),
      },
    );
  }
  RED.nodes.registerType('alpr-plate-list', PlateListNode);
};

/** A status line that stays red or yellow while the list is in trouble, whatever the messages do. */
class ListStatus extends StatusLine {
  #plates: KnownPlates | undefined;

  tell(plates: KnownPlates, text: string): void {
    this.#plates = plates;
    this.ok(text);
  }

  override ok(text: string): void {
    const health = this.#plates?.health;
    if (health?.level === 'failed') super.failed(health.text);
    else if (health?.level === 'partly') super.waitingFor(health.text);
    else super.ok(text);
  }
}

/** The entries of the flow. One that cannot be used (a flow written by hand) is named, the others are taken. */
function entriesOf(config: object): {
  entries: ReturnType<typeof readEntries>['entries'];
  problems?: string;
  error?: Error;
} {
  const given = (config as { entries?: unknown }).entries ?? [];
  if (!Array.isArray(given)) {
    return { entries: [], error: new SettingsError([`Expected a list for entries but received ${typeof given}`]) };
  }
  const { entries, problems } = readEntries(given);
  if (problems.length === 0) return { entries };
  const text = `Expected only good entries in the dialog but received ${problems.length} that cannot be used: `;
  return { entries, problems: text + problemsText(problems) };
}

/** The added plates would overwrite the list they are added to. */
function sameFile(file: string, store: string): SettingsError | undefined {
  if (file === '' || file !== store) return undefined;
  return new SettingsError(['Expected another file for added plates but received that of the list']);
}

import { resolve } from 'node:path';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { MAX_DISTANCE } from '../../src/lists/plate-list.js';
import { Parking, type News } from '../../src/parking/parking.js';
import { handleInput } from '../../src/node-red/handle-input.js';
import type { AlprMessage } from '../../src/node-red/message.js';
import { SettingsError, SettingsReader } from '../../src/node-red/settings.js';
import { StatusLine } from '../../src/node-red/status.js';

const PASSAGES = 0;
const IGNORED = 1;
const ANSWERS = 2;

/** Passages are small: a burst of them waits rather than being refused. */
const QUEUE_LIMIT = 1000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Files in use, by node: two nodes with one file would write over each other. */
const filesInUse = new Map<string, string>();

/** Knows who is inside: pairs what the entry saw with what the exit saw. */
export = function (RED: NodeAPI): void {
  function ParkingNode(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    const read = new SettingsReader(config);
    const { fileWorkingDirectory, userDir } = RED.settings as { fileWorkingDirectory?: string; userDir?: string };
    const file = read.text('file');
    const names = (name: string): string[] => namesOf(read.text(name));
    const settings = {
      entryCameras: names('entryCameras'),
      exitCameras: names('exitCameras'),
      capacity: read.optionalNumber('capacity', { min: 1, max: 100_000, integer: true }),
      distance: read.number('distance', 1, { min: 0, max: MAX_DISTANCE }),
      repeatMs: 1000 * read.number('repeatSeconds', 60, { min: 0, max: 3600 }),
      keepMs: DAY_MS * read.number('keepDays', 30, { min: 0, max: 3650 }),
      maxStayMs: DAY_MS * read.number('maxStayDays', 30, { min: 1, max: 3650 }),
      file: file === '' ? '' : resolve(fileWorkingDirectory ?? userDir ?? '.', file),
    };
    const problem = read.error ?? claim(settings.file, this.id);

    const parking = new Parking(settings);
    let trouble: string | undefined;
    const status = new ParkStatus(this, () => trouble);
    const statusText = (): string => {
      const { count, capacity } = parking.occupancy;
      return capacity === undefined ? `${count} inside` : `${count} of ${capacity} inside`;
    };
    const keep = async (): Promise<void> => {
      try {
        await parking.keep();
        trouble = undefined;
      } catch (thrown) {
        trouble = 'file not written';
        throw thrown;
      }
    };
    /** What a car does counts although it could not be written down: the next one tries again. */
    const keepOrTell = (): Promise<void> =>
      keep().catch((thrown: Error) => this.error(thrown.message, { topic: 'car park' }));
    const tidy = async (): Promise<void> => {
      if (!parking.expire() && trouble === undefined) return;
      await keepOrTell();
      status.ok(statusText());
    };
    const start = async (): Promise<void> => {
      const badLines = await parking.start();
      if (badLines > 0) {
        this.warn(
          `${badLines} lines of ${settings.file} could not be read and do not count; a copy is beside it (.damaged)`,
        );
      }
      await tidy();
      status.ok(statusText());
    };
    if (settings.file !== '') status.waitingFor('reading the file');
    const started = problem === undefined ? start() : Promise.resolve();
    started.catch((thrown: Error) => {
      status.failed('file unreadable');
      this.error(thrown.message, { topic: 'car park' });
    });
    // Behind the messages that are being worked on: stays change one after the other.
    let line: Promise<unknown> = started.catch(() => undefined);
    const inLine = <T>(work: () => Promise<T>): Promise<T> => {
      const done = line.then(work);
      line = done.catch(() => undefined);
      return done;
    };
    const timer = setInterval(() => void inLine(tidy), HOUR_MS).unref();

    handleInput(
      this,
      (msg, context) =>
        inLine(async () => {
          await started;
          const output: (AlprMessage | null)[] = [null, null, null];
          const { action } = msg;
          if (typeof action === 'string') {
            const { reply, news } = parking.act(action, msg.payload);
            // An answer says that it is done, and for good.
            await keep();
            output[ANSWERS] = { ...msg, payload: reply };
            place(news, msg, output);
          } else {
            place(parking.take(msg as Readonly<Record<string, unknown>>), msg, output);
            await keepOrTell();
          }
          context.report(statusText());
          return output.every((one) => one === null) ? null : output;
        }),
      {
        status,
        problem,
        concurrency: 1,
        queueLimit: QUEUE_LIMIT,
        // Neither the end of a source nor a reset says anything about who is inside.
        control: () => null,
        onClose: async () => {
          clearInterval(timer);
          await line;
          if (filesInUse.get(settings.file) === this.id) filesInUse.delete(settings.file);
        },
      },
    );
  }
  RED.nodes.registerType('alpr-parking', ParkingNode);
};

function place(news: News, msg: AlprMessage, output: (AlprMessage | null)[]): void {
  if (news === undefined) return;
  if ('passage' in news) output[PASSAGES] = { ...msg, payload: news.passage };
  else output[IGNORED] = { ...msg, payload: news.ignored };
}

/** A status line that stays red while the file could not be written. */
class ParkStatus extends StatusLine {
  constructor(
    node: Node,
    private readonly trouble: () => string | undefined,
  ) {
    super(node);
  }

  override ok(text: string): void {
    const trouble = this.trouble();
    if (trouble === undefined) super.ok(text);
    else super.failed(trouble);
  }
}

/** `front, side door` */
function namesOf(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function claim(file: string, id: string): SettingsError | undefined {
  if (file === '') return undefined;
  const owner = filesInUse.get(file);
  if (owner !== undefined && owner !== id) {
    return new SettingsError([`Expected a file of its own for file but ${file} is another parking node’s`]);
  }
  filesInUse.set(file, id);
  return undefined;
}

import { dirname, join, resolve } from 'node:path';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { act } from '../../src/log/actions.js';
import { codeOf } from '../../src/log/errors.js';
import { openLog, serverProblem, type LogHandle, type LogPlace } from '../../src/log/open.js';
import type { PlateLog } from '../../src/log/plate-log.js';
import { toError } from '../../src/node-red/errors.js';
import { handleInput } from '../../src/node-red/handle-input.js';
import { SettingsError, SettingsReader } from '../../src/node-red/settings.js';
import { count, StatusLine } from '../../src/node-red/status.js';

/** Events wait in the log's own queue, whose limits are smaller. */
const QUEUE_LIMIT = 25_000;
const DAY_MS = 86_400_000;
const MEBIBYTE = 1024 * 1024;

interface Secrets {
  key?: string;
  secret?: string;
}

/** Stores plate events and passes them on when they are on disk; answers what messages ask. */
export = function (RED: NodeAPI): void {
  function PlateLogNode(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    const read = new SettingsReader(config);
    const { fileWorkingDirectory, userDir } = RED.settings as { fileWorkingDirectory?: string; userDir?: string };
    const base = resolve(fileWorkingDirectory ?? userDir ?? '.');
    const home = join(resolve(userDir ?? base), 'alpr-log');
    const kind = read.choice('place', ['file', 'server'], 'file');
    const { key = '', secret = '' } = (this.credentials ?? {}) as Secrets;
    const file = read.text('file');
    const place: LogPlace =
      kind === 'file'
        ? { file: file === '' ? join(home, 'plates.db') : resolve(base, file), key }
        : { url: read.requiredText('url', 'the address of a server'), secret };
    const events = read.choice('events', ['final', 'all'], 'final');
    const pictures = read.flag('thumbnails', false);
    const retention = {
      keepMs: read.number('keepDays', 30, { min: 0, max: 36_500 }) * DAY_MS,
      thumbnailMs: read.number('thumbnailDays', 7, { min: 0, max: 36_500 }) * DAY_MS,
      maxBytes: read.number('maxMegabytes', 500, { min: 0, max: 10_000_000 }) * MEBIBYTE,
    };
    const giveUpMs = read.number('giveUpMinutes', 10, { min: 0, max: 1440 }) * 60_000;
    const folders = { base, exports: 'file' in place ? dirname(place.file) : home };

    const status = new LogStatus(this);
    let said: string | undefined;
    /** Trouble is told once, when it begins or changes. */
    const onChange = (): void => {
      const { trouble } = handle!.log;
      if (trouble !== undefined && trouble.message !== said) this.error(trouble, { topic: 'log' });
      said = trouble?.message;
      status.tell(handle!.log);
    };
    let handle: LogHandle | undefined;
    let problem: Error | undefined = read.error ?? serverError(place);
    if (problem === undefined) {
      try {
        handle = openLog(place, { retention, onChange }, { queue: { giveUpMs } });
        status.waitingFor('opening');
      } catch (error) {
        problem = toError(error);
      }
    }
    /** What waits is tried once more as soon as the node closes, not when its messages have been waited for. */
    const close = (): void => {
      void handle?.close().then((lost) => {
        if (lost > 0) this.warn(`Closing: ${count(lost, 'event')} could not be stored`);
      });
    };
    let closesWithSignal = false;

    handleInput(
      this,
      async (msg, context) => {
        const { log } = handle!;
        if (!closesWithSignal) context.signal.addEventListener('abort', close, { once: true });
        closesWithSignal = true;
        const { action } = msg as { action?: unknown };
        if (action !== undefined) {
          const payload = await act(log, String(action), msg.payload, folders);
          context.report(textOf(log));
          return [null, { ...msg, payload }];
        }
        await log.append(msg.payload, { events, pictures });
        context.report(textOf(log));
        return [msg, null];
      },
      {
        status,
        problem,
        concurrency: QUEUE_LIMIT,
        queueLimit: 1,
        // The end of a source is nothing to store.
        control: () => null,
        onClose: async () => {
          close();
          await handle?.close();
        },
      },
    );
  }
  RED.nodes.registerType('alpr-plate-log', PlateLogNode, {
    credentials: { key: { type: 'password' }, secret: { type: 'password' } },
  });
};

/** A status line that stays red while the log is in trouble, whatever single messages do. */
class LogStatus extends StatusLine {
  #log: PlateLog | undefined;

  tell(log: PlateLog): void {
    this.#log = log;
    this.ok(textOf(log));
  }

  override ok(text: string): void {
    if (this.#log?.trouble === undefined) super.ok(text);
    else this.failed(text);
  }

  override failed(text: string): void {
    const { trouble, waiting = 0 } = this.#log ?? {};
    super.failed(trouble === undefined ? text.replace(/^log /, '') : troubleText(trouble, waiting));
  }
}

/** `1234 visits, 12 MB` */
function textOf({ health }: PlateLog): string {
  if (health === undefined) return 'ready';
  const megabytes = health.bytes / MEBIBYTE;
  const size = `${megabytes < 10 ? megabytes.toFixed(1) : Math.round(megabytes)} MB`;
  const visits = count(health.visits, 'visit');
  const text = `${visits}, ${size}`;
  return text.length < 20 ? text : `${health.visits}, ${size}`;
}

/** `disk full, 12 wait` */
function troubleText(error: Error, waiting: number): string {
  const code = codeOf(error) ?? '';
  const text = code.startsWith('ALPR_LOG_') ? code.slice(9).toLowerCase().replaceAll('_', ' ') : 'log failed';
  return waiting === 0 ? text : `${text}, ${waiting} wait`;
}

function serverError(place: LogPlace): SettingsError | undefined {
  const problem = 'url' in place ? serverProblem(place.url) : undefined;
  return problem === undefined ? undefined : new SettingsError([problem]);
}

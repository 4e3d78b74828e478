import { randomBytes } from 'node:crypto';
import { open, readFile, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CarParkState, Change } from './car-park.js';
import { ParkingError } from './errors.js';
import type { ParkingSession } from './session.js';

/** First line of the file; a later format has another number. */
const HEADER = { carPark: 1 };
/** Lines beyond the stays there are, before the file is written anew. */
const SLACK_LINES = 1000;

/**
 * The file that a car park is kept in: one line of JSON per change, made safe on the disk before `append` resolves. A line that a
 * power cut tore off is left out when the file is read again; whatever is before it counts.
 */
export class ParkingJournal {
  #lines = 0;
  /** The file is not what it should be: the next write is a whole one. */
  #broken = false;
  #blocked: ParkingError | undefined;
  #line: Promise<unknown> = Promise.resolve();

  constructor(readonly path: string) {}

  /**
   * Reads the file; there need not be one yet.
   *
   * @returns what it holds, and how many of its lines could not be read (not counting a torn last one)
   * @throws ParkingError (ALPR_PARKING_FILE) when it cannot be read or is something else; then nothing is written either
   */
  load(): Promise<CarParkState & { badLines: number }> {
    return this.#inLine(async () => {
      const sessions = new Map<string, ParkingSession>();
      let adjustment = 0;
      let badLines = 0;
      const text = await this.#read();
      if (text === undefined || text.trim() === '') {
        this.#broken = true;
        return { sessions: [], adjustment, badLines };
      }
      const lines = text.split('\n');
      const torn = lines.pop();
      this.#checkHeader(lines.shift() ?? torn ?? '');
      for (const line of lines) {
        const entry = parse(line);
        if (entry?.stay !== undefined) sessions.set(entry.stay.id, entry.stay);
        else if (entry?.adjustment !== undefined) adjustment = entry.adjustment;
        else badLines++;
      }
      this.#lines = lines.length;
      this.#broken = torn !== '' || badLines > 0;
      if (badLines > 0) await this.#keepCopy(text);
      return { sessions: [...sessions.values()], adjustment, badLines };
    });
  }

  /**
   * Writes a change down.
   *
   * @param whole everything there is, for when the file is written anew: after a failure, when much of it is out of date, and
   * when something was erased, which must not stay in the file
   * @throws ParkingError when that fails; what there is goes down with the next call that succeeds
   */
  append(change: Change, whole: () => CarParkState): Promise<void> {
    return this.#inLine(async () => {
      if (this.#blocked !== undefined) throw this.#blocked;
      const lines: unknown[] = change.sessions.map((stay) => ({ stay }));
      if (change.adjustment !== undefined) lines.push({ adjustment: change.adjustment });
      const isNothing = lines.length === 0 && change.erased.length === 0;
      if (isNothing && !this.#broken) return;
      try {
        const state = change.erased.length > 0 || this.#broken || this.#isLong(whole) ? whole() : undefined;
        if (state === undefined) await this.#add(lines);
        else await this.#rewrite(state);
        this.#broken = false;
        // What is to be forgotten may stand in there, too.
        if (change.erased.length > 0) await unlink(`${this.path}.damaged`).catch(() => undefined);
      } catch (cause) {
        this.#broken = true;
        throw new ParkingError(
          'ALPR_PARKING_FILE',
          `Expected to keep the car park in ${this.path} but received ${(cause as Error).message}; it is tried again with the next car`,
          { cause },
        );
      }
    });
  }

  #isLong(whole: () => CarParkState): boolean {
    return this.#lines > SLACK_LINES && this.#lines > SLACK_LINES + 2 * whole().sessions.length;
  }

  async #read(): Promise<string | undefined> {
    try {
      return await readFile(this.path, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw this.#block((cause as Error).message, cause);
    }
  }

  #checkHeader(line: string): void {
    let version: unknown;
    try {
      version = (JSON.parse(line) as Partial<typeof HEADER>).carPark;
    } catch (cause) {
      throw this.#block('something else than a car park', cause);
    }
    if (version !== HEADER.carPark) throw this.#block('a car park of another version of this package');
  }

  #block(received: string, cause?: unknown): ParkingError {
    this.#blocked = new ParkingError(
      'ALPR_PARKING_FILE',
      `Expected ${this.path} to be a car park’s file but received ${received}; it is left as it is`,
      { cause },
    );
    return this.#blocked;
  }

  /** One copy, so that a person may look at what could not be read. */
  async #keepCopy(text: string): Promise<void> {
    await writeSafely(`${this.path}.damaged`, text).catch(() => undefined);
  }

  async #add(lines: unknown[]): Promise<void> {
    const file = await open(this.path, 'a', 0o600);
    try {
      await file.appendFile(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      await file.datasync();
    } finally {
      await file.close();
    }
    this.#lines += lines.length;
  }

  async #rewrite({ sessions, adjustment }: CarParkState): Promise<void> {
    const lines = [HEADER, { adjustment }, ...sessions.map((stay) => ({ stay }))];
    await writeSafely(this.path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    this.#lines = lines.length;
  }

  #inLine<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#line.then(work);
    this.#line = done.catch(() => undefined);
    return done;
  }
}

/** Into a file beside it, which then takes its place: whoever reads, or a power cut, finds the old or the new one whole. */
async function writeSafely(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await unlink(temporary).catch(() => undefined);
    throw cause;
  }
}

/** Makes the new name safe, too, where the system can. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    await folder.sync().finally(() => folder.close());
  } catch {
    // Windows opens no folders.
  }
}

type Line = { stay?: ParkingSession; adjustment?: number };

function parse(text: string): Line | undefined {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(line)) return undefined;
  if (Number.isInteger(line['adjustment'])) return { adjustment: line['adjustment'] as number };
  return isStay(line['stay']) ? { stay: line['stay'] } : undefined;
}

function isStay(value: unknown): value is ParkingSession {
  if (!isRecord(value) || typeof value['id'] !== 'string') return false;
  const { entry, exit, ended } = value;
  if (entry === undefined && exit === undefined) return false;
  const isSight = (sight: unknown): boolean =>
    sight === undefined || (isRecord(sight) && typeof sight['plate'] === 'string' && Number.isFinite(sight['at']));
  const isEnding = ended === undefined || (isRecord(ended) && Number.isFinite(ended['at']));
  return isSight(entry) && isSight(exit) && isEnding;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import type { ListEntry } from './entry.js';
import { ListError, problemsText, shown, type RowProblem } from './errors.js';
import { WatchedFile, type FileTiming } from './file.js';
import { Gate, type GateRules, type Known } from './gate.js';
import { readEntries } from './json.js';
import { listKey } from './key.js';
import { parseList } from './parse.js';
import { PlateList, type DistanceLimits } from './plate-list.js';
import type { Sighting } from './sighting.js';
import { PlateStore } from './store.js';

/** An entry, and where it is kept. */
export type KeptEntry = ListEntry & { source: 'dialog' | 'file' | 'message' };

export interface KnownPlatesSettings {
  /** Entries of the flow. */
  entries: readonly ListEntry[];
  /** CSV or JSON file; '' for none. */
  file: string;
  /** Where added plates are kept; '' for in memory. */
  store: string;
  limits: DistanceLimits;
  gate: GateRules;
}

/** What the list is like. */
export interface Health {
  level: 'good' | 'partly' | 'failed';
  /** Short, for a status line. */
  text: string;
}

export const ACTIONS = ['add', 'remove', 'list', 'clear', 'reload'] as const;
export type Action = (typeof ACTIONS)[number];

/** The answer to a control message. */
export interface ActionReply {
  action: Action;
  /** Entries of all sources after it. */
  plates: number;
  added?: number;
  removed?: number;
  /** Of `remove`: plates that were not there, or are in the flow or the file, where only their owner takes them out. */
  notRemoved?: number;
  entries?: KeptEntry[];
  problems?: RowProblem[];
}

export interface Clock {
  /** ms since the epoch, for the dates of entries. */
  now(): number;
  /** ms that only go forward, for the cool-down. */
  uptime(): number;
}

const SYSTEM_CLOCK: Clock = { now: () => Date.now(), uptime: () => performance.now() };

/**
 * The plates of all sources (flow, file, messages) as one list, and the gate behind it. While a source that was asked for has
 * never been read, or its file was deleted, nobody is let in; a file that breaks later leaves the list that was good.
 */
export class KnownPlates {
  #list: PlateList<KeptEntry>;
  #fileEntries: ListEntry[] = [];
  #fileProblems: RowProblem[] = [];
  #fileState: 'none' | 'waiting' | 'loaded' | 'missing' = 'none';
  #fileTrouble: { text: string; message: string } | undefined;
  #storeTrouble: string | undefined;
  /** While a message asks for it, troubles are its error and need no report of their own. */
  #reloading = false;
  readonly #file: WatchedFile | undefined;
  readonly #store: PlateStore;
  readonly #gate: Gate;

  /** @param report a trouble that no message asked for, or its end, has come up; `message` is for the log, undefined when all is well */
  constructor(
    private readonly settings: KnownPlatesSettings,
    private readonly report: (message: string | undefined) => void,
    private readonly options: { clock?: Clock; timing?: FileTiming } = {},
  ) {
    this.#gate = new Gate(settings.gate);
    this.#store = new PlateStore(settings.store);
    if (settings.file !== '') {
      this.#fileState = 'waiting';
      const events = {
        content: (bytes: Buffer) => this.#takeFile(bytes),
        missing: () => this.#loseFile(),
        unreadable: (error: Error) =>
          this.#failFile('list unreadable', `Expected to read the list ${settings.file} but received ${error.message}`),
      };
      this.#file = new WatchedFile(settings.file, events, options.timing);
    }
    this.#list = this.#build();
  }

  /** Reads file and added plates. Never rejects: what is wrong is reported. */
  async start(): Promise<void> {
    await this.#loadStore();
    await this.#file?.start();
  }

  close(): void {
    this.#file?.close();
  }

  /** Forgets whom it let in, so that the next one is let in without cool-down. */
  forget(): void {
    this.#gate.reset();
  }

  get size(): number {
    return this.#list.size;
  }

  get health(): Health {
    if (this.#storeTrouble !== undefined) return { level: 'failed', text: 'added plates' };
    if (this.#fileTrouble !== undefined) return { level: 'failed', text: this.#fileTrouble.text };
    const bad = this.#fileProblems.length;
    const text = `${this.size} ${this.size === 1 ? 'plate' : 'plates'}`;
    return bad > 0 ? { level: 'partly', text: `${text}, ${bad} bad` } : { level: 'good', text };
  }

  judge(sighting: Sighting): Known {
    const clock = this.options.clock ?? SYSTEM_CLOCK;
    const match = sighting.hashed ? undefined : this.#list.match(sighting.plate, clock.now());
    return this.#gate.decide(sighting, match, this.#complete, clock.uptime());
  }

  /**
   * Does what a control message asks for.
   *
   * @param action `add` and `remove` take one or several of `what`: entries, or plates
   * @throws ListError for an unknown action, for entries of which none can be used, when a change could not be kept
   */
  async act(action: string, what: unknown): Promise<ActionReply> {
    const known = ACTIONS.find((name) => name === action.trim().toLowerCase());
    if (known === undefined) {
      throw new ListError(
        'ALPR_LIST_ACTION',
        `Expected ${ACTIONS.join(', ')} in msg.action but received ${shown(action)}`,
      );
    }
    const result = await this.#run(known, what);
    return { action: known, plates: this.size, ...result };
  }

  #run(action: Action, what: unknown): Promise<Partial<ActionReply>> | Partial<ActionReply> {
    if (action === 'add') return this.#add(what);
    if (action === 'remove') return this.#remove(what);
    if (action === 'clear') return this.#clear();
    if (action === 'reload') return this.#reload();
    return { entries: this.#list.entries() };
  }

  async #add(what: unknown): Promise<Partial<ActionReply>> {
    const { entries, problems } = readEntries(Array.isArray(what) ? what : [what]);
    if (entries.length === 0) {
      const received = problems.length === 0 ? 'none' : problemsText(problems);
      throw new ListError(
        'ALPR_LIST_ENTRY',
        `Expected entries with plate and rule in msg.payload but received ${received}`,
      );
    }
    const keys = new Set(await this.#store.add(entries));
    this.#list.remove((entry) => entry.source === 'message' && keys.has(listKey(entry.plate)));
    const latest = new Map(entries.map((entry) => [listKey(entry.plate), entry]));
    for (const entry of latest.values()) this.#list.add({ ...entry, source: 'message' });
    return { added: latest.size, ...(problems.length === 0 ? {} : { problems }) };
  }

  async #remove(what: unknown): Promise<Partial<ActionReply>> {
    const plates = (Array.isArray(what) ? what : [what]).map((one: unknown) =>
      typeof one === 'object' && one !== null ? (one as Record<string, unknown>)['plate'] : one,
    );
    if (plates.length === 0 || plates.some((plate) => typeof plate !== 'string' || listKey(plate) === '')) {
      throw new ListError('ALPR_LIST_ENTRY', 'Expected plates (texts) in msg.payload but received something else');
    }
    const asked = new Set((plates as string[]).map(listKey));
    const keys = await this.#store.remove([...asked]);
    this.#forgetAdded(keys);
    return { removed: keys.length, notRemoved: asked.size - keys.length };
  }

  async #clear(): Promise<Partial<ActionReply>> {
    const keys = await this.#store.clear();
    this.#forgetAdded(keys);
    return { removed: keys.length };
  }

  async #reload(): Promise<Partial<ActionReply>> {
    this.#reloading = true;
    try {
      await this.#loadStore();
      await this.#file?.reload();
    } finally {
      this.#reloading = false;
    }
    if (this.#storeTrouble !== undefined) throw new ListError('ALPR_LIST_STORE', this.#storeTrouble);
    if (this.#fileTrouble !== undefined) throw new ListError('ALPR_LIST_FILE', this.#fileTrouble.message);
    return this.#fileProblems.length === 0 ? {} : { problems: this.#fileProblems };
  }

  #forgetAdded(keys: readonly string[]): void {
    const gone = new Set(keys);
    if (gone.size > 0) this.#list.remove((entry) => entry.source === 'message' && gone.has(listKey(entry.plate)));
  }

  /** Everything that was asked for is there. */
  get #complete(): boolean {
    return (this.#fileState === 'none' || this.#fileState === 'loaded') && this.#storeTrouble === undefined;
  }

  async #loadStore(): Promise<void> {
    try {
      await this.#store.load();
      this.#storeTrouble = undefined;
    } catch (error) {
      this.#storeTrouble = (error as Error).message;
    }
    this.#list = this.#build();
    this.#tell(this.#storeTrouble);
  }

  #takeFile(bytes: Buffer): void {
    const { file } = this.settings;
    try {
      const { entries, problems, ignored } = parseList(bytes, file);
      this.#fileEntries = entries;
      this.#fileProblems = problems;
      this.#fileTrouble = undefined;
      this.#fileState = 'loaded';
      this.#list = this.#build();
      const unknown = ignored.length === 0 ? [] : [`columns that mean nothing here: ${ignored.map(shown).join(', ')}`];
      const bad = problems.length === 0 ? [] : [`${problems.length} that cannot be used: ${problemsText(problems)}`];
      const received = [...bad, ...unknown].join('; ');
      this.#tell(received === '' ? undefined : `Expected only good rows in the list ${file} but received ${received}`);
    } catch (error) {
      this.#failFile('list broken', `The list ${file} cannot be used. ${(error as Error).message}`);
    }
  }

  #loseFile(): void {
    // Whoever deletes the list wants nobody of it to come in any more.
    this.#fileEntries = [];
    this.#fileProblems = [];
    this.#fileState = 'missing';
    this.#list = this.#build();
    this.#failFile('list missing', `Expected a list of plates at ${this.settings.file} but received no such file`);
  }

  #failFile(text: string, message: string): void {
    const still = this.#fileState === 'loaded' ? '; the list that was read before still counts' : '; nobody is let in';
    this.#fileTrouble = { text, message: message + still };
    this.#tell(this.#fileTrouble.message);
  }

  #tell(message: string | undefined): void {
    if (!this.#reloading) this.report(message);
    else if (message === undefined) this.report(undefined);
  }

  #build(): PlateList<KeptEntry> {
    const { entries, limits } = this.settings;
    const kept = (list: readonly ListEntry[], source: KeptEntry['source']): KeptEntry[] =>
      list.map((entry) => ({ ...entry, source }));
    const all = [
      ...kept(entries, 'dialog'),
      ...kept(this.#fileEntries, 'file'),
      ...kept(this.#store.entries, 'message'),
    ];
    return new PlateList(all, limits);
  }
}

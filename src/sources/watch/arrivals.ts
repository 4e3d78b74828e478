import type { FoundFile } from './folder-scan.js';

export interface Arrival extends FoundFile {
  /** End of the look that first saw it so, ms of a clock that never goes back; Infinity until then. */
  since: number;
  /** It was looked into and is not whole; undefined where nobody has looked. */
  isWhole?: boolean | undefined;
}

export interface ArrivalsOptions {
  /** A file is taken for written when it has not changed for so long, ms. */
  stableMs: number;
  /** Files that wait; those beyond it are found again later. Default 1000. */
  mostWaiting?: number | undefined;
  /** Files that are remembered as read. Default 50 000. */
  mostKnown?: number | undefined;
}

/**
 * Which of the files of a folder are new, and which of those are written to their end. A file is known by path, size and date: written over, it is
 * new again. Memory is bounded; what is forgotten of the known ones is remembered as one date, up to which a file counts as known.
 */
export class Arrivals {
  private readonly known = new Map<string, Pick<FoundFile, 'size' | 'mtimeMs'>>();
  private readonly waiting = new Map<string, Arrival>();
  private seen = new Set<string>();
  private knownUntil = -Infinity;
  private readonly natural = new Intl.Collator('en', { numeric: true, sensitivity: 'variant' });
  private readonly mostWaiting: number;
  private readonly mostKnown: number;

  constructor(private readonly options: ArrivalsOptions) {
    this.mostWaiting = options.mostWaiting ?? 1000;
    this.mostKnown = options.mostKnown ?? 50_000;
  }

  /** A look at the folder begins. */
  begin(): void {
    this.seen = new Set();
  }

  /** A file of the folder, as it looks now. */
  note({ path, size, mtimeMs }: FoundFile): void {
    const known = this.known.get(path);
    if (known ? known.size === size && known.mtimeMs === mtimeMs : mtimeMs <= this.knownUntil) return;
    const waiting = this.waiting.get(path);
    if (!waiting || waiting.size !== size || waiting.mtimeMs !== mtimeMs) {
      this.waiting.set(path, { path, size, mtimeMs, since: Infinity });
      if (this.waiting.size > 2 * this.mostWaiting) this.trimWaiting();
    }
    this.seen.add(path);
  }

  /** The look is over: what was not seen is gone. Files that it saw first begin to settle together, however long it took. */
  end(now: number): void {
    for (const file of this.waiting.values()) {
      if (!this.seen.has(file.path)) this.waiting.delete(file.path);
      else file.since = Math.min(file.since, now);
    }
    this.seen = new Set();
    this.trimWaiting();
  }

  /** Files that have not changed for long enough, oldest first, by name where they are as old. */
  settled(now: number): Arrival[] {
    return [...this.waiting.values()].filter(({ since }) => now - since >= this.options.stableMs).sort(this.order);
  }

  /** The file is being read, or is not to be read. */
  take({ path, size, mtimeMs }: FoundFile): void {
    this.waiting.delete(path);
    this.known.delete(path);
    this.known.set(path, { size, mtimeMs });
    if (this.known.size > this.mostKnown * 1.1) this.trimKnown();
  }

  get isWaiting(): boolean {
    return this.waiting.size > 0;
  }

  private readonly order = (a: FoundFile, b: FoundFile): number =>
    a.mtimeMs - b.mtimeMs || this.natural.compare(a.path, b.path);

  private trimWaiting(): void {
    if (this.waiting.size <= this.mostWaiting) return;
    const surplus = [...this.waiting.values()].sort(this.order).slice(this.mostWaiting);
    for (const { path } of surplus) this.waiting.delete(path);
  }

  private trimKnown(): void {
    const oldest = [...this.known]
      .sort(([, a], [, b]) => a.mtimeMs - b.mtimeMs)
      .slice(0, this.known.size - this.mostKnown);
    for (const [path, { mtimeMs }] of oldest) {
      this.known.delete(path);
      this.knownUntil = Math.max(this.knownUntil, mtimeMs);
    }
  }
}

import type { Box, Miss, MissCode } from '../detection/types.js';
import type { PlateMiss } from './plate-event.js';

/** What is missed at one camera: every miss is counted, those that are news come out. */
export class MissLog {
  readonly #counts: Partial<Record<MissCode, number>> = {};
  #misses: PlateMiss[] = [];

  constructor(private readonly camera: string) {}

  /** Counts a miss and tells it. @param timestamp ms since the epoch */
  tell(miss: Miss, timestamp: number, box: Box, trackId?: number, plate?: string): void {
    this.count(miss.code);
    const { code, reason, value, limit } = miss;
    this.#misses.push({
      camera: this.camera,
      code,
      reason,
      ...(value === undefined ? {} : { value }),
      ...(limit === undefined ? {} : { limit }),
      ...(plate === undefined || plate === '' ? {} : { plate }),
      ...(trackId === undefined ? {} : { trackId }),
      box,
      timestamp,
      counts: { ...this.#counts },
    });
  }

  /** Counts a miss that is no news. */
  count(code: MissCode): void {
    this.#counts[code] = (this.#counts[code] ?? 0) + 1;
  }

  /** What was told since the last call. */
  take(): PlateMiss[] {
    const misses = this.#misses;
    this.#misses = [];
    return misses;
  }
}

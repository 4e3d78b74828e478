import type { SourceError } from '../source.js';

/** ms; the most that is waited after the first loss, and after many. */
const FIRST_MS = 1000;
const LONGEST_MS = 60_000;
/** ms; a login that was refused is tried again seldom: many cameras lock an account after five wrong passwords in half an hour. */
const FIRST_LOGIN_MS = 60_000;
const LONGEST_LOGIN_MS = 1_800_000;
/** ms; what needs a person is looked at again once in a while: ffmpeg may be installed meanwhile. */
const HOPELESS_MS = 60_000;
/** These waits vary by a quarter, so that cameras do not come back all at once. */
const SPREAD = 0.25;

/**
 * What a failure says about the next attempt.
 * - `lost`: may pass by itself
 * - `login`: user or password is refused
 * - `hopeless`: needs another setting, or a program
 */
export type FailureKind = 'lost' | 'login' | 'hopeless';

export function failureKind({ code }: SourceError): FailureKind {
  if (code === 'ALPR_SOURCE_LOGIN') return 'login';
  return code === 'ALPR_FFMPEG' || code === 'ALPR_SOURCE_SETTINGS' ? 'hopeless' : 'lost';
}

/**
 * How long to wait before the next attempt. Losses: exponential with full jitter (a random share of 1, 2, 4 … 60 s), so that
 * many cameras behind one switch do not come back in step.
 */
export class BackOff {
  private losses = 0;
  private refusals = 0;

  /** @param random from 0 up to 1 */
  constructor(private readonly random: () => number = Math.random) {}

  /** ms until the next attempt after this failure. */
  after(error: SourceError): number {
    switch (failureKind(error)) {
      case 'login':
        return this.spread(Math.min(LONGEST_LOGIN_MS, FIRST_LOGIN_MS * 2 ** this.refusals++));
      case 'hopeless':
        return this.spread(HOPELESS_MS);
      case 'lost':
        return this.random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** this.losses++);
    }
  }

  /** The camera is well: the next loss is a first one. */
  reset(): void {
    this.losses = 0;
    this.refusals = 0;
  }

  private spread(ms: number): number {
    return ms * (1 + SPREAD * this.random());
  }
}

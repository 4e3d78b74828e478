import { ConfigError, requireNumber } from '../frame/config-error.js';
import type { DirectionRule } from './direction.js';
import { lineSides, readLine, type LineSide } from './line-crossing.js';
import { readZones, type Zone } from '../areas/zones.js';

/** What a plate must be like to become an event. */
export interface VisitOptions {
  /**
   * Least confidence (0..1) of the vote, or of the reading where nothing is tracked: how probable it is that every character is right.
   * Raise it → fewer wrong plates; lower it → fewer plates missed.
   */
  minConfidence: number;
  /**
   * Readings (1..) that must agree before `final`, and more than half of those that took part; single pictures without a tracker need one.
   * Raise it → fewer wrong plates; lower it → earlier events, and events from short glimpses.
   */
  minReads: number;
  /** Characters (1..). Raise it → lamps and badges read as short texts are dropped; lower it → vanity plates pass. */
  minLength: number;
  /** Regular expression that the text must match somewhere (write ^…$ for the whole text); '' and undefined: any text. */
  format?: RegExp | string | undefined;
  /**
   * The same plate at the same camera within so many seconds (0..) of when it was last seen belongs to the same visit.
   * Raise it → vehicles that hide and come back give one event; lower it → a quick return gives another. 0: never the same.
   */
  dedupeSeconds: number;
  /** Whether `provisional` events are wanted. */
  provisional: boolean;
  /** A line whose crossing gives the direction (line-crossing.ts); '': movement does. */
  line: string;
  /** The side of the line that is `in`. */
  inSide: LineSide;
  /** Without a line: which way vehicles go that come closer. */
  closer: 'in' | 'out';
  /** Named parts of the picture (zones.ts); '': none. */
  zones: string;
  /** Whether to ask for pictures of what was best to read. */
  pictures: boolean;
}

export const VISIT_DEFAULTS: Readonly<VisitOptions> = {
  minConfidence: 0.6,
  minReads: 2,
  minLength: 4,
  dedupeSeconds: 30,
  provisional: true,
  line: '',
  inSide: 'below',
  closer: 'in',
  zones: '',
  pictures: false,
};

export interface VisitRules {
  minConfidence: number;
  minReads: number;
  minLength: number;
  format: RegExp | undefined;
  dedupeMs: number;
  provisional: boolean;
  direction: DirectionRule;
  zones: Zone[];
  pictures: boolean;
}

/**
 * The options with defaults, checked, in the form that the book uses.
 *
 * @throws ConfigError naming the option that is no number, out of range, no regular expression, no line or no zones
 */
export function visitRules(given: { [K in keyof VisitOptions]?: VisitOptions[K] | undefined } = {}): VisitRules {
  const d = VISIT_DEFAULTS;
  return {
    minConfidence: requireNumber('minConfidence', given.minConfidence ?? d.minConfidence, 0, 1),
    minReads: requireNumber('minReads', given.minReads ?? d.minReads, 1),
    minLength: requireNumber('minLength', given.minLength ?? d.minLength, 1),
    format: compile(given.format),
    dedupeMs: requireNumber('dedupeSeconds', given.dedupeSeconds ?? d.dedupeSeconds, 0) * 1000,
    provisional: given.provisional ?? d.provisional,
    direction: directionRule(given.line ?? d.line, given.inSide ?? d.inSide, given.closer ?? d.closer),
    zones: readZones(given.zones ?? d.zones),
    pictures: given.pictures ?? d.pictures,
  };
}

function directionRule(line: string, inSide: LineSide, closer: 'in' | 'out'): DirectionRule {
  if (!lineSides.includes(inSide)) {
    throw new ConfigError(`Expected one of ${lineSides.join(', ')} for inSide but received ${typeof inSide}`);
  }
  if (closer !== 'in' && closer !== 'out') {
    throw new ConfigError(`Expected in or out for closer but received ${typeof closer}`);
  }
  return { line: readLine(line, inSide), closer };
}

function compile(format: unknown): RegExp | undefined {
  if (format === undefined || format === '') return undefined;
  try {
    // Global and sticky expressions remember where they stopped: every other plate would fail.
    if (format instanceof RegExp) return new RegExp(format.source, format.flags.replace(/[gy]/g, ''));
    if (typeof format === 'string') return new RegExp(format);
  } catch (cause) {
    throw new ConfigError(
      `Expected a regular expression for format but received ${JSON.stringify(format)}: ${String(cause)}`,
      {
        cause,
      },
    );
  }
  throw new ConfigError(`Expected a regular expression for format but received ${typeof format}`);
}

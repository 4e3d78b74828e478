import { LogError, shown } from './errors.js';
import { foldedKey, logKey } from './keys.js';

/** A part of a plate, or a plate with wildcards, as a database compares it. */
export interface PlatePattern {
  /** Of the column with keys, or of that with folded ones. */
  column: 'normalised' | 'folded';
  /** For LIKE. Keys hold letters and digits only, so nothing needs escaping. */
  like: string;
  /** What every match begins with, or ''. */
  prefix: string;
  /** No wildcards: the whole plate. */
  exact: string | undefined;
}

export interface PatternOptions {
  /** O counts as 0, B as 8 and so on. */
  lookAlikes: boolean;
  /** The whole plate, where there are no wildcards. */
  exact: boolean;
}

/**
 * `AB1`: plates with AB1 anywhere in them. `AB*`: those that begin with AB. `AB?2`: one character for the question mark. Case,
 * spaces and dashes do not matter.
 * @throws LogError (ALPR_LOG_QUERY) when no letter or digit is left
 */
export function platePattern(text: string, { lookAlikes, exact }: PatternOptions): PlatePattern {
  const hasWildcards = /[*?]/.test(text);
  const key = (part: string): string => (lookAlikes ? foldedKey(logKey(part)) : logKey(part));
  const parts = text.normalize('NFKC').split(/([*?])/);
  const translated = parts.map((part) => (part === '*' ? '%' : part === '?' ? '_' : key(part)));
  const body = translated.join('').replace(/%+/g, '%');
  if (/^[%_]*$/.test(body)) {
    throw new LogError('ALPR_LOG_QUERY', `Expected letters or digits of a plate for plate but received ${shown(text)}`);
  }
  const whole = hasWildcards || exact;
  const like = whole ? body : `%${body}%`;
  return {
    column: lookAlikes ? 'folded' : 'normalised',
    like,
    prefix: whole ? /^[^%_]*/.exec(body)![0] : '',
    exact: whole && !/[%_]/.test(body) ? body : undefined,
  };
}

/** The text after all texts that begin with `prefix`, by code points; undefined when there is none. */
export function afterPrefix(prefix: string): string | undefined {
  const codes = Array.from(prefix, (character) => character.codePointAt(0)!);
  for (let last = codes.pop(); last !== undefined; last = codes.pop()) {
    // No code points between: those of surrogates are none.
    const next = last === 0xd7ff ? 0xe000 : last + 1;
    if (next <= 0x10ffff) return String.fromCodePoint(...codes, next);
  }
  return undefined;
}

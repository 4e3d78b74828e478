/** One way to log in that a server offers (RFC 9110, section 11). */
export interface Challenge {
  /** In lower case: `basic`, `digest`. */
  scheme: string;
  /** By name in lower case, without quotes. */
  parameters: Map<string, string>;
}

/** A scheme that begins a challenge, or `name=value`, `name="value"` within one. */
const piece = /([!#$%&'*+.^_`|~\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/g;
const longestHeader = 8192;

/** The challenges of WWW-Authenticate headers; several may share one header, and what is not understood is left out. */
export function readChallenges(headers: readonly string[]): Challenge[] {
  const challenges: Challenge[] = [];
  for (const header of headers) {
    let current: Challenge | undefined;
    for (const [, name, quoted, token] of readable(header.slice(0, longestHeader)).matchAll(piece)) {
      if (quoted === undefined && token === undefined) {
        current = { scheme: name!.toLowerCase(), parameters: new Map() };
        challenges.push(current);
      } else {
        current?.parameters.set(name!.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? token!);
      }
    }
  }
  return challenges;
}

/** Node hands headers over byte for byte (Latin-1); most that is not ASCII was meant as UTF-8. */
function readable(header: string): string {
  const text = Buffer.from(header, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? header : text;
}

/** What may stand at each position of a text of this length: all characters that may, in one string. */
export type Shape = readonly string[];

const DIGITS = '0123456789';
const ALL_LETTERS = 'A-Z';
/** More than this is a pattern written by mistake. */
const MOST_SHAPES = 5000;

/**
 * All shapes that a pattern stands for (format.ts says how it is written).
 *
 * @param letters what `A` stands for, as in brackets
 * @throws Error naming the pattern and the place in it that cannot be read
 */
export function expandPattern(pattern: string, letters = ALL_LETTERS): Shape[] {
  const reader = new PatternReader(pattern, charactersOf(letters));
  return reader.read();
}

/** `A-CX0-2` → `ABCX012`. */
export function charactersOf(ranges: string): string {
  return ranges.replace(/(.)-(.)/gu, (_, first: string, last: string) => {
    const [from, to] = [first.codePointAt(0)!, last.codePointAt(0)!];
    return String.fromCodePoint(...Array.from({ length: to - from + 1 }, (__, index) => from + index));
  });
}

/** How many texts have this shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, characters) => product * characters.length, 1);
}

class PatternReader {
  private at = 0;

  constructor(
    private readonly pattern: string,
    private readonly letters: string,
  ) {}

  read(): Shape[] {
    const shapes = this.sequence();
    if (this.at < this.pattern.length) this.fail('the end');
    return shapes;
  }

  private sequence(): Shape[] {
    let shapes: Shape[] = [[]];
    while (this.at < this.pattern.length && !'|)'.includes(this.pattern[this.at]!)) {
      const repeated = this.repeated(this.item());
      shapes = shapes.flatMap((start) => repeated.map((more) => [...start, ...more]));
      if (shapes.length > MOST_SHAPES) this.fail(`at most ${MOST_SHAPES} shapes`);
    }
    return shapes;
  }

  private item(): Shape[] {
    const sign = this.pattern[this.at++]!;
    if (sign === 'A') return [[this.letters]];
    if (sign === '9') return [[DIGITS]];
    if (sign === 'N') return [[DIGITS.slice(1)]];
    if (sign >= '0' && sign <= '8') return [[sign]];
    if (sign === '[') return [[charactersOf(this.until(']'))]];
    if (sign === '<')
      return this.until('>')
        .split('|')
        .map((text) => [...text]);
    if (sign !== '(') this.fail('A, 9, N, 0 to 8, [, < or (');
    const shapes = this.sequence();
    while (this.pattern[this.at] === '|') {
      this.at++;
      shapes.push(...this.sequence());
    }
    if (this.pattern[this.at++] !== ')') this.fail(')');
    return shapes;
  }

  private repeated(item: Shape[]): Shape[] {
    const [all, one, least, most] = /^(?:(\?)|\{(\d)(?:,(\d))?\})/.exec(this.pattern.slice(this.at)) ?? [];
    if (all === undefined) return item;
    this.at += all.length;
    if (one !== undefined) return [[], ...item];
    let shapes: Shape[] = [[]];
    const found: Shape[] = [];
    for (let times = 0; times <= Number(most ?? least); times++) {
      if (times >= Number(least)) found.push(...shapes);
      shapes = shapes.flatMap((start) => item.map((more) => [...start, ...more]));
    }
    return found;
  }

  private until(end: string): string {
    const last = this.pattern.indexOf(end, this.at);
    if (last < 0) this.fail(end);
    const text = this.pattern.slice(this.at, last);
    this.at = last + 1;
    return text;
  }

  private fail(expected: string): never {
    throw new Error(`Expected ${expected} at character ${this.at} of the pattern ${this.pattern}`);
  }
}

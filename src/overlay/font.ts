/**
 * A stroke font of our own: no system fonts (minimal containers have none), legible from 8 px to any size.
 *
 * Each glyph is a list of strokes separated by `;`, a stroke a list of points `x,y`. y grows downwards: 0 is the height of
 * capitals, 12 the baseline, 4 the height of small letters, 16 the depth of descenders. `~x,y` is no point of the line
 * but the corner that a quadratic curve between its two neighbours bends towards.
 */
const shapes: Record<string, string> = {
  A: '0,12 4,0 8,12;1.4,8 6.6,8',
  B: '0,0 0,12 4.5,12 ~8,12 8,8.8 ~8,5.6 4.5,5.6 0,5.6;4.2,5.6 ~7.3,5.6 7.3,2.8 ~7.3,0 4.2,0 0,0',
  C: '8,2.6 ~7.2,0 4.3,0 ~0,0 0,6 ~0,12 4.3,12 ~7.2,12 8,9.4',
  D: '0,0 0,12 3.5,12 ~8,12 8,6 ~8,0 3.5,0 0,0',
  E: '7,0 0,0 0,12 7,12;0,5.8 5.6,5.8',
  F: '7,0 0,0 0,12;0,6 5.6,6',
  G: '8,2.6 ~7.2,0 4.3,0 ~0,0 0,6 ~0,12 4.3,12 ~7,12 8,10 8,6.6 4.8,6.6',
  H: '0,0 0,12;8,0 8,12;0,6 8,6',
  I: '1.5,0 1.5,12;0,0 3,0;0,12 3,12',
  J: '6,0 6,8.4 ~6,12 3,12 ~0.4,12 0,9',
  K: '0,0 0,12;7.6,0 0,7.4;2.6,5 8,12',
  L: '0,0 0,12 7,12',
  M: '0,12 0,0 4.5,7.5 9,0 9,12',
  N: '0,12 0,0 8,12 8,0',
  O: '4.2,0 ~0,0 0,6 ~0,12 4.2,12 ~8.4,12 8.4,6 ~8.4,0 4.2,0',
  P: '0,12 0,0 4.4,0 ~8,0 8,3.4 ~8,6.8 4.4,6.8 0,6.8',
  Q: '4.2,0 ~0,0 0,6 ~0,12 4.2,12 ~8.4,12 8.4,6 ~8.4,0 4.2,0;5,8.8 8.6,13',
  R: '0,12 0,0 4.4,0 ~8,0 8,3.3 ~8,6.6 4.4,6.6 0,6.6;4.2,6.6 8.2,12',
  S: '7.6,2.4 ~7,0 4,0 ~0.5,0 0.5,3 ~0.5,5.2 4,5.9 ~8,6.8 8,9.2 ~8,12 4,12 ~0.5,12 0,9.2',
  T: '0,0 8,0;4,0 4,12',
  U: '0,0 0,7.6 ~0,12 4,12 ~8,12 8,7.6 8,0',
  V: '0,0 4,12 8,0',
  W: '0,0 2.6,12 5.5,2 8.4,12 11,0',
  X: '0,0 8,12;8,0 0,12',
  Y: '0,0 4,6.2 8,0;4,6.2 4,12',
  Z: '0,0 8,0 0,12 8,12',
  a: '0.5,5.4 ~1.4,4 3.4,4 ~6,4 6,6.6 6,12;6,7.6 3,7.7 ~0,7.8 0,9.9 ~0,12 2.6,12 ~5,12 6,9.8',
  b: '0,0 0,12;0,8 ~0,4 3.2,4 ~6.4,4 6.4,8 ~6.4,12 3.2,12 ~0,12 0,8',
  c: '6,5.8 ~5.3,4 3.3,4 ~0,4 0,8 ~0,12 3.3,12 ~5.3,12 6,10.2',
  d: '6.4,0 6.4,12;6.4,8 ~6.4,4 3.2,4 ~0,4 0,8 ~0,12 3.2,12 ~6.4,12 6.4,8',
  e: '0,7.8 6.3,7.8 ~6.3,4 3.2,4 ~0,4 0,8 ~0,12 3.4,12 ~5.4,12 6.2,10.4',
  f: '4.8,0.2 ~2,-0.4 2,3 2,12;0,4.4 4.4,4.4',
  g: '6.4,4 6.4,12.6 ~6.4,16 3.2,16 ~1.2,16 0.4,14.8;6.4,8 ~6.4,4 3.2,4 ~0,4 0,8 ~0,12 3.2,12 ~6.4,12 6.4,8',
  h: '0,0 0,12;0,7.4 ~0.6,4 3.4,4 ~6,4 6,7 6,12',
  i: '0.6,4 0.6,12;0.6,0.4 0.6,1.2',
  j: '2.4,4 2.4,13 ~2.4,16 0,15.8;2.4,0.4 2.4,1.2',
  k: '0,0 0,12;5.4,4 0,9.2;1.9,7.4 5.8,12',
  l: '0,0 0,10 ~0,12 1.8,12',
  m: '0,4 0,12;0,7 ~0.5,4 2.7,4 ~4.8,4 4.8,7 4.8,12;4.8,7 ~5.3,4 7.5,4 ~9.6,4 9.6,7 9.6,12',
  n: '0,4 0,12;0,7.4 ~0.6,4 3.4,4 ~6,4 6,7 6,12',
  o: '3.2,4 ~0,4 0,8 ~0,12 3.2,12 ~6.4,12 6.4,8 ~6.4,4 3.2,4',
  p: '0,4 0,16;0,8 ~0,4 3.2,4 ~6.4,4 6.4,8 ~6.4,12 3.2,12 ~0,12 0,8',
  q: '6.4,4 6.4,16;6.4,8 ~6.4,4 3.2,4 ~0,4 0,8 ~0,12 3.2,12 ~6.4,12 6.4,8',
  r: '0,4 0,12;0,8 ~0.3,4 4,4.2',
  s: '5.4,5.6 ~4.8,4 2.9,4 ~0.4,4 0.4,5.9 ~0.4,7.4 2.9,7.9 ~5.7,8.5 5.7,10.1 ~5.7,12 2.8,12 ~0.6,12 0,10.4',
  t: '2,1.2 2,9.6 ~2,12 4.6,11.8;0,4.4 4.6,4.4',
  u: '0,4 0,9 ~0,12 2.6,12 ~5.4,12 6,8.6;6,4 6,12',
  v: '0,4 3,12 6,4',
  w: '0,4 2.1,12 4.5,5 6.9,12 9,4',
  x: '0,4 5.8,12;5.8,4 0,12',
  y: '0,4 3.1,11.8;6.2,4 2.6,13.6 ~1.8,16 0,15.8',
  z: '0.2,4 5.6,4 0,12 5.8,12',
  0: '4,0 ~0,0 0,6 ~0,12 4,12 ~8,12 8,6 ~8,0 4,0;5.9,3.4 2.1,8.6',
  1: '0.4,2.8 3.4,0 3.4,12;0.4,12 6.4,12',
  2: '0.2,3 ~0.4,0 3.9,0 ~7.4,0 7.4,3.2 ~7.4,5 5,7.2 0,12 7.6,12',
  3: '0.4,2.2 ~1.2,0 3.8,0 ~7.2,0 7.2,2.9 ~7.2,5.7 3.8,5.7 2.6,5.7;3.8,5.7 ~7.8,5.7 7.8,8.8 ~7.8,12 3.9,12 ~0.8,12 0,9.6',
  4: '6,12 6,0 0,8.6 8.2,8.6',
  5: '7,0 1,0 0.5,5.6 ~1.8,4.5 4,4.5 ~7.8,4.5 7.8,8.2 ~7.8,12 3.9,12 ~0.8,12 0,9.8',
  6: '7.2,1.8 ~6.2,0 4.3,0 ~0,0 0,7.6 ~0,12 4,12 ~7.8,12 7.8,8.3 ~7.8,4.8 4.2,4.8 ~1,4.8 0,7.6',
  7: '0,0 7.6,0 2.8,12',
  8: '4,5.6 ~0.6,5.6 0.6,2.8 ~0.6,0 4,0 ~7.4,0 7.4,2.8 ~7.4,5.6 4,5.6 ~0,5.6 0,8.8 ~0,12 4,12 ~8,12 8,8.8 ~8,5.6 4,5.6',
  9: '7.8,4.4 ~6.8,7.2 3.6,7.2 ~0,7.2 0,3.7 ~0,0 3.8,0 ~7.8,0 7.8,4.4 ~7.8,12 3.5,12 ~1.6,12 0.6,10.2',
  ' ': '',
  '.': '0.6,11.2 0.6,12',
  ',': '1.2,11.4 1.2,12 0,14.2',
  ':': '0.6,5.2 0.6,6;0.6,11.2 0.6,12',
  ';': '1.2,5.2 1.2,6;1.2,11.4 1.2,12 0,14.2',
  '!': '0.6,0 0.6,8.2;0.6,11.2 0.6,12',
  '?': '0,2.4 ~0.4,0 3.2,0 ~6.4,0 6.4,3 ~6.4,4.8 4.6,5.8 ~3.2,6.6 3.2,8.4;3.2,11.2 3.2,12',
  '%': '2.2,0 ~0,0 0,2.6 ~0,5.2 2.2,5.2 ~4.4,5.2 4.4,2.6 ~4.4,0 2.2,0;8.6,0 1.6,12;8,6.8 ~5.8,6.8 5.8,9.4 ~5.8,12 8,12 ~10.2,12 10.2,9.4 ~10.2,6.8 8,6.8',
  '<': '6.6,2.6 0,6.6 6.6,10.6',
  '>': '0,2.6 6.6,6.6 0,10.6',
  '=': '0,4.8 6.8,4.8;0,8.8 6.8,8.8',
  '+': '3.6,3 3.6,10.4;0,6.7 7.2,6.7',
  '-': '0,6.8 4.6,6.8',
  _: '0,14 7,14',
  '#': '3.2,0.6 1.8,11.4;7,0.6 5.6,11.4;0.6,4 8.4,4;0.2,8.2 8,8.2',
  '(': '3,-0.8 ~0,2.6 0,6.4 ~0,10.2 3,13.6',
  ')': '0,-0.8 ~3,2.6 3,6.4 ~3,10.2 0,13.6',
  '[': '3,-0.8 0,-0.8 0,13.6 3,13.6',
  ']': '0,-0.8 3,-0.8 3,13.6 0,13.6',
  '/': '5.6,-0.6 0,13',
  '\\': '0,-0.6 5.6,13',
  '|': '0.6,-1 0.6,14',
  '*': '3,0.6 3,6.6;0.4,2.1 5.6,5.1;5.6,2.1 0.4,5.1',
  '&': '8.2,12 1.6,3.8 ~0.6,0 3.4,0 ~6,0 5.6,2.8 ~5.2,4.4 2.6,5.8 ~0,7.2 0,9.2 ~0,12 3.2,12 ~6.8,12 8,7',
  '@': '6.6,4.4 6.2,8 ~6.2,9.4 7.8,9.2 ~9.6,8.8 9.6,5.8 ~9.6,1 5,1 ~0,1 0,7 ~0,13 5.2,13 7.6,12.4;6.4,6.4 ~6,4 4.6,4 ~2.8,4.2 2.8,6.8 ~2.8,9.2 4.4,9.2 ~6,9.2 6.4,6.4',
  "'": '0.6,0 0.6,3',
  '"': '0.6,0 0.6,3;3.2,0 3.2,3',
  '·': '0.8,6.2 0.8,7',
  '…': '0.6,11.2 0.6,12;4,11.2 4,12;7.4,11.2 7.4,12',
  '–': '0,6.8 7,6.8',
  '→': '0,6.6 9,6.6;5.6,3.2 9,6.6 5.6,10',
  '✓': '0,7 3.2,11.4 8.6,0.8',
  '×': '0.4,3.8 6.4,9.8;6.4,3.8 0.4,9.8',
};

/** Stands for every character the font has not, so that a reader sees that something is there. */
const fallbackShape = '0,0 7,0 7,12 0,12 0,0';

/** Space between two glyphs. */
const spacing = 3;
const spaceWidth = 4;
const stepsPerCurve = 6;

export const capitalHeight = 12;
/** How far glyphs reach below the baseline. */
export const descent = 4;

export interface Glyph {
  /** Each stroke is x0, y0, x1, y1, … in font units. */
  strokes: Float32Array[];
  /** To the start of the next glyph, font units. */
  advance: number;
}

const glyphs = new Map<string, Glyph>();

/** The glyph of one character; a box for characters that the font has not. */
export function glyphOf(character: string): Glyph {
  const known = Object.hasOwn(shapes, character);
  const key = known ? character : '';
  let glyph = glyphs.get(key);
  if (!glyph) {
    glyph = buildGlyph(known ? shapes[character]! : fallbackShape);
    glyphs.set(key, glyph);
  }
  return glyph;
}

/** True when the font draws the character itself. */
export function hasGlyph(character: string): boolean {
  return Object.hasOwn(shapes, character);
}

/** Width in font units, without the space behind the last glyph. */
export function textUnits(text: string): number {
  let width = 0;
  for (const character of text) width += glyphOf(character).advance;
  return Math.max(0, width - spacing);
}

function buildGlyph(shape: string): Glyph {
  const strokes: Float32Array[] = [];
  let right = 0;
  for (const part of shape.split(';')) {
    if (part !== '') strokes.push(buildStroke(part.split(' ')));
  }
  for (const stroke of strokes) for (let i = 0; i < stroke.length; i += 2) right = Math.max(right, stroke[i]!);
  return { strokes, advance: (strokes.length === 0 ? spaceWidth : right) + spacing };
}

function buildStroke(tokens: string[]): Float32Array {
  const line: number[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (!token.startsWith('~')) {
      line.push(...coordinates(token));
      continue;
    }
    const [startX, startY] = [line[line.length - 2]!, line[line.length - 1]!];
    const [bendX, bendY] = coordinates(token.slice(1));
    const [endX, endY] = coordinates(tokens[i + 1]!);
    for (let step = 1; step < stepsPerCurve; step++) {
      const t = step / stepsPerCurve;
      const [a, b, c] = [(1 - t) * (1 - t), 2 * t * (1 - t), t * t];
      line.push(a * startX + b * bendX + c * endX, a * startY + b * bendY + c * endY);
    }
  }
  return Float32Array.from(line);
}

function coordinates(token: string): [number, number] {
  const [x, y] = token.split(',');
  return [Number(x), Number(y)];
}

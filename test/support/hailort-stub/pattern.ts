/** What networks with `compute: 'pattern'` give: the sum of all bytes that were written decides everything, so a test knows which frame came back. */
export function patternSum(...inputs: Uint8Array[]): number {
  let sum = 0;
  for (const input of inputs) for (const byte of input) sum += byte;
  return sum;
}

/** Native values of a UINT8 output (or of a FLOAT32 one that is not NMS): `(sum + index) & 255`. */
export function patternBytes(sum: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (sum + index) & 255);
}

export interface PatternBox {
  class: number;
  yMin: number;
  xMin: number;
  yMax: number;
  xMax: number;
  score: number;
}

/** Class c has (sum + c) % 3 boxes, all coordinates and scores exact in float32, scores 0.875 and 0.75. */
export function patternBoxes(sum: number, classes: number, maxPerClass: number): PatternBox[] {
  const boxes: PatternBox[] = [];
  for (let index = 0; index < classes; index++) {
    for (let i = 0; i < Math.min((sum + index) % 3, maxPerClass); i++) {
      const yMin = ((sum + index) % 64) / 128;
      const xMin = ((sum + i) % 64) / 128;
      boxes.push({ class: index, yMin, xMin, yMax: yMin + 0.25, xMax: xMin + 0.25, score: 0.875 - 0.125 * i });
    }
  }
  return boxes;
}

/** Slow, plain versions of what src/image does fast, written from the definitions. */

export interface Picture {
  pixels: Uint8Array;
  width: number;
  height: number;
}

/** Makes a picture in shared memory from a function of the pixel; with `slack` bytes after the last pixel. */
export function paint(
  width: number,
  height: number,
  colour: (x: number, y: number) => readonly [number, number, number],
  slack = 16,
): Picture {
  const pixels = new Uint8Array(new SharedArrayBuffer(width * height * 3 + slack), 0, width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [red, green, blue] = colour(x, y);
      pixels.set([red, green, blue], (y * width + x) * 3);
    }
  }
  return { pixels, width, height };
}

export function pixelAt(picture: Picture, x: number, y: number): [number, number, number] {
  const clampedX = Math.min(picture.width - 1, Math.max(0, x));
  const clampedY = Math.min(picture.height - 1, Math.max(0, y));
  const at = (clampedY * picture.width + clampedX) * 3;
  return [picture.pixels[at]!, picture.pixels[at + 1]!, picture.pixels[at + 2]!];
}

/** Bilinear value at a point, counting pixel edges; the edge's colour goes on outside. */
export function bilinear(picture: Picture, x: number, y: number): [number, number, number] {
  const left = Math.floor(x - 0.5);
  const top = Math.floor(y - 0.5);
  const u = x - 0.5 - left;
  const v = y - 0.5 - top;
  const mix = [0, 1, 2].map((c) => {
    const value = (dx: number, dy: number): number => pixelAt(picture, left + dx, top + dy)[c]!;
    return (value(0, 0) * (1 - u) + value(1, 0) * u) * (1 - v) + (value(0, 1) * (1 - u) + value(1, 1) * u) * v;
  });
  return mix as [number, number, number];
}

/** Exact mean over the rectangle [x1, x2) × [y1, y2) of the picture, partial pixels by their share. */
export function areaMean(picture: Picture, x1: number, y1: number, x2: number, y2: number): [number, number, number] {
  const sum = [0, 0, 0];
  let weights = 0;
  for (let y = Math.floor(y1); y < y2; y++) {
    for (let x = Math.floor(x1); x < x2; x++) {
      const weight = (Math.min(x + 1, x2) - Math.max(x, x1)) * (Math.min(y + 1, y2) - Math.max(y, y1));
      const value = pixelAt(picture, x, y);
      for (let c = 0; c < 3; c++) sum[c]! += value[c]! * weight;
      weights += weight;
    }
  }
  return sum.map((value) => value / weights) as [number, number, number];
}

/** Solves the eight equations of a homography from four point pairs by Gaussian elimination. */
export function solveHomography(from: [number, number][], to: [number, number][]): number[] {
  const rows: number[][] = [];
  for (let i = 0; i < 4; i++) {
    const [x, y] = from[i]!;
    const [u, v] = to[i]!;
    rows.push([x, y, 1, 0, 0, 0, -u * x, -u * y, u], [0, 0, 0, x, y, 1, -v * x, -v * y, v]);
  }
  for (let column = 0; column < 8; column++) {
    let pivot = column;
    for (let row = column + 1; row < 8; row++) {
      if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row;
    }
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    for (let row = 0; row < 8; row++) {
      if (row === column) continue;
      const factor = rows[row]![column]! / rows[column]![column]!;
      for (let k = column; k < 9; k++) rows[row]![k]! -= factor * rows[column]![k]!;
    }
  }
  return [...rows.map((row, i) => row[8]! / row[i]!), 1];
}

export function applyHomography(matrix: number[], x: number, y: number): [number, number] {
  const w = matrix[6]! * x + matrix[7]! * y + matrix[8]!;
  return [(matrix[0]! * x + matrix[1]! * y + matrix[2]!) / w, (matrix[3]! * x + matrix[4]! * y + matrix[5]!) / w];
}

/** Peak signal-to-noise ratio of 8-bit values, dB. */
export function psnr(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += (a[i]! - b[i]!) ** 2;
  return 10 * Math.log10(255 ** 2 / (squares / a.length));
}

import { inflateSync } from 'node:zlib';

/** Outlines of a TrueType font in a WOFF 1.0 file (W3C recommendation): enough of it to draw capitals and digits as SVG paths, the same on every machine. */
export interface Font {
  /** Height of a capital letter in font units. */
  capHeight: number;
  /** Advance width of a character in font units. */
  advance(character: string): number;
  /** SVG path of the text with its baseline at (x, y) and capitals `size` high; `spacing` is added between characters; `stretch` scales widths. */
  path(text: string, x: number, y: number, size: number, spacing?: number, stretch?: number): string;
  /** Width of the text as `path` draws it. */
  width(text: string, size: number, spacing?: number, stretch?: number): number;
}

type Point = { x: number; y: number; onCurve: boolean };

function tablesOf(file: Buffer): Map<string, Buffer> {
  if (file.toString('latin1', 0, 4) !== 'wOFF')
    throw new Error('Expected a WOFF 1.0 font file but received something else');
  const tables = new Map<string, Buffer>();
  const count = file.readUInt16BE(12);
  for (let i = 0; i < count; i++) {
    const entry = 44 + i * 20;
    const offset = file.readUInt32BE(entry + 4);
    const packed = file.readUInt32BE(entry + 8);
    const plain = file.readUInt32BE(entry + 12);
    const bytes = file.subarray(offset, offset + packed);
    tables.set(file.toString('latin1', entry, entry + 4), packed < plain ? inflateSync(bytes) : bytes);
  }
  return tables;
}

/** Character code to glyph index, from the first format-4 subtable of cmap. */
function characterMap(cmap: Buffer): (code: number) => number {
  let at = -1;
  for (let i = 0; i < cmap.readUInt16BE(2); i++) {
    const offset = cmap.readUInt32BE(4 + i * 8 + 4);
    if (cmap.readUInt16BE(offset) === 4) at = offset;
  }
  if (at < 0) throw new Error('Expected a format 4 character map in the font but received none');
  const segments = cmap.readUInt16BE(at + 6) / 2;
  const ends = at + 14;
  const starts = ends + segments * 2 + 2;
  const deltas = starts + segments * 2;
  const ranges = deltas + segments * 2;
  return (code) => {
    for (let i = 0; i < segments; i++) {
      if (code > cmap.readUInt16BE(ends + i * 2)) continue;
      const start = cmap.readUInt16BE(starts + i * 2);
      if (code < start) return 0;
      const delta = cmap.readUInt16BE(deltas + i * 2);
      const range = cmap.readUInt16BE(ranges + i * 2);
      if (range === 0) return (code + delta) & 0xffff;
      const glyph = cmap.readUInt16BE(ranges + i * 2 + range + (code - start) * 2);
      return glyph === 0 ? 0 : (glyph + delta) & 0xffff;
    }
    return 0;
  };
}

/** Contours of a simple glyph, or of a composite one whose parts are only shifted. */
function contoursOf(glyf: Buffer, offsetOf: (glyph: number) => [number, number], glyph: number): Point[][] {
  const [start, end] = offsetOf(glyph);
  if (end <= start) return [];
  const data = glyf.subarray(start, end);
  const contourCount = data.readInt16BE(0);
  if (contourCount < 0) {
    const contours: Point[][] = [];
    let at = 10;
    for (;;) {
      const flags = data.readUInt16BE(at);
      const part = data.readUInt16BE(at + 2);
      const wide = (flags & 1) !== 0;
      const dx = wide ? data.readInt16BE(at + 4) : data.readInt8(at + 4);
      const dy = wide ? data.readInt16BE(at + 6) : data.readInt8(at + 5);
      for (const contour of contoursOf(glyf, offsetOf, part)) {
        contours.push(contour.map((p) => ({ x: p.x + dx, y: p.y + dy, onCurve: p.onCurve })));
      }
      at += wide ? 8 : 6;
      at += flags & 8 ? 2 : flags & 0x40 ? 4 : flags & 0x80 ? 8 : 0;
      if ((flags & 0x20) === 0) return contours;
    }
  }
  const ends: number[] = [];
  for (let i = 0; i < contourCount; i++) ends.push(data.readUInt16BE(10 + i * 2));
  const points = (ends[contourCount - 1] ?? -1) + 1;
  let at = 10 + contourCount * 2;
  at += 2 + data.readUInt16BE(at);
  const flags: number[] = [];
  while (flags.length < points) {
    const flag = data.readUInt8(at++);
    flags.push(flag);
    if (flag & 8) for (let repeat = data.readUInt8(at++); repeat > 0; repeat--) flags.push(flag);
  }
  const coordinates = (short: number, same: number): number[] => {
    let value = 0;
    return flags.map((flag) => {
      if (flag & short) value += flag & same ? data.readUInt8(at++) : -data.readUInt8(at++);
      else if (!(flag & same)) {
        value += data.readInt16BE(at);
        at += 2;
      }
      return value;
    });
  };
  const xs = coordinates(2, 16);
  const ys = coordinates(4, 32);
  const contours: Point[][] = [];
  let from = 0;
  for (const last of ends) {
    const contour: Point[] = [];
    for (let i = from; i <= last; i++)
      contour.push({ x: xs[i] ?? 0, y: ys[i] ?? 0, onCurve: ((flags[i] ?? 0) & 1) !== 0 });
    contours.push(contour);
    from = last + 1;
  }
  return contours;
}

/** One contour as SVG: quadratic curves, with the on-curve points that TrueType leaves out between two control points. */
function contourPath(contour: Point[], place: (p: { x: number; y: number }) => string): string {
  const points: Point[] = [];
  contour.forEach((point, i) => {
    const next = contour[(i + 1) % contour.length] ?? point;
    points.push(point);
    if (!point.onCurve && !next.onCurve)
      points.push({ x: (point.x + next.x) / 2, y: (point.y + next.y) / 2, onCurve: true });
  });
  const first = points.findIndex((p) => p.onCurve);
  const ordered = [...points.slice(first), ...points.slice(0, first + 1)];
  let path = '';
  ordered.forEach((point, i) => {
    if (i === 0) path += `M${place(point)}`;
    else if (!point.onCurve) path += `Q${place(point)} `;
    else path += ordered[i - 1]?.onCurve ? `L${place(point)}` : place(point);
  });
  return `${path}Z`;
}

/** Reads a WOFF file with TrueType outlines. Throws when it is another kind of font. */
export function readFont(file: Buffer): Font {
  const tables = tablesOf(file);
  const table = (name: string): Buffer => {
    const found = tables.get(name);
    if (!found) throw new Error(`Expected table ${name} in the font but received a font without it`);
    return found;
  };
  const glyphOf = characterMap(table('cmap'));
  const long = table('head').readInt16BE(50) === 1;
  const loca = table('loca');
  const glyf = table('glyf');
  const hmtx = table('hmtx');
  const metrics = table('hhea').readUInt16BE(34);
  const offsetOf = (glyph: number): [number, number] =>
    long
      ? [loca.readUInt32BE(glyph * 4), loca.readUInt32BE(glyph * 4 + 4)]
      : [loca.readUInt16BE(glyph * 2) * 2, loca.readUInt16BE(glyph * 2 + 2) * 2];
  const advance = (character: string): number =>
    hmtx.readUInt16BE(Math.min(glyphOf(character.codePointAt(0) ?? 0), metrics - 1) * 4);
  const capHeight = Math.max(...contoursOf(glyf, offsetOf, glyphOf(0x48)).flatMap((c) => c.map((p) => p.y)));
  return {
    capHeight,
    advance,
    width: (text, size, spacing = 0, stretch = 1) =>
      [...text].reduce((sum, c) => sum + (advance(c) * size * stretch) / capHeight + spacing, -spacing),
    path: (text, x, y, size, spacing = 0, stretch = 1) => {
      const scale = size / capHeight;
      let pen = x;
      let path = '';
      for (const character of text) {
        const left = pen;
        for (const contour of contoursOf(glyf, offsetOf, glyphOf(character.codePointAt(0) ?? 0))) {
          path += contourPath(
            contour,
            (p) => `${(left + p.x * scale * stretch).toFixed(2)},${(y - p.y * scale).toFixed(2)}`,
          );
        }
        pen += advance(character) * scale * stretch + spacing;
      }
      return path;
    },
  };
}

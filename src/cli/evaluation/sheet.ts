import path from 'node:path';
import type { Frame } from '../../frame/frame.js';
import { framePool } from '../../frame/pool.js';
import type { View } from '../../device/device.js';
import { decodeImage } from '../../image/decode.js';
import { encodeJpeg } from '../../image/encode.js';
import { fillTensor } from '../../image/tensor.js';
import { drawOverlay } from '../../overlay/draw.js';
import type { LabelLine, Shape } from '../../overlay/drawing.js';
import { overlayColours } from '../../overlay/style.js';
import { measureText } from '../../overlay/text.js';
import type { SourceOutcomes } from './groups.js';
import { isRight, type LabelOutcome } from './outcome.js';

/** A plate that was misread, not read or not found. */
export interface Failure {
  source: string;
  file: string;
  label: LabelOutcome;
}

/** Pixels of the sheet: cells with a crop and three lines of text. */
const COLUMNS = 4;
const CELL = { width: 300, height: 168 };
const CROP = { width: 288, height: 96 };
const MARGIN = 6;
const BACKGROUND = 24;
/** Around the label: what was cut too tightly shows. */
const AROUND = 0.1;

/** The worst first: misread and sure of it, because that does the harm; then what was not read, then what was not found. */
export function worstOf(sources: readonly SourceOutcomes[], count: number): Failure[] {
  const failures = sources.flatMap(({ name, kind, outcomes }) =>
    kind === 'vehicles'
      ? []
      : outcomes.flatMap(({ file, labels }) =>
          labels.filter(hasFailed).map((label): Failure => ({ source: name, file, label })),
        ),
  );
  return failures.sort((a, b) => badness(b.label) - badness(a.label)).slice(0, count);
}

function hasFailed(label: LabelOutcome): boolean {
  return label.expected === undefined ? !label.found : !isRight(label);
}

function badness({ expected, found, read }: LabelOutcome): number {
  if (read !== undefined) return 1 + read.confidence;
  return found ? 1 : expected === undefined ? 0 : 0.5;
}

/** Each failure with its crop, straightened where corners are labelled, what stands there, what was read and how surely. */
export async function contactSheet(failures: readonly Failure[]): Promise<Buffer> {
  const rows = Math.max(1, Math.ceil(failures.length / COLUMNS));
  const size = { width: COLUMNS * CELL.width, height: rows * CELL.height };
  const sheet = framePool().acquire({ cameraId: 'sheet', sequence: 0, timestamp: 0, ...size });
  sheet.pixels.fill(BACKGROUND);
  const shapes: Shape[] = [];
  for (const [index, failure] of failures.entries()) {
    const left = (index % COLUMNS) * CELL.width + MARGIN;
    const top = Math.floor(index / COLUMNS) * CELL.height + MARGIN;
    const pixels = await cropOf(failure);
    const place = { x: left, y: top, ...CROP, pixels, pixelWidth: CROP.width, pixelHeight: CROP.height };
    shapes.push({ kind: 'picture', ...place }, captionOf(failure, left, top + CROP.height));
  }
  drawOverlay({ pixels: sheet.pixels, ...size }, { shapes });
  const jpeg = await encodeJpeg(sheet, { quality: 85 });
  framePool().recycle(sheet);
  return jpeg;
}

async function cropOf({ file, label }: Failure): Promise<SharedArrayBuffer> {
  const frame: Frame = await decodeImage(file, { cameraId: 'sheet', sequence: 0, timestamp: 0 });
  const pixels = new SharedArrayBuffer(CROP.width * CROP.height * 3);
  const view: View | undefined = label.view === undefined ? undefined : { ...label.view, margin: AROUND };
  const fill: [number, number, number] = [BACKGROUND, BACKGROUND, BACKGROUND];
  const input = { ...CROP, colour: 'RGB', layout: 'NHWC', type: 'uint8', fit: 'letterbox', fill } as const;
  fillTensor(frame, view, { ...input, fill }, CROP, new Uint8Array(pixels), 0);
  framePool().recycle(frame);
  return pixels;
}

function captionOf({ source, file, label }: Failure, x: number, y: number): Shape {
  const { expected = '', found, read } = label;
  const { settled, held, faint } = overlayColours;
  const answer = read ? `${read.text}  ${read.confidence.toFixed(3)}` : found ? 'nothing read' : 'not found';
  const lines: [text: string, size: number, colour: LabelLine['colour']][] = [
    [expected || '(no text)', 13, settled],
    [answer, 13, held],
    [`${source}/${path.basename(file)}`, 8, faint],
  ];
  let top = y + 6;
  const placed = lines.map(([text, wanted, colour]): LabelLine => {
    let size = wanted;
    while (size > 6 && measureText(text, size) > CROP.width - 12) size--;
    const line = { text, x: x + 8, y: top, size, colour };
    top += wanted + 7;
    return line;
  });
  const box = { x, y, width: CROP.width, height: CELL.height - CROP.height - 2 * MARGIN };
  return { kind: 'label', ...box, accent: held, bar: 3, lines: placed };
}

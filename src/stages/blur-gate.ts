import type { PixelWorker } from '../device/device.js';
import type { Box, Miss, Plate, Timings } from '../detection/types.js';
import { closer, lookCloser } from '../frame/detail.js';
import type { Frame } from '../frame/frame.js';

export interface BlurGateOptions {
  /** Variance of the Laplacian below which a plate counts as blurred. TAPPAS: 100. */
  minSharpness: number;
  /** Pixels of the picture that the plate is read from, which is the larger stream's where there is one; 0 is off. */
  minWidth: number;
  minHeight: number;
}

/** TAPPAS does not judge a plate of which 10 px or less are left in a direction after cutting 10 % off each side. */
const LEAST_TO_JUDGE = 13;

/** Measures every plate that would be read and holds back the small and the blurred ones. */
export async function gatePlates(
  frame: Frame,
  plates: Plate[],
  pixels: PixelWorker,
  options: BlurGateOptions,
): Promise<{ plates: Plate[]; timings: Timings }> {
  const started = performance.now();
  const open = plates.filter((plate) => isOpen(plate));
  const measured = await lookCloser(frame, open.length > 0, async (sight) => {
    const boxes = open.map(({ box }) => closer(box, sight));
    const values = boxes.length > 0 ? await pixels.sharpness(sight.frame, boxes, frame.cameraId) : [];
    return values.map((sharpness, index) => ({ sharpness, box: boxes[index]! }));
  });
  const gated = plates.map((plate) => {
    const seen = measured[open.indexOf(plate)];
    if (seen === undefined) return plate;
    const { sharpness } = seen;
    const held = missOf(seen.box, sharpness, options);
    return held === undefined ? { ...plate, sharpness } : { ...plate, sharpness, held };
  });
  return { plates: gated, timings: { sharpness: performance.now() - started } };
}

/** Not held back by an earlier stage, and not settled. */
export function isOpen(plate: Plate): boolean {
  return plate.held === undefined && (plate.vote?.settled !== true || plate.reread === true);
}

function missOf(box: Box, sharpness: number, options: BlurGateOptions): Miss | undefined {
  const width = box.x2 - box.x1;
  const height = box.y2 - box.y1;
  if (width < options.minWidth) return small('wide', width, options.minWidth);
  if (height < options.minHeight) return small('high', height, options.minHeight);
  if (sharpness < 0) {
    const least = Math.min(width, height);
    return {
      code: 'small',
      reason: `small ${Math.floor(least)} px, too small to judge`,
      value: least,
      limit: LEAST_TO_JUDGE,
    };
  }
  if (sharpness < options.minSharpness) {
    return {
      code: 'blurred',
      // Rounded down: 99.6 must not read "blurred 100 < 100".
      reason: `blurred ${Math.floor(sharpness)} < ${options.minSharpness}`,
      value: sharpness,
      limit: options.minSharpness,
    };
  }
  return undefined;
}

function small(dimension: string, value: number, limit: number): Miss {
  return { code: 'small', reason: `small ${Math.floor(value)} < ${limit} px ${dimension}`, value, limit };
}

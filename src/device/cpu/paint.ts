import { blurRegions } from '../../image/blur.js';
import { fillTensor, type RgbPixels } from '../../image/tensor.js';
import type { ModelInput } from '../../models/manifest.js';
import { drawOverlay } from '../../overlay/draw.js';
import type { Cut, Drawing } from '../../overlay/drawing.js';

/** A cut is a picture for people: all of the quad, in the frame's own bytes. */
const CUT: Pick<ModelInput, 'layout' | 'type' | 'colour' | 'fit'> = {
  layout: 'NHWC',
  type: 'uint8',
  colour: 'RGB',
  fit: 'stretch',
};

/**
 * Carries out a drawing on a copy of the frame: first what is cut out of it, then what is hidden, then what is drawn, so that
 * nothing hidden can be seen behind anything drawn.
 *
 * @param target at least as long as the frame's pixels
 * @throws ImageError for regions and cuts with numbers that are none; the target is of no use then
 */
export function paint(source: RgbPixels, target: SharedArrayBuffer, drawing: Drawing): void {
  const { width, height } = source;
  const canvas = { pixels: new Uint8Array(target, 0, width * height * 3), width, height };
  for (const cut of drawing.cuts ?? []) cutOut(source, cut);
  canvas.pixels.set(source.pixels);
  blurRegions(canvas, drawing.hidden ?? []);
  drawOverlay(canvas, drawing);
}

function cutOut(frame: RgbPixels, { corners, pixels, width, height, from }: Cut): void {
  const input = { ...CUT, width, height };
  const source =
    from === undefined ? frame : { ...from, pixels: new Uint8Array(from.pixels, 0, from.width * from.height * 3) };
  fillTensor(source, { corners }, input, { width, height }, new Uint8Array(pixels), 0);
}

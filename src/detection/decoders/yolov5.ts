import type { Yolov5Output } from '../../models/manifest.js';
import { sigmoid, type CandidateList, type DecodeOptions } from '../candidates.js';
import type { TensorView } from '../tensor-view.js';
import { scanAnchorHeads } from './anchor-heads.js';

/**
 * YOLOv5 (and v7) heads: centre = (2σ(t) − 0.5 + cell) · stride, size = (2σ(t))² · anchor, with the sigmoid in the graph or
 * here (`activated`). Shapes per stride: [N, h, w, a·(5+c)], [N, a·(5+c), h, w] or [N, a, h, w, 5+c].
 *
 * @throws DecodeError when an output is missing or has another shape.
 */
export function decodeYolov5(
  outputs: Record<string, TensorView>,
  output: Yolov5Output,
  options: DecodeOptions,
): CandidateList {
  const { activated } = output;
  return scanAnchorHeads(outputs, output, options, (raw, cellX, cellY, stride, anchorWidth, anchorHeight, out) => {
    if (!activated) for (let index = 0; index < 4; index++) raw[index] = sigmoid(raw[index]!);
    out[0] = (2 * raw[0]! - 0.5 + cellX) * stride;
    out[1] = (2 * raw[1]! - 0.5 + cellY) * stride;
    out[2] = (2 * raw[2]!) ** 2 * anchorWidth;
    out[3] = (2 * raw[3]!) ** 2 * anchorHeight;
  });
}

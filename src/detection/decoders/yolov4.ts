import type { Yolov4Output } from '../../models/manifest.js';
import { sigmoid, type CandidateList, type DecodeOptions } from '../candidates.js';
import type { TensorView } from '../tensor-view.js';
import { scanAnchorHeads } from './anchor-heads.js';

/**
 * YOLOv4 and YOLOv4-tiny heads: centre = (s·σ(t) − (s − 1)/2 + cell) · stride with s = `scaleXY` (1.05 in the tiny network:
 * cells reach a little over their edges), size = e^t · anchor. `activated` covers x, y, objectness and classes; the size is
 * always raw. Shapes per stride: [N, h, w, a·(5+c)] or [N, a·(5+c), h, w].
 *
 * @throws DecodeError when an output is missing or has another shape.
 */
export function decodeYolov4(
  outputs: Record<string, TensorView>,
  output: Yolov4Output,
  options: DecodeOptions,
): CandidateList {
  const { activated, scaleXY } = output;
  const shift = (scaleXY - 1) / 2;
  return scanAnchorHeads(outputs, output, options, (raw, cellX, cellY, stride, anchorWidth, anchorHeight, out) => {
    const x = activated ? raw[0]! : sigmoid(raw[0]!);
    const y = activated ? raw[1]! : sigmoid(raw[1]!);
    out[0] = (scaleXY * x - shift + cellX) * stride;
    out[1] = (scaleXY * y - shift + cellY) * stride;
    out[2] = Math.exp(raw[2]!) * anchorWidth;
    out[3] = Math.exp(raw[3]!) * anchorHeight;
  });
}

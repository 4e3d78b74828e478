import type { TensorView } from '../../../detection/tensor-view.js';
import { HailoError } from '../errors.js';
import { FormatOrder, FormatType, type OutputVstream, type VstreamInfo } from '../library/api.js';
import { type Dequantise, dequantiseBytes, dequantisePerFeature, dequantiseWords, readFloats } from './dequantise.js';

/** What one output's bytes mean. */
export interface OutputTensor {
  /** `network/layer` */
  name: string;
  dims: readonly number[];
  /** A frame's bytes as numbers; valid until the next call, or until the bytes change. */
  view(bytes: Uint8Array): TensorView;
}

const bytesOf: Record<number, number> = { [FormatType.UINT8]: 1, [FormatType.UINT16]: 2, [FormatType.FLOAT32]: 4 };

/** Suppressed on the host or the chip and sorted by class; 9 is what libraries up to 4.19 call it (hailort-c-api §7). */
export function isNmsByClass(order: number): boolean {
  return order === FormatOrder.NMS || order === FormatOrder.NMS_BY_CLASS;
}

/**
 * The type to ask for: what the chip gives, because it is a quarter of the bytes and de-quantised here by looking it up;
 * suppressed detections come as float32 only.
 */
export function wishedFormatType(info: VstreamInfo): number {
  if (info.direction === 'input') return FormatType.UINT8;
  return info.nms ? FormatType.FLOAT32 : FormatType.AUTO;
}

/**
 * How to read an output: [1, height, width, features] for pictures, [1, features] for vectors, [1, height, width] without
 * features, [classes, 1 + 5 · most per class] for suppressed detections.
 *
 * @param where names file and model in errors
 * @throws HailoError for formats that the decoders have no use for, sizes that do not add up, a missing quantisation
 */
export function outputTensor(vstream: OutputVstream, where: string): OutputTensor {
  const { info, format, frameSize } = vstream;
  const here = `output ${info.name} of ${where}`;
  const bytesEach = bytesOf[format.type];
  if (bytesEach === undefined) {
    throw new HailoError(`Expected bytes, 16-bit or float numbers for ${here} but received format type ${format.type}`);
  }
  const dims = dimsOf(info, format.order, here);
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (frameSize !== count * bytesEach) {
    throw new HailoError(
      `Expected ${count * bytesEach} bytes for ${here} of dims [${dims.join(', ')}] but the library gives ${frameSize}`,
    );
  }
  const read = reader(vstream, count, here);
  return { name: info.name, dims, view: (bytes) => ({ dims, data: read(bytes) }) };
}

function dimsOf(info: VstreamInfo, order: number, where: string): number[] {
  if (info.nms) {
    if (!isNmsByClass(info.format.order)) {
      throw new HailoError(
        `Expected suppressed detections by class (format order 22) for ${where} but received order ${info.format.order}: ` +
          'compile the network with nms by class, or without it',
      );
    }
    return [info.nms.classes, 1 + 5 * info.nms.maxPerClass];
  }
  const { shape } = info;
  if (!shape) throw new HailoError(`Expected a shape for ${where} but received none`);
  const { height, width, features } = shape;
  switch (order) {
    // The last two are orders of the chip; the caller's side of them is NHWC (hailort.h).
    case FormatOrder.NHWC:
    case FormatOrder.FCR:
    case FormatOrder.F8CR:
      return [1, height, width, features];
    case FormatOrder.NCHW:
      return [1, features, height, width];
    case FormatOrder.NHW:
      return [1, height, width];
    case FormatOrder.NC:
      return [1, height * width * features];
    default:
      throw new HailoError(
        `Expected NHWC, NCHW, NHW or NC (format order 1, 11, 5 or 6) for ${where} but received ${order}`,
      );
  }
}

function reader({ info, format, quantisations }: OutputVstream, count: number, where: string): Dequantise {
  if (format.type === FormatType.FLOAT32) return readFloats(count);
  const [only] = quantisations;
  for (const { zeroPoint, scale } of quantisations) {
    // Among many features one may be constant, its scale 0; a scale of 0 for all means that the library knows none (§6).
    if (!Number.isFinite(zeroPoint) || !Number.isFinite(scale) || (scale === 0 && quantisations.length === 1)) {
      throw new HailoError(
        `Expected a zero point and a scale other than 0 for ${where} but received ${zeroPoint} and ${scale}`,
      );
    }
  }
  if (only && quantisations.length === 1) {
    return format.type === FormatType.UINT8 ? dequantiseBytes(count, only) : dequantiseWords(count, only);
  }
  if (quantisations.length !== info.shape?.features || format.order === FormatOrder.NCHW) {
    throw new HailoError(
      `Expected one quantisation for ${where}, or one for each of its ${info.shape?.features ?? 0} features in the last axis, ` +
        `but received ${quantisations.length}`,
    );
  }
  return dequantisePerFeature(count, quantisations, format.type === FormatType.UINT8 ? 1 : 2);
}

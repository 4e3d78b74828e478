import { FormatOrder, type Quantisation, type VstreamFormat, type VstreamInfo } from './api.js';
import type { Layout } from './layout.js';
import { readName } from './memory.js';

const NAME_SIZE = 128;
const NMS_WITH_BYTE_MASK = 20;
/** Only for these the union of hailo_vstream_info_t holds hailo_nms_shape_t (hailort-c-api §4.4). */
const nmsOrders = new Set<number>([
  FormatOrder.NMS,
  NMS_WITH_BYTE_MASK,
  FormatOrder.NMS_BY_CLASS,
  FormatOrder.NMS_BY_SCORE,
]);

export const QUANTISATION_SIZE = 16;
export const FORMAT_SIZE = 12;
/** Of hailo_input_vstream_params_by_name_t, and of the one for outputs (§4.3). */
export const VSTREAM_PARAMS_SIZE = 156;

/** hailo_vstream_info_t at `offset` (§4.4). */
export function readVstreamInfo(bytes: Buffer, offset: number, layout: Layout): VstreamInfo {
  const format = readFormat(bytes, offset + 392);
  const union = offset + 404;
  const info: VstreamInfo = {
    name: readName(bytes, offset, NAME_SIZE),
    network: readName(bytes, offset + 128, 257),
    direction: bytes.readInt32LE(offset + 388) === 0 ? 'input' : 'output',
    format,
    quantisation: readQuantisation(bytes, offset + layout.quantisationOffset),
  };
  // Of hailo_nms_shape_t only these two words mean the same in every version (§4.5).
  if (nmsOrders.has(format.order)) {
    info.nms = { classes: bytes.readUInt32LE(union), maxPerClass: bytes.readUInt32LE(union + 4) };
  } else {
    info.shape = {
      height: bytes.readUInt32LE(union),
      width: bytes.readUInt32LE(union + 4),
      features: bytes.readUInt32LE(union + 8),
    };
  }
  return info;
}

/** hailo_format_t */
export function readFormat(bytes: Buffer, offset: number): VstreamFormat {
  return {
    type: bytes.readInt32LE(offset),
    order: bytes.readInt32LE(offset + 4),
    flags: bytes.readInt32LE(offset + 8),
  };
}

/** hailo_quant_info_t */
export function readQuantisation(bytes: Buffer, offset: number): Quantisation {
  return {
    zeroPoint: bytes.readFloatLE(offset),
    scale: bytes.readFloatLE(offset + 4),
    min: bytes.readFloatLE(offset + 8),
    max: bytes.readFloatLE(offset + 12),
  };
}

/** Name of the vstream that the params at `index` are for. */
export function readParamsName(bytes: Buffer, index: number): string {
  return readName(bytes, index * VSTREAM_PARAMS_SIZE, NAME_SIZE);
}

/** Changes what we have a wish for in params that the library made; the rest stays byte for byte. */
export function patchParams(
  bytes: Buffer,
  index: number,
  { formatType, timeoutMs, queueSize }: { formatType: number; timeoutMs: number; queueSize: number },
): void {
  const offset = index * VSTREAM_PARAMS_SIZE;
  bytes.writeInt32LE(formatType, offset + 128);
  bytes.writeUInt32LE(timeoutMs, offset + 140);
  bytes.writeUInt32LE(queueSize, offset + 144);
}

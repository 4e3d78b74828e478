import { HailoError } from '../errors.js';
import {
  type GroupHandle,
  type HailoLibrary,
  type InputHandle,
  type InputVstream,
  type OutputHandle,
  type OutputVstream,
  type Quantisation,
  type VstreamFormat,
  type VstreamInfo,
  type VstreamWish,
  FormatOrder,
  FormatType,
} from './api.js';
import { call, integer, list, type LibraryContext } from './calls.js';
import type { LentBuffers } from './frames.js';
import { memory } from './memory.js';
import type { GroupInfos } from './networks.js';
import {
  FORMAT_SIZE,
  patchParams,
  QUANTISATION_SIZE,
  readFormat,
  readParamsName,
  readQuantisation,
  readVstreamInfo,
  VSTREAM_PARAMS_SIZE,
} from './vstream-structs.js';

const ROOM_FOR_VSTREAMS = 16;
const POINTER_SIZE = 8;
const LARGEST_FRAME = 0x7fffffff;
const LARGEST_QUEUE = 1024;
/** Most entries to ask for at once; more come by growth. */
const LARGEST_ROOM = 4096;

const functions = {
  input: {
    kind: 'input-vstream',
    make: 'hailo_make_input_vstream_params',
    create: 'hailo_create_input_vstreams',
    info: 'hailo_get_input_vstream_info',
    frameSize: 'hailo_get_input_vstream_frame_size',
    format: 'hailo_get_input_vstream_user_format',
    release: 'hailo_release_input_vstreams',
  },
  output: {
    kind: 'output-vstream',
    make: 'hailo_make_output_vstream_params',
    create: 'hailo_create_output_vstreams',
    info: 'hailo_get_output_vstream_info',
    frameSize: 'hailo_get_output_vstream_frame_size',
    format: 'hailo_get_output_vstream_user_format',
    release: 'hailo_release_output_vstreams',
  },
} as const;
type Direction = keyof typeof functions;

interface Opened {
  handle: bigint;
  info: VstreamInfo;
  format: VstreamFormat;
  frameSize: number;
}

type VstreamCalls = Pick<
  HailoLibrary,
  'createInputs' | 'createOutputs' | 'releaseInputs' | 'releaseOutputs' | 'setNmsThresholds'
>;

/** The usual wish: bytes in, floats from suppression (nothing else is allowed there), other outputs as the chip gives them. */
export function usualFormatType(info: VstreamInfo): number {
  if (info.direction === 'input') return FormatType.UINT8;
  return info.nms ? FormatType.FLOAT32 : FormatType.AUTO;
}

/** Inputs and outputs of configured groups. */
export function vstreamCalls(context: LibraryContext, infosOf: GroupInfos, lent: LentBuffers): VstreamCalls {
  const { handles, layout } = context;

  /** Params of all vstreams of one direction, as the library fills them in, with our wishes. */
  const makeParams = (
    direction: Direction,
    group: GroupHandle,
    wish: VstreamWish,
  ): { bytes: Buffer; names: string[] } => {
    const { bytes, count } = list(context, {
      name: functions[direction].make,
      about: `the ${direction}s`,
      args: [group, false, FormatType.AUTO],
      size: VSTREAM_PARAMS_SIZE,
      room: ROOM_FOR_VSTREAMS,
    });
    const timeoutMs = integer('timeoutMs', wish.timeoutMs, 1);
    const queueSize = integer('queueSize', wish.queueSize, 1, LARGEST_QUEUE);
    const names = Array.from({ length: count }, (_, index) => readParamsName(bytes, index));
    names.forEach((name, index) => {
      const info = knownInfo(direction, group, name);
      const formatType = integer(`the format of ${name}`, wish.formatType(info), FormatType.AUTO, FormatType.FLOAT32);
      patchParams(bytes, index, { formatType, timeoutMs, queueSize });
    });
    return { bytes: bytes.subarray(0, count * VSTREAM_PARAMS_SIZE), names };
  };

  const knownInfo = (direction: Direction, group: GroupHandle, name: string): VstreamInfo => {
    const infos = infosOf.get(group);
    const info = infos?.find((candidate) => candidate.direction === direction && candidate.name === name);
    if (info) return info;
    const received = infos ? 'none of that name' : 'a group that another thread configured';
    throw new HailoError(`Expected the ${direction} ${name} in the HEF of the group but received ${received}`);
  };

  /** All in one call: outputs that share a stream of the device must be made together (§2). */
  const create = (direction: Direction, group: GroupHandle, wish: VstreamWish): Opened[] => {
    handles.check('network-group', group);
    const { bytes, names } = makeParams(direction, group, wish);
    if (names.length === 0) throw new HailoError(`Expected at least one ${direction} of a network but received none`);
    const pointers = memory(names.length * POINTER_SIZE);
    const { kind, create: createAll } = functions[direction];
    call(context, createAll, names.join(', '), group, bytes, names.length, pointers);
    const made = names.map((_, index) =>
      handles.add(kind, pointers.readBigUInt64LE(index * POINTER_SIZE), { owner: group }),
    );
    try {
      const opened = made.map((handle) => inspect(direction, handle));
      checkNames(direction, names, opened);
      return opened.sort((a, b) => (a.info.name < b.info.name ? -1 : 1));
    } catch (error) {
      releaseQuietly(direction, made);
      throw error;
    }
  };

  /** The handles come in an order of the library's, so each is asked for its name (§2). */
  const inspect = (direction: Direction, handle: bigint): Opened => {
    const { info: getInfo, frameSize: getFrameSize, format: getFormat } = functions[direction];
    const infoBytes = memory(layout.vstreamInfoSize);
    call(context, getInfo, undefined, handle, infoBytes);
    const info = readVstreamInfo(infoBytes, 0, layout);
    const size: unknown[] = [0];
    call(context, getFrameSize, info.name, handle, size);
    const formatBytes = memory(FORMAT_SIZE);
    call(context, getFormat, info.name, handle, formatBytes);
    const format = resolved(readFormat(formatBytes, 0), info.format);
    const frameSize = integer(`the frame size of ${info.name}`, Number(size[0]), 1, LARGEST_FRAME);
    return { handle, info, format, frameSize };
  };

  const quantisations = (handle: bigint, { name, shape }: VstreamInfo): Quantisation[] => {
    const { bytes, count } = list(context, {
      name: 'hailo_get_output_vstream_quant_infos',
      about: name,
      args: [handle],
      size: QUANTISATION_SIZE,
      room: Math.min(LARGEST_ROOM, Math.max(1, shape?.features ?? 1)),
    });
    return Array.from({ length: count }, (_, index) => readQuantisation(bytes, index * QUANTISATION_SIZE));
  };

  /** They are forgotten first: a release that fails must not be tried again. */
  const release = (direction: Direction, released: readonly bigint[]): void => {
    const { kind, release: releaseAll } = functions[direction];
    if (released.length === 0) return;
    for (const handle of released) handles.checkOwn(kind, handle);
    if (new Set(released).size !== released.length) {
      throw new HailoError(`Expected every ${direction} once but received one twice`);
    }
    const pointers = memory(released.length * POINTER_SIZE);
    released.forEach((handle, index) => pointers.writeBigUInt64LE(handle, index * POINTER_SIZE));
    for (const handle of released) handles.remove(kind, handle);
    call(context, releaseAll, undefined, pointers, released.length);
    for (const handle of released) lent.giveBack(handle);
  };

  /** After a failure its reason counts, not that of the cleaning up. */
  const releaseQuietly = (direction: Direction, released: readonly bigint[]): void => {
    try {
      release(direction, released);
    } catch {
      // Nothing more can be done for them.
    }
  };

  return {
    createInputs(group, wish): InputVstream[] {
      return create('input', group, wish).map((opened) => ({ ...opened, handle: opened.handle as InputHandle }));
    },

    createOutputs(group, wish): OutputVstream[] {
      const opened = create('output', group, wish);
      try {
        return opened.map((output) => ({
          ...output,
          handle: output.handle as OutputHandle,
          quantisations: quantisations(output.handle, output.info),
        }));
      } catch (error) {
        releaseQuietly(
          'output',
          opened.map(({ handle }) => handle),
        );
        throw error;
      }
    },

    releaseInputs(inputs): void {
      release(
        'input',
        inputs.map(({ handle }) => handle),
      );
    },

    releaseOutputs(outputs): void {
      release(
        'output',
        outputs.map(({ handle }) => handle),
      );
    },

    setNmsThresholds({ handle, info }, { score, iou }): void {
      handles.check('output-vstream', handle);
      const set = (name: Parameters<typeof call>[1], value: number): void =>
        call(context, name, info.name, handle, value);
      if (score !== undefined) set('hailo_vstream_set_nms_score_threshold', fraction('score', score));
      if (iou !== undefined) set('hailo_vstream_set_nms_iou_threshold', fraction('iou', iou));
    },
  };
}

function fraction(name: string, value: number): number {
  if (value >= 0 && value <= 1) return value;
  throw new RangeError(`Expected a number from 0 to 1 for ${name} but received ${value}`);
}

/** AUTO means: as in the vstream's info (§6). */
function resolved(format: VstreamFormat, native: VstreamFormat): VstreamFormat {
  return {
    type: format.type === FormatType.AUTO ? native.type : format.type,
    order: format.order === FormatOrder.AUTO ? native.order : format.order,
    flags: format.flags,
  };
}

function checkNames(direction: Direction, expected: string[], opened: Opened[]): void {
  const received = opened.map(({ info }) => info.name).sort();
  if (JSON.stringify(received) === JSON.stringify([...expected].sort())) return;
  throw new HailoError(`Expected the ${direction}s ${expected.join(', ')} but received ${received.join(', ')}`);
}

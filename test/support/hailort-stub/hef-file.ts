import { writeFileSync } from 'node:fs';
import { crc32 } from './crc32.js';

export interface StubInput {
  /** `layer` (the network's name is put before it) or `network/layer`. */
  name: string;
  height: number;
  width: number;
  features: number;
  /** hailo_format_order_t, default NHWC 1. */
  order?: number;
  /** hailo_format_type_t, default UINT8 1. */
  type?: number;
  zeroPoint?: number;
  scale?: number;
}

export interface StubTensor extends StubInput {
  /** One pair per feature; the vstream info then says zeros (§6). */
  perChannel?: { zeroPoint: number; scale: number }[];
}

export interface StubNms {
  name: string;
  nms: { classes: number; maxPerClass: number };
}

export type StubOutput = StubTensor | StubNms;

export interface StubNetwork {
  name: string;
  /** Default the network's name. */
  group?: string;
  /** is_multi_context of the group. Default false. */
  multiContext?: boolean;
  inputs: StubInput[];
  /** In model order, which need not be name order. */
  outputs: StubOutput[];
  /** Default 'pattern'. `file`: raw outputs in model order, native types, NMS in full size; several frames one after the other take turns. */
  compute?: 'pattern' | { file: string } | { onnx: string };
}

export interface HefOptions {
  /** hw_arch (§9.1): 1 Hailo-8 (default), 3 Hailo-8L, 103 Hailo-10H … */
  architecture?: number;
  /** Dataflow Compiler, default 3.29.0. */
  compiler?: string;
  /** Default 1. */
  headerVersion?: 0 | 1 | 2 | 3;
  /** Cuts the file to so many bytes. */
  truncate?: number;
  /** One byte of the weights is flipped. */
  corrupt?: boolean;
}

/** Number of the field of the protobuf in which the stub finds its description; no real HEF has it. */
const DESCRIPTION_FIELD = 2000;
const WEIGHTS = 4096;

/**
 * A file with the header of a true HEF (hailort-c-api §9.1) and, where the network would be, a description that the stub reads.
 * Where header versions 2 and 3 carry an xxHash, this one carries a CRC-32.
 */
export function writeHef(file: string, network: StubNetwork, options: HefOptions = {}): void {
  const { architecture = 1, compiler = '3.29.0', headerVersion = 1, truncate, corrupt = false } = options;
  const about = join(intField(1, architecture), intField(2, 0x18f), textField(3, compiler), intField(4, 0));
  const protobuf = join(bytesField(1, about), textField(DESCRIPTION_FIELD, describe(network)));
  const weights = Buffer.alloc(WEIGHTS, 0x5a);
  const hash = crc32(join(protobuf, weights));
  const bytes = join(header(headerVersion, protobuf.length, hash), protobuf, weights);
  if (corrupt) bytes[bytes.length - 100]! ^= 1;
  writeFileSync(file, truncate === undefined ? bytes : bytes.subarray(0, truncate));
}

/** Lines of the description, read by description.c. */
export function describe(network: StubNetwork): string {
  const full = (name: string) => (name.includes('/') ? name : `${network.name}/${name}`);
  const tensor = (kind: string, tensor: StubTensor) => {
    const { name, height, width, features, order = 1, type = 1, zeroPoint = 0, scale = 1, perChannel = [] } = tensor;
    if (perChannel.length > 0 && perChannel.length !== features) {
      throw new Error(`Expected ${features} quantisations for ${name} but received ${perChannel.length}`);
    }
    return [
      `${kind} ${full(name)} ${height} ${width} ${features} ${type} ${order} ${zeroPoint} ${scale}`,
      ...perChannel.map((entry) => `channel ${entry.zeroPoint} ${entry.scale}`),
    ];
  };
  const { compute = 'pattern' } = network;
  const how = compute === 'pattern' ? 'pattern -' : 'file' in compute ? `file ${compute.file}` : `onnx ${compute.onnx}`;
  return [
    `group ${network.group ?? network.name} ${Number(network.multiContext ?? false)}`,
    `network ${network.name}`,
    ...network.inputs.flatMap((input) => tensor('input', input)),
    ...network.outputs.flatMap((output) =>
      'nms' in output
        ? [`nms ${full(output.name)} ${output.nms.classes} ${output.nms.maxPerClass}`]
        : tensor('output', output),
    ),
    `compute ${how}`,
    '',
  ].join('\n');
}

/** Versions 0 to 3: 32, 28, 44 and 56 bytes, big-endian. */
function header(version: 0 | 1 | 2 | 3, protobufSize: number, hash: number): Buffer {
  const bytes = Buffer.alloc([32, 28, 44, 56][version]!);
  bytes.writeUInt32BE(0x01484546, 0);
  bytes.writeUInt32BE(version, 4);
  bytes.writeUInt32BE(protobufSize, 8);
  if (version === 0) bytes.writeUInt32BE(hash, 28);
  if (version === 1) {
    bytes.writeUInt32BE(hash, 12);
    bytes.writeBigUInt64BE(BigInt(WEIGHTS), 16);
  }
  if (version >= 2) {
    bytes.writeBigUInt64BE(BigInt(hash), 12);
    bytes.writeBigUInt64BE(BigInt(WEIGHTS), 20);
  }
  return bytes;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}

function intField(field: number, value: number): Buffer {
  return join(varint(field * 8), varint(value));
}

function bytesField(field: number, bytes: Buffer): Buffer {
  return join(varint(field * 8 + 2), varint(bytes.length), bytes);
}

function textField(field: number, text: string): Buffer {
  return bytesField(field, Buffer.from(text));
}

function join(...parts: Buffer[]): Buffer {
  return Buffer.concat(parts);
}

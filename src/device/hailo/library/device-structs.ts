import type { Architecture, DeviceIdentity, LibraryVersion, VdeviceParams } from './api.js';
import type { Layout } from './layout.js';
import { cString, memory, readCounted, readName } from './memory.js';

export const VERSION_SIZE = 12;
export const DEVICE_ID_SIZE = 32;
export const IDENTITY_SIZE = 140;
/** hailo_extended_device_information_t has 92 bytes, or 96; more room for versions to come (hailort-c-api §4.6). */
export const EXTENDED_INFORMATION_SIZE = 128;
export const TEMPERATURE_SIZE = 12;
export const VDEVICE_PARAMS_SIZE = 40;
/** Odd on purpose: the struct has no alignment. */
export const GROUP_INFO_SIZE = 129;
/** hailo_configure_params_t has 84 488 bytes at most (§4.8). */
export const CONFIGURE_PARAMS_SIZE = 128 * 1024;
const ROUND_ROBIN = 1;
const MOST_GROUPS = 8;

/** hailo_device_architecture_t by number (§3); 7 changed its meaning, so it stays unnamed like those to come. */
const architectures: readonly Architecture[] = [
  'hailo8-a0',
  'hailo8',
  'hailo8l',
  'hailo15h',
  'hailo15l',
  'hailo15m',
  'hailo10h',
];

/** hailo_version_t */
export function readVersion(bytes: Buffer, offset = 0): LibraryVersion {
  return {
    major: bytes.readUInt32LE(offset),
    minor: bytes.readUInt32LE(offset + 4),
    revision: bytes.readUInt32LE(offset + 8),
  };
}

/** hailo_device_id_t at `index` of a list */
export function readDeviceId(bytes: Buffer, index: number): string {
  return readName(bytes, index * DEVICE_ID_SIZE, DEVICE_ID_SIZE);
}

/** hailo_device_id_t, or undefined when the id is too long for any device. */
export function deviceId(id: string): Buffer | undefined {
  if (id === '' || id.includes('\0') || Buffer.byteLength(id) >= DEVICE_ID_SIZE) return undefined;
  const bytes = memory(DEVICE_ID_SIZE);
  bytes.write(id);
  return bytes;
}

/** hailo_device_identity_t (§4.6) */
export function readIdentity(bytes: Buffer): DeviceIdentity {
  return {
    architecture: architectures[bytes.readInt32LE(56)] ?? 'other',
    firmware: readVersion(bytes, 4),
    boardName: readCounted(bytes, 20, 32),
    serialNumber: readCounted(bytes, 60, 16),
    partNumber: readCounted(bytes, 77, 16),
    productName: readCounted(bytes, 94, 42),
  };
}

/** hailo_extended_device_information_t (§4.6) */
export function readExtendedInformation(
  bytes: Buffer,
  layout: Layout,
): { coreClockHz: number; powerMeasurement: boolean } {
  const { powerMeasurementOffset } = layout;
  const measuresPower = powerMeasurementOffset !== undefined && bytes.readUInt8(powerMeasurementOffset) !== 0;
  return {
    coreClockHz: bytes.readUInt32LE(0),
    powerMeasurement: bytes.readUInt8(7) !== 0 || measuresPower,
  };
}

/** hailo_chip_temperature_info_t: the hotter of its two sensors; NaN when both say nothing. */
export function readTemperature(bytes: Buffer): number {
  const sensors = [bytes.readFloatLE(0), bytes.readFloatLE(4)].filter(Number.isFinite);
  return sensors.length === 0 ? NaN : Math.max(...sensors);
}

/** hailo_network_group_info_t at `index` of a list */
export function readGroupInfo(bytes: Buffer, index: number): { name: string; isMultiContext: boolean } {
  const offset = index * GROUP_INFO_SIZE;
  return { name: readName(bytes, offset, 128), isMultiContext: bytes.readUInt8(offset + 128) !== 0 };
}

/**
 * Changes hailo_vdevice_params_t, as the library initialised it (§4.2).
 *
 * @param address of a buffer
 * @returns what the struct points to: to be kept as long as the library may look
 */
export function patchVdeviceParams(
  bytes: Buffer,
  params: VdeviceParams,
  id: Buffer | undefined,
  address: (buffer: Buffer) => bigint,
): Buffer[] {
  const kept: Buffer[] = [];
  if (id) {
    bytes.writeUInt32LE(1, 0);
    bytes.writeBigUInt64LE(address(id), 8);
    kept.push(id);
  }
  bytes.writeInt32LE(ROUND_ROBIN, 16);
  if (params.groupId !== undefined) {
    const groupId = cString(params.groupId);
    bytes.writeBigUInt64LE(address(groupId), 24);
    kept.push(groupId);
  }
  bytes.writeUInt8(params.multiProcessService === true ? 1 : 0, 32);
  return kept;
}

/**
 * Sets the batch size of every group in hailo_configure_params_t (§4.8).
 *
 * @returns how many groups there were; 0 when the count is impossible and nothing was changed
 */
export function patchBatchSize(bytes: Buffer, batchSize: number, layout: Layout): number {
  const groups = bytes.readBigUInt64LE(0);
  if (groups > MOST_GROUPS) return 0;
  for (let group = 0; group < groups; group++) bytes.writeUInt16LE(batchSize, 136 + group * layout.groupParamsSize);
  return Number(groups);
}

import { HailoError } from '../errors.js';
import type { LibraryVersion } from './api.js';

/**
 * Offsets and sizes in bytes that differ between versions of HailoRT (hailort-c-api §4, measured on x86-64 and aarch64 alike);
 * those that never change are written where they are used.
 */
export interface Layout {
  /** Size of hailo_vstream_info_t: its stride in lists. */
  vstreamInfoSize: number;
  /** Of quant_info in it. */
  quantisationOffset: number;
  /** Of a group in hailo_configure_params_t. */
  groupParamsSize: number;
  /** Of the flag in hailo_extended_device_information_t that says that power can be measured, besides current_monitoring at 7. */
  powerMeasurementOffset?: number;
  /** Highest HEF header version that the library knows (§9.1). */
  newestHefHeader: number;
}

const OLDEST = { major: 4, minor: 15, revision: 0 };

/**
 * The layout of a library's structs.
 *
 * @throws HailoError for a version whose structs nobody has measured: older than 4.15, or another line than 4.x and 5.x
 */
export function layoutOf(version: LibraryVersion, path = 'libhailort.so'): Layout {
  const isKnown = version.major === 4 || version.major === 5;
  if (!isKnown || isBefore(version, OLDEST)) {
    const fix = version.major > 5 ? 'Update this package, or install HailoRT 4.x' : 'Install HailoRT 4.23';
    throw new HailoError(
      `Expected HailoRT 4.15 or newer of the lines 4.x and 5.x for ${path} but received ${versionText(version)}. ${fix}.`,
      undefined,
      { brief: 'change HailoRT' },
    );
  }
  const before = (major: number, minor: number, revision = 0): boolean => isBefore(version, { major, minor, revision });
  return {
    vstreamInfoSize: before(4, 20) ? 432 : 436,
    quantisationOffset: before(4, 20) ? 416 : 420,
    groupParamsSize: before(5, 1) ? 10560 : 8000,
    ...(before(5, 1, 1) ? {} : { powerMeasurementOffset: 9 }),
    newestHefHeader: before(4, 20) ? 1 : before(4, 21) ? 2 : 3,
  };
}

export function versionText({ major, minor, revision }: LibraryVersion): string {
  return `${major}.${minor}.${revision}`;
}

function isBefore(a: LibraryVersion, b: LibraryVersion): boolean {
  return compareVersions(a, b) < 0;
}

/** Negative when a is older than b. */
export function compareVersions(a: LibraryVersion, b: LibraryVersion): number {
  return a.major - b.major || a.minor - b.minor || a.revision - b.revision;
}

import type { CameraParts, Platform } from './components.js';

/** What was announced, to take it back when it goes, and the count of the day. Kept over restarts. */
export interface Memory {
  prefix: string;
  base: string;
  /** By camera id. */
  cameras: Record<string, CameraMemory>;
}

export interface CameraMemory {
  parts: CameraParts;
  /** Announced entities. */
  components: Record<string, Platform>;
  /** Entities that were taken back; named once more whenever the device is announced, until Home Assistant has certainly seen it. */
  removed: Record<string, Platform>;
  /** Local date of the count, `2026-11-20`. */
  day: string;
  reads: number;
}

const platforms = ['event', 'sensor', 'image', 'binary_sensor'];

/** @returns undefined for anything that is not a memory: then everything is announced anew */
export function readMemory(text: string): Memory | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || typeof value['prefix'] !== 'string' || typeof value['base'] !== 'string') return undefined;
  const cameras: Record<string, CameraMemory> = {};
  for (const [id, camera] of Object.entries(isRecord(value['cameras']) ? value['cameras'] : {})) {
    if (!isRecord(camera)) continue;
    const parts = isRecord(camera['parts']) ? camera['parts'] : {};
    const { day, reads } = camera;
    cameras[id] = {
      parts: {
        plateImage: parts['plateImage'] === true,
        vehicleImage: parts['vehicleImage'] === true,
        frames: parts['frames'] === true,
        misses: parts['misses'] === true,
      },
      components: platformsOf(camera['components']),
      removed: platformsOf(camera['removed']),
      day: typeof day === 'string' ? day : '',
      reads: typeof reads === 'number' && Number.isSafeInteger(reads) && reads >= 0 ? reads : 0,
    };
  }
  return { prefix: value['prefix'], base: value['base'], cameras };
}

function platformsOf(value: unknown): Record<string, Platform> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, Platform] => platforms.includes(entry[1] as string)),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { cpuDevice } from './cpu/cpu-device.js';
import type { Device } from './device.js';
import { RuntimeError } from './errors.js';
import type { HailoSettings } from './hailo/settings.js';

export interface DeviceSettings {
  /** `auto`: a Hailo chip for models that have a file for it, when one answers; else the CPU. */
  backend: 'auto' | 'cpu' | 'hailo';
  /** Which ONNX Runtime, for the CPU. */
  runtime: 'auto' | 'native' | 'wasm';
  /** Threads, for the CPU; automatic when left out. */
  workers?: number;
  /** For the Hailo back end. */
  hailo?: HailoSettings;
}

/** One user's hold on a shared device. `release` may be called more than once. */
export interface DeviceShare {
  readonly device: Device;
  /** Resolves when the device is closed, if this was the last hold on it. */
  release(): Promise<void>;
}

/** How each back end is made; a new kind of device adds its line here. */
const factories: Record<DeviceSettings['backend'], (settings: DeviceSettings) => Device> = {
  auto: cpuDevice,
  cpu: cpuDevice,
  hailo: () => {
    throw new RuntimeError('The Hailo back end is being built');
  },
};

interface Shared {
  device: Device;
  holds: number;
}

const shared = new Map<string, Shared>();

/**
 * The device for these settings: one for all who ask with the same settings, closed when the last of them lets go and
 * work in flight is done.
 * @throws RangeError, RuntimeError for settings that make no device
 */
export function acquireDevice(settings: DeviceSettings): DeviceShare {
  const factory = factories[settings.backend];
  if (!factory) {
    const known = Object.keys(factories).join(', ');
    throw new RangeError(`Expected one of ${known} for backend but received ${String(settings.backend)}`);
  }
  // Keyed by the factory's place, not the wish: `auto` and the back end it stands for share.
  const kind = Object.values(factories).indexOf(factory);
  const key = JSON.stringify([kind, settings.runtime, settings.workers ?? null]);
  let entry = shared.get(key);
  if (!entry) {
    entry = { device: factory(settings), holds: 0 };
    shared.set(key, entry);
  }
  const held = entry;
  held.holds++;
  let released: Promise<void> | undefined;
  return { device: held.device, release: () => (released ??= letGo(key, held)) };
}

async function letGo(key: string, held: Shared): Promise<void> {
  held.holds--;
  if (held.holds > 0) return;
  shared.delete(key);
  await held.device.close();
}

import { autoDevice, hailoOnlyDevice } from './auto-device.js';
import { cpuDevice } from './cpu/cpu-device.js';
import type { Device } from './device.js';
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

/** How each back end is made; a new kind of device adds its line here. Those with an accelerator hold a share of the CPU's workers. */
const factories: Record<DeviceSettings['backend'], (settings: DeviceSettings) => Device> = {
  auto: (settings) => withCpu(settings, autoDevice),
  cpu: cpuDevice,
  hailo: (settings) => withCpu(settings, hailoOnlyDevice),
};

function withCpu(
  { hailo = {}, ...settings }: DeviceSettings,
  make: (settings: HailoSettings, cpu: DeviceShare) => Device,
): Device {
  const cpu = acquireDevice({ ...settings, backend: 'cpu' });
  try {
    return make(hailo, cpu);
  } catch (error) {
    void cpu.release();
    throw error;
  }
}

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
  const { backend, runtime, workers, hailo } = settings;
  // What is of no importance to the CPU must not make two of it: its workers are as many as there are cores.
  const key = JSON.stringify([backend, runtime, workers ?? null, backend === 'cpu' ? null : sorted(hailo ?? {})]);
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

/** Settings as one text, whatever the order in which they were written; undefined counts as left out. */
function sorted(value: object): unknown {
  return Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, typeof inner === 'object' && inner !== null ? sorted(inner) : inner]);
}

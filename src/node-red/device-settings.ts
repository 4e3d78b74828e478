import type { HailoSettings, SchedulerSettings } from '../device/hailo/settings.js';
import type { DeviceSettings } from '../device/shared.js';
import type { SettingsReader } from './settings.js';

/** In Linux's notation, as HailoRT lists them; domains of more than four digits exist behind volume management. */
const PCIE_ADDRESS = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]$/i;
const TASKS = ['vehicles', 'plates', 'text', 'generic'] as const;
export const DEFAULT_HAILO_TIMEOUT_MS = 5000;

/** The settings of a hailo-device config node; what is wrong with them is in `read.error`. */
export function readDeviceSettings(read: SettingsReader): DeviceSettings {
  const backend = read.choice('backend', ['auto', 'cpu', 'hailo'], 'auto');
  const workers = read.optionalNumber('workers', { min: 1, max: 64, integer: true });
  return {
    backend,
    runtime: read.choice('runtime', ['auto', 'native', 'wasm'], 'auto'),
    ...(workers === undefined ? {} : { workers }),
    // What was once chosen for an accelerator must not refuse, or split, a device that is the CPU.
    ...(backend === 'cpu' ? {} : { hailo: readHailoSettings(read) }),
  };
}

function readHailoSettings(read: SettingsReader): HailoSettings {
  const library = read.text('hailoLibrary');
  const deviceId = read.matchingText('hailoDevice', PCIE_ADDRESS, 'a PCIe address like 0000:01:00.0');
  const multiProcessService = read.flag('hailoService', false);
  const timeoutMs = read.number('hailoTimeout', DEFAULT_HAILO_TIMEOUT_MS, { min: 100, max: 60_000, integer: true });
  return {
    ...(library === '' ? {} : { library }),
    ...(deviceId === '' ? {} : { deviceId: deviceId.toLowerCase() }),
    // Without the service nobody else can be in the group.
    ...(multiProcessService ? { multiProcessService, groupId: readGroup(read) } : {}),
    timeoutMs,
    ...readScheduler(read.section('hailoScheduler'), timeoutMs),
  };
}

function readGroup(read: SettingsReader): string {
  const name = "the group's name (anything but UNIQUE) that the programs share";
  return read.matchingText('hailoGroup', /^(?!UNIQUE$)./, name, true);
}

/** @param timeout of a frame: one that waits for the scheduler as long would count as lost */
function readScheduler(read: SettingsReader, timeout: number): Pick<HailoSettings, 'scheduler'> {
  const scheduler: HailoSettings['scheduler'] = {};
  for (const task of TASKS) {
    const section = read.section(task);
    const settings: SchedulerSettings = {};
    const threshold = section.optionalNumber('threshold', { min: 1, max: 1024, integer: true });
    const timeoutMs = section.optionalNumber('timeoutMs', { min: 0, max: timeout - 1, integer: true });
    const priority = section.optionalNumber('priority', { min: 0, max: 31, integer: true });
    if (threshold !== undefined) settings.threshold = threshold;
    if (timeoutMs !== undefined) settings.timeoutMs = timeoutMs;
    if (priority !== undefined) settings.priority = priority;
    if (Object.keys(settings).length > 0) scheduler[task] = settings;
  }
  return Object.keys(scheduler).length > 0 ? { scheduler } : {};
}

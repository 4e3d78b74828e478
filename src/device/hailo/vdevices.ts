import { checkHailoSettings } from './check-settings.js';
import { HailoError } from './errors.js';
import { Status } from './library/status.js';
import { within } from './within.js';
import type { HailoSettings } from './settings.js';
import { Vdevice } from './vdevice.js';

/** ms that an earlier user may take to let go of the device; longer than its `close` may. */
const RELEASE_LIMIT = 8000;

/** One user's hold on a device. `release` may be called more than once. */
export interface VdeviceShare {
  readonly vdevice: Vdevice;
  /** Resolves when the device is closed, if this was the last hold on it. */
  release(): Promise<void>;
}

/** A library lets a process open a device once (hailort-c-api §10.4): what is open is shared. */
const open = new Set<Vdevice>();
/** Devices on their way out. */
const leaving = new Map<Vdevice, Promise<void>>();
let turn: Promise<unknown> = Promise.resolve();

/**
 * The device for these settings: the open one where it was opened with the same, else it is opened.
 * @throws RangeError for settings out of range
 * @throws HailoError when there is none, or it is in use with other settings
 */
export function acquireVdevice(settings: HailoSettings): Promise<VdeviceShare> {
  checkHailoSettings(settings);
  // One after the other: which devices are free is only known once the one before has its own.
  const acquired = turn.then(() => acquire(settings));
  turn = acquired.catch(() => {});
  return acquired;
}

/** Devices that this process holds. */
export function openVdevices(): readonly Vdevice[] {
  return [...open];
}

async function acquire(settings: HailoSettings): Promise<VdeviceShare> {
  await Promise.all([...leaving.values()].map((left) => within(RELEASE_LIMIT, left)));
  const { deviceId } = settings;
  const same = [...open].find((vdevice) => fits(vdevice, settings));
  if (same) return share(same);
  const other = [...open].find(({ id }) => deviceId !== undefined && id === deviceId);
  if (other) throw conflict(other, settings);
  const heldIds = new Set([...open].flatMap(({ id }) => (id === undefined ? [] : [id])));
  let vdevice: Vdevice;
  try {
    vdevice = await Vdevice.open(settings, heldIds);
  } catch (error) {
    if (leaving.size > 0 && error instanceof HailoError && isTaken(error)) {
      throw new HailoError(
        'Expected the Hailo device to be free again but it is still being released after its last use: a call of its driver ' +
          `hangs; try again later, or restart Node-RED (${error.message})`,
        error.status,
        { cause: error, brief: 'Hailo still closing' },
      );
    }
    // Without an id any free device would have done; there is none, and one is ours.
    const [held] = open;
    if (held && deviceId === undefined && error instanceof HailoError && isTaken(error)) throw conflict(held, settings);
    throw error;
  }
  open.add(vdevice);
  return share(vdevice);
}

function share(vdevice: Vdevice): VdeviceShare {
  vdevice.users++;
  let released: Promise<void> | undefined;
  return { vdevice, release: () => (released ??= letGo(vdevice)) };
}

async function letGo(vdevice: Vdevice): Promise<void> {
  vdevice.users--;
  if (vdevice.users > 0) return;
  open.delete(vdevice);
  leaving.set(
    vdevice,
    vdevice
      .released()
      .catch(() => {})
      .finally(() => leaving.delete(vdevice)),
  );
  await vdevice.close();
}

function fits(vdevice: Vdevice, settings: HailoSettings): boolean {
  const { deviceId } = settings;
  if (deviceId !== undefined && deviceId !== vdevice.id) return false;
  return differences(vdevice.settings, settings).length === 0;
}

const names: Partial<Record<keyof HailoSettings, string>> = {
  library: 'library',
  multiProcessService: 'multi-process service',
  groupId: 'group id',
  scheduler: 'scheduler',
  timeoutMs: 'timeout',
};

function differences(a: HailoSettings, b: HailoSettings): (keyof HailoSettings)[] {
  return (Object.keys(names) as (keyof HailoSettings)[]).filter((key) => text(a[key]) !== text(b[key]));
}

function conflict(vdevice: Vdevice, settings: HailoSettings): HailoError {
  const list = (chosen: HailoSettings, keys: (keyof HailoSettings)[]): string =>
    keys.map((key) => `${names[key]} ${text(chosen[key])}`).join(', ');
  const keys = differences(vdevice.settings, settings);
  return new HailoError(
    `Expected the settings with which ${vdevice.describe()} is in use (${list(vdevice.settings, keys)}) ` +
      `but received others (${list(settings, keys)}): use one hailo-device configuration for all nodes`,
    undefined,
    { brief: 'settings conflict' },
  );
}

function isTaken({ status }: HailoError): boolean {
  return status === Status.DEVICE_IN_USE || status === Status.OUT_OF_PHYSICAL_DEVICES;
}

/** Left out and empty are the same; the order of keys does not count. */
function text(value: unknown): string {
  if (value === undefined || value === '' || value === false) return 'default';
  if (typeof value !== 'object') return String(value);
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null ? Object.fromEntries(Object.entries(inner).sort()) : inner,
  );
}

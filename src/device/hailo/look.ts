import { HailoError } from './errors.js';
import type { HailoHealth } from './health.js';
import { type HailoProbe, type ProbedDevice, probeHailo } from './probe.js';
import type { HailoSettings } from './settings.js';
import type { Vdevice } from './vdevice.js';
import { openVdevices } from './vdevices.js';

/**
 * What a look at the accelerator tells, also while this process uses it: of an open device the library would only say that it is
 * in use, so its own control thread is asked. Never rejects: what is missing or fails is the answer.
 */
export async function lookAtHailo({ library }: Pick<HailoSettings, 'library'>): Promise<HailoProbe> {
  const ours = openVdevices().filter((vdevice) => (vdevice.settings.library ?? '') === (library ?? ''));
  const [first] = ours;
  if (!first) return probeHailo({ library });
  try {
    const looked = await first.control.call({ do: 'look' });
    const held = await Promise.all(ours.map(askOpen));
    const free = looked.ids.filter((id) => !held.some((device) => device.id === id));
    const { devices: probed } =
      free.length > 0 ? await first.control.call({ do: 'probe', ids: free }) : { devices: [] };
    return { library: { path: looked.path, version: looked.version }, devices: [...held, ...probed] };
  } catch (error) {
    const { library: known } = await first.health();
    const message = error instanceof Error ? error.message : String(error);
    const probe: HailoProbe = { library: known ?? { error: message, tried: [] }, devices: [], error: message };
    if (error instanceof HailoError && error.status !== undefined) probe.status = error.status;
    return probe;
  }
}

/** The health of the devices that this process holds. */
export function hailoHealth(): Promise<HailoHealth[]> {
  return Promise.all(openVdevices().map((vdevice) => vdevice.health()));
}

async function askOpen(vdevice: Vdevice): Promise<ProbedDevice> {
  const { id, name, identity, temperature, error } = await vdevice.health();
  const device: ProbedDevice = { id: id ?? name };
  if (identity) device.identity = identity;
  if (temperature !== undefined) device.temperature = temperature;
  if (error !== undefined) device.error = error;
  return device;
}

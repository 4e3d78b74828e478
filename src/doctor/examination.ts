import type { Platform } from '../device/cpu/load-help.js';
import type { HailoProbe } from '../device/hailo/probe.js';
import type { LibraryVersion } from '../device/hailo/library/api.js';
import type { Manifest } from '../models/manifest.js';
import type { DeviceNode, DriverModule, Hardware, PciDevice } from './hardware.js';
import type { SystemReader } from './system.js';

/** All that the checks judge: read once, then looked at from many sides. */
export interface Examination {
  platform: Platform;
  env: NodeJS.ProcessEnv;
  system: SystemReader;
  hardware: Hardware;
  /** Missing when the look itself failed. */
  probe?: HailoProbe;
  manifests: Manifest[];
  /** As in HailoSettings. */
  wanted: { library: string | undefined; deviceId: string | undefined; service: boolean };
}

/** The driver of Hailo-8, 8R and 8L, the chips that this package can use. */
export const USABLE_DRIVER = 'hailo_pci';

export function usablePci({ hardware }: Examination): PciDevice[] {
  return hardware.pci.filter(({ family }) => family !== 'hailo10h');
}

export function usableNodes({ hardware }: Examination): DeviceNode[] {
  return hardware.nodes.filter(({ family }) => family !== 'hailo10h');
}

/** There is a chip that could work, whatever still keeps it from that. */
export function hasUsableChip(examination: Examination): boolean {
  return usablePci(examination).length + usableNodes(examination).length + usableProbed(examination).length > 0;
}

/** The devices that the library lists, without those that are known to be a Hailo-10H. */
export function usableProbed(examination: Examination): HailoProbe['devices'] {
  const { hardware, probe } = examination;
  const tenH = new Set(
    [...hardware.pci, ...hardware.nodes].flatMap(({ family, id }) => (family === 'hailo10h' ? id : [])),
  );
  return (probe?.devices ?? []).filter(({ id, identity }) => !tenH.has(id) && identity?.architecture !== 'hailo10h');
}

export function hasHailo10h({ hardware, probe }: Examination): boolean {
  return (
    [...hardware.pci, ...hardware.nodes].some(({ family }) => family === 'hailo10h') ||
    (probe?.devices ?? []).some(({ identity }) => identity?.architecture === 'hailo10h')
  );
}

/** The library that was loaded; undefined when there is none. */
export function loadedLibrary({ probe }: Examination): { path: string; version: LibraryVersion } | undefined {
  return probe && 'version' in probe.library ? probe.library : undefined;
}

export function usableDriver({ hardware }: Examination): DriverModule | undefined {
  return hardware.drivers.find(({ name }) => name === USABLE_DRIVER);
}

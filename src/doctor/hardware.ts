import type { SystemReader } from './system.js';

/** What can be told of a chip without the library: Hailo-8, 8R and 8L look alike from outside (hailort-c-api §10.1). */
export type ChipFamily = 'hailo8' | 'hailo10h' | 'unknown';

export interface PciDevice {
  /** PCIe address, `0000:01:00.0`: the library's device id. */
  id: string;
  family: ChipFamily;
  /** The kernel driver that is bound to it. */
  driver: string | undefined;
  link: PciLink;
}

/** Speeds in GT/s (Gen 1: 2.5, Gen 2: 5, Gen 3: 8), widths in lanes; missing where the kernel does not say. */
export interface PciLink {
  speed: number | undefined;
  maxSpeed: number | undefined;
  width: number | undefined;
  maxWidth: number | undefined;
}

/** A device that a loaded driver serves: /sys/class/hailo_chardev. */
export interface DeviceNode {
  /** `/dev/hailo0`, with the newest drivers for Hailo-10H `/dev/h1x-0`. */
  path: string;
  /** PCIe address, where the driver says it. */
  id: string | undefined;
  family: ChipFamily;
}

export interface DriverModule {
  name: string;
  /** `4.23.0` */
  version: string | undefined;
  /** Its option force_desc_page_size in bytes, 0 when it is not set; missing where it cannot be read. */
  descriptorPageSize?: number;
}

export interface Hardware {
  pci: PciDevice[];
  nodes: DeviceNode[];
  drivers: DriverModule[];
  /** What a board's firmware calls it: `Raspberry Pi 5 Model B Rev 1.0`. */
  board: string | undefined;
  /** Of the kernel's memory pages, bytes. */
  pageSize: number | undefined;
  container: 'home-assistant' | 'other' | undefined;
}

export const NODE_CLASS = '/sys/class/hailo_chardev';
const PCI_DEVICES = '/sys/bus/pci/devices';
const VENDOR_HAILO = '0x1e60';
const families: Record<string, ChipFamily> = { '0x2864': 'hailo8', '0x45c4': 'hailo10h' };
const MODULES = ['hailo_pci', 'hailo1x_pci'];

/** Looks at /sys, /proc and /dev alone: works without driver and library. */
export function readHardware(system: SystemReader, env: NodeJS.ProcessEnv): Hardware {
  const pci = readPci(system);
  return {
    pci,
    nodes: readNodes(system, pci),
    drivers: readDrivers(system),
    board: system.text('/proc/device-tree/model'),
    pageSize: readPageSize(system),
    container: readContainer(system, env),
  };
}

function readPci(system: SystemReader): PciDevice[] {
  const found = system.list(PCI_DEVICES).filter((id) => system.text(`${PCI_DEVICES}/${id}/vendor`) === VENDOR_HAILO);
  return found.map((id) => {
    const folder = `${PCI_DEVICES}/${id}`;
    const number = (name: string) => leadingNumber(system.text(`${folder}/${name}`));
    return {
      id,
      family: families[system.text(`${folder}/device`) ?? ''] ?? 'unknown',
      driver: system.link(`${folder}/driver`)?.split('/').pop(),
      link: {
        speed: number('current_link_speed'),
        maxSpeed: number('max_link_speed'),
        width: number('current_link_width'),
        maxWidth: number('max_link_width'),
      },
    };
  });
}

/** `8.0 GT/s PCIe` → 8; `Unknown` and 0 or 255 lanes (a sleeping link) → undefined. */
function leadingNumber(text: string | undefined): number | undefined {
  const value = Number.parseFloat(text ?? '');
  return value > 0 && value < 255 ? value : undefined;
}

function readNodes(system: SystemReader, pci: PciDevice[]): DeviceNode[] {
  return system.list(NODE_CLASS).map((name) => {
    const folder = `${NODE_CLASS}/${name}`;
    // The driver for Hailo-10H from 5.3 on writes the address into device_id, where others have vendor and product.
    const id = [system.text(`${folder}/board_location`), system.text(`${folder}/device_id`)].find((text) =>
      /^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]$/i.test(text ?? ''),
    );
    const onBus = pci.find((device) => device.id === id)?.family;
    return { path: `/dev/${name}`, id, family: onBus ?? familyOfType(system.text(`${folder}/accelerator_type`)) };
  });
}

function familyOfType(type: string | undefined): ChipFamily {
  if (type === '0') return 'hailo8';
  return type === '1' ? 'hailo10h' : 'unknown';
}

function readDrivers(system: SystemReader): DriverModule[] {
  return MODULES.filter((name) => system.owner(`/sys/module/${name}`) !== undefined).map((name) => {
    const option = system.text(`/sys/module/${name}/parameters/force_desc_page_size`);
    return {
      name,
      version: system.text(`/sys/module/${name}/version`),
      ...(option === undefined ? {} : { descriptorPageSize: Number(option) }),
    };
  });
}

/** AT_PAGESZ of the auxiliary vector: pairs of 64-bit words, key and value. */
function readPageSize(system: SystemReader): number | undefined {
  const PAGE_SIZE_KEY = 6n;
  const bytes = system.bytes('/proc/self/auxv');
  if (bytes === undefined) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 16 <= view.byteLength; at += 16) {
    if (view.getBigUint64(at, true) === PAGE_SIZE_KEY) return Number(view.getBigUint64(at + 8, true));
  }
  return undefined;
}

/** Home Assistant gives each of its apps a token in the environment; others are known by the marks that runtimes leave. */
function readContainer(system: SystemReader, env: NodeJS.ProcessEnv): Hardware['container'] {
  if (env['SUPERVISOR_TOKEN'] !== undefined) return 'home-assistant';
  const marked = ['/.dockerenv', '/run/.containerenv'].some((path) => system.owner(path) !== undefined);
  const grouped = /docker|containerd|kubepods|libpod|lxc/.test(system.text('/proc/1/cgroup') ?? '');
  return marked || grouped || env['container'] !== undefined || env['KUBERNETES_SERVICE_HOST'] !== undefined
    ? 'other'
    : undefined;
}

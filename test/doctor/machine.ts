import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Platform } from '../../src/device/cpu/load-help.js';
import type { Architecture, DeviceIdentity } from '../../src/device/hailo/library/api.js';
import type { HailoProbe, ProbedDevice } from '../../src/device/hailo/probe.js';
import type { ExamineOptions } from '../../src/doctor/examine.js';

export const HAILO_8 = '0x2864';
export const HAILO_10H = '0x45c4';
const ADDRESS = '0000:01:00.0';

export interface MachineParts {
  /** PCI product; none when left out. */
  chip?: string;
  /** Version of the loaded driver; false: not loaded. Default 4.23.0 where there is a chip. */
  driver?: string | false;
  module?: string;
  /** Default `hailo0`; false: the driver does not serve the chip. */
  node?: string | false;
  /** Default file; what stands at /dev/hailo0. */
  dev?: 'file' | 'folder' | 'nothing';
  acceleratorType?: string;
  link?: { speed: string; max: string; width?: string; maxWidth?: string };
  board?: string;
  pageSize?: number;
  descriptorPageSize?: string;
  docker?: boolean;
  /** Name and open files by process id. */
  processes?: Record<number, { name: string; files?: string[] }>;
  serviceSocket?: boolean;
}

/** A small machine in a folder: its /sys, /proc and /dev as Linux and Hailo's driver lay them out. */
export class Machine {
  readonly root = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-machine-'));

  constructor(parts: MachineParts = {}) {
    this.write('/sys/bus/pci/devices/0000:00:02.0/vendor', '0x8086\n');
    this.write('/sys/bus/pci/devices/0000:00:02.0/device', '0x2864\n');
    this.write('/proc/1/comm', 'systemd\n');
    if (parts.chip !== undefined) this.addChip(parts.chip, parts);
    if (parts.board !== undefined) this.write('/proc/device-tree/model', `${parts.board}\0`);
    if (parts.docker) this.write('/.dockerenv', '');
    if (parts.serviceSocket) this.write('/tmp/hailort_uds.sock', '');
    if (parts.pageSize !== undefined) {
      const entries = [16n, 0xffn, 6n, BigInt(parts.pageSize), 0n, 0n];
      this.write('/proc/self/auxv', Buffer.from(new BigUint64Array(entries).buffer));
    }
    for (const [pid, { name, files = [] }] of Object.entries(parts.processes ?? {})) {
      this.write(`/proc/${pid}/comm`, `${name}\n`);
      files.forEach((file, index) => this.link(`/proc/${pid}/fd/${index}`, file));
    }
  }

  write(name: string, content: string | Buffer): string {
    const file = path.join(this.root, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
    return file;
  }

  remove(): void {
    fs.rmSync(this.root, { recursive: true, force: true });
  }

  private link(name: string, target: string): void {
    const file = path.join(this.root, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.symlinkSync(target, file);
  }

  private addChip(product: string, parts: MachineParts): void {
    const tenH = product === HAILO_10H;
    const { module = tenH ? 'hailo1x_pci' : 'hailo_pci', driver = '4.23.0', node = 'hailo0', dev = 'file' } = parts;
    const { speed, max, width = '1', maxWidth = '4' } = parts.link ?? { speed: '8.0 GT/s PCIe', max: '8.0 GT/s PCIe' };
    const pci = `/sys/bus/pci/devices/${ADDRESS}`;
    this.write(`${pci}/vendor`, '0x1e60\n');
    this.write(`${pci}/device`, `${product}\n`);
    this.write(`${pci}/current_link_speed`, `${speed}\n`);
    this.write(`${pci}/max_link_speed`, `${max}\n`);
    this.write(`${pci}/current_link_width`, `${width}\n`);
    this.write(`${pci}/max_link_width`, `${maxWidth}\n`);
    if (driver === false) return;
    this.write(`/sys/module/${module}/version`, `${driver}\n`);
    this.write(`/sys/module/${module}/parameters/force_desc_page_size`, `${parts.descriptorPageSize ?? '0'}\n`);
    if (node === false) return;
    this.link(`${pci}/driver`, '../../../../bus/pci/drivers/hailo');
    this.write(`/sys/class/hailo_chardev/${node}/board_location`, ADDRESS);
    this.write(`/sys/class/hailo_chardev/${node}/accelerator_type`, parts.acceleratorType ?? (tenH ? '1' : '0'));
    if (dev === 'file') this.write(`/dev/${node}`, '');
    if (dev === 'folder') fs.mkdirSync(path.join(this.root, 'dev', node), { recursive: true });
  }
}

export const pi5: Platform = { os: 'linux', cpu: 'arm64', libc: 'glibc', node: '20.20.0' };

/** A library that was loaded, and what it says of the devices. */
export function probeOf(version: string, devices: ProbedDevice[]): HailoProbe {
  return { library: { path: '/usr/lib/libhailort.so', version: numbers(version) }, devices };
}

export const noLibrary: HailoProbe = {
  library: { error: 'Expected libhailort.so but found none', tried: ['libhailort.so', '/usr/lib/libhailort.so'] },
  devices: [],
};

/** A device that answers; one that does not is written out in its test. */
export function answering(
  architecture: Architecture,
  { firmware = '4.23.0', temperature = 47.2 }: { firmware?: string; temperature?: number } = {},
): ProbedDevice {
  const identity: DeviceIdentity = {
    architecture,
    firmware: numbers(firmware),
    boardName: 'Hailo-8',
    serialNumber: '',
    partNumber: '',
    productName: '',
  };
  return { id: ADDRESS, identity, temperature };
}

/** Everything that is not under test is in order, and nothing of the real machine is looked at. */
export function optionsFor(machine: Machine, probe: HailoProbe, options: ExamineOptions = {}): ExamineOptions {
  return {
    root: machine.root,
    env: {},
    platform: pi5,
    manifests: [],
    runtime: () => ({ kind: 'native', version: '1.30.0' }),
    access: (file) => fs.accessSync(file),
    probe: () => Promise.resolve(probe),
    ...options,
  };
}

function numbers(version: string): { major: number; minor: number; revision: number } {
  const [major, minor, revision] = version.split('.').map(Number);
  return { major: major!, minor: minor!, revision: revision! };
}

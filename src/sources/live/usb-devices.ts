import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** A camera of Video4Linux that may be chosen. */
export interface UsbCamera {
  /** What to set: its name in /dev/v4l/by-id, which stays the same on every port and after every start, else the node. */
  device: string;
  /** `/dev/video0`. */
  node: string;
  /** As the camera names itself. */
  name: string;
}

/**
 * The USB cameras of this machine (and virtual ones, such as v4l2loopback's), by their numbers. Second nodes for metadata are
 * left out, and so are decoders and the receivers of ribbon cables, which are not read this way.
 * @param root of the file system; for tests
 * @returns an empty list where there is no Video4Linux
 */
export async function listUsbCameras(root = '/'): Promise<UsbCamera[]> {
  const folder = join(root, 'sys/class/video4linux');
  const nodes = (await readdir(folder).catch(() => [])).filter((name) => /^video\d+$/.test(name));
  const ids = await idsOf(root);
  const cameras = await Promise.all(
    nodes.map(async (node): Promise<UsbCamera[]> => {
      const own = join(folder, node);
      if (!(await isUsbOrVirtual(own)) || !(await captures(own, root))) return [];
      const name = (await text(join(own, 'name'))) ?? node;
      return [{ device: ids.get(node) ?? `/dev/${node}`, node: `/dev/${node}`, name }];
    }),
  );
  return cameras.flat().sort((a, b) => numberOf(a) - numberOf(b));
}

async function isUsbOrVirtual(folder: string): Promise<boolean> {
  const path = await realpath(folder).catch(() => '');
  return /\/usb\d+\//.test(path) || path.includes('/devices/virtual/');
}

/** What udev asked the device itself; where udev is missing (containers), only a camera's first node counts. */
async function captures(folder: string, root: string): Promise<boolean> {
  const device = await text(join(folder, 'dev'));
  const known = device === undefined ? undefined : await text(join(root, 'run/udev/data', `c${device}`));
  const capabilities = /^E:ID_V4L_CAPABILITIES=(.*)$/m.exec(known ?? '')?.[1];
  if (capabilities !== undefined) return capabilities.includes(':capture:');
  return ((await text(join(folder, 'index'))) ?? '0') === '0';
}

async function idsOf(root: string): Promise<Map<string, string>> {
  const folder = join(root, 'dev/v4l/by-id');
  const ids = new Map<string, string>();
  for (const name of (await readdir(folder).catch(() => [])).sort()) {
    const target = await readlink(join(folder, name)).catch(() => '');
    if (target !== '') ids.set(basename(target), `/dev/v4l/by-id/${name}`);
  }
  return ids;
}

async function text(path: string): Promise<string | undefined> {
  const content = await readFile(path, 'utf8').catch(() => '');
  return content.trim() === '' ? undefined : content.trim();
}

function numberOf({ node }: UsbCamera): number {
  return Number(/\d+$/.exec(node)?.[0]);
}

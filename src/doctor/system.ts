import { accessSync, constants, readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Who owns a file and who may use it. */
export interface Ownership {
  uid: number;
  gid: number;
  /** Permission bits only: 0o666. */
  mode: number;
  isFolder: boolean;
}

/**
 * What the doctor reads of the machine. Every call answers at once and none throws: what is not there, or must not be read, is
 * undefined or empty, because an absent file is a finding here and no error.
 */
export interface SystemReader {
  text(path: string): string | undefined;
  bytes(path: string): Uint8Array | undefined;
  /** Names in a folder, sorted. */
  list(path: string): string[];
  owner(path: string): Ownership | undefined;
  /** Where a symbolic link points. */
  link(path: string): string | undefined;
  /** Undefined when this process may read and write the file, else the reason: `EACCES`, `ENOENT`, … */
  refusal(path: string): string | undefined;
}

/**
 * @param root is put before every path; tests build a small machine in a folder
 * @param access like fs.accessSync: throws what the file system says. Injected in tests, since root may do anything
 */
export function systemReader(
  root = '/',
  access: (path: string) => void = (path) => accessSync(path, constants.R_OK | constants.W_OK),
): SystemReader {
  const at = (path: string) => join(root, path);
  return {
    // Values in /sys end in a line break, those of the device tree in a NUL.
    text: (path) => attempt(() => readFileSync(at(path), 'utf8').replace(/\0/g, '').trim()),
    bytes: (path) => attempt(() => readFileSync(at(path))),
    list: (path) => attempt(() => readdirSync(at(path)).sort()) ?? [],
    owner: (path) =>
      attempt(() => {
        const info = statSync(at(path));
        return { uid: info.uid, gid: info.gid, mode: info.mode & 0o777, isFolder: info.isDirectory() };
      }),
    link: (path) => attempt(() => readlinkSync(at(path))),
    refusal(path) {
      try {
        access(at(path));
        return undefined;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code ?? String(error);
      }
    },
  };
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

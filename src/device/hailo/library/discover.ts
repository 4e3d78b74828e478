import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type LibraryVersion } from './api.js';
import { compareVersions } from './layout.js';

const LIBRARY = 'libhailort.so';
/** The SONAME carries all three numbers, so there is no `libhailort.so.4` (hailort-c-api §11). */
const VERSIONED = /^libhailort\.so\.(\d{1,5})\.(\d{1,5})\.(\d{1,5})$/;
/** Only this line can run networks, so it goes before all others (§0). */
const PREFERRED_MAJOR = 4;

/** What the search looks at; the process's own where left out. */
export interface Surroundings {
  env?: Readonly<Record<string, string | undefined>>;
  /** `process.arch` */
  arch?: string;
  /** Names in a folder; throws where there is none. */
  list?: (folder: string) => string[];
  isFolder?: (path: string) => boolean;
}

export interface Candidates {
  /** For the loader, the best first: a path, or a bare name that it looks for itself. */
  paths: string[];
  /** Who chose them; a choice that does not load is an error, never silently replaced. */
  from: 'setting' | 'ALPR_HAILORT' | 'search';
}

/**
 * Where libhailort may lie: what the user set (a file, or a folder with libhailort in it), else what the variable ALPR_HAILORT says
 * in the same way, else the loader's own search and then the usual folders: newest 4.x first, then the unversioned name, then
 * other lines.
 */
export function libraryCandidates(setting?: string, surroundings: Surroundings = {}): Candidates {
  const { env = process.env, arch = process.arch, list = listFolder, isFolder = isDirectory } = surroundings;
  const chosen = setting?.trim() || env['ALPR_HAILORT']?.trim();
  if (chosen) {
    const plain = join(chosen, LIBRARY);
    // In a folder of the user's the unversioned name is what they point at; that it is not there, the loader says.
    const inChosen = (): string[] => [plain, ...inFolders([chosen], list).filter((path) => path !== plain)];
    return { paths: isFolder(chosen) ? inChosen() : [chosen], from: setting?.trim() ? 'setting' : 'ALPR_HAILORT' };
  }
  return { paths: [LIBRARY, ...inFolders(usualFolders(arch), list)], from: 'search' };
}

/** Of Debian, Ubuntu and Raspberry Pi OS, then those of other systems. */
function usualFolders(arch: string): string[] {
  const triplets: Record<string, string> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };
  const triplet = triplets[arch];
  const multiarch =
    triplet === undefined ? [] : [`/usr/lib/${triplet}`, `/usr/local/lib/${triplet}`, `/lib/${triplet}`];
  return [...multiarch, '/usr/lib', '/usr/local/lib', '/usr/lib64', '/lib'];
}

interface Found {
  path: string;
  version?: LibraryVersion;
}

function inFolders(folders: string[], list: (folder: string) => string[]): string[] {
  const found = folders.flatMap((folder) => librariesIn(folder, list));
  // Stable: among equals the earlier folder wins.
  return found.sort(byPreference).map(({ path }) => path);
}

function librariesIn(folder: string, list: (folder: string) => string[]): Found[] {
  let names: string[];
  try {
    names = list(folder);
  } catch {
    return [];
  }
  return names.flatMap((name): Found[] => {
    const path = join(folder, name);
    if (name === LIBRARY) return [{ path }];
    const [, major, minor, revision] = VERSIONED.exec(name) ?? [];
    if (major === undefined) return [];
    return [{ path, version: { major: Number(major), minor: Number(minor), revision: Number(revision) } }];
  });
}

function byPreference(a: Found, b: Found): number {
  const rank = ({ version }: Found): number => (version === undefined ? 1 : version.major === PREFERRED_MAJOR ? 0 : 2);
  const difference = rank(a) - rank(b);
  if (difference !== 0 || !a.version || !b.version) return difference;
  return compareVersions(b.version, a.version);
}

function listFolder(folder: string): string[] {
  return readdirSync(folder);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

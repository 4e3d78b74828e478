import { readFileSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { HailoError } from '../errors.js';
import type { HailoLibrary, LibraryVersion } from './api.js';
import { readVersion, VERSION_SIZE } from './device-structs.js';
import { type Candidates, libraryCandidates } from './discover.js';
import { whyNotLoadable } from './elf.js';
import { Handles } from './handles.js';
import { type Koffi, loadKoffi, type LoadedFile } from './koffi.js';
import { layoutOf } from './layout.js';
import { typedLibrary } from './library.js';
import { memory } from './memory.js';
import { hailoError } from './status.js';
import { declare, declareAll } from './symbols.js';

/** Of dlfcn.h, on Linux. */
const RTLD_NOW = 2;
const RTLD_NODELETE = 0x1000;

const INSTALL =
  "Install HailoRT from the vendor in the version of the driver (on Raspberry Pi OS: `sudo apt install hailo-all`); in Docker mount the host's libhailort.so into the container; " +
  'or say where the library lies: in the setting, or in the variable ALPR_HAILORT';

/** No libhailort could be loaded; `tried` says what was tried and why each failed. */
export class LibraryLoadError extends HailoError {
  constructor(
    message: string,
    readonly tried: readonly string[],
    brief?: string,
  ) {
    super(message, undefined, { brief });
    this.name = 'LibraryLoadError';
  }
}

/** By candidate list: one face per thread and library, because it knows the live handles. */
const loaded = new Map<string, HailoLibrary>();

/**
 * Loads libhailort into this thread, or gives the one that is loaded already. Never on Node-RED's thread except for a check: the
 * calls block. `prepareHailoEnvironment` must have run in the main thread.
 *
 * @param setting path of the library or of its folder; searched for when left out (`libraryCandidates`)
 * @throws LibraryLoadError when none loads: what was tried, why each failed, what to do
 * @throws HailoError when one loads that is too old, too new or lacks a function
 */
export function loadHailoLibrary(setting?: string): HailoLibrary {
  const candidates = libraryCandidates(setting);
  const tried: string[] = [];
  const seen = new Set<string>();
  const koffi = loadKoffi();
  for (const path of candidates.paths) {
    const real = realPath(path);
    if (seen.has(real)) continue;
    seen.add(real);
    const known = loaded.get(real);
    if (known) return known;
    const handle = open(koffi, path, tried);
    if (!handle) continue;
    pin(koffi, path);
    const library = bind(koffi, handle, path);
    loaded.set(real, library);
    return library;
  }
  const brief = candidates.from === 'search' ? 'install HailoRT' : 'check library path';
  throw new LibraryLoadError(loadFailure(candidates, tried), tried, brief);
}

/** The library, if it is one and has the function that every libhailort has; else the reason goes to `tried`. */
function open(koffi: Koffi, path: string, tried: string[]): LoadedFile | undefined {
  const reason = path.includes('/') ? whyNotLoadable(path) : undefined;
  if (reason !== undefined) {
    tried.push(`${path}: ${reason}`);
    return undefined;
  }
  let handle: LoadedFile;
  try {
    handle = koffi.load(path);
  } catch (error) {
    tried.push(`${path}: ${loaderReason(error)}`);
    return undefined;
  }
  try {
    declare(handle, 'hailo_get_library_version');
    return handle;
  } catch {
    tried.push(`${path}: it is a shared library, but not HailoRT's (it has no function hailo_get_library_version)`);
    return undefined;
  }
}

/**
 * Keeps the library in the process when this thread ends: koffi would unload it then, and its own threads would run on in memory
 * that is gone (hailort-c-api §11).
 */
function pin(koffi: Koffi, path: string): void {
  const dlopen = koffi.load(null).func('void *dlopen(const char *path, int flags)');
  dlopen(path, RTLD_NOW | RTLD_NODELETE);
}

function bind(koffi: Koffi, handle: LoadedFile, path: string): HailoLibrary {
  const file = path.includes('/') ? path : (mappedPath(path) ?? path);
  const version = askVersion(handle);
  const layout = layoutOf(version, file);
  const symbols = declareAll(handle, { path: file, version });
  return typedLibrary({ path: file, version, symbols, layout, handles: new Handles(), koffi });
}

/** Before all other functions are declared: an old library is to be told by its version, not by what it lacks. */
function askVersion(handle: LoadedFile): LibraryVersion {
  const bytes = memory(VERSION_SIZE);
  const status = declare(handle, 'hailo_get_library_version')(bytes);
  if (status !== 0) throw hailoError('hailo_get_library_version', status);
  return readVersion(bytes);
}

function loadFailure({ from, paths }: Candidates, tried: string[]): string {
  const list = tried.map((line) => `\n  ${line}`).join('');
  if (from === 'search') {
    return `Expected HailoRT's library libhailort.so on this computer but none loads:${list}\n${INSTALL}.`;
  }
  const where = from === 'setting' ? 'the setting' : 'the variable ALPR_HAILORT';
  return (
    `Expected HailoRT's library where ${where} says (${paths[0]}) but it does not load:${list}\n` +
    'Correct the path (a file, or the folder of libhailort.so), or leave it empty to search the usual places.'
  );
}

/** koffi's own words before the loader's say nothing. */
function loaderReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0]!.replace(/^Failed to load shared library: /, '');
}

function realPath(path: string): string {
  if (!path.includes('/')) return path;
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Where the loader found a bare name, as far as the kernel tells. */
function mappedPath(name: string): string | undefined {
  try {
    const lines = readFileSync('/proc/self/maps', 'utf8').split('\n');
    const paths = new Set(lines.map((line) => line.slice(line.indexOf('/'))));
    const found = [...paths].filter((path) => basename(path).startsWith(name));
    return found.length === 1 ? found[0] : undefined;
  } catch {
    return undefined;
  }
}

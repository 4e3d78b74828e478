import { parentPort, workerData } from 'node:worker_threads';
import { HailoError } from './errors.js';
import { checkHefFile } from './hef/check.js';
import { readHefHeader } from './hef/header.js';
import type { DeviceHandle, HailoLibrary } from './library/api.js';
import { LibraryLoadError, loadHailoLibrary } from './library/load.js';
import type { HefInspection, ProbedDevice, ProbeJob, ProbeNews } from './probe.js';

/** The thread of one look at the accelerator, or into one HEF; it ends with it. */

const job = workerData as ProbeJob;
if (job.do === 'probe') probe();
else inspect(job.file);

function tell(news: ProbeNews): void {
  parentPort?.postMessage(news);
}

function probe(): void {
  let library: HailoLibrary;
  try {
    library = loadHailoLibrary(job.library);
  } catch (error) {
    const tried = error instanceof LibraryLoadError ? [...error.tried] : [];
    tell({ kind: 'library', library: { error: failure(error).error, tried } });
    return;
  }
  tell({ kind: 'library', library: { path: library.path, version: library.version } });
  let ids: string[];
  try {
    ids = library.scan();
  } catch (error) {
    tell({ kind: 'no-list', ...failure(error) });
    return;
  }
  tell({ kind: 'ids', ids });
  for (const id of ids) if (!isGivenUp()) tell({ kind: 'device', device: look(library, id) });
}

function isGivenUp(): boolean {
  return Atomics.load(new Int32Array(job.stop), 0) !== 0;
}

/** The identity counts even where the temperature cannot be had. */
function look(library: HailoLibrary, id: string): ProbedDevice {
  const found: ProbedDevice = { id };
  let device: DeviceHandle;
  try {
    device = library.createDevice(id);
  } catch (error) {
    return { ...found, ...failure(error) };
  }
  try {
    found.identity = library.identify(device);
    found.temperature = library.temperature(device);
  } catch (error) {
    Object.assign(found, failure(error));
  }
  try {
    library.releaseDevice(device);
  } catch (error) {
    return { ...failure(error), ...found };
  }
  return found;
}

function inspect(file: string): void {
  try {
    tell({ kind: 'inspection', inspection: inspection(file) });
  } catch (error) {
    tell({ kind: 'failed', ...failure(error) });
  }
}

function inspection(file: string): HefInspection {
  // A file that is no HEF is told as such even where there is no library.
  readHefHeader(file);
  const library = loadHailoLibrary(job.library);
  const { path, version } = library;
  const header = checkHefFile(file, { library: version });
  const hef = library.createHef(file);
  try {
    const groups = library.networkGroups(hef);
    return { library: { path, version }, header, groups, vstreams: library.vstreamInfos(hef) };
  } finally {
    library.releaseHef(hef);
  }
}

function failure(error: unknown): { error: string; status?: number } {
  const message = error instanceof Error ? error.message : String(error);
  const status = error instanceof HailoError ? error.status : undefined;
  return status === undefined ? { error: message } : { error: message, status };
}

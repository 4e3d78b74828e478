import type { Worker } from 'node:worker_threads';
import { startWorker } from '../pool/worker-file.js';
import { HailoError } from './errors.js';
import type { HefHeader } from './hef/header.js';
import type { DeviceIdentity, LibraryVersion, VstreamInfo } from './library/api.js';
import { prepareHailoEnvironment } from './library/environment.js';

/** What a look at the accelerator, without using it, tells. Plain data. */
export interface HailoProbe {
  library: { path: string; version: LibraryVersion } | { error: string; tried: string[] };
  /** Empty when the library is missing or the driver shows none. */
  devices: ProbedDevice[];
  /** Why the list of devices could not be had, and its status. */
  error?: string;
  status?: number;
}

export interface ProbedDevice {
  id: string;
  /** Missing when it could not be opened; `error` and `status` then say why. */
  identity?: DeviceIdentity;
  temperature?: number;
  error?: string;
  status?: number;
}

/** What the library reads in a HEF, no device needed. */
export interface HefInspection {
  library: { path: string; version: LibraryVersion };
  header: HefHeader;
  groups: { name: string; isMultiContext: boolean }[];
  /** In the order of the library: inputs, then outputs in the order of the model. */
  vstreams: VstreamInfo[];
}

/** @internal what the worker is started with */
export type ProbeJob = {
  library?: string;
  /** One Int32, set when nobody waits any more. */
  stop: SharedArrayBuffer;
} & ({ do: 'probe' } | { do: 'inspect'; file: string });

/** @internal what the worker tells, one after the other */
export type ProbeNews =
  | { kind: 'library'; library: HailoProbe['library'] }
  | { kind: 'no-list'; error: string; status?: number }
  | { kind: 'ids'; ids: string[] }
  | { kind: 'device'; device: ProbedDevice }
  | { kind: 'inspection'; inspection: HefInspection }
  | { kind: 'failed'; error: string; status?: number };

export interface ProbeOptions {
  /** As HailoSettings.library. */
  library?: string | undefined;
  /** ms, default 15 000: a device that is about to die may keep a call waiting for ever. */
  timeLimit?: number;
}

const TIME_LIMIT_MS = 15_000;

/**
 * Looks for the library and for devices, opens each one shortly and asks who it is and how warm. In a thread of its own, because
 * the calls block. Never rejects: what is missing or fails is the answer.
 */
export async function probeHailo({ library, timeLimit = TIME_LIMIT_MS }: ProbeOptions = {}): Promise<HailoProbe> {
  const probe: HailoProbe = { library: { error: '', tried: [] }, devices: [] };
  const waiting = new Set<string>();
  const ended = await run({ do: 'probe', ...(library === undefined ? {} : { library }) }, timeLimit, (news) => {
    if (news.kind === 'library') probe.library = news.library;
    if (news.kind === 'ids') for (const id of news.ids) waiting.add(id);
    if (news.kind === 'device') {
      waiting.delete(news.device.id);
      probe.devices.push(news.device);
    }
    if (news.kind === 'no-list') {
      probe.error = news.error;
      if (news.status !== undefined) probe.status = news.status;
    }
  });
  if ('error' in probe.library && probe.library.error === '')
    probe.library.error = ended ?? 'The library gave no answer';
  else if (ended !== undefined && waiting.size === 0 && probe.devices.length === 0) probe.error ??= ended;
  for (const id of waiting) probe.devices.push({ id, error: ended ?? 'The device gave no answer' });
  return probe;
}

/**
 * What the library reads in a HEF, once the file has passed `checkHefFile`: names, shapes, formats and quantisation of its inputs and
 * outputs. In a thread of its own; a device is not needed.
 *
 * @throws HailoError when there is no library, or the file is missing, no HEF, damaged or not for this library
 */
export async function inspectHef(
  file: string,
  { library, timeLimit = TIME_LIMIT_MS }: ProbeOptions = {},
): Promise<HefInspection> {
  let inspection: HefInspection | undefined;
  let failure: { error: string; status?: number } | undefined;
  const job = { do: 'inspect', file, ...(library === undefined ? {} : { library }) } as const;
  const ended = await run(job, timeLimit, (news) => {
    if (news.kind === 'inspection') inspection = news.inspection;
    if (news.kind === 'failed') failure = news;
  });
  if (inspection) return inspection;
  throw new HailoError(failure?.error ?? `Expected what ${file} holds but received nothing: ${ended}`, failure?.status);
}

/** @returns why it ended early, or undefined when it came to its end */
function run(
  job: { library?: string } & ({ do: 'probe' } | { do: 'inspect'; file: string }),
  timeLimit: number,
  onNews: (news: ProbeNews) => void,
): Promise<string | undefined> {
  prepareHailoEnvironment();
  const stop = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const workerData: ProbeJob = { ...job, stop };
  return new Promise((resolve) => {
    let worker: Worker;
    try {
      worker = startWorker(__dirname, 'probe-worker', { workerData });
    } catch (error) {
      resolve(`Expected to start a thread but received ${String(error)}`);
      return;
    }
    const timer = setTimeout(() => {
      finish(`Expected an answer within ${timeLimit / 1000} s but received none: the driver or the device hangs`);
      // The thread waits in the library. When that call returns, if ever, it gives back what it has opened, which one that was
      // terminated would not; nobody waits for it.
      Atomics.store(new Int32Array(stop), 0, 1);
      worker.unref();
    }, timeLimit);
    const finish = (reason: string | undefined): void => {
      clearTimeout(timer);
      worker.off('message', onNews);
      resolve(reason);
    };
    worker.on('message', onNews);
    worker.once('error', (error) => finish(error.message));
    worker.once('exit', (code) => finish(code === 0 ? undefined : `The thread ended with code ${code}`));
  });
}

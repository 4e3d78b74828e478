import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { yieldToEventLoop } from '../pool/serve.js';
import { HailoError } from './errors.js';
import { checkHefFile } from './hef/check.js';
import type { HailoLibrary } from './library/api.js';
import { loadHailoLibrary } from './library/load.js';
import { NetworkLoop, type RecreatedStreams } from './network-loop.js';
import { NetworkStreams } from './network-streams.js';
import { ReleaseGate } from './release-gate.js';
import {
  type ConfiguredGroup,
  type FromNetworkThread,
  type NetworkThreadSpec,
  type ToNetworkThread,
  toPlainHailoError,
} from './thread-protocol.js';

/** The thread of one open network: every call of the library that waits for the device is made here. */

const spec = workerData as NetworkThreadSpec;
const gate = new ReleaseGate(spec.gate);
const port = parentPort;
if (!port) throw new Error('Expected to be started as a worker thread');

const post = (message: FromNetworkThread): void => port.postMessage(message);
const receive = (): ToNetworkThread | undefined =>
  (receiveMessageOnPort(port) as { message: ToNetworkThread } | undefined)?.message;

yieldToEventLoop();
start();

function start(): void {
  let group: ConfiguredGroup | undefined;
  let library: HailoLibrary;
  let streams: NetworkStreams;
  try {
    library = loadHailoLibrary(spec.library);
    group = spec.group ?? configured(library);
    streams = openStreams(library, group);
  } catch (error) {
    post({ kind: 'open-failed', error: toPlainHailoError(error), group });
    return;
  }
  post({ kind: 'opened', group, streams: streams.plain });
  serve(library, group, streams);
}

function openStreams(library: HailoLibrary, { handle, infos }: ConfiguredGroup): NetworkStreams {
  const group = library.adoptGroup(handle, infos);
  if (spec.scheduler) library.setScheduler(group, spec.scheduler);
  return NetworkStreams.open(library, group, spec);
}

/** A new group of the file. */
function configured(library: HailoLibrary): ConfiguredGroup {
  const { file, architecture, manifest } = spec;
  // The library may crash on a file that is not for it (hailort-c-api §0.12).
  checkHefFile(file, { library: library.version, device: architecture });
  const vdevice = library.adopt('vdevice', spec.vdevice);
  const hef = library.createHef(file);
  try {
    const groups = library.networkGroups(hef);
    if (groups.length !== 1) {
      throw new HailoError(
        `Expected one network group in ${file} (model ${manifest.name}) but received ${groups.length}: ` +
          'compile the network into a file of its own',
      );
    }
    const infos = library.vstreamInfos(hef);
    const [handle] = library.configure(vdevice, hef);
    if (handle === undefined) throw new HailoError(`Expected a configured network for ${file} but received none`);
    return { handle, infos };
  } finally {
    library.releaseHef(hef);
  }
}

function serve(library: HailoLibrary, group: ConfiguredGroup, first: NetworkStreams): void {
  /** Undefined while nothing is open. */
  let streams: NetworkStreams | undefined = first;
  let isGroupFree = true;
  const release = (): void => {
    const open = streams;
    streams = undefined;
    if (open && !open.isEmpty) isGroupFree = false;
    open?.release();
  };
  const recreate = (): RecreatedStreams => {
    gate.releasing(() => {
      release();
      const next = isGroupFree ? group : configured(library);
      streams = openStreams(library, next);
      group = next;
      isGroupFree = true;
    });
    return { streams: streams as NetworkStreams, group };
  };
  const close = (): void => {
    let error: unknown;
    try {
      gate.releasing(release);
    } catch (thrown) {
      error = thrown;
      isGroupFree = false;
    }
    post({ kind: 'closed', isGroupFree, ...(error === undefined ? {} : { error: toPlainHailoError(error) }) });
    port!.close();
  };
  const loop = new NetworkLoop({ post, receive }, spec.manifest, NetworkStreams.depth(spec), first, recreate, close);
  port!.on('message', (message: ToNetworkThread) => {
    if (loop.take(message)) loop.work();
  });
}

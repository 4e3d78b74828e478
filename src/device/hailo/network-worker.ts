import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { yieldToEventLoop } from '../pool/serve.js';
import { HailoError } from './errors.js';
import { checkHefFile } from './hef/check.js';
import type { GroupHandle, HailoLibrary, VstreamInfo } from './library/api.js';
import { loadHailoLibrary } from './library/load.js';
import { NetworkLoop } from './network-loop.js';
import { NetworkStreams } from './network-streams.js';
import { ReleaseGate } from './release-gate.js';
import {
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
  let group: GroupHandle | undefined;
  let infos: readonly VstreamInfo[] = [];
  let library: HailoLibrary;
  let streams: NetworkStreams;
  try {
    library = loadHailoLibrary(spec.library);
    ({ group, infos } = configured(library));
    if (spec.scheduler) library.setScheduler(group, spec.scheduler);
    streams = NetworkStreams.open(library, group, spec);
  } catch (error) {
    post({ kind: 'open-failed', error: toPlainHailoError(error), group: group && { handle: group, infos } });
    return;
  }
  post({ kind: 'opened', group: { handle: group, infos }, streams: streams.plain });
  serve(library, group, streams);
}

/** The network's group: the one that is left of an earlier user of the same file, else a new one. */
function configured(library: HailoLibrary): { group: GroupHandle; infos: readonly VstreamInfo[] } {
  if (spec.group) {
    const { handle, infos } = spec.group;
    return { group: library.adoptGroup(handle, infos), infos };
  }
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
    const [group] = library.configure(vdevice, hef);
    if (group === undefined) throw new HailoError(`Expected a configured network for ${file} but received none`);
    return { group, infos };
  } finally {
    library.releaseHef(hef);
  }
}

function serve(library: HailoLibrary, group: GroupHandle, first: NetworkStreams): void {
  /** Undefined while nothing is open. */
  let streams: NetworkStreams | undefined = first;
  const release = (): void => {
    const open = streams;
    streams = undefined;
    open?.release();
  };
  const recreate = (): NetworkStreams => {
    let fresh: NetworkStreams | undefined;
    gate.releasing(() => {
      release();
      fresh = streams = NetworkStreams.open(library, group, spec);
    });
    return fresh as unknown as NetworkStreams;
  };
  const close = (): void => {
    let error: unknown;
    try {
      gate.releasing(release);
    } catch (thrown) {
      error = thrown;
    }
    post(error === undefined ? { kind: 'closed' } : { kind: 'closed', error: toPlainHailoError(error) });
    port!.close();
  };
  const loop = new NetworkLoop({ post, receive }, spec.manifest, NetworkStreams.depth(spec), first, recreate, close);
  port!.on('message', (message: ToNetworkThread) => {
    if (loop.take(message)) loop.work();
  });
}

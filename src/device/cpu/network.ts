import { keepingAlive } from '../../frame/keep-alive.js';
import type { Manifest } from '../../models/manifest.js';
import type { Network, RunRequest, RunResponse } from '../device.js';
import type { WorkerPool } from '../pool/worker-pool.js';
import { checkSource, checkViews } from '../request/check-request.js';
import { inputSize } from '../request/input-size.js';
import { plainView } from '../request/plain-view.js';
import { sharedPicture } from '../request/shared-picture.js';
import type { CpuJob, CpuResult, NetworkSpec } from './protocol.js';

/** A network that is open in the device, once for all its callers. */
export interface OpenNetwork {
  key: string;
  spec: NetworkSpec;
  pool: WorkerPool<CpuJob, CpuResult>;
  users: number;
}

/** One caller's share of an open network. `giveBack` is called once, when it is closed and its runs are done. */
export function networkShare(network: OpenNetwork, manifest: Manifest, giveBack: () => void): Network {
  const running = new Set<Promise<unknown>>();
  let closed: Promise<void> | undefined;
  return {
    manifest,
    async run(request) {
      if (closed) throw new Error(`Expected an open network but model ${manifest.name} was closed`);
      const run = runNetwork(network, request);
      running.add(run);
      try {
        return await run;
      } finally {
        running.delete(run);
      }
    },
    close() {
      closed ??= Promise.allSettled(running).then(giveBack);
      return closed;
    },
  };
}

async function runNetwork({ key, spec, pool }: OpenNetwork, request: RunRequest): Promise<RunResponse> {
  const { source, views, options = {}, fairKey } = request;
  checkSource(source);
  checkViews(views);
  inputSize(spec.manifest, options.inputSize);
  const picture = sharedPicture(source);
  const plainViews = views.map(plainView);
  const started = performance.now();
  const work = pool.run(fairKey, (known): CpuJob => {
    const job: CpuJob = { kind: 'infer', network: key, source: picture, views: plainViews, options };
    // Alphabets may have thousands of characters: each worker is told about a network once, not with every frame.
    if (known.has(key)) return job;
    known.add(key);
    return { ...job, spec };
  });
  const result = await keepingAlive(source, work);
  if (result.kind !== 'inferred') throw new Error(`Expected a network's results but received ${result.kind}`);
  const { prepare, infer, decode } = result.timings;
  const queue = Math.max(0, performance.now() - started - prepare - infer - decode);
  return { results: result.results, timings: { queue, prepare, infer, decode } };
}

import { availableParallelism } from 'node:os';
import type { Box } from '../../detection/types.js';
import { locateModelFile } from '../../models/locate.js';
import { keepingAlive } from '../../frame/keep-alive.js';
import type { Manifest } from '../../models/manifest.js';
import type { Device, Network, PixelSource, PixelWorker } from '../device.js';
import { RuntimeError } from '../errors.js';
import { RestingThreads } from '../pool/resting-threads.js';
import { defaultWorkerCount, startWorker } from '../pool/worker-file.js';
import { type PoolBacklog, WorkerPool } from '../pool/worker-pool.js';
import { checkBoxes, checkSource } from '../request/check-request.js';
import { type OpenNetwork, networkShare } from './network.js';
import { sharedPicture } from '../request/shared-picture.js';
import type { CpuJob, CpuResult, RuntimeInfo } from './protocol.js';
import type { RuntimePreference } from './runtime.js';

export interface CpuSettings {
  /** `auto`: onnxruntime-node, else onnxruntime-web. The environment variable ALPR_ONNX_RUNTIME overrides `auto`. */
  runtime: RuntimePreference;
  /** Threads, 1 to 64. Default: one per core, four at most. */
  workers?: number;
}

/** The CPU device also tells how busy it is. */
export interface CpuDevice extends Device {
  readonly backlog: PoolBacklog;
}

/**
 * Runs networks with ONNX Runtime, and pixel work, in worker threads. Nothing is loaded before the first request.
 * @throws RangeError, RuntimeError for settings out of range
 */
export function cpuDevice(settings: CpuSettings): CpuDevice {
  const size = settings.workers ?? defaultWorkerCount(availableParallelism());
  if (!Number.isInteger(size) || size < 1 || size > 64) {
    throw new RangeError(`Expected an integer from 1 to 64 for workers but received ${size}`);
  }
  return new PooledCpuDevice(runtimePreference(settings.runtime), size);
}

function runtimePreference(wished: RuntimePreference): RuntimePreference {
  const forced = process.env['ALPR_ONNX_RUNTIME'];
  if (wished !== 'auto' || forced === undefined || forced === '' || forced === 'auto') return wished;
  if (forced !== 'native' && forced !== 'wasm') {
    throw new RuntimeError(
      `Expected native or wasm for the environment variable ALPR_ONNX_RUNTIME but received ${forced}`,
    );
  }
  return forced;
}

/** For all devices of this process: a deployment closes one and opens the next. */
const threads = new RestingThreads(() => startWorker(__dirname, 'worker'));

class PooledCpuDevice implements CpuDevice {
  readonly kind = 'cpu';
  readonly pixels: PixelWorker;
  private readonly pool: WorkerPool<CpuJob, CpuResult>;
  private readonly networks = new Map<string, OpenNetwork>();
  private runtime: RuntimeInfo | undefined;

  constructor(
    private readonly preference: RuntimePreference,
    private readonly size: number,
  ) {
    this.pool = new WorkerPool({
      size,
      start: () => threads.take(),
      keep: { job: { kind: 'forget' }, take: (worker) => threads.keep(worker) },
    });
    this.pixels = {
      sharpness: (source, boxes, fairKey) => this.sharpness(source, boxes, fairKey),
      draw: (source, target, drawing, fairKey) => this.draw(source, target, drawing, fairKey),
    };
  }

  get backlog(): PoolBacklog {
    return this.pool.backlog;
  }

  describe(): string {
    const { runtime, size } = this;
    const library = runtime ? `ONNX Runtime ${runtime.version} (${runtime.kind})` : 'ONNX Runtime (not loaded yet)';
    return `CPU, ${library}, ${size} ${size === 1 ? 'worker' : 'workers'}`;
  }

  async open(manifest: Manifest): Promise<Network> {
    const file = await locateModelFile(manifest, 'onnx');
    const key = `${manifest.name}|${file}|${manifest.files.onnx?.sha256}|${JSON.stringify([manifest.input, manifest.output])}`;
    let network = this.networks.get(key);
    if (!network) {
      network = { key, spec: { manifest, file, runtime: this.preference }, pool: this.pool, users: 0 };
      this.networks.set(key, network);
    }
    const shared = network;
    shared.users++;
    try {
      const { runtime } = await this.openInOneWorker(shared);
      this.runtime = runtime;
    } catch (error) {
      this.giveBack(shared);
      throw error;
    }
    return networkShare(shared, manifest, () => this.giveBack(shared));
  }

  close(): Promise<void> {
    this.networks.clear();
    return this.pool.close();
  }

  /** One worker loads the network now, so that a broken one fails here; the others when they first need it. */
  private async openInOneWorker({ key, spec }: OpenNetwork): Promise<{ runtime: RuntimeInfo }> {
    const result = await this.pool.run('open', (known) => {
      known.add(key);
      return { kind: 'open', network: key, spec };
    });
    if (result.kind !== 'opened') throw new Error(`Expected an opened network but received ${result.kind}`);
    return result;
  }

  private giveBack(network: OpenNetwork): void {
    network.users--;
    if (network.users > 0) return;
    this.networks.delete(network.key);
    this.pool.broadcast((known) => {
      known.delete(network.key);
      return { kind: 'release', network: network.key };
    });
  }

  private async sharpness(source: PixelSource, boxes: Box[], fairKey: string): Promise<number[]> {
    checkSource(source);
    checkBoxes(boxes);
    if (boxes.length === 0) return [];
    const plain = boxes.map(({ x1, y1, x2, y2 }) => ({ x1, y1, x2, y2 }));
    const job: CpuJob = { kind: 'sharpness', source: sharedPicture(source), boxes: plain };
    const result = await keepingAlive(
      source,
      this.pool.run(fairKey, () => job),
    );
    if (result.kind !== 'sharpness') throw new Error(`Expected sharpness values but received ${result.kind}`);
    return result.values;
  }

  private async draw(source: PixelSource, target: SharedArrayBuffer, drawing: unknown, fairKey: string): Promise<void> {
    checkSource(source);
    checkSource({ buffer: target, width: source.width, height: source.height }, 'target');
    const job: CpuJob = { kind: 'draw', source: sharedPicture(source), target, drawing };
    await keepingAlive(
      source,
      this.pool.run(fairKey, () => job),
    );
  }
}

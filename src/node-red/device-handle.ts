import type { Device, Network, PixelWorker } from '../device/device.js';
import type { Manifest } from '../models/manifest.js';
import type { ModelTarget } from '../models/locate.js';
import { AlprNodeError } from './errors.js';
import type { ModelFolders } from './model-pulls.js';

/** One entry of a model picker. */
export interface ModelSummary {
  name: string;
  title: string;
  task: Manifest['task'];
  description?: string | undefined;
  /** False when no file of the model is there. */
  available: boolean;
  /** What files of it are there: for the CPU (`onnx`) and for which chips. */
  targets: ModelTarget[];
  /** The model's own, for hints in empty fields. */
  thresholds?: Manifest['thresholds'];
  input: { width: number; height: number };
}

/** A node's share of the pixel workers; `close` gives it back. */
export interface PixelsShare {
  readonly pixels: PixelWorker;
  close(): Promise<void>;
}

/** What a hailo-device config node offers the nodes that name it (as its property `alpr`). */
export interface DeviceAccess {
  /** Opens a model by the name in its manifest. Close the network when done with it. */
  open(model: string): Promise<Network>;
  openPixels(): Promise<PixelsShare>;
  models(): Promise<ModelSummary[]>;
  /** Where its models come from; the package's own alone when left out. */
  readonly folders?: ModelFolders | undefined;
  /** `CPU, ONNX Runtime 1.30.0 (native), 2 workers`; undefined while nothing is open. */
  describe(): string | undefined;
}

/** Where a handle gets the real things from. */
export interface DeviceProvider {
  acquire(): Promise<{ device: Device; release(): Promise<void> }>;
  manifest(model: string): Promise<Manifest>;
  models(): Promise<ModelSummary[]>;
  folders?: ModelFolders;
}

/**
 * Opens the shared device when somebody needs it and holds it while somebody uses it. Node-RED closes a config node at the
 * same time as its users, so closing waits until the last of them has given back what it opened.
 */
export class DeviceHandle implements DeviceAccess {
  private acquired: Promise<{ device: Device; release(): Promise<void> }> | undefined;
  private device: Device | undefined;
  private shares = 0;
  private closing = false;
  private whenUnused: (() => void) | undefined;

  constructor(private readonly provider: DeviceProvider) {}

  async open(model: string): Promise<Network> {
    return this.share(async () => {
      const manifest = await this.provider.manifest(model);
      const device = await this.acquire();
      const network = await device.open(manifest);
      const close = once(async () => {
        try {
          await network.close();
        } finally {
          this.giveBack();
        }
      });
      return { manifest: network.manifest, run: (request) => network.run(request), close };
    });
  }

  async openPixels(): Promise<PixelsShare> {
    return this.share(async () => {
      const { pixels } = await this.acquire();
      return { pixels, close: once(async () => this.giveBack()) };
    });
  }

  models(): Promise<ModelSummary[]> {
    return this.provider.models();
  }

  get folders(): ModelFolders | undefined {
    return this.provider.folders;
  }

  describe(): string | undefined {
    return this.device?.describe();
  }

  /** Lets go of the device when its users have, or after `timeoutMs` without them. */
  async close(timeoutMs = 10_000): Promise<void> {
    this.closing = true;
    if (this.shares > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.whenUnused = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const acquired = this.acquired;
    this.acquired = undefined;
    this.device = undefined;
    if (acquired === undefined) return;
    const share = await acquired.catch(() => undefined);
    await share?.release();
  }

  /** Counts what `make` returns as in use, from before it exists until it is given back. */
  private async share<T>(make: () => Promise<T>): Promise<T> {
    if (this.closing)
      throw new AlprNodeError('ALPR_CLOSED', 'Expected an open device but received one that is being closed');
    this.shares += 1;
    try {
      return await make();
    } catch (thrown) {
      this.giveBack();
      throw thrown;
    }
  }

  private giveBack(): void {
    this.shares -= 1;
    if (this.shares === 0) this.whenUnused?.();
  }

  private async acquire(): Promise<Device> {
    this.acquired ??= this.provider.acquire();
    try {
      this.device = (await this.acquired).device;
      return this.device;
    } catch (thrown) {
      // The next message tries again: a missing library may be there by then.
      this.acquired = undefined;
      throw thrown;
    }
  }
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closed: Promise<void> | undefined;
  return () => (closed ??= close());
}

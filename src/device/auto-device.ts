import type { Manifest } from '../models/manifest.js';
import type { Device, Network, PixelWorker } from './device.js';
import { type HailoDevice, hailoDevice } from './hailo/hailo-device.js';
import { noDeviceFor, requireAnyHef, requireNamedHef, targetsOf } from './hailo/hef-choice.js';
import type { HailoSettings } from './hailo/settings.js';
import type { DeviceShare } from './shared.js';

/** How long a missing library or device is believed to be missing, ms. */
const BELIEVED_MISSING = 30_000;

/** The back end `hailo`: networks on the accelerator only, pixel work on the CPU's workers. */
export function hailoOnlyDevice(settings: HailoSettings, cpu: DeviceShare): Device {
  return new HailoOnlyDevice(hailoDevice(settings), cpu);
}

/** The back end `auto`: models that have a file for the accelerator run there when it answers, all others on the CPU. */
export function autoDevice(settings: HailoSettings, cpu: DeviceShare): Device {
  return new AutoDevice(hailoDevice(settings), cpu);
}

class HailoOnlyDevice implements Device {
  readonly kind = 'hailo';

  constructor(
    private readonly hailo: HailoDevice,
    private readonly cpu: DeviceShare,
  ) {}

  get pixels(): PixelWorker {
    return this.cpu.device.pixels;
  }

  describe(): string {
    return this.hailo.describe() ?? 'Hailo (no network opened yet)';
  }

  async open(manifest: Manifest): Promise<Network> {
    requireNamedHef(manifest);
    return this.hailo.open(manifest);
  }

  async close(): Promise<void> {
    await Promise.all([this.hailo.close(), this.cpu.release()]);
  }
}

class AutoDevice implements Device {
  /** Why there was no accelerator the last time one was wanted. */
  private missing: { error: Error; at: number } | undefined;
  /** Why the last model that has a file for one was opened on the CPU. */
  private reason: string | undefined;

  constructor(
    private readonly hailo: HailoDevice,
    private readonly cpu: DeviceShare,
  ) {}

  get kind(): 'cpu' | 'hailo' {
    return this.hailo.describe() === undefined ? 'cpu' : 'hailo';
  }

  get pixels(): PixelWorker {
    return this.cpu.device.pixels;
  }

  /** `Hailo-8 0000:01:00.0, HailoRT 4.23.0; CPU, …`; the CPU alone where no Hailo is used, and why if a model would have run there. */
  describe(): string {
    const hailo = this.hailo.describe();
    const cpu = this.cpu.device.describe();
    if (hailo !== undefined) return `${hailo}; ${cpu}`;
    return this.reason === undefined ? cpu : `${cpu}; no Hailo: ${firstLine(this.reason)}`;
  }

  async open(manifest: Manifest): Promise<Network> {
    // Without a file for any chip nothing of the accelerator is touched: on most computers there is none.
    if (targetsOf(manifest).length === 0) return this.cpu.device.open(manifest);
    let why: Error;
    try {
      return await this.openOnHailo(manifest);
    } catch (error) {
      why = error as Error;
      this.reason = why.message;
    }
    try {
      return await this.cpu.device.open(manifest);
    } catch (error) {
      throw noDeviceFor(manifest, why, error as Error);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.hailo.close(), this.cpu.release()]);
  }

  private async openOnHailo(manifest: Manifest): Promise<Network> {
    // Models that were not fetched for the accelerator are no reason to open it.
    await requireAnyHef(manifest);
    const { missing } = this;
    if (missing && performance.now() - missing.at < BELIEVED_MISSING) throw missing.error;
    this.missing = undefined;
    try {
      await this.hailo.reach();
    } catch (error) {
      this.missing = { error: error as Error, at: performance.now() };
      throw error;
    }
    const network = await this.hailo.open(manifest);
    this.reason = undefined;
    return network;
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0] as string;
}

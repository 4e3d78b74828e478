import type { Manifest } from '../../models/manifest.js';
import type { Network } from '../device.js';
import { checkHailoSettings } from './check-settings.js';
import { HailoError } from './errors.js';
import type { HailoHealth } from './health.js';
import { within } from './within.js';
import type { HailoSettings } from './settings.js';
import { type VdeviceShare, acquireVdevice } from './vdevices.js';

/** The part of a `Device` that an accelerator can be: networks, but no pixel work. */
export interface HailoDevice {
  /** `Hailo-8 0000:01:00.0, HailoRT 4.23.0`; undefined before the first network is open. */
  describe(): string | undefined;
  /** Opens the device itself, unless it is open. @throws HailoError why there is none to use */
  reach(): Promise<void>;
  /** @throws ModelError when the model has no file for the chip; HailoError for a library, device or file that cannot be used */
  open(manifest: Manifest): Promise<Network>;
  /** Undefined while nothing is open. */
  health(): Promise<HailoHealth | undefined>;
  /** Ends networks and lets go of the device; within 5 s. */
  close(): Promise<void>;
}

/**
 * Networks on a Hailo-8 or 8L. Nothing is loaded before the first network is opened; the device is then held until `close`, so that
 * networks come back quickly after a deploy.
 * @throws RangeError for settings out of range
 */
export function hailoDevice(settings: HailoSettings): HailoDevice {
  checkHailoSettings(settings);
  return new SharedHailoDevice(settings);
}

/** Of the time that `close` may take; what is left then is done in the background. */
const CLOSE_LIMIT = 4800;

class SharedHailoDevice implements HailoDevice {
  private acquiring: Promise<VdeviceShare> | undefined;
  private share: VdeviceShare | undefined;
  private readonly networks = new Set<Network>();
  private opening = 0;
  /** Whether a network was ever opened on the device that is held. */
  private proven = false;
  private closed: Promise<void> | undefined;

  constructor(private readonly settings: HailoSettings) {}

  describe(): string | undefined {
    return this.share?.vdevice.describe();
  }

  async reach(): Promise<void> {
    await this.acquire();
  }

  async open(manifest: Manifest): Promise<Network> {
    this.opening++;
    try {
      const { vdevice } = await this.acquire();
      const network = await vdevice.openNetwork(manifest);
      if (this.closed) {
        await network.close();
        throw closedError();
      }
      this.proven = true;
      this.networks.add(network);
      return {
        manifest: network.manifest,
        run: (request) => network.run(request),
        close: () => {
          this.networks.delete(network);
          return network.close();
        },
      };
    } finally {
      this.opening--;
      // A device on which nothing can be opened is left to others.
      if (this.opening === 0 && !this.proven) await this.letGo();
    }
  }

  async health(): Promise<HailoHealth | undefined> {
    return this.share?.vdevice.health();
  }

  close(): Promise<void> {
    return (this.closed ??= this.shutDown());
  }

  private async shutDown(): Promise<void> {
    const networks = [...this.networks];
    this.networks.clear();
    await within(CLOSE_LIMIT, Promise.all([...networks.map((network) => network.close()), this.letGo()]));
  }

  private async acquire(): Promise<VdeviceShare> {
    if (this.closed) throw closedError();
    this.acquiring ??= acquireVdevice(this.settings);
    const { acquiring } = this;
    try {
      const share = await acquiring;
      if (this.acquiring === acquiring) this.share = share;
      return share;
    } catch (error) {
      // The next one tries again: the device may be there by then.
      if (this.acquiring === acquiring) this.acquiring = undefined;
      throw error;
    }
  }

  private async letGo(): Promise<void> {
    const { acquiring } = this;
    this.acquiring = undefined;
    this.share = undefined;
    const share = await acquiring?.catch(() => undefined);
    await share?.release();
  }
}

function closedError(): HailoError {
  return new HailoError('Expected an open Hailo device but it was closed');
}

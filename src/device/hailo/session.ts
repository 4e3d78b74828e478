import type { Manifest } from '../../models/manifest.js';
import type { Control } from './control.js';
import type { Looked } from './control-protocol.js';
import { HailoError } from './errors.js';
import { NetworkThread, type NetworkThreadEvents } from './network-thread.js';
import type { DeviceIdentity } from './library/api.js';
import { ReleaseGate } from './release-gate.js';
import { DEFAULT_TIMEOUT_MS, type HailoSettings } from './settings.js';
import type { ConfiguredGroup } from './thread-protocol.js';
import { within } from './within.js';

/** How long a network thread may take to answer before its group is shut down, and then again, ms. */
const PATIENCE = 300;
const PATIENCE_AFTER_SHUTDOWN = 2500;

/** A model with the file that runs on this device. */
export interface HailoModel {
  /** As `manifestForHef` gives it. */
  manifest: Manifest;
  file: string;
}

interface SessionFacts {
  /** As in the settings. */
  settings: HailoSettings;
  library: Looked;
  /** PCIe address; unknown when the service hides it. */
  id: string | undefined;
  vdevice: bigint;
  identity: DeviceIdentity;
}

/** A created vdevice, from its creation to its release, with the threads that run networks on it. */
export class Session {
  /** With when nothing is left of each. */
  private readonly threads = new Map<NetworkThread, Promise<void>>();
  /** Configured and free, by file and scheduler's settings; none is ever released before the vdevice is (hailort-c-api §1). */
  private readonly groups = new Map<string, ConfiguredGroup[]>();
  private turn: Promise<unknown> = Promise.resolve();
  private released: Promise<void> | undefined;
  /** Releasing the vdevice under vstreams that may still live would crash the process. */
  private leaks = false;

  constructor(
    readonly facts: SessionFacts,
    private readonly control: Control,
  ) {}

  /** Configuring and making vstreams: one at a time on a vdevice (§8.3). */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => {});
    return result;
  }

  /** @throws HailoError, ModelError: why the network cannot be opened */
  openThread({ manifest, file }: HailoModel, events: NetworkThreadEvents): Promise<NetworkThread> {
    const { settings, vdevice, identity } = this.facts;
    const scheduler = settings.scheduler?.[manifest.task];
    const key = JSON.stringify([file, scheduler ?? null]);
    return this.exclusive(async () => {
      if (this.released)
        throw new HailoError(`Expected an open device for model ${manifest.name} but it is being released`);
      const thread = new NetworkThread(
        {
          library: settings.library,
          vdevice,
          group: this.groups.get(key)?.pop(),
          file,
          architecture: identity.architecture,
          manifest,
          scheduler,
          timeoutMs: settings.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        },
        events,
      );
      this.threads.set(
        thread,
        thread.ended.then(() => this.forget(thread, key)),
      );
      try {
        await thread.open();
      } catch (error) {
        // So that the next one gets the group, if it came so far.
        await within(PATIENCE, this.over(thread));
        throw error;
      }
      return thread;
    });
  }

  /**
   * Ends a network's thread: it releases its vstreams. One that is blocked in the library is woken by shutting its group down.
   * Resolves when it has ended, or after a few seconds without that; it is then still waited for before the vdevice is released.
   */
  async closeThread(thread: NetworkThread): Promise<void> {
    const closed = thread.close();
    if (await within(PATIENCE, closed)) return;
    const { group } = thread;
    if (group) {
      // 8.5: pending calls then return. What it says of a device that is lost is of no interest.
      const shutDown = this.control.call({ do: 'shut-down', group: group.handle, gate: thread.gate });
      void shutDown.catch(() => {});
    }
    await within(PATIENCE_AFTER_SHUTDOWN, closed);
  }

  /** Resolves when nothing of a thread that has ended, or is about to, is left. */
  async over(thread: NetworkThread): Promise<void> {
    await this.threads.get(thread);
  }

  /** °C. @throws HailoError */
  async temperature(): Promise<number> {
    return (await this.control.call({ do: 'temperature', vdevice: this.facts.vdevice })).celsius;
  }

  /** Ends all threads, then the vdevice. Threads that do not end hold the release up, in the background too. */
  release(): Promise<void> {
    return (this.released ??= this.releaseAll());
  }

  private async releaseAll(): Promise<void> {
    await this.turn;
    const threads = [...this.threads];
    await Promise.all(threads.map(([thread]) => this.closeThread(thread)));
    await Promise.all(threads.map(([, over]) => over));
    if (this.leaks) return;
    await this.control.call({ do: 'release', vdevice: this.facts.vdevice });
  }

  private async forget(thread: NetworkThread, key: string): Promise<void> {
    const { streams, group, lostTrack } = thread;
    if (lostTrack) this.leaks = true;
    if (streams) {
      // It died and has left its vstreams behind.
      await this.exclusive(() => this.control.call({ do: 'release-streams', streams })).catch(() => {
        this.leaks = true;
      });
    }
    this.threads.delete(thread);
    if (!group || lostTrack || new ReleaseGate(thread.gate).isShutDown) return;
    const free = this.groups.get(key);
    if (free) free.push(group);
    else this.groups.set(key, [group]);
  }
}

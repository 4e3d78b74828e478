import { stat } from 'node:fs/promises';
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
/** Groups that are given up before the device is opened anew: each holds the library's buffers until then. */
const MOST_GIVEN_UP = 8;

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
  /** Configured and free, by file with its state and scheduler's settings; none is ever released before the vdevice is (hailort-c-api §1). */
  private readonly groups = new Map<string, ConfiguredGroup[]>();
  private turn: Promise<unknown> = Promise.resolve();
  /** Groups that nobody can use any more. */
  private givenUp = 0;
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

  /**
   * @param isWanted asked when its turn has come: opening takes its time, and who closes meanwhile shall not wait for all that are queued
   * @throws HailoError, ModelError: why the network cannot be opened
   */
  openThread(
    { manifest, file }: HailoModel,
    events: NetworkThreadEvents,
    isWanted: () => boolean,
  ): Promise<NetworkThread> {
    const { settings, vdevice, identity } = this.facts;
    const scheduler = settings.scheduler?.[manifest.task];
    return this.exclusive(async () => {
      // A group is of the file as it was: one that was fetched anew since is another network.
      const key = JSON.stringify([file, await stateOf(file), scheduler ?? null]);
      if (this.released)
        throw new HailoError(`Expected an open device for model ${manifest.name} but it is being released`);
      if (!isWanted()) throw new HailoError(`Expected a user of model ${manifest.name} but it was closed again`);
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

  /**
   * After a fault: makes the vstreams of a network anew, in a new group unless no frame is left in the old one.
   * @throws HailoError when that fails, or has been done so often that the device is to be opened anew
   */
  async recreate(thread: NetworkThread): Promise<void> {
    if (this.givenUp >= MOST_GIVEN_UP) {
      throw new HailoError(
        `Expected at most ${MOST_GIVEN_UP} faults of networks but received more: the device is opened anew, as each one keeps ` +
          'memory of it; if it goes on, check its cooling and power, or raise the timeout',
      );
    }
    const before = thread.group;
    await this.exclusive(() => thread.recreate());
    if (thread.group?.handle !== before?.handle) this.givenUp++;
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
    if (!group) return;
    if (lostTrack || !thread.isGroupFree || new ReleaseGate(thread.gate).isShutDown) {
      this.givenUp++;
      return;
    }
    const free = this.groups.get(key);
    if (free) free.push(group);
    else this.groups.set(key, [group]);
  }
}

/** What changes when a file is replaced. */
async function stateOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeMs } = await stat(file);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    // Why it cannot be used is told when it is read.
    return 'none';
  }
}

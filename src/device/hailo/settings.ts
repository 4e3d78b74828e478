import type { Manifest } from '../../models/manifest.js';

/** How HailoRT's scheduler treats a network (hailort-c-api §8.7); what is left out stays as HailoRT has it. */
export interface SchedulerSettings {
  /** The network runs when so many frames wait, 1 up; has an effect only with a timeout. */
  threshold?: number;
  /** … or when this many ms have passed, 0 up. */
  timeoutMs?: number;
  /** 0 to 31, normal is 16: higher runs first. */
  priority?: number;
}

/** What a user may choose about the accelerator; one physical device is used with one choice at a time. */
export interface HailoSettings {
  /** Path of libhailort.so, or of the folder it lies in; searched for when left out. */
  library?: string;
  /** PCIe address, `0000:01:00.0`; the first free device when left out. */
  deviceId?: string;
  /** Through the hailort service, so that other processes can use the device too. Default false. */
  multiProcessService?: boolean;
  /** Who shares: needed with the service. HailoRT's `UNIQUE` (nobody) when left out. */
  groupId?: string;
  /** By the task of the model, for all networks of that task. */
  scheduler?: Partial<Record<Manifest['task'], SchedulerSettings>>;
  /** ms until a frame that the device does not answer counts as lost; 100 to 60 000, default 5000. */
  timeoutMs?: number;
}

export const DEFAULT_TIMEOUT_MS = 5000;

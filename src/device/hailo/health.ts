import type { DeviceIdentity, LibraryVersion } from './library/api.js';

/** How an open device does. Plain data. */
export interface HailoHealth {
  state: 'open' | 'lost' | 'closing';
  /** `Hailo-8 0000:01:00.0, HailoRT 4.23.0` */
  name: string;
  /** Why it is lost. */
  error?: string;
  /** PCIe address. */
  id?: string;
  identity?: DeviceIdentity;
  library?: { path: string; version: LibraryVersion };
  /** °C, at most a few seconds old. */
  temperature?: number;
  networks: NetworkHealth[];
  /** How often the device was lost, and came back. */
  faults: number;
  recoveries: number;
}

export interface NetworkHealth {
  model: string;
  file: string;
  /** Requests in the queue, and given to the network's thread. */
  waiting: number;
  running: number;
  /** Views that were answered. */
  frames: number;
  timeouts: number;
  /** How often its streams were made anew after a fault. */
  recreated: number;
  /** Threads that ended by themselves and were replaced. */
  deaths: number;
}

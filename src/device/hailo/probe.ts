import type { DeviceIdentity, LibraryVersion } from './library/api.js';

/** What a look at the accelerator, without using it, tells. Plain data. */
export interface HailoProbe {
  library: { path: string; version: LibraryVersion } | { error: string; tried: string[] };
  /** Empty when the library is missing or the driver shows none. */
  devices: ProbedDevice[];
}

export interface ProbedDevice {
  id: string;
  /** Missing when it could not be opened; `error` and `status` then say why. */
  identity?: DeviceIdentity;
  temperature?: number;
  error?: string;
  status?: number;
}

import type { DeviceIdentity, LibraryVersion, VdeviceParams } from './library/api.js';
import type { ProbedDevice } from './probe.js';
import type { PlainHailoError, PlainStreams } from './thread-protocol.js';

/** What the control thread does; every job says which library, so that a thread that was replaced knows all it must. */
export type ControlJob = { library: string | undefined } & ControlTask;

export type ControlTask =
  /** Loads the library and asks for the devices. */
  | { do: 'look' }
  | { do: 'create'; params: VdeviceParams }
  | { do: 'identify'; vdevice: bigint }
  | { do: 'temperature'; vdevice: bigint }
  /** Ends waiting reads and writes of a network; `gate` keeps clear of its thread's own release. */
  | { do: 'shut-down'; group: bigint; gate: SharedArrayBuffer }
  /** Of a network thread that died. */
  | { do: 'release-streams'; streams: PlainStreams }
  | { do: 'release'; vdevice: bigint }
  /** Devices that no vdevice of this process holds. */
  | { do: 'probe'; ids: string[] };

export interface Looked {
  path: string;
  version: LibraryVersion;
  ids: string[];
}

/** By task. */
export interface ControlAnswers {
  look: Looked;
  create: { vdevice: bigint };
  identify: { identity: DeviceIdentity };
  temperature: { celsius: number };
  'shut-down': { done: boolean };
  'release-streams': Record<string, never>;
  release: Record<string, never>;
  probe: { devices: ProbedDevice[] };
}

/** The pool's own errors would drop `status`. */
export type ControlResult = { answer: ControlAnswers[ControlTask['do']] } | { error: PlainHailoError };

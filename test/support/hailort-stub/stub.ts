import { copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildLibrary, type StubVersion } from './build.js';
import { configText } from './config-text.js';

export { compilerMissing, skipWithoutCompiler, stubVersions, type StubVersion } from './build.js';
export { writeHef, type HefOptions, type StubInput, type StubNetwork, type StubOutput } from './hef-file.js';

export interface StubDevice {
  /** PCIe address. */
  id: string;
  /** Default hailo8. */
  architecture?: 'hailo8' | 'hailo8l' | 'hailo10h';
  /** Default: the version of the library. Another one: all controls but identify fail with 16. */
  firmware?: string;
  /** °C of the hotter sensor, default 48.5; the other one says 2 less. */
  temperature?: number;
  /** W; where it is left out the board has no monitor and the call gives 48. */
  power?: number;
  /** Fell off the bus: scan does not list it, what uses it is dead for good (`lostStatus`), new calls find no device until this is false again. */
  lost?: boolean;
}

/** A call that gives `status` instead of doing its work. */
export interface StubFault {
  /** 'hailo_create_vdevice', 'hailo_vstream_read_raw_buffer', … */
  call: string;
  status: number;
  /** Only for this network; calls without a network are not hit then. */
  network?: string;
  /** So many calls still work. Default 0. */
  after?: number;
  /** So many calls fail. Default all. */
  times?: number;
}

/** After the NMS of a network the count of one class is overwritten; the records stay as they are. */
export interface StubNmsLie {
  /** Default every network. */
  network?: string;
  class: number;
  /** NaN, 1e9, −1, 2.5 … */
  count: number;
}

export interface StubConfig {
  /** Default one Hailo-8 at 0000:01:00.0. */
  devices?: StubDevice[];
  faults?: StubFault[];
  /** ms of the device per frame by network; '*' for all others, default 0. */
  frameTimes?: Record<string, number>;
  /** ms of the device whenever it changes to another network. Default 0. */
  switchTime?: number;
  /** Unix socket of the ONNX backend (onnx-backend.ts). */
  backend?: string;
  /** Another process holds the devices: 74, or 73 when one is asked for by its id. */
  driverBusy?: boolean;
  /** Networks whose frames the device keeps and does not answer until they are taken from this list; '*' is all. */
  silent?: string[];
  /** What reads and writes give on a lost device. Default 63; 4 lets reads run into their timeouts. */
  lostStatus?: number;
  nmsLies?: StubNmsLie[];
  /** hailort_service for multi_process_service: 0 (default), 6 in a library built without it, 77, 78. */
  service?: 'running' | 'none' | 'unreachable' | 'other-version';
  /** ms that a call takes before it does its work, by function. */
  delays?: Record<string, number>;
  /** The process aborts at the first misuse. Default false: misuse is only recorded. */
  abortOnMisuse?: boolean;
}

export type StubObject = 'device' | 'vdevice' | 'hef' | 'group' | 'input' | 'output';

export interface StubStats {
  version: string;
  /** Handles not yet released; a group lives as long as its vdevice, a borrowed device does not count. */
  live: Record<StubObject, number>;
  /** Handles ever created. */
  created: Record<StubObject, number>;
  /** Calls by function. */
  calls: Record<string, number>;
  /** Calls that came from the process's main thread (Node-RED's), by function. */
  mainThread: Record<string, number>;
  /** Answered frames by network. */
  frames: Record<string, number>;
  /** Networks in the order in which the device completed their frames; the last 512. */
  completed: string[];
  /** What nobody may do, `function: what`; the first 64. Empty in a correct program. */
  misuse: string[];
  /** What went wrong in the stub itself (backend not reachable, …); the first 64. */
  problems: string[];
  /** Most library calls that were in progress at once. */
  peakConcurrency: number;
  /** ms of device time by device id. */
  busyMs: Record<string, number>;
  /** As the library saw them while it was loaded; null where not set. */
  environment: { HAILORT_LOGGER_PATH: string | null; HAILORT_CONSOLE_LOGGER_LEVEL: string | null };
}

export interface Stub {
  /** …/libhailort.so */
  readonly path: string;
  readonly folder: string;
  readonly version: StubVersion;
  /** Changes what is named and keeps the rest, while the library is in use: its next call (or a waiting one, within 20 ms) knows. */
  set(config: StubConfig): void;
  /** Of this process if it has loaded the library, else as another process wrote them down (at most 100 ms old while a vdevice is open). */
  stats(): StubStats;
  /** Deletes the folder. A library in use goes on working with the configuration that it has. */
  remove(): void;
}

/** A library of its own for one test: a copy, since the dynamic loader tells libraries apart by their inodes. */
export function makeStub(
  options: { version?: StubVersion; missingSymbol?: string; sanitize?: boolean } & StubConfig = {},
): Stub {
  const { version = '4.23.0', missingSymbol, sanitize, ...config } = options;
  const folder = mkdtempSync(join(tmpdir(), 'hailort-stub-'));
  const path = join(folder, 'libhailort.so');
  copyFileSync(buildLibrary({ version, missingSymbol, sanitize }), path);
  let current: StubConfig = {};
  let read: (() => string) | undefined;
  const stub: Stub = {
    path,
    folder,
    version,
    set(change) {
      current = { ...current, ...change };
      // Renamed, so that the library never reads half a file.
      writeFileSync(`${path}.conf.new`, configText(current, change.faults !== undefined));
      renameSync(`${path}.conf.new`, `${path}.conf`);
    },
    stats() {
      if (isLoadedHere(path)) return JSON.parse((read ??= statsReader(path))()) as StubStats;
      const file = `${path}.stats`;
      return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as StubStats) : emptyStats(version);
    },
    remove() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
  stub.set(config);
  return stub;
}

function isLoadedHere(path: string): boolean {
  return readFileSync('/proc/self/maps', 'utf8').includes(path);
}

function statsReader(path: string): () => string {
  const koffi = require('koffi') as typeof import('koffi', { with: { 'resolution-mode': 'import' } });
  const call = koffi.load(path).func('size_t stub_stats_json(void *text, size_t capacity)');
  return () => {
    const text = Buffer.alloc(1 << 18);
    const length = Number(call(text, text.length));
    return text.toString('utf8', 0, length);
  };
}

function emptyStats(version: StubVersion): StubStats {
  const none = { device: 0, vdevice: 0, hef: 0, group: 0, input: 0, output: 0 };
  return {
    version,
    live: none,
    created: { ...none },
    calls: {},
    mainThread: {},
    frames: {},
    completed: [],
    misuse: [],
    problems: [],
    peakConcurrency: 0,
    busyMs: {},
    environment: { HAILORT_LOGGER_PATH: null, HAILORT_CONSOLE_LOGGER_LEVEL: null },
  };
}

import type * as ort from 'onnxruntime-web';
import { RuntimeError } from '../errors.js';
import { type LoadFailure, type Platform, helpOnLoadFailure, thisPlatform } from './load-help.js';

export type RuntimeKind = 'native' | 'wasm';
/** `auto`: the native library, and where that does not load the WASM build. */
export type RuntimePreference = 'auto' | RuntimeKind;

export interface Runtime {
  kind: RuntimeKind;
  /** `1.30.0` */
  version: string;
  ort: typeof ort;
  /** For every session: one thread, because the pool has one worker per core already. */
  sessionOptions: ort.InferenceSession.SessionOptions;
}

const packages: Record<RuntimeKind, string> = { native: 'onnxruntime-node', wasm: 'onnxruntime-web' };

/**
 * Loads ONNX Runtime into this thread.
 *
 * @param load replaces `require` in tests
 * @throws RuntimeError when nothing loads: what was tried, why each failed, what to do on this platform
 */
export function loadRuntime(
  preference: RuntimePreference,
  load: (name: string) => unknown = (name) => require(name),
  platform: Platform = thisPlatform(),
): Runtime {
  const failures: LoadFailure[] = [];
  for (const kind of candidates(preference, platform, failures)) {
    try {
      return prepareRuntime(kind, load(packages[kind]) as typeof ort);
    } catch (error) {
      failures.push({ packageName: packages[kind], reason: firstLine(error) });
    }
  }
  throw new RuntimeError(helpOnLoadFailure(failures, preference, platform));
}

/** On musl the native library crashes some processes instead of failing to load, so there only a person may ask for it. */
function candidates(preference: RuntimePreference, platform: Platform, failures: LoadFailure[]): RuntimeKind[] {
  if (preference !== 'auto') return [preference];
  if (platform.libc !== 'musl') return ['native', 'wasm'];
  failures.push({ packageName: packages.native, reason: 'not tried: it has no build for musl (Alpine Linux)' });
  return ['wasm'];
}

function prepareRuntime(kind: RuntimeKind, library: typeof ort): Runtime {
  const sessionOptions: ort.InferenceSession.SessionOptions = {
    executionProviders: [kind === 'native' ? 'cpu' : 'wasm'],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    // What goes wrong is thrown and told to the caller; printed to the console as well it would only be noise.
    logSeverityLevel: 4,
  };
  // The WASM files lie beside the script and are read from disk; one thread needs no further workers.
  if (kind === 'wasm') library.env.wasm.numThreads = 1;
  const versions: { common: string; node?: string; web?: string } = library.env.versions;
  return { kind, version: versions.node ?? versions.web ?? versions.common, ort: library, sessionOptions };
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0] ?? message;
}

import type { Drawing } from '../../overlay/drawing.js';
import { sharpness } from '../../image/sharpness.js';
import { serve } from '../pool/serve.js';
import { infer } from './infer.js';
import { paint } from './paint.js';
import type { SharedPicture } from '../request/shared-picture.js';
import type { CpuJob, CpuResult, NetworkSpec } from './protocol.js';
import { type Runtime, type RuntimePreference, loadRuntime } from './runtime.js';
import { CpuSession } from './session.js';

/** The CPU device's worker thread: networks and pixel work, one job at a time. */

const specs = new Map<string, NetworkSpec>();
const sessions = new Map<string, CpuSession>();
const runtimes = new Map<RuntimePreference, Runtime>();

serve(async (job: CpuJob): Promise<CpuResult> => {
  switch (job.kind) {
    case 'open': {
      const { runtime } = await openNetwork(job.network, job.spec);
      return { kind: 'opened', runtime: { kind: runtime.kind, version: runtime.version } };
    }
    case 'infer': {
      const { session } = await openNetwork(job.network, job.spec);
      const { results, timings } = await infer(session, job.source, job.views, job.options);
      return { kind: 'inferred', results, timings };
    }
    case 'release':
      await releaseNetwork(job.network);
      return { kind: 'done' };
    case 'forget':
      for (const key of [...specs.keys(), ...sessions.keys()]) await releaseNetwork(key);
      return { kind: 'done' };
    case 'sharpness':
      return { kind: 'sharpness', values: job.boxes.map((box) => sharpness(picture(job.source), box)) };
    case 'draw':
      paint(picture(job.source), job.target, job.drawing as Drawing);
      return { kind: 'done' };
  }
});

async function openNetwork(key: string, told?: NetworkSpec): Promise<{ session: CpuSession; runtime: Runtime }> {
  if (told) specs.set(key, told);
  const spec = specs.get(key);
  if (!spec) throw new Error(`Expected to have been told about network ${key} before it is used`);
  let runtime = runtimes.get(spec.runtime);
  if (!runtime) {
    runtime = loadRuntime(spec.runtime);
    runtimes.set(spec.runtime, runtime);
  }
  let session = sessions.get(key);
  if (!session) {
    session = await CpuSession.open(spec, runtime);
    sessions.set(key, session);
  }
  return { session, runtime };
}

async function releaseNetwork(key: string): Promise<void> {
  const session = sessions.get(key);
  specs.delete(key);
  sessions.delete(key);
  await session?.release();
}

function picture({ buffer, width, height }: SharedPicture): { pixels: Uint8Array; width: number; height: number } {
  return { pixels: new Uint8Array(buffer, 0, width * height * 3), width, height };
}

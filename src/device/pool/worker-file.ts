import { extname, join } from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * A worker's own heap holds little but small results; V8 would let it fill up to 48 MB with garbage before it looks. Pixels,
 * networks and tensors lie outside of it.
 */
const YOUNG_GENERATION_MB = 8;

/**
 * Starts the worker module that lies in `directory`, compiled (.js) or, where this file itself runs from its source
 * through tsx, as TypeScript.
 *
 * @param directory of the calling module (`__dirname`)
 * @param name of the worker module without its ending
 */
export function startWorker(directory: string, name: string, options: WorkerOptions = {}): Worker {
  const extension = extname(__filename);
  const execArgv = extension === '.ts' ? ['--require', require.resolve('tsx/cjs')] : [];
  // The process's own flags are not inherited: test runners and debuggers put things there that break threads.
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB };
  return new Worker(join(directory, name + extension), { resourceLimits, ...options, execArgv });
}

/** One worker per core, but at most four: more give little and cost a copy of every network each. */
export function defaultWorkerCount(cores: number): number {
  return Math.max(1, Math.min(4, Math.floor(cores)));
}

import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { memoryReturn } from '../device/pool/memory-return.js';
import { shortageOf } from './shortage.js';
import { SourceError } from './source.js';

/**
 * Starts a module as a thread: compiled, or as TypeScript where this runs from its source through tsx.
 * @param path of the module without its extension
 * @param workerData plain data
 * @throws SourceError ALPR_SOURCE when the computer gives no thread: it has too many, or too little memory
 */
export function startThread(path: string, workerData: unknown): Worker {
  const extension = extname(__filename);
  const execArgv = extension === '.ts' ? ['--require', require.resolve('tsx/cjs')] : [];
  try {
    const worker = new Worker(`${path}${extension}`, {
      workerData,
      execArgv,
      // Chunks of ffmpeg's pipe are garbage at once; V8 would collect 48 MB of them before it looks.
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });
    return worker.once('exit', () => memoryReturn.soon());
  } catch (error) {
    const why = shortageOf(error) ?? `it could not be started (${(error as Error).message})`;
    throw new SourceError(`Expected a thread to read ffmpeg but ${why}`, 'ALPR_SOURCE', { cause: error });
  }
}

import { startWorker } from '../pool/worker-file.js';
import { WorkerPool } from '../pool/worker-pool.js';
import type { ControlAnswers, ControlJob, ControlResult, ControlTask } from './control-protocol.js';
import { prepareHailoEnvironment } from './library/environment.js';
import { fromPlainHailoError } from './thread-protocol.js';

/** The main thread's end of a control thread. It starts with the first call and is replaced if it dies. */
export class Control {
  private readonly pool: WorkerPool<ControlJob, ControlResult>;

  /** @param library as in the settings */
  constructor(private readonly library: string | undefined) {
    this.pool = new WorkerPool({
      size: 1,
      start: () => {
        // Read when the library is loaded, from the process's environment, which only this thread can change.
        prepareHailoEnvironment();
        return startWorker(__dirname, 'control-worker');
      },
      // What is asked here was waited for elsewhere; closing must not wait for a call that hangs.
      closeLimitMs: 500,
    });
  }

  /** @throws HailoError, WorkerError when the thread died */
  async call<Task extends ControlTask>(task: Task): Promise<ControlAnswers[Task['do']]> {
    const result = await this.pool.run('control', () => ({ ...task, library: this.library }));
    if ('error' in result) throw fromPlainHailoError(result.error);
    return result.answer as ControlAnswers[Task['do']];
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}

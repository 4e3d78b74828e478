import { startWorker } from '../pool/worker-file.js';
import { WorkerPool } from '../pool/worker-pool.js';
import type { ControlAnswers, ControlJob, ControlResult, ControlTask } from './control-protocol.js';
import { HailoError } from './errors.js';
import { prepareHailoEnvironment } from './library/environment.js';
import { fromPlainHailoError } from './thread-protocol.js';
import { within } from './within.js';

/** ms that a call may take; opening a device loads its firmware, which takes seconds. */
const LONGEST_CALL = 60_000;
/** ms that closing waits for a call that hangs. */
const CLOSE_LIMIT = 500;

/** The main thread's end of a control thread. It starts with the first call and is replaced if it dies. */
export class Control {
  private readonly pool: WorkerPool<ControlJob, ControlResult>;

  /** @param library as in the settings */
  constructor(
    private readonly library: string | undefined,
    private readonly limit = LONGEST_CALL,
  ) {
    this.pool = new WorkerPool({
      size: 1,
      start: () => {
        // Read when the library is loaded, from the process's environment, which only this thread can change.
        prepareHailoEnvironment();
        return startWorker(__dirname, 'control-worker');
      },
      closeLimitMs: CLOSE_LIMIT,
    });
  }

  /** @throws HailoError, also when there is no answer in time; WorkerError when the thread died */
  async call<Task extends ControlTask>(task: Task): Promise<ControlAnswers[Task['do']]> {
    const answer = this.ask(task);
    if (await within(this.limit, answer)) return answer;
    // Nobody will know of a device that is opened after all.
    if (task.do === 'create')
      void answer.then((late) => this.releaseLate(late as ControlAnswers['create'])).catch(() => {});
    else answer.catch(() => {});
    throw new HailoError(
      `Expected the Hailo device to answer within ${this.limit / 1000} s but received nothing (${task.do}): its driver or the device ` +
        'hangs; `dmesg | grep hailo` shows what the driver saw, restarting the computer frees the device',
    );
  }

  /** A thread that hangs in the library is waited for in the background: nothing can end it. */
  async close(): Promise<void> {
    await within(2 * CLOSE_LIMIT, this.pool.close());
  }

  private async ask<Task extends ControlTask>(task: Task): Promise<ControlAnswers[Task['do']]> {
    const result = await this.pool.run('control', () => ({ ...task, library: this.library }));
    if ('error' in result) throw fromPlainHailoError(result.error);
    return result.answer as ControlAnswers[Task['do']];
  }

  private releaseLate({ vdevice }: ControlAnswers['create']): Promise<unknown> {
    return this.ask({ do: 'release', vdevice });
  }
}

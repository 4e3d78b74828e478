import type { FrameSource } from '../sources/source.js';
import { SourceRunner, type RunOptions } from './source-runner.js';

export type CameraRunsOptions = Omit<RunOptions, 'open'> & { open(file: string): Promise<FrameSource> };

/** The runs of one camera, one at a time: a start while one is running ends that first; starts and stops keep their order. */
export class CameraRuns {
  private runner: SourceRunner | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private closed = false;

  constructor(private readonly options: CameraRunsOptions) {}

  /** Resolves when the source is open; rejects when it cannot be opened. */
  start(file: string): Promise<void> {
    return this.inTurn(async () => {
      await this.runner?.stop();
      if (this.closed) return;
      const { open, ...rest } = this.options;
      await new Promise<void>((resolve, reject) => {
        this.runner = new SourceRunner({ ...rest, open: () => open(file) }, (error) => {
          if (error === undefined) resolve();
          else reject(error);
        });
      });
    });
  }

  /** Resolves when the running source, if there is one, has ended and released everything. */
  stop(): Promise<void> {
    return this.inTurn(async () => this.runner?.stop());
  }

  /** Like stop, for good; does not wait for a start that is under way before it ends its run. */
  async close(): Promise<void> {
    this.closed = true;
    await this.runner?.stop();
    await this.stop();
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }
}

import type { FrameSource } from '../sources/source.js';
import { SourceRunner, type RunOptions } from './source-runner.js';

export type CameraRunsOptions = Omit<RunOptions, 'open'> & {
  open(file: string): Promise<FrameSource>;
  /** A start waits for the run before to end by itself; otherwise it ends it. */
  finishFirst?: boolean;
};

/** The runs of one camera, one at a time; starts and stops keep their order. */
export class CameraRuns {
  private runner: SourceRunner | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private closed = false;

  constructor(private readonly options: CameraRunsOptions) {}

  /** A source is open, or being opened. */
  get running(): boolean {
    return this.runner?.running === true;
  }

  /** Resolves when the source has given its first frame; rejects when it cannot be opened. */
  start(file: string): Promise<void> {
    const { open, finishFirst = false, ...rest } = this.options;
    // At once, not in turn: a start that waits for its first frame must not hold up its successor.
    if (!finishFirst) void this.runner?.stop();
    return this.inTurn(async () => {
      if (finishFirst) await this.runner?.finished;
      else await this.runner?.stop();
      if (this.closed) return;
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
    void this.runner?.stop();
    return this.inTurn(async () => this.runner?.stop());
  }

  /** Like stop, for good. */
  async close(): Promise<void> {
    this.closed = true;
    await this.stop();
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }
}

import { parentPort, type Worker } from 'node:worker_threads';
import { memoryReturn } from './memory-return.js';

/** The message that asks a thread to end. */
const END = 'end';

/**
 * Ends a thread without breaking into what it does. `terminate()` throws into whatever runs there, and native code (ONNX Runtime,
 * libSQL) that is hit by it aborts the whole process. A thread that has not ended within the limit is left to itself: it ends
 * after what it is doing, and keeps nothing alive until then.
 *
 * @param worker whose module calls `whenToldToEnd`
 */
export async function endWorker(worker: Worker, limitMs: number): Promise<void> {
  // Nobody listens any more to what it may still say; without this an error would be thrown in the main thread.
  worker.on('error', () => undefined);
  worker.unref();
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    worker.once('exit', () => {
      memoryReturn.soon();
      resolve();
    });
    timer = setTimeout(resolve, limitMs);
    worker.postMessage(END);
  });
  clearTimeout(timer);
}

/** The thread's side: `settle` resolves when nothing is under way any more; then the thread ends. */
export function whenToldToEnd(settle: () => Promise<unknown>): void {
  const port = parentPort!;
  port.on('message', (message: unknown) => {
    if (message === END) void settle().finally(() => port.close());
  });
}

/** Whether a message is a request, and not the order to end. */
export function isRequest<Request>(message: Request | typeof END): message is Request {
  return message !== END;
}

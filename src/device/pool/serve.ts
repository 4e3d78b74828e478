import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { isRequest, whenToldToEnd } from './end-worker.js';
import { type WorkerReply, type WorkerRequest, toPlainError } from './protocol.js';

/**
 * The worker's side of the pool: answers every request with what `handle` gives or throws, strictly one after the other
 * (workers keep their tensors' memory between requests).
 */
export function serve<Job, Result>(handle: (job: Job) => Result | Promise<Result>): void {
  const port = parentPort;
  if (!port) throw new Error('Expected to be started as a worker thread');
  yieldToEventLoop();
  let last: Promise<void> = Promise.resolve();
  port.on('message', (message: WorkerRequest<Job>) => {
    if (!isRequest(message)) return;
    const { id, job } = message;
    last = last.then(async () => {
      let reply: WorkerReply<Result>;
      try {
        reply = { id, result: await handle(job) };
      } catch (error) {
        reply = { id, error: toPlainError(error) };
      }
      port.postMessage(reply);
    });
  });
  whenToldToEnd(() => last);
}

/**
 * Linux schedules threads by their own niceness: on a small machine the main thread, Node-RED's event loop, must win
 * against a network that would fill every core. Elsewhere niceness belongs to the process and must not be touched.
 */
export function yieldToEventLoop(): void {
  if (process.platform !== 'linux') return;
  try {
    const threadId = Number(readlinkSync('/proc/thread-self').split('/').pop());
    if (threadId > 0 && threadId !== process.pid) setPriority(threadId, 5);
  } catch {
    // A container may hide /proc or refuse niceness: then the threads are equals, which works too.
  }
}

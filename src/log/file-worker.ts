import { parentPort, workerData } from 'node:worker_threads';
import { isRequest, whenToldToEnd } from '../device/pool/end-worker.js';
import { toPlainError } from '../device/pool/protocol.js';
import { openLibsqlFile } from './backends/libsql-file.js';
import type { FileCall, FileReply, FileStart } from './file-protocol.js';
import { SqlStore } from './store.js';

/**
 * The thread that works with one database file: its calls compute and wait for the disk. Calls run side by side, so that an
 * export lets events through; each statement or transaction is done before the next one begins.
 */
const { path, key } = workerData as FileStart;
const port = parentPort!;
const store = new SqlStore(() => openLibsqlFile(path, key));

const running = new Set<Promise<void>>();

port.on('message', (call: FileCall) => {
  if (!isRequest(call)) return;
  const { id, method, args } = call;
  const work = store[method] as (...given: unknown[]) => Promise<unknown>;
  const done = work.apply(store, args).then(
    (result) => reply({ id, result }),
    (error: unknown) => reply({ id, error: toPlainError(error) }),
  );
  running.add(done);
  void done.finally(() => running.delete(done));
});
whenToldToEnd(() => Promise.allSettled(running));

function reply(answer: FileReply): void {
  port.postMessage(answer);
}

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OnnxNetwork, shippedOnnxNetworks } from './onnx-networks.js';

export { type OnnxNetwork, shippedOnnxNetworks, writeOnnxHef, writeOnnxHefs } from './onnx-networks.js';

export interface OnnxBackend {
  /** For `backend` of the stub's configuration. */
  readonly socket: string;
  close(): Promise<void>;
}

/**
 * Computes what a stub's device gives with real networks, in a process of its own: `compute: { onnx: name }` in a HEF asks for
 * the network of that name.
 * @param networks default the three shipped ones
 */
export async function startOnnxBackend(
  networks: Record<string, OnnxNetwork> = shippedOnnxNetworks(),
): Promise<OnnxBackend> {
  const folder = mkdtempSync(join(tmpdir(), 'hailort-stub-backend-'));
  const socket = join(folder, 'socket');
  const child = fork(join(__dirname, 'onnx-server.ts'), [], { execArgv: ['--require', require.resolve('tsx/cjs')] });
  const ended = once(child, 'exit').finally(() => rmSync(folder, { recursive: true, force: true }));
  child.send({ socket, networks });
  const ready = await Promise.race([once(child, 'message').then(() => true), ended.then(() => false)]);
  if (!ready) throw new Error('Expected the ONNX backend to start but its process ended: see its error above');
  return {
    socket,
    async close() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/**
 * The process behind startOnnxBackend. A request over the socket is the network's name and its input, the answer its output,
 * each behind its length (u32, little-endian). A request that fails closes its connection.
 */
import { createServer, type Socket } from 'node:net';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { OnnxNetwork } from './onnx-networks.js';

let networks: Record<string, OnnxNetwork> = {};
const sessions = new Map<string, Promise<InferenceSession>>();

process.once('message', (message: { socket: string; networks: Record<string, OnnxNetwork> }) => {
  networks = message.networks;
  createServer((connection) => void serve(connection)).listen(message.socket, () => process.send?.('ready'));
});
// The tests' process is gone, or wants this one to go.
process.once('disconnect', () => process.exit(0));

async function serve(connection: Socket): Promise<void> {
  connection.on('error', () => connection.destroy());
  try {
    for await (const [name, input] of requests(connection)) {
      const output = await run(name.toString('utf8'), input);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(output.length);
      connection.write(length);
      connection.write(output);
    }
  } catch (error) {
    if (!connection.destroyed) console.error('ONNX backend of the stub:', error);
    connection.destroy();
  }
}

/** Pairs of name and input. */
async function* requests(connection: Socket): AsyncGenerator<[Buffer, Buffer]> {
  let chunks: Buffer[] = [];
  let blocks: Buffer[] = [];
  for await (const chunk of connection as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    let available = chunks.reduce((sum, { length }) => sum + length, 0);
    while (available >= 4) {
      if (chunks[0]!.length < 4) chunks = [Buffer.concat(chunks)];
      const length = chunks[0]!.readUInt32LE(0);
      if (available < 4 + length) break;
      const all = Buffer.concat(chunks);
      blocks.push(all.subarray(4, 4 + length));
      chunks = [all.subarray(4 + length)];
      available -= 4 + length;
      if (blocks.length < 2) continue;
      yield [blocks[0]!, blocks[1]!];
      blocks = [];
    }
  }
}

async function run(name: string, bytes: Buffer): Promise<Uint8Array> {
  const network = networks[name];
  if (network === undefined) {
    throw new Error(`Expected one of ${Object.keys(networks).join(', ')} but received "${name}"`);
  }
  const { input, output } = network;
  const { Tensor: OrtTensor, InferenceSession: Session } =
    require('onnxruntime-node') as typeof import('onnxruntime-node');
  let session = sessions.get(name);
  if (session === undefined) {
    session = Session.create(network.onnxFile, { intraOpNumThreads: 1, interOpNumThreads: 1 });
    sessions.set(name, session);
  }
  const picture = new OrtTensor('uint8', new Uint8Array(bytes), [1, input.height, input.width, 3]);
  const outputs = await (await session).run({ [input.name]: picture }, [output.name]);
  return encode(outputs[output.name]!, network);
}

function encode(tensor: Tensor, { output, encode: encoding }: OnnxNetwork): Uint8Array {
  const values = tensor.data as Float32Array;
  if (values.length !== output.rows * output.columns) {
    throw new Error(`Expected ${output.rows} x ${output.columns} numbers but received [${tensor.dims.join(', ')}]`);
  }
  if (encoding === 'float32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  // The clamped array rounds and clamps as the chip's compiler does.
  return new Uint8Array(Uint8ClampedArray.from(values, (value) => value / encoding.scale + encoding.zeroPoint).buffer);
}

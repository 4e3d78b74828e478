import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import express = require('express');
import type { NodeAPI } from 'node-red';
import { framePool } from '../../src/frame/pool.js';
import { decodeImage } from '../../src/image/decode.js';
import { encodeJpeg } from '../../src/image/encode.js';
import { registerPreviews } from '../../src/node-red/preview-endpoints.js';
import { PreviewStream, type StreamResponse } from '../../src/node-red/preview-stream.js';
import { expectPreview, forgetPreview, previewOf, setPreview } from '../../src/node-red/previews.js';
import { settle } from '../support/node-red-flow.js';
import { startNodeRed } from '../support/node-red-process.js';

/** A response that takes as much as the test lets it. */
class SlowResponse implements StreamResponse {
  readonly chunks: (Buffer | string)[] = [];
  state: 'open' | 'ended' | 'destroyed' = 'open';
  full = false;
  private readonly listeners = new Map<string, () => void>();

  writeHead(): void {}

  write(chunk: Buffer | string): boolean {
    assert.equal(this.state, 'open', 'nothing is written behind the end');
    this.chunks.push(chunk);
    return !this.full;
  }

  end(): void {
    this.state = 'ended';
  }

  destroy(): void {
    this.state = 'destroyed';
  }

  on(event: string, listener: () => void): void {
    this.listeners.set(event, listener);
  }

  emit(event: 'drain' | 'close' | 'error'): void {
    this.listeners.get(event)!();
  }

  /** First bytes of the JPEGs that were written. */
  get pictures(): number[] {
    return this.chunks.filter((chunk) => Buffer.isBuffer(chunk)).map((chunk) => (chunk as Buffer)[0]!);
  }
}

const picture = (value: number): Buffer => Buffer.alloc(2000, value);

describe('Previews', () => {
  afterEach(() => ['a', 'b'].forEach(forgetPreview));

  it('are kept for nodes that show one, the latest only, and are gone with the node', () => {
    setPreview('a', picture(1));
    assert.equal(previewOf('a'), undefined);
    expectPreview('a');
    assert.equal(previewOf('a'), 'waiting');
    setPreview('a', picture(1));
    setPreview('a', picture(2));
    const shown = previewOf('a');
    assert.ok(typeof shown === 'object');
    assert.equal(shown.jpeg[0], 2);
    expectPreview('a');
    assert.equal(previewOf('a'), 'waiting');
    forgetPreview('a');
    setPreview('a', picture(3));
    assert.equal(previewOf('a'), undefined);
  });
});

describe('A stream of previews', () => {
  function stream(): { response: SlowResponse; stream: PreviewStream; ends: () => number } {
    const response = new SlowResponse();
    let ends = 0;
    return { response, stream: new PreviewStream(response, () => void ends++), ends: () => ends };
  }

  it('sends every picture to who takes them all, each with its length and the boundary behind it', () => {
    const { response, stream: pictures } = stream();
    for (let n = 1; n <= 3; n++) pictures.show(picture(n));
    assert.deepEqual(response.pictures, [1, 2, 3]);
    const text = response.chunks.filter((chunk) => typeof chunk === 'string').join('|');
    assert.equal(text.split('Content-Length: 2000\r\n\r\n').length, 4);
    assert.equal(text.split('--alpr-picture\r\n').length, 5);
  });

  it('leaves pictures away for who does not keep up, and goes on with the latest', () => {
    const { response, stream: pictures } = stream();
    response.full = true;
    for (let n = 1; n <= 9; n++) pictures.show(picture(n));
    assert.deepEqual(response.pictures, [1]);
    response.emit('drain');
    assert.deepEqual(response.pictures, [1, 9]);
    response.full = false;
    response.emit('drain');
    assert.deepEqual(response.pictures, [1, 9]);
    pictures.show(picture(10));
    assert.deepEqual(response.pictures, [1, 9, 10]);
  });

  for (const event of ['close', 'error'] as const) {
    it(`is over with the client's ${event}: once, and nothing is sent any more`, () => {
      const { response, stream: pictures, ends } = stream();
      response.full = true;
      pictures.show(picture(1));
      pictures.show(picture(2));
      response.emit(event);
      response.emit('drain');
      pictures.show(picture(3));
      pictures.end();
      response.emit('close');
      assert.deepEqual(response.pictures, [1]);
      assert.equal(ends(), 1);
    });
  }

  it('ends when the node goes, at once where the client is stuck', () => {
    const [quick, stuck] = [stream(), stream()];
    stuck.response.full = true;
    for (const { stream: pictures } of [quick, stuck]) {
      pictures.show(picture(1));
      pictures.end();
    }
    assert.deepEqual([quick.response.state, stuck.response.state], ['ended', 'destroyed']);
    assert.deepEqual([quick.ends(), stuck.ends()], [1, 1]);
  });
});

describe('The addresses of previews', () => {
  let server: http.Server;
  let jpeg: Buffer;
  const clients: http.ClientRequest[] = [];

  before(async () => {
    const frame = framePool().acquire({ cameraId: 'x', sequence: 0, timestamp: 0, width: 800, height: 600 });
    frame.pixels.forEach((_, i, pixels) => (pixels[i] = (i * 7) & 255));
    jpeg = await encodeJpeg(frame);
    framePool().recycle(frame);
  });

  beforeEach(async () => {
    const app = express();
    const pass = (_request: unknown, _response: unknown, next: () => void): void => next();
    registerPreviews(app as unknown as NodeAPI['httpAdmin'], pass as never);
    server = await new Promise((resolve) => {
      const listening: http.Server = app.listen(0, '127.0.0.1', () => resolve(listening));
    });
    expectPreview('a');
    expectPreview('b');
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    ['a', 'b'].forEach(forgetPreview);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const url = (path: string): string =>
    `http://127.0.0.1:${(server.address() as AddressInfo).port}/hailo-alpr/preview/${path}`;

  /** Opens a stream and collects what comes. */
  async function open(
    id: string,
  ): Promise<{ status: number; type: string; bytes: () => number; ended: Promise<void> }> {
    return new Promise((resolve, reject) => {
      const request = http.get(url(`${id}/stream`), (response) => {
        let bytes = 0;
        response.on('data', (chunk: Buffer) => (bytes += chunk.length));
        response.on('error', () => undefined);
        const ended = new Promise<void>((done) => response.on('close', () => done()));
        const type = String(response.headers['content-type']);
        resolve({ status: response.statusCode!, type, bytes: () => bytes, ended });
      });
      request.on('error', reject);
      request.on('close', () => request.off('error', reject));
      clients.push(request);
    });
  }

  it('give the latest picture, smaller on request, and none to who has it already', async () => {
    assert.equal((await fetch(url('a'))).status, 204);
    assert.equal((await fetch(url('c'))).status, 404);
    setPreview('a', jpeg);
    const whole = await fetch(url('a'));
    assert.deepEqual(Buffer.from(await whole.arrayBuffer()), jpeg);
    const small = await fetch(url('a?width=160'));
    const shown = await decodeImage(Buffer.from(await small.arrayBuffer()), {
      cameraId: '',
      sequence: 0,
      timestamp: 0,
    });
    assert.deepEqual([shown.width, shown.height], [160, 120]);
    const large = await fetch(url('a?width=1600'));
    assert.deepEqual(Buffer.from(await large.arrayBuffer()), jpeg);
    const tag = small.headers.get('etag')!;
    assert.equal((await fetch(url('a?width=160'), { headers: { 'If-None-Match': tag } })).status, 304);
    setPreview('a', jpeg);
    const next = await fetch(url('a?width=160'), { headers: { 'If-None-Match': tag } });
    assert.equal(next.status, 200);
    assert.notEqual(next.headers.get('etag'), tag);
    for (const response of [whole, small, next]) assert.equal(response.headers.get('cache-control'), 'no-store');
  });

  for (const width of ['0', '15', '4097', '-3', '1e3', 'wide', '', '1&width=2']) {
    it(`refuse “${width}” for a width`, async () => {
      setPreview('a', jpeg);
      const response = await fetch(url(`a?width=${width}`));
      assert.equal(response.status, 400);
      assert.match(await response.text(), /Expected a whole number from 16 to 4096 for width but received/);
    });
  }

  it('tell when the kept bytes are no picture', async () => {
    setPreview('a', picture(1));
    assert.equal((await fetch(url('a?width=160'))).status, 500);
  });

  it('stream what is there and what comes, and end with the node', async () => {
    setPreview('a', jpeg);
    const viewer = await open('a');
    assert.deepEqual([viewer.status, viewer.type], [200, 'multipart/x-mixed-replace; boundary=alpr-picture']);
    while (viewer.bytes() < jpeg.length) await settle(5);
    setPreview('a', jpeg);
    while (viewer.bytes() < 2 * jpeg.length) await settle(5);
    setPreview('b', jpeg);
    await settle();
    assert.ok(viewer.bytes() < 3 * jpeg.length, 'pictures of another node');
    // Deployed anew.
    expectPreview('a');
    await viewer.ended;
    assert.equal((await open('c')).status, 404);
    assert.equal((await fetch(url('a/stream'), { method: 'HEAD' })).status, 200);
  });

  it('let four look at a node, and the next one once another has left', async () => {
    const viewers = [];
    for (let n = 0; n < 4; n++) viewers.push(await open('a'));
    assert.deepEqual([...new Set(viewers.map(({ status }) => status))], [200]);
    assert.equal((await open('a')).status, 503);
    assert.equal((await open('b')).status, 200);
    clients[0]!.destroy();
    let status = 503;
    while (status === 503) {
      await settle(10);
      ({ status } = await open('a'));
    }
    assert.equal(status, 200);
  });

  it('keep no more than two pictures for a viewer that reads nothing', async () => {
    const { port } = server.address() as AddressInfo;
    const socket = net.connect(port, '127.0.0.1');
    socket.pause();
    socket.write('GET /hailo-alpr/preview/a/stream HTTP/1.1\r\nHost: x\r\n\r\n');
    const connection = await new Promise<net.Socket>((resolve) =>
      server.once('request', (request: http.IncomingMessage) => resolve(request.socket)),
    );
    const big = Buffer.alloc(4 * 1024 * 1024, 7);
    for (let n = 0; n < 20; n++) {
      setPreview('a', big);
      await settle(2);
    }
    assert.ok(connection.writableLength < 2 * big.length, `${connection.writableLength} bytes wait`);
    forgetPreview('a');
    await new Promise<void>((resolve) => (connection.destroyed ? resolve() : void connection.on('close', resolve)));
    socket.destroy();
  });
});

describe("Previews behind Node-RED's login", function () {
  this.timeout(120_000);

  it('are for those with the permission to read them, by header or by address', async () => {
    const { hashSync } = require('bcryptjs') as { hashSync(text: string, rounds: number): string };
    const users = [
      { username: 'viewer', password: hashSync('secret', 4), permissions: 'hailo-alpr.read' },
      { username: 'other', password: hashSync('secret', 4), permissions: 'flows.read' },
    ];
    const flows = [
      { id: 'tab', type: 'tab', label: 'tab' },
      { id: 'device', type: 'alpr-hailo-device', backend: 'cpu', runtime: 'auto', workers: 1, modelDirectory: '' },
      { id: 'shown', type: 'alpr-overlay', z: 'tab', device: 'device', preview: true, quality: 80, wires: [[]] },
    ];
    const nodeRed = await startNodeRed({ flows, settings: { adminAuth: { type: 'credentials', users } } });
    try {
      const tokenOf = async (username: string, scope: string): Promise<string> => {
        const response = await fetch(`${nodeRed.url}auth/token`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            ...{ client_id: 'node-red-admin', grant_type: 'password', scope },
            ...{ username, password: 'secret' },
          }),
        });
        return ((await response.json()) as { access_token: string }).access_token;
      };
      const [viewer, other] = [await tokenOf('viewer', 'hailo-alpr.read'), await tokenOf('other', 'flows.read')];
      const statusOf = async (path: string, init: RequestInit = {}): Promise<number> => {
        const abort = new AbortController();
        const { status } = await fetch(`${nodeRed.url}hailo-alpr/preview/${path}`, { ...init, signal: abort.signal });
        abort.abort();
        return status;
      };
      for (const [path, good] of [
        ['shown', 204],
        ['shown/stream', 200],
      ] as const) {
        assert.equal(await statusOf(path), 401);
        assert.equal(await statusOf(`${path}?access_token=${encodeURIComponent(other)}`), 401);
        assert.equal(await statusOf(`${path}?access_token=${encodeURIComponent(viewer)}`), good);
        assert.equal(await statusOf(path, { headers: { Authorization: `Bearer ${viewer}` } }), good);
      }
    } finally {
      await nodeRed.stop();
    }
  });
});

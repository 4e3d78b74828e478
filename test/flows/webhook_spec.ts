import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { startNodeRed, type NodeRedProcess } from '../support/node-red-process.js';
import { entrance, makeUserDirectory, statusWatch, until } from './mqtt-flow.js';
import type { FlowNode } from './recorded-flow.js';

const secret = 'a secret of two';

interface Request {
  body: string;
  headers: http.IncomingHttpHeaders;
}

describe('A webhook behind the outbox', function () {
  this.timeout(240_000);
  let nodeRed: NodeRedProcess | undefined;
  let folder = '';
  let server: http.Server;
  let requests: Request[] = [];
  /** What the receiver does with each request, by its number; after the last one it says 200. */
  let script: (number | 'silence' | 'hang up')[] = [];

  beforeEach(async () => {
    folder = makeUserDirectory();
    requests = [];
    server = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        requests.push({ body: Buffer.concat(chunks).toString(), headers: request.headers });
        const answer = script[requests.length - 1] ?? 200;
        if (answer === 'hang up') request.socket.destroy();
        else if (answer !== 'silence') response.writeHead(answer).end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    await nodeRed?.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    fs.rmSync(folder, { recursive: true, force: true });
  });

  async function start(settings: object = {}): Promise<void> {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    const flow: FlowNode[] = [
      { id: 'tab', type: 'tab', label: 'webhook' },
      {
        ...{ id: 'outbox', type: 'alpr-outbox', z: 'tab', answerSeconds: 20, retrySeconds: 0.2, maxRetrySeconds: 0.5 },
        ...{ maxRetrySeconds: 1, sign: true, credentials: { secret }, ...settings, wires: [['request'], ['lost']] },
      },
      {
        ...{ id: 'request', type: 'http request', z: 'tab', method: 'POST', ret: 'txt', paytoqs: 'ignore', url },
        ...{ persist: false, senderr: false, headers: [], wires: [['outbox']] },
      },
      { id: 'failed', type: 'catch', z: 'tab', scope: ['request'], uncaught: false, wires: [['outbox']] },
      {
        id: 'lost',
        type: 'function',
        z: 'tab',
        func: 'node.warn("lost: " + msg.outbox.reason);',
        outputs: 1,
        wires: [[]],
      },
      ...entrance('outbox', 'outbox'),
      ...statusWatch(['outbox']),
    ];
    nodeRed = await startNodeRed({ userDirectory: folder, settings: { httpRequestTimeout: 700 } });
    await nodeRed.deploy(flow);
  }
  async function post(payload: unknown): Promise<Response> {
    return fetch(`${nodeRed!.url}in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ payload }),
    });
  }
  const bodies = (): unknown[] => requests.map(({ body }) => JSON.parse(body) as unknown);

  it('is called again while it is silent, fails or hangs up, until it takes the event; then comes the next', async () => {
    script = ['silence', 500, 503, 'hang up', 429, 401];
    await start();
    assert.equal((await post({ id: 'a', plate: 'AB12CD' })).status, 200);
    assert.equal((await post({ id: 'b', plate: 'XY99ZZ' })).status, 200);
    await until(
      () => requests.length === 8,
      () => `8 requests but ${requests.length} came`,
    );
    assert.deepEqual(
      bodies().map((body) => (body as { id: string }).id),
      [...Array(7).fill('a'), 'b'],
    );
    const deliveries = requests.map(({ headers }) => headers['x-plateflow-delivery']);
    assert.equal(new Set(deliveries.slice(0, 7)).size, 1);
    assert.notEqual(deliveries[7], deliveries[6]);
    await until(() => fs.readdirSync(`${folder}/alpr-outbox/outbox`).join() === 'lock', 'an empty folder');
    assert.deepEqual(nodeRed!.errors(), []);
  });

  it('can tell that every request is ours and new', async () => {
    script = [500];
    await start();
    await post({ id: 'a', plate: 'ÄB12CD' });
    await until(() => requests.length === 2, 'two requests');
    for (const { body, headers } of requests) {
      assert.match(headers['content-type'] ?? '', /^application\/json/);
      const [, time, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-plateflow-signature']))!;
      assert.equal(createHmac('sha256', secret).update(`${time}.${body}`).digest('hex'), signature);
      assert.ok(Math.abs(Number(time) - Date.now() / 1000) < 120);
    }
  });

  it('that refuses an event for what it is does not hold up the next one', async () => {
    script = [422];
    await start();
    await post({ id: 'a' });
    await post({ id: 'b' });
    await until(() => requests.length === 2, 'the next event');
    assert.deepEqual(bodies(), [{ id: 'a' }, { id: 'b' }]);
    await until(() => nodeRed!.log().includes('lost: refused'), 'the refused event on the second output');
  });

  it('that is not there is tried until it is, over a restart of Node-RED', async () => {
    await start();
    const { port } = server.address() as AddressInfo;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await post({ id: 'a' });
    await until(async () => {
      const response = await fetch(`${nodeRed!.url}status`);
      return ((await response.json()) as { outbox: string }).outbox === '1 waiting';
    }, 'a message that waits');
    process.kill(nodeRed!.pid, 'SIGKILL');
    await nodeRed!.stop();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    nodeRed = await startNodeRed({ userDirectory: folder });
    await until(() => requests.length === 1, 'the event');
    assert.deepEqual(bodies(), [{ id: 'a' }]);
  });

  it('without a secret is not called at all, and the message is refused', async () => {
    await start({ credentials: {} });
    const response = await post({ id: 'a' });
    assert.equal(response.status, 500);
    assert.match(await response.text(), /Expected a secret for signing but received nothing/);
    assert.deepEqual(requests, []);
  });
});

import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { NodeInitializer } from 'node-red';
import type { JsonPlateEvent } from '../../src/events/shapes/json-event.js';
import { decodeImage } from '../../src/image/decode.js';
import plateOut = require('../../nodes/plate-out/plate-out.js');
import type { AlprMessage } from '../../src/node-red/message.js';
import { loadFlow, settle, withRuntime, type FlowNode, type Running } from '../support/node-red-flow.js';
import { departedMessage, trackedMessage } from '../support/plate-out-messages.js';

const httpRequest = require('@node-red/nodes/core/network/21-httprequest.js') as NodeInitializer;
const mqtt = require('@node-red/nodes/core/network/10-mqtt.js') as NodeInitializer;

interface Received {
  method: string | undefined;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

/** Of Plate Recognizer's webhook, what is looked at here. */
interface Webhook {
  hook: { filename: string };
  data: { results: { plate: string }[] };
}

/** Of what ALPR-Database takes. */
interface PlateRead {
  ai_dump: [
    { found: { predictions: [{ plate: string; x_min: number; y_min: number; x_max: number; y_max: number }] } },
  ];
  Image: string;
}

/** Takes everything that is posted to it. */
async function receiver(): Promise<{ url: string; received: Received[]; close(): Promise<void> }> {
  const received: Received[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ method: request.method, headers: request.headers, body: Buffer.concat(chunks) });
      response.writeHead(201, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> => new Promise((resolve) => void server.close(() => resolve()));
  return { url: `http://127.0.0.1:${port}/hook`, received, close };
}

/** The parts of a form by name, as RFC 7578 has them. */
function partsOf({ headers, body }: Received): Map<string, { head: string; content: Buffer }> {
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)/.exec(headers['content-type'] ?? '')?.[1];
  assert.ok(boundary !== undefined, headers['content-type']);
  const parts = new Map<string, { head: string; content: Buffer }>();
  const text = body.toString('latin1');
  for (const part of text.split(`--${boundary}`).slice(1, -1)) {
    const split = part.indexOf('\r\n\r\n');
    const head = part.slice(2, split);
    const name = /name="([^"]+)"/.exec(head)![1]!;
    parts.set(name, { head, content: Buffer.from(part.slice(split + 4, -2), 'latin1') });
  }
  return parts;
}

async function visit(run: Running): Promise<void> {
  run.receive('n', trackedMessage(0, 'AB123CD', 1));
  run.receive('n', trackedMessage(1, 'AB123CD', 3));
  run.receive('n', departedMessage(2));
  await run.inbox('completed').wait(3);
}

function load(settings: Record<string, unknown>, behind: FlowNode[]): Promise<Running> {
  return loadFlow(
    [plateOut as NodeInitializer, httpRequest, mqtt],
    [{ id: 'n', type: 'alpr-plate-out', ...settings, wires: [[behind[0]!.id], []] }, ...behind],
    ['n', behind[0]!.id],
  );
}

describe('forms of plate-out in an http request node', () => {
  withRuntime();
  let server: Awaited<ReturnType<typeof receiver>>;
  beforeEach(async () => (server = await receiver()));
  afterEach(() => server.close());

  /** An http request node as people set it for this: method from the message, nothing else. */
  const request = (method: string): FlowNode[] => [
    { id: 'request', type: 'http request', method, ret: 'txt', url: server.url, headers: [], wires: [['answer']] },
    { id: 'answer', type: 'helper' },
  ];

  for (const method of ['use', 'POST']) {
    it(`plate-recognizer arrives as a form with json and the picture (method: ${method})`, async () => {
      const run = await load({ shape: 'plate-recognizer', imageFrame: true }, request(method));
      await visit(run);
      const answer = await run.inbox('answer').first();
      assert.equal(answer['statusCode'], 201);
      assert.equal(server.received.length, 1);
      const [received] = server.received as [Received];
      assert.equal(received.method, 'POST');
      const parts = partsOf(received);
      assert.deepEqual([...parts.keys()], ['json', 'upload']);
      const { hook, data } = JSON.parse(parts.get('json')!.content.toString()) as Webhook;
      assert.deepEqual(data.results.map(({ plate }) => plate), ['ab123cd']); // prettier-ignore
      const { head, content } = parts.get('upload')!;
      assert.match(head, new RegExp(`filename="${hook.filename}"`));
      assert.match(head, /content-type: image\/jpeg/i);
      const { width, height } = await decodeImage(content, { cameraId: 'x', sequence: 0, timestamp: 0 });
      assert.deepEqual([width, height], [640, 480]);
    });
  }

  it('plate-recognizer without pictures arrives as a form with json only', async () => {
    const run = await load({ shape: 'plate-recognizer' }, request('use'));
    await visit(run);
    await run.inbox('answer').first();
    assert.deepEqual([...partsOf(server.received[0]!).keys()], ['json']);
  });

  it('alpr-database arrives as JSON with the picture as base64', async () => {
    const run = await load({ shape: 'alpr-database', imageVehicle: true, imageMaxWidth: 100 }, request('use'));
    await visit(run);
    await run.inbox('answer').first();
    const [received] = server.received as [Received];
    assert.equal(received.headers['content-type'], 'application/json');
    const body = JSON.parse(received.body.toString()) as PlateRead;
    const [prediction] = body.ai_dump[0].found.predictions;
    assert.equal(prediction.plate, 'AB123CD');
    const jpeg = Buffer.from(body.Image, 'base64');
    const { width, height } = await decodeImage(jpeg, { cameraId: 'x', sequence: 0, timestamp: 0 });
    // The plate's box is given in pixels of this very picture.
    assert.ok(width === 100 && prediction.x_max < width && prediction.y_max < height);
    assert.ok(prediction.x_min < prediction.x_max && prediction.y_min < prediction.y_max);
  });

  it('plateflow with pictures as base64 arrives as JSON, one request per event', async () => {
    const run = await load({ imagePlate: true, imageBase64: true }, request('POST'));
    await visit(run);
    await run.inbox('answer').wait(3);
    const bodies = server.received.map(({ body }) => JSON.parse(body.toString()) as JsonPlateEvent);
    assert.deepEqual(bodies.map(({ event }) => event).sort(), ['final', 'left', 'provisional']); // prettier-ignore
    for (const { images } of bodies) assert.ok(Buffer.from(images!.plate!, 'base64').length > 100);
  });
});

describe('forms of plate-out in an mqtt out node', function () {
  this.timeout(30_000);
  const has = spawnSync('mosquitto', ['-h']).error === undefined;
  let broker: ChildProcess | undefined;
  let folder: string | undefined;
  let port = 0;

  before(async function () {
    if (!has) {
      const reason = 'Expected mosquitto (a broker for MQTT) but found none';
      if (process.env['CI'] !== undefined) throw new Error(reason);
      console.log(`    skipped: ${reason}`);
      this.skip();
    }
    port = await freePort();
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-mqtt-'));
    const config = path.join(folder, 'mosquitto.conf');
    fs.writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`);
    broker = spawn('mosquitto', ['-c', config], { stdio: 'ignore' });
    while (!(await isListening(port))) await settle(50);
  });
  after(() => {
    broker?.kill();
    if (folder !== undefined) fs.rmSync(folder, { recursive: true });
  });
  withRuntime();

  /** mqtt out without a topic of its own, and mqtt in that hears everything. */
  const nodes = (): FlowNode[] => [
    { id: 'out', type: 'mqtt out', topic: '', qos: '', retain: '', broker: 'broker', wires: [] },
    { id: 'in', type: 'mqtt in', topic: '#', qos: '1', datatype: 'auto-detect', broker: 'broker', wires: [['heard']] },
    { id: 'heard', type: 'helper' },
    { id: 'broker', type: 'mqtt-broker', z: '', broker: '127.0.0.1', port: String(port), protocolVersion: '4', keepalive: '60' }, // prettier-ignore
  ];

  const heardBy = (run: Running): AlprMessage[] => run.inbox('heard').messages.filter(({ topic }) => topic !== 'probe');
  /** Sends until something is heard: connected is said before the subscription is there. */
  async function subscribed(run: Running): Promise<void> {
    while (run.inbox('heard').messages.length === 0) {
      run.receive('out', { topic: 'probe', payload: 'x' });
      await settle(50);
    }
  }
  async function heard(run: Running, count: number): Promise<AlprMessage[]> {
    while (heardBy(run).length < count) await settle(20);
    return heardBy(run);
  }

  it("frigate is published on Frigate's topic, as JSON", async () => {
    const run = await loadMqtt({ shape: 'frigate' });
    await subscribed(run);
    await visit(run);
    const [message] = await heard(run, 1);
    assert.equal(message!.topic, 'frigate/tracked_object_update');
    const payload = message!.payload as Record<string, unknown>;
    assert.deepEqual(
      [payload['type'], payload['plate'], payload['camera'], payload['name'], payload['plate_box']],
      ['lpr', 'AB123CD', 'gate', null, [260, 240, 340, 260]],
    );
    await settle(100);
    assert.equal(heardBy(run).length, 1);
  });

  it('plateflow is published on the topic of the camera, as JSON with base64', async () => {
    const run = await loadMqtt({ imagePlate: true, imageBase64: true });
    await subscribed(run);
    await visit(run);
    const messages = await heard(run, 3);
    assert.deepEqual(messages.map(({ topic }) => topic), ['gate', 'gate', 'gate']); // prettier-ignore
    assert.deepEqual(messages.map(({ payload }) => (payload as { event: string }).event), ['provisional', 'final', 'left']); // prettier-ignore
    const { images } = messages[1]!.payload as { images: { plate: string } };
    assert.ok(Buffer.from(images.plate, 'base64').length > 100);
  });

  const loadMqtt = (settings: Record<string, unknown>): Promise<Running> =>
    loadFlow(
      [plateOut as NodeInitializer, mqtt],
      [{ id: 'n', type: 'alpr-plate-out', ...settings, wires: [['out'], []] }, ...nodes()],
    );
});

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

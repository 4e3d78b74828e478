import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { PlateEvent } from '../../src/events/plate-event.js';
import { PretendedHomeAssistant } from '../support/home-assistant-rules.js';
import { mosquittoMissing, startBroker, type Broker } from '../support/mosquitto.js';
import { packageRoot, startNodeRed, type NodeRedProcess } from '../support/node-red-process.js';
import { brokerNodes, Listener, statusWatch, until } from './mqtt-flow.js';
import { exampleFlow, onlyNode, type FlowNode } from './recorded-flow.js';

const samples = path.join(packageRoot, 'samples');

describe('The shipped MQTT flows with a real broker', function () {
  this.timeout(300_000);
  let broker: Broker;
  let nodeRed: NodeRedProcess | undefined;
  let listener: Listener | undefined;

  before(function () {
    const missing =
      mosquittoMissing() ??
      (spawnSync('ffmpeg', ['-version']).status === 0 ? undefined : 'Expected ffmpeg but found none');
    if (missing !== undefined) {
      if (process.env['CI']) throw new Error(missing);
      console.log(`    skipped: ${missing}`);
      this.skip();
    }
  });
  beforeEach(async () => (broker = await startBroker()));
  afterEach(async () => {
    await listener?.close();
    await nodeRed?.stop();
    [listener, nodeRed] = [undefined, undefined];
    await broker.remove();
  });

  /** The example with our broker in place of the one on port 1883, and what else is to be different. */
  async function run(number: string, camera: object, change = (flow: FlowNode[]) => flow): Promise<FlowNode[]> {
    const flow = change(exampleFlow(number, camera as Record<string, unknown>));
    const { id, ...shipped } = onlyNode(flow, 'mqtt-broker');
    const [tls, ours] = brokerNodes(broker) as [FlowNode, FlowNode];
    const { type: _, ...connection } = ours;
    const nodes = [...flow.filter((node) => node.id !== id), tls, { ...shipped, ...connection, id } as FlowNode];
    nodeRed = await startNodeRed({ settings: { mqttReconnectTime: 300 } });
    await nodeRed.deploy(nodes);
    return nodes;
  }
  const clip = { source: 'video', path: path.join(samples, 'road.mp4') };

  it('04 shows Home Assistant the camera, its plates and pictures', async () => {
    listener = await Listener.connect(broker, ['homeassistant/#', 'plateflow/#']);
    await run('04', clip);
    const events = (): Record<string, unknown>[] =>
      listener!.texts('plateflow/driveway/event').map((text) => JSON.parse(text) as Record<string, unknown>);
    await until(
      () => events().some((event) => event['event_type'] === 'final' && event['plate'] === 'LM73KXR'),
      'a final plate',
    );
    const seen = ({ topic, payload }: { topic: string; payload: Buffer }): boolean =>
      topic.includes('/seen/') && payload.toString() === 'ON';
    await until(() => listener!.arrivals.some(seen), 'the sensor of a plate');
    const home = new PretendedHomeAssistant();
    // To who was there before, a broker does not say that a message is retained.
    for (const arrival of listener.arrivals) home.take({ ...arrival, retain: true, qos: 1 });
    assert.deepEqual(home.problems, []);
    const names = [...home.entities.values()].map(({ name }) => name);
    for (const name of ['Red hatchback', 'Plate', 'Last plate', 'Last vehicle', 'Plates today', 'Camera'])
      assert.ok(names.includes(name), name);
    const picture = home.retained.get('plateflow/driveway/last_plate/image') as Buffer;
    assert.deepEqual([picture[0], picture[1]], [0xff, 0xd8]);
    assert.deepEqual(nodeRed!.errors(), []);
  });

  it('07 reads the snapshot of a car that Frigate tells of, and posts the plate with the key', async () => {
    const posts: { body: Record<string, unknown>; key: unknown }[] = [];
    const asked: string[] = [];
    const server = http.createServer((request, response) => {
      if (request.method === 'GET') {
        asked.push(String(request.url));
        const isThere = request.url === '/api/events/1.2-car/snapshot.jpg';
        response
          .writeHead(isThere ? 200 : 404)
          .end(isThere ? fs.readFileSync(path.join(samples, 'pictures', '02.jpg')) : '');
        return;
      }
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
        posts.push({ body, key: request.headers['x-api-key'] });
        response.writeHead(posts.length === 1 ? 503 : 201).end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const values: Record<string, string> = {
        FRIGATE_URL: url,
        ALPR_DATABASE_URL: `${url}/api/plate-reads`,
        ALPR_DATABASE_KEY: 'key of the test',
      };
      const env = Object.entries(values).map(([name, value]) => ({ name, value, type: 'str' }));
      await run('07', {}, (flow) => {
        const shipped = onlyNode(flow, 'tab')['env'] as { name: string }[];
        assert.deepEqual(
          shipped.map(({ name }) => name),
          Object.keys(values),
        );
        return flow.map((node) => (node.type === 'tab' ? { ...node, env } : node));
      });
      listener = await Listener.connect(broker, ['unused']);
      const tell = (type: string, id: string, label: string): Promise<unknown> => {
        const after = { id, camera: 'driveway', label, has_snapshot: true };
        return listener!.client.publishAsync('frigate/events', JSON.stringify({ type, before: after, after }), {
          qos: 1,
        });
      };
      // Its subscription may take a moment longer than the deployment.
      await until(async () => {
        await tell('end', '1.2-car', 'car');
        await new Promise((resolve) => setTimeout(resolve, 1000));
        return posts.length >= 2;
      }, 'a post that was tried again');
      await tell('update', '3-car', 'car');
      await tell('end', '4-person', 'person');
      await tell('end', '5-car', 'car');
      await until(() => asked.includes('/api/events/5-car/snapshot.jpg'), 'a snapshot that is not there');
      assert.deepEqual([...new Set(asked)], ['/api/events/1.2-car/snapshot.jpg', '/api/events/5-car/snapshot.jpg']);
      const [{ body, key }] = posts as [(typeof posts)[0]];
      assert.deepEqual([key, body['camera']], ['key of the test', 'driveway']);
      const dump = body['ai_dump'] as { found: { predictions: { plate: string }[] } }[];
      assert.match(dump[0]!.found.predictions[0]!.plate, /^[A-Z0-9]{5,}$/);
      assert.ok(
        Buffer.from(String(body['Image']), 'base64')
          .subarray(0, 2)
          .equals(Buffer.from([0xff, 0xd8])),
      );
      assert.deepEqual(posts[1]!.body, body);
      assert.deepEqual(nodeRed!.errors(), []);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('08 brings the plates of both cameras to the flow that decides', async () => {
    listener = await Listener.connect(broker, ['plateflow/#']);
    let list = '';
    await run('08', clip, (flow) => {
      const { id, z } = onlyNode(flow, 'alpr-plate-list');
      list = id;
      return [...flow, ...statusWatch([id]).map((node) => ({ ...node, z }))];
    });
    for (const camera of ['north', 'south']) {
      const finals = (): PlateEvent[] =>
        listener!
          .texts(`plateflow/cameras/${camera}/plates`)
          .map((text) => JSON.parse(text) as PlateEvent)
          .filter(({ event }) => event === 'final');
      await until(() => finals().length >= 2, `plates of ${camera}`);
      assert.ok(finals().every((event) => event.camera === camera));
      assert.equal(new Set(finals().map(({ id, plate }) => `${id} ${plate}`)).size, finals().length);
    }
    await until(async () => {
      const response = await fetch(`${nodeRed!.url}status`);
      return / [1-9]\d* allowed/.test(((await response.json()) as Record<string, string>)[list] ?? '');
    }, 'a plate that is let in');
    assert.ok(listener.arrivals.every(({ retain }) => !retain));
    assert.deepEqual(nodeRed!.errors(), []);
  });
});

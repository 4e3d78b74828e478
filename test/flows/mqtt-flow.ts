import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import mqtt = require('mqtt');
import { brokerPassword, brokerUser, type Broker } from '../support/mosquitto.js';
import { packageRoot } from '../support/node-red-process.js';
import type { FlowNode } from './recorded-flow.js';

/** The broker's config nodes, with TLS and login, as the editor saves them. */
export function brokerNodes(broker: Broker, password = brokerPassword, more: object = {}): FlowNode[] {
  return [
    {
      ...{ id: 'tls', type: 'tls-config', name: '', cert: '', key: '', ca: broker.caFile, certname: '', keyname: '' },
      ...{ caname: '', servername: 'localhost', verifyservercert: true, alpnprotocol: '' },
    },
    {
      ...{ id: 'broker', type: 'mqtt-broker', name: '', broker: 'localhost', port: String(broker.port), tls: 'tls' },
      ...{ clientid: '', autoConnect: true, usetls: true, protocolVersion: '4', keepalive: '60', cleansession: true },
      credentials: { user: brokerUser, password },
      ...more,
    },
  ];
}

/** An outbox, an mqtt out behind it, and the three wires back. */
export function outboxNodes(settings: object = {}): FlowNode[] {
  return [
    {
      ...{ id: 'outbox', type: 'alpr-outbox', z: 'tab', name: '', answerSeconds: 3, retrySeconds: 0.2 },
      ...{ maxRetrySeconds: 1, ...settings, wires: [['mqtt-out'], []] },
    },
    {
      ...{ id: 'mqtt-out', type: 'mqtt out', z: 'tab', name: '', topic: '', qos: '', retain: '', broker: 'broker' },
      wires: [],
    },
    { id: 'sent', type: 'complete', z: 'tab', scope: ['mqtt-out'], uncaught: false, wires: [['outbox']] },
    { id: 'failed', type: 'catch', z: 'tab', scope: ['mqtt-out'], uncaught: false, wires: [['outbox']] },
    { id: 'state', type: 'status', z: 'tab', scope: ['mqtt-out'], wires: [['outbox']] },
  ];
}

/** `POST /in` hands a message to a node and answers 200 when the node `taker` is done with it, 500 with the reason when not. */
export function entrance(target: string, taker: string, func = 'return msg;'): FlowNode[] {
  return [
    { id: 'in', type: 'http in', z: 'tab', url: '/in', method: 'post', upload: false, wires: [['unpack']] },
    {
      ...{ id: 'unpack', type: 'function', z: 'tab', outputs: 1, wires: [[target]] },
      func: `Object.assign(msg, msg.payload); if (!("payload" in msg.req.body)) delete msg.payload;\n${func}`,
    },
    { id: 'taken', type: 'complete', z: 'tab', scope: [taker], uncaught: false, wires: [['ok']] },
    { id: 'refused', type: 'catch', z: 'tab', scope: [taker], uncaught: false, wires: [['not-ok']] },
    ...[
      { id: 'ok', func: 'return msg.res ? { res: msg.res, payload: "taken", statusCode: 200 } : null;' },
      { id: 'not-ok', func: 'return msg.res ? { res: msg.res, payload: msg.error.message, statusCode: 500 } : null;' },
    ].map(({ id, func }) => ({ id, type: 'function', z: 'tab', func, outputs: 1, wires: [['answer']] })),
    { id: 'answer', type: 'http response', z: 'tab', statusCode: '', headers: {}, wires: [] },
  ];
}

/** `GET /status` answers with the latest status text of each of these nodes. */
export function statusWatch(nodes: string[]): FlowNode[] {
  return [
    { id: 'watch', type: 'status', z: 'tab', scope: nodes, wires: [['remember']] },
    {
      ...{ id: 'remember', type: 'function', z: 'tab', outputs: 1, wires: [[]] },
      func: 'flow.set("status_" + msg.status.source.id, msg.status.text);',
    },
    { id: 'ask', type: 'http in', z: 'tab', url: '/status', method: 'get', upload: false, wires: [['recall']] },
    {
      ...{ id: 'recall', type: 'function', z: 'tab', outputs: 1, wires: [['tell']] },
      func: `msg.payload = {}; for (const id of ${JSON.stringify(nodes)}) msg.payload[id] = flow.get("status_" + id) || ""; return msg;`,
    },
    { id: 'tell', type: 'http response', z: 'tab', statusCode: '', headers: {}, wires: [] },
  ];
}

export interface Arrival {
  topic: string;
  payload: Buffer;
  retain: boolean;
}

/** Somebody at the broker, with a session that outlives connections. */
export class Listener {
  readonly arrivals: Arrival[] = [];

  private constructor(readonly client: mqtt.MqttClient) {
    client.on('message', (topic, payload, packet) => this.arrivals.push({ topic, payload, retain: packet.retain }));
    client.on('error', () => undefined);
  }

  static async connect(broker: Broker, topics: string[]): Promise<Listener> {
    const client = mqtt.connect(`mqtts://localhost:${broker.port}`, {
      ...{ username: brokerUser, password: brokerPassword, ca: fs.readFileSync(broker.caFile) },
      ...{ clientId: `listener-${process.pid}-${topics.join()}`, clean: false, reconnectPeriod: 100 },
    });
    const listener = new Listener(client);
    await client.subscribeAsync(topics, { qos: 1 });
    return listener;
  }

  /** What has arrived on a topic, as text. */
  texts(topic: string): string[] {
    return this.arrivals.filter((arrival) => arrival.topic === topic).map(({ payload }) => payload.toString());
  }

  async close(): Promise<void> {
    await this.client.endAsync(true);
  }
}

/** A user directory that several runs of Node-RED share. */
export function makeUserDirectory(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-node-red-'));
  const { name } = JSON.parse(fs.readFileSync(path.join(packageRoot, 'package.json'), 'utf8')) as { name: string };
  const link = path.join(folder, 'node_modules', name);
  fs.mkdirSync(path.dirname(link), { recursive: true });
  fs.symlinkSync(packageRoot, link, 'junction');
  const manifest = { name: 'node-red-project', version: '0.0.1', private: true, dependencies: { [name]: '*' } };
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));
  return folder;
}

/** Waits until something holds; long enough for a machine that is busy with other things. */
export async function until(what: () => boolean | Promise<boolean>, wanted: string | (() => string)): Promise<void> {
  for (const deadline = Date.now() + 90_000; !(await what());) {
    if (Date.now() > deadline) throw new Error(`Expected ${typeof wanted === 'string' ? wanted : wanted()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { PlateEvent } from '../../src/events/plate-event.js';
import { foldLookAlikes } from '../../src/detection/look-alikes.js';
import type { Broker } from '../support/mosquitto.js';
import { packageRoot, startNodeRed, type NodeRedProcess } from '../support/node-red-process.js';
import { brokerNodes, makeUserDirectory, until, type Listener } from './mqtt-flow.js';
import { exampleFlow, onlyNode, type FlowNode } from './recorded-flow.js';

/** The same plate at the same camera within this time is one visit; shorter than the pictures need to come round. */
export const sameVisitMs = 2000;

/** A Node-RED that can be killed and started again with what it has on its disk. */
export class Machine {
  readonly folder = makeUserDirectory();
  nodeRed: NodeRedProcess | undefined;
  private readonly flow: FlowNode[];

  /** @param flow its flow, given its user directory */
  constructor(
    readonly name: string,
    flow: (folder: string) => FlowNode[],
  ) {
    this.flow = flow(this.folder);
  }

  async start(): Promise<void> {
    const isFirst = !fs.existsSync(path.join(this.folder, 'flows.json'));
    this.nodeRed = await startNodeRed({
      userDirectory: this.folder,
      settings: {
        mqttReconnectTime: 300,
        contextStorage: { default: { module: 'localfilesystem', config: { flushInterval: 1 } } },
      },
      env: { PLATEFLOW_MACHINE: this.name },
    });
    if (isFirst) await this.nodeRed.deploy(this.flow);
  }

  /** As a power cut does. */
  async kill(): Promise<void> {
    process.kill(this.nodeRed!.pid, 'SIGKILL');
    await this.nodeRed!.stop();
    this.nodeRed = undefined;
  }

  async remove(): Promise<void> {
    await this.nodeRed?.stop();
    fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  /** `id plate` of every final that this machine's outbox has said to have on the disk. */
  taken(): string[] {
    const file = path.join(this.folder, 'taken');
    return fs.existsSync(file) ? [...new Set(fs.readFileSync(file, 'utf8').trim().split('\n'))] : [];
  }

  /** Waits until what a function node remembers is on the disk. */
  async remembers(node: string, what: string): Promise<void> {
    const { id, z } = this.flow.find(({ name }) => name === node)!;
    const file = path.join(this.folder, 'context', String(z), `${id}.json`);
    await until(() => fs.existsSync(file) && fs.readFileSync(file, 'utf8').includes(what), `${node} to keep ${what}`);
  }
}

/** The shipped broker node with the address and login of ours; what the example is about stays: will, session, client id. */
function withBroker(flow: FlowNode[], broker: Broker): FlowNode[] {
  const [tls, { broker: host, port, usetls, credentials }] = brokerNodes(broker) as [FlowNode, FlowNode];
  const address = { broker: host, port, usetls, credentials, tls: tls.id };
  return [...flow.map((node) => (node.type === 'mqtt-broker' ? { ...node, ...address } : node)), tls];
}

/** Example 16, showing the sample's pictures again and again, in a hurry, with a list of what its outbox has taken. */
export function readerFlow(broker: Broker, folder: string): FlowNode[] {
  const flow = exampleFlow('16', {
    ...{ source: 'folder', path: path.join(packageRoot, 'samples', 'pictures'), fps: 3 },
    ...{ loop: true, pace: 'recorded', autostart: false },
  });
  const change: Record<string, object> = {
    inject: { repeat: '1' },
    'alpr-plate-out': { dedupeSeconds: 1 },
    'alpr-outbox': { answerSeconds: 5, retrySeconds: 0.2, maxRetrySeconds: 1 },
  };
  const outbox = onlyNode(flow, 'alpr-outbox');
  const z = outbox['z'];
  return [
    ...withBroker(
      flow.map((node) => ({ ...node, ...change[node.type] })),
      broker,
    ),
    { id: 'taken', type: 'complete', z, scope: [outbox.id], uncaught: false, wires: [['final']] },
    {
      ...{ id: 'final', type: 'function', z, outputs: 1, wires: [['write']] },
      func: 'const { event, id, plate } = msg.payload || {}; return event === "final" ? { payload: `${id} ${plate}` } : null;',
    },
    {
      ...{ id: 'write', type: 'file', z, filename: path.join(folder, 'taken'), filenameType: 'str' },
      ...{ appendNewline: true, createDir: false, overwriteFile: 'false', encoding: 'utf8', wires: [[]] },
    },
  ];
}

/** Example 17; an event is never too old for a busy machine, unless it is very old. */
export function displayFlow(broker: Broker): FlowNode[] {
  const env = [
    { name: 'SAME_VISIT_SECONDS', value: String(sameVisitMs / 1000), type: 'num' },
    { name: 'OPEN_WITHIN_SECONDS', value: '3600', type: 'num' },
  ];
  const flow = exampleFlow('17', {}).map((node) => (node.type === 'tab' ? { ...node, env } : node));
  const outbox = { answerSeconds: 5, retrySeconds: 0.2, maxRetrySeconds: 1 };
  return withBroker(
    flow.map((node) => (node.type === 'alpr-outbox' ? { ...node, ...outbox } : node)),
    broker,
  );
}

export type ReadEvent = PlateEvent & { machine: string };
export interface GateCommand {
  visit: string;
  camera: string;
  plate: string;
}

/** The finals that came over the broker, in their order. */
export function finals(listener: Listener, camera: string): ReadEvent[] {
  return listener
    .texts(`plateflow/cameras/${camera}/plates`)
    .map((text) => JSON.parse(text) as ReadEvent)
    .filter(({ event }) => event === 'final');
}

/** Commands by visit: what comes with the same visit again is a command that was delivered twice. */
export function commands(listener: Listener, camera: string): GateCommand[] {
  const all = listener.texts(`plateflow/gates/${camera}/open`).map((text) => JSON.parse(text) as GateCommand);
  return [...new Map(all.map((command) => [command.visit, command])).values()];
}

/** Which cameras each machine says that it reads; `gone` for those that are not there. */
export function whoReads(listener: Listener): Record<string, string> {
  const said: Record<string, string> = {};
  for (const { topic, payload } of listener.arrivals) {
    const [, name] = /^plateflow\/machines\/(.+)$/.exec(topic) ?? [];
    const text = payload.toString();
    if (name === undefined || text === 'here') continue;
    said[name] = text === 'gone' ? text : (JSON.parse(text) as { cameras: string[] }).cameras.join();
  }
  return said;
}

/** One visit of a plate at a camera, as the events of all machines tell it. */
export interface Visit {
  ids: string[];
  firstSeen: number;
  lastSeen: number;
}

/**
 * The visits of a plate: events within the same-visit time of each other belong together, whatever order they came in. `left`
 * says how long a vehicle stayed.
 */
export function visitsOf(listener: Listener, camera: string, plate: string): Visit[] {
  const told = listener
    .texts(`plateflow/cameras/${camera}/plates`)
    .map((text) => JSON.parse(text) as ReadEvent)
    .filter((event) => foldLookAlikes(event.plate) === foldLookAlikes(plate));
  const visits: Visit[] = [];
  for (const { id, firstSeen, lastSeen } of told.sort((a, b) => a.firstSeen - b.firstSeen)) {
    const visit = visits.find((other) => firstSeen <= other.lastSeen + sameVisitMs);
    if (visit === undefined) {
      visits.push({ ids: [id], firstSeen, lastSeen });
    } else {
      visit.ids.push(id);
      visit.lastSeen = Math.max(visit.lastSeen, lastSeen);
    }
  }
  return visits;
}

/** No two commands are about events of one visit. */
export function assertOncePerVisit(events: ReadEvent[], opened: GateCommand[]): void {
  const byId = new Map(events.map((event) => [event.id, event]));
  const about = opened.map(({ visit }) => byId.get(visit));
  assert.ok(!about.includes(undefined), 'a command for a visit that nobody told of');
  for (const [index, a] of about.entries()) {
    for (const b of about.slice(index + 1)) {
      const apart = Math.max(a!.firstSeen - b!.lastSeen, b!.firstSeen - a!.lastSeen);
      assert.ok(apart > sameVisitMs, `two commands for events that are ${apart} ms apart`);
    }
  }
}

/** The text of a final that no reader has told: a vehicle that was seen for a second. */
export function finalByHand(camera: string, id: string, plate: string, seen: number, more: object = {}): string {
  const numbers = { version: 1, confidence: 0.97, characters: [], candidates: [], reads: 4, agreeing: 4, frames: 9 };
  const box = { x1: 0, y1: 0, x2: 10, y2: 10 };
  const times = { firstSeen: seen, lastSeen: seen + 1000 };
  const event = { ...numbers, event: 'final', id, camera, plate, normalised: plate, box, ...times };
  return JSON.stringify({ ...event, machine: 'by hand', ...more });
}

/**
 * A real Node-RED in a process of its own that watches itself. Started by node-red.ts with the user directory as its
 * argument; answers every message from its parent with a Report.
 */
import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface Report {
  /** Seconds since the last report. */
  seconds: number;
  /** Frames that left camera-in, were read, and were drawn since the last report. */
  sent: number;
  read: number;
  drawn: number;
  /** Events of plate-out. */
  events: number;
  /** ms from camera-in to the drawn picture, mean. */
  latency: number;
  /** ms beyond the 10 ms of the sampling timer. */
  delay: { p50: number; p99: number; max: number };
  /** Bytes. */
  rss: number;
  heap: number;
  external: number;
  /** Handles and requests that keep the process alive, by kind. */
  resources: Record<string, number>;
  /** CPU of this process (all threads), cores. */
  cpu: number;
}

const RESOLUTION_MS = 10;

interface SendEvent {
  msg: { frame?: { id: string }; payload?: unknown };
  source: { node: { type: string }; port: number };
}

interface RedModule {
  init(server: ReturnType<typeof createServer>, settings: Record<string, unknown>): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  hooks: { add(name: string, handler: (events: SendEvent[]) => void): void };
}

const RED = require('node-red') as RedModule;

const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
const started = new Map<string, number>();
let counts = { sent: 0, read: 0, drawn: 0, events: 0, latency: 0 };
let since = performance.now();
let cpu = process.cpuUsage();

function watch(events: SendEvent[]): void {
  // A message on several wires is one event per wire; the first stands for all of them.
  const event = events[0];
  if (!event) return;
  const { msg, source } = event;
  const id = msg.frame?.id;
  if (source.node.type === 'alpr-plate-out' && source.port === 0) counts.events++;
  if (id === undefined) return;
  if (source.node.type === 'alpr-camera-in') {
    counts.sent++;
    started.set(id, performance.now());
  } else if (source.node.type === 'alpr-lprnet-read') {
    counts.read++;
  } else if (source.node.type === 'alpr-overlay') {
    counts.drawn++;
    counts.latency += performance.now() - (started.get(id) ?? NaN);
    started.delete(id);
  }
}

function report(): Report {
  const now = performance.now();
  const used = process.cpuUsage(cpu);
  const memory = process.memoryUsage();
  const delay = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  const resources: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  const result: Report = {
    seconds: (now - since) / 1000,
    ...counts,
    latency: counts.drawn === 0 ? 0 : counts.latency / counts.drawn,
    delay: {
      p50: delay(histogram.percentile(50)),
      p99: delay(histogram.percentile(99)),
      max: delay(histogram.max),
    },
    rss: memory.rss,
    heap: memory.heapUsed,
    external: memory.external,
    resources,
    cpu: (used.user + used.system) / 1000 / (now - since),
  };
  histogram.reset();
  counts = { sent: 0, read: 0, drawn: 0, events: 0, latency: 0 };
  since = now;
  cpu = process.cpuUsage();
  return result;
}

async function main(): Promise<void> {
  const server = createServer();
  RED.init(server, {
    userDir: process.argv[2],
    flowFile: 'flows.json',
    httpAdminRoot: false,
    credentialSecret: 'bench',
    telemetry: { enabled: false, updateNotification: false },
    logging: { console: { level: 'warn', metrics: false, audit: false } },
  });
  RED.hooks.add('onSend.alpr-bench', watch);
  await RED.start();
  histogram.enable();
  process.on('message', () => process.send!(report()));
  process.on('disconnect', () => void RED.stop().finally(() => process.exit(0)));
}

void main();

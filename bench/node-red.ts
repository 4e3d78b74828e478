import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { NEVER_SETTLES } from './stages.js';

const ROOT = resolve(__dirname, '..');
const PACKAGE = '@plateflow/node-red-hailo-alpr';

/** What the benches of the demo flow have in common on their command lines. */
export interface BenchArguments {
  /** A video instead of the shipped sample. */
  video: string | undefined;
  /** Length of a run. */
  seconds: number;
  positionals: string[];
}

export function benchArguments(defaultSeconds: number): BenchArguments {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { video: { type: 'string' }, seconds: { type: 'string' } },
  });
  const seconds = Number(values.seconds ?? defaultSeconds);
  if (!(seconds > 0)) throw new RangeError(`Expected a number above 0 for --seconds but received ${values.seconds}`);
  return { video: values.video === undefined ? undefined : resolve(values.video), seconds, positionals };
}

/** Compiles what has changed: Node-RED runs the nodes from dist. */
export function build(): void {
  const { status } = spawnSync(process.execPath, [join(ROOT, 'scripts/build.mjs'), '--if-needed'], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`Expected the build to succeed but it ended with code ${status}`);
}

export interface FlowOptions {
  video: string | undefined;
  pace: 'recorded' | 'fast';
  inFlight: number;
  settles: boolean;
  /** Another flow than the demo's, as its file has it. */
  flow?: Record<string, unknown>[];
  /** Another file of this folder to preload, which answers `report` with something else. */
  preload?: string;
}

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

/** The demo flow in a Node-RED of its own. */
export class DemoFlow {
  private constructor(
    private readonly child: ChildProcess,
    private readonly userDirectory: string,
  ) {}

  static async start(options: FlowOptions): Promise<DemoFlow> {
    const userDirectory = mkdtempSync(join(tmpdir(), 'alpr-bench-'));
    const link = join(userDirectory, 'node_modules', PACKAGE);
    mkdirSync(resolve(link, '..'), { recursive: true });
    symlinkSync(ROOT, link, 'junction');
    const packageFile = { name: 'bench', private: true, dependencies: { [PACKAGE]: '*' } };
    writeFileSync(join(userDirectory, 'package.json'), JSON.stringify(packageFile));
    writeFileSync(join(userDirectory, 'flows.json'), JSON.stringify(tuned(options.flow ?? shippedFlow('13'), options)));
    const settings = {
      uiHost: '127.0.0.1',
      uiPort: await freePort(),
      flowFile: 'flows.json',
      credentialSecret: 'bench',
      telemetry: { enabled: false, updateNotification: false },
      logging: { console: { level: 'error', metrics: false, audit: false } },
    };
    writeFileSync(join(userDirectory, 'settings.js'), `module.exports = ${JSON.stringify(settings)};`);
    const red = join(ROOT, 'node_modules/node-red/red.js');
    const child = spawn(
      process.execPath,
      ['--require', join(__dirname, options.preload ?? 'watch-node-red.cjs'), red, '--userDir', userDirectory],
      { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
    );
    return new DemoFlow(child, userDirectory);
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** What has happened since the last report. */
  report(): Promise<Report> {
    return this.ask<Report>('report');
  }

  /** The answer of what is preloaded; one question at a time. */
  async ask<Answer>(question: unknown): Promise<Answer> {
    const { exitCode, signalCode } = this.child;
    if (exitCode !== null || signalCode !== null)
      throw new Error(`Expected Node-RED to run but it has ended (${exitCode ?? signalCode})`);
    const waiting = new AbortController();
    const { signal } = waiting;
    const answer = once(this.child, 'message', { signal });
    const ended = once(this.child, 'exit', { signal }).then(([code, killer]) => {
      throw new Error(`Expected Node-RED to run but it ended with ${code ?? killer}`);
    });
    try {
      this.child.send(question as object);
      const [given] = (await Promise.race([answer, ended])) as [Answer];
      return given;
    } finally {
      waiting.abort();
      await Promise.allSettled([answer, ended]);
    }
  }

  /** Reports until frames have passed the reader: models are loaded then. */
  async warmUp(timeoutMs = 60_000): Promise<void> {
    const end = Date.now() + timeoutMs;
    for (let read = 0; read < 20;) {
      await new Promise((next) => setTimeout(next, 500));
      read += (await this.report()).read;
      if (Date.now() > end)
        throw new Error(`Expected frames through the flow within ${timeoutMs} ms but received ${read}`);
    }
  }

  async stop(): Promise<void> {
    const ended = this.child.exitCode !== null || this.child.signalCode !== null ? undefined : once(this.child, 'exit');
    if (this.child.connected) this.child.disconnect();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(timer);
    rmSync(this.userDirectory, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** An example flow by its number. */
export function shippedFlow(number: string): Record<string, unknown>[] {
  const folder = join(ROOT, 'examples/flows');
  const name = readdirSync(folder).find((file) => file.startsWith(number));
  if (name === undefined) throw new Error(`Expected a flow ${number} … in ${folder} but received none`);
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, unknown>[];
}

function tuned(flow: Record<string, unknown>[], options: FlowOptions): Record<string, unknown>[] {
  for (const node of flow) {
    if (node['type'] === 'alpr-camera-in') {
      Object.assign(node, { pace: options.pace, inFlight: options.inFlight, loop: true, autostart: true });
      if (options.video !== undefined) Object.assign(node, { source: 'video', path: options.video });
    }
    if (node['type'] === 'alpr-tracker' && !options.settles) node['settleReads'] = NEVER_SETTLES;
  }
  return flow;
}

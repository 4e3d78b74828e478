import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

/** The checkout. */
export const packageRoot = path.join(__dirname, '..', '..');

export interface NodeRedOptions {
  /** Node binary. Default: ALPR_NODE, else the one that runs the tests. */
  node?: string;
  /** node-red's red.js. Default: ALPR_NODE_RED, else the checkout's own. */
  red?: string;
  /** Folder of the package that is linked into the user directory. Default: the checkout, whose dist must be built. */
  packageFolder?: string;
  /** An existing user directory with the package installed, which is kept in the end. Default: a temporary one with a link. */
  userDirectory?: string;
  /** Other modules of nodes, by name: their folders. Only without `userDirectory`. */
  modules?: Record<string, string>;
  /** Flow to start with. */
  flows?: object[];
  /** More settings, over ours. JSON only. */
  settings?: Record<string, unknown>;
  env?: Record<string, string>;
}

/** A Node-RED of its own: temporary user directory, loopback, free port. Always stop it. */
export interface NodeRedProcess {
  /** `http://127.0.0.1:<port>/` */
  readonly url: string;
  readonly userDirectory: string;
  readonly pid: number;
  /** Everything it has printed. */
  log(): string;
  /** Log lines of level error or fatal, and those of uncaught errors. */
  errors(): string[];
  /** Replaces all flows and waits until they are started; `type` says what is restarted, as in the editor's Deploy button. */
  deploy(flows: object[], type?: 'full' | 'flows' | 'nodes'): Promise<void>;
  /** Resolves when the process and every process it started are gone and the user directory is removed. */
  stop(): Promise<void>;
}

const startTimeoutMs = 90_000;
/** Node-RED gives each node 15 s to close. */
const stopTimeoutMs = 20_000;

/** Which Node-RED the environment asks for. */
export function nodeRedUnderTest(): { node: string; red: string } {
  return {
    node: process.env['ALPR_NODE'] || process.execPath,
    red: process.env['ALPR_NODE_RED'] || path.join(packageRoot, 'node_modules', 'node-red', 'red.js'),
  };
}

/**
 * Starts Node-RED and waits until its flows run.
 * @throws Error with the end of its log when it ends or hangs before that
 */
export async function startNodeRed(options: NodeRedOptions = {}): Promise<NodeRedProcess> {
  const { node, red } = nodeRedUnderTest();
  const port = await freePort();
  const userDirectory = makeUserDirectory(options, port);
  const ending = path.join(__dirname, 'end-with-parent.cjs');
  const child = spawn(options.node ?? node, ['--require', ending, options.red ?? red, '--userDir', userDirectory], {
    cwd: userDirectory,
    // A group of its own, so that whatever it starts can be ended with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_RED_ENABLE_PROJECTS: 'false', ...options.env },
  });
  let log = '';
  const collect = (chunk: Buffer): void => void (log += chunk.toString('utf8'));
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  child.on('error', (error) => (log += `\n[error] ${error.message}\n`));
  const killWithUs = (): void => killGroup(child, 'SIGKILL');
  process.once('exit', killWithUs);

  const started: NodeRedProcess = {
    url: `http://127.0.0.1:${port}/`,
    userDirectory,
    pid: child.pid ?? -1,
    log: () => log,
    errors: () => log.split('\n').filter((line) => /\[(error|fatal)\]|uncaught|unhandled/i.test(line)),
    async deploy(flows, type = 'full') {
      const seen = log.length;
      const response = await fetch(`${started.url}flows`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'Node-RED-Deployment-Type': type },
        body: JSON.stringify(flows),
      });
      if (!response.ok) throw new Error(`Expected Node-RED to take the flows but received ${await response.text()}`);
      await until(
        () => flowsStarted(log.slice(seen)),
        child,
        () => log,
      );
    },
    async stop() {
      process.off('exit', killWithUs);
      await stopChild(child);
      if (options.userDirectory === undefined)
        fs.rmSync(userDirectory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  try {
    await until(
      () => flowsStarted(log),
      child,
      () => log,
    );
  } catch (error) {
    await started.stop();
    throw error;
  }
  return started;
}

function flowsStarted(log: string): boolean {
  return /Started (modified )?(flows|nodes)|Waiting for missing types/.test(log);
}

function makeUserDirectory(options: NodeRedOptions, port: number): string {
  const userDirectory =
    options.userDirectory ?? linkedUserDirectory(options.packageFolder ?? packageRoot, options.modules ?? {});
  if (options.flows) fs.writeFileSync(path.join(userDirectory, 'flows.json'), JSON.stringify(options.flows));
  const settings = {
    uiPort: port,
    uiHost: '127.0.0.1',
    flowFile: 'flows.json',
    credentialSecret: 'only for tests',
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: { tours: false, palette: { catalogues: [] }, projects: { enabled: false } },
    logging: { console: { level: 'info', metrics: false, audit: false } },
    ...options.settings,
  };
  fs.writeFileSync(path.join(userDirectory, 'settings.js'), `module.exports = ${JSON.stringify(settings)};\n`);
  return userDirectory;
}

function linkedUserDirectory(packageFolder: string, others: Record<string, string>): string {
  const userDirectory = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-node-red-'));
  const { name } = JSON.parse(fs.readFileSync(path.join(packageFolder, 'package.json'), 'utf8')) as { name: string };
  const modules = { [name]: packageFolder, ...others };
  for (const [module, folder] of Object.entries(modules)) {
    const link = path.join(userDirectory, 'node_modules', module);
    fs.mkdirSync(path.dirname(link), { recursive: true });
    fs.symlinkSync(folder, link, 'junction');
  }
  const manifest = {
    name: 'node-red-project',
    version: '0.0.1',
    private: true,
    dependencies: Object.fromEntries(Object.entries(modules).map(([module, folder]) => [module, `file:${folder}`])),
  };
  fs.writeFileSync(path.join(userDirectory, 'package.json'), JSON.stringify(manifest));
  return userDirectory;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function until(done: () => boolean, child: ChildProcess, log: () => string): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  while (!done()) {
    const ended = child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
    if (ended || Date.now() > deadline) {
      throw new Error(
        `Expected Node-RED to start its flows but it ${ended ? 'ended' : 'did not'}:\n${log().slice(-4000)}`,
      );
    }
    await pause(50);
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  const alive = (): boolean => child.exitCode === null && child.signalCode === null;
  if (alive()) child.kill('SIGTERM');
  const deadline = Date.now() + stopTimeoutMs;
  while (alive() && Date.now() < deadline) await pause(50);
  killGroup(child, 'SIGKILL');
  while (alive()) await pause(20);
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

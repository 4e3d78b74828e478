import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const startMs = 20_000;

export const brokerUser = 'plates';
export const brokerPassword = 'only for tests';

/** A Mosquitto of its own on loopback, with TLS by its own authority and a login, that keeps what it has over restarts. */
export interface Broker {
  readonly port: number;
  /** Certificate of the authority. */
  readonly caFile: string;
  /** Ends it: at once with SIGKILL, else in order. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  /** Ends it and removes its files. */
  remove(): Promise<void>;
}

/** @returns why there is no Mosquitto to test with; undefined when there is one */
export function mosquittoMissing(): string | undefined {
  for (const [program, flag] of [
    [mosquitto, '-h'],
    ['mosquitto_passwd', '-h'],
    ['openssl', 'version'],
  ] as const) {
    if (spawnSync(program, [flag]).error !== undefined) return `Expected ${program} to be installed but it is not`;
  }
  return undefined;
}

/** Debian installs it where only root looks. */
const mosquitto = fs.existsSync('/usr/sbin/mosquitto') ? '/usr/sbin/mosquitto' : 'mosquitto';

export async function startBroker(): Promise<Broker> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-mosquitto-'));
  const port = await freePort();
  const file = (name: string): string => path.join(folder, name);
  makeCertificates(folder);
  execFileSync('mosquitto_passwd', ['-b', '-c', file('passwords'), brokerUser, brokerPassword]);
  const isRoot = process.getuid?.() === 0;
  const config = [
    `listener ${port} 127.0.0.1`,
    `cafile ${file('ca.crt')}`,
    `certfile ${file('server.crt')}`,
    `keyfile ${file('server.key')}`,
    'allow_anonymous false',
    `password_file ${file('passwords')}`,
    'persistence true',
    `persistence_location ${folder}/`,
    'autosave_on_changes true',
    'autosave_interval 1',
    'max_queued_messages 0',
    ...(isRoot ? ['user root'] : []),
  ];
  fs.writeFileSync(file('mosquitto.conf'), `${config.join('\n')}\n`);

  let child: ChildProcess | undefined;
  let log = '';
  const killWithUs = (): void => void child?.kill('SIGKILL');
  const broker: Broker = {
    port,
    caFile: file('ca.crt'),
    async start() {
      const started = spawn(mosquitto, ['-c', file('mosquitto.conf')], { stdio: ['ignore', 'pipe', 'pipe'] });
      child = started;
      for (const stream of [started.stdout, started.stderr])
        stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
      for (const deadline = Date.now() + startMs; !(await accepts(port)); await pause(50)) {
        if (started.exitCode !== null || Date.now() > deadline) throw new Error(`Expected Mosquitto to start:\n${log}`);
      }
    },
    async stop(signal = 'SIGTERM') {
      const ending = child;
      child = undefined;
      if (ending === undefined || ending.exitCode !== null) return;
      const ended = new Promise((resolve) => ending.once('exit', resolve));
      ending.kill(signal);
      await ended;
    },
    async remove() {
      process.off('exit', killWithUs);
      await broker.stop();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
  process.once('exit', killWithUs);
  await broker.start();
  return broker;
}

/** An authority, and a certificate of it for `localhost`. */
function makeCertificates(folder: string): void {
  const run = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  run('req', '-x509', ...key, '-days', '2', '-subj', '/CN=Test authority', '-keyout', 'ca.key', '-out', 'ca.crt');
  run('req', ...key, '-subj', '/CN=localhost', '-keyout', 'server.key', '-out', 'server.csr');
  fs.writeFileSync(path.join(folder, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  const authority = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'];
  run('x509', '-req', '-in', 'server.csr', ...authority, '-days', '2', '-extfile', 'names', '-out', 'server.crt');
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

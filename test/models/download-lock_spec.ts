import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { withLock } from '../../src/models/download/lock.js';
import { pullModelFile, type PullProgress } from '../../src/models/download/pull.js';
import { FileServer, serve, type Answer } from '../support/file-server.js';
import { hefBytes, ModelPlace, sha256 } from '../support/pulled-model.js';

const bytes = hefBytes(300_000);
const fetchOptions = { backoffMs: 5, stallMs: 5000, environment: {}, staleMs: 600 };

describe('Two that fetch the same file', () => {
  const server = new FileServer();
  let place: ModelPlace;
  let lock = '';
  before(() => server.start());
  after(() => server.close());
  beforeEach(() => {
    place = new ModelPlace();
    lock = join(place.root, 'a.lock');
  });
  afterEach(() => place.remove());
  const manifest = () => place.manifest({ sha256: sha256(bytes), size: bytes.length, url: `${server.url}/a.hef` });

  it('fetch it once: the second waits for the first', async () => {
    let release = () => undefined as unknown;
    const held: Answer = (_, response) => {
      response.writeHead(200, { 'Content-Length': bytes.length, ETag: '"one"' });
      response.write(bytes.subarray(0, 1000));
      release = () => response.end(bytes.subarray(1000));
    };
    server.answer(held);
    const phases: PullProgress['phase'][] = [];
    // The second one waits only once the first has begun, and the first gets the rest only once the second waits.
    let startSecond: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (startSecond = resolve));
    const first = pullModelFile(manifest(), 'hailo8', { fetchOptions, onProgress: () => startSecond() });
    await begun;
    const second = pullModelFile(manifest(), 'hailo8', {
      fetchOptions,
      onProgress: ({ phase }) => {
        phases.push(phase);
        release();
      },
    });
    assert.deepEqual([(await first).fetched, (await second).fetched], [true, false]);
    assert.deepEqual(phases, ['waiting']);
    assert.equal(server.requests.length, 1);
    assert.ok(readFileSync(place.file).equals(bytes));
    assert.deepEqual(readdirSync(place.downloads).sort(), ['remote.hailo8.hef', 'remote.hailo8.hef.download']);
  });

  it('fetch it right when eight start at once', async () => {
    server.answer(serve(bytes));
    const pulls = Array.from({ length: 8 }, () => pullModelFile(manifest(), 'hailo8', { fetchOptions }));
    const fetched = (await Promise.all(pulls)).filter((pulled) => pulled.fetched);
    assert.equal(fetched.length, 1);
    assert.equal(server.requests.length, 1);
    assert.ok(readFileSync(place.file).equals(bytes));
  });

  it('may stop waiting', async () => {
    const stop = new AbortController();
    await withLock(lock, {}, async () => {
      const waiting = withLock(lock, { signal: stop.signal, onWait: () => stop.abort() }, async () => 'got it');
      await assert.rejects(waiting, { reason: 'aborted' });
    });
    assert.equal(existsSync(lock), false);
  });

  const left: [title: string, content: string][] = [
    ['a process that died', JSON.stringify({ token: 'x', pid: 2 ** 30, host: hostname() })],
    ['a process of another machine', JSON.stringify({ token: 'x', pid: process.pid, host: 'elsewhere' })],
    ['a process that died before it had written it', ''],
  ];
  for (const [title, content] of left) {
    it(`take over the lock of ${title}`, async () => {
      writeFileSync(lock, content);
      assert.equal(await withLock(lock, { staleMs: 400 }, async () => 'got it'), 'got it');
      assert.deepEqual(readdirSync(place.root), ['manifests']);
    });
  }

  it('leave a lock alone whose owner shows that it lives', async () => {
    writeFileSync(lock, JSON.stringify({ token: 'x', pid: 1, host: 'elsewhere' }));
    let beats = 0;
    const beat = setInterval(() => {
      beats++;
      utimesSync(lock, new Date(), new Date());
    }, 100);
    const stop = new AbortController();
    const waiting = withLock(lock, { staleMs: 1000, signal: stop.signal }, async () => 'got it');
    while (beats < 20) await new Promise((resolve) => setTimeout(resolve, 50));
    clearInterval(beat);
    stop.abort();
    await assert.rejects(waiting, { reason: 'aborted' });
    assert.equal(existsSync(lock), true);
  });

  it('never have it at the same time, whoever died before', async () => {
    writeFileSync(lock, '');
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside--;
    };
    await Promise.all(Array.from({ length: 10 }, () => withLock(lock, { staleMs: 400 }, work)));
    assert.equal(most, 1);
  });

  it('notice before the last step that another one took over', async () => {
    await assert.rejects(
      withLock(lock, {}, async (assertHeld) => {
        await assertHeld();
        writeFileSync(lock, JSON.stringify({ token: 'another', pid: 1, host: 'elsewhere' }));
        await assertHeld();
      }),
      /Expected to be the only one that fetches .* but another process took over/,
    );
    assert.match(readFileSync(lock, 'utf8'), /another/);
  });
});

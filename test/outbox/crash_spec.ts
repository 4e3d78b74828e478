import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { OutboxStore } from '../../src/outbox/store.js';
import { packageRoot } from '../support/node-red-process.js';
import { seededRandom } from '../support/random.js';

const ROUNDS = 15;
const child = path.join(packageRoot, 'test', 'support', 'outbox-child.ts');

interface Life {
  waiting: number[];
  taken: number[];
  settling: number[];
  settled: number[];
}

/** Runs the child and kills it (SIGKILL) when it has taken so many messages. */
function liveUntil(folder: string, from: number, kill: number): Promise<Life> {
  return new Promise((resolve, reject) => {
    const life: Life = { waiting: [], taken: [], settling: [], settled: [] };
    const started = spawn(process.execPath, ['-r', 'tsx/cjs', child, folder, String(from)], { cwd: packageRoot });
    let rest = '';
    let errors = '';
    let failed: string | undefined;
    started.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const [word = '', value = ''] = line.split(' ');
        if (word === 'failed') failed = line;
        else if (word !== 'ready') life[word as keyof Life].push(Number(value));
        if (life.taken.length >= kill) started.kill('SIGKILL');
      }
    });
    started.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    started.on('error', reject);
    started.on('close', (_, signal) => {
      if (signal === 'SIGKILL') resolve(life);
      else reject(new Error(failed ?? `Expected the child to be killed but it ended: ${errors}`));
    });
  });
}

describe('An outbox whose process is killed again and again', function () {
  this.timeout(300_000);
  let folder = '';

  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-outbox-crash-'))));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('loses nothing that it took, brings nothing back that was settled and keeps the order', async () => {
    const random = seededRandom(5);
    const taken = new Set<number>();
    const settling = new Set<number>();
    const settled = new Set<number>();
    const check = (waiting: number[], round: number): void => {
      const there = new Set(waiting);
      assert.deepEqual(
        [...taken].filter((number) => !settling.has(number) && !there.has(number)),
        [],
        `lost, round ${round}`,
      );
      assert.deepEqual(
        waiting.filter((number) => settled.has(number)),
        [],
        `came back, round ${round}`,
      );
      assert.deepEqual(
        [...there].sort((a, b) => a - b),
        waiting,
        `out of order or twice, round ${round}`,
      );
    };
    for (let round = 0; round < ROUNDS; round++) {
      const life = await liveUntil(folder, round * 1_000_000, 20 + Math.floor(random() * 60));
      check(life.waiting, round);
      for (const number of [...life.waiting, ...life.taken]) taken.add(number);
      for (const number of life.settling) settling.add(number);
      for (const number of life.settled) settled.add(number);
    }
    const store = await OutboxStore.open(folder, () => undefined);
    const waiting = [];
    for (const id of [...store.ids()]) waiting.push(((await store.read(id))!['payload'] as { number: number }).number);
    check(waiting, ROUNDS);
    assert.ok(settled.size > ROUNDS && waiting.length > ROUNDS, `${settled.size} settled, ${waiting.length} waiting`);
    await store.clear();
    await store.close();
    assert.deepEqual(fs.readdirSync(folder), []);
  });
});

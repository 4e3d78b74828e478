import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { FileStore } from '../../src/log/file-store.js';
import { exportQuery } from '../../src/log/query.js';
import { seededRandom } from '../support/random.js';
import { temporaryFolder } from './temporary.js';
import fs from 'node:fs';

const KILLS = 20;

describe('A log whose process is killed while it writes', function () {
  this.timeout(300_000);
  const folder = temporaryFolder();

  it(`has every event that was acknowledged, once, after each of ${KILLS} kills, with and without a key`, async () => {
    const random = seededRandom(9);
    const acknowledged = { '': new Set<string>(), 'a key': new Set<string>() };
    for (let round = 0; round < KILLS; round++) {
      const key = round % 2 === 0 ? '' : 'a key';
      const file = folder.path(`log-${key}.db`);
      const known = acknowledged[key];
      const writer = fork(path.join(__dirname, 'write-until-killed.ts'), [file, key, `r${round}`], {
        execArgv: ['-r', 'tsx/cjs'],
      });
      let seen = 0;
      // At a moment of its own: after so many acknowledgements and so many ms.
      const until = 1 + Math.floor(random() * 200);
      const pause = Math.floor(random() * 15);
      writer.on('message', (id: string) => {
        known.add(id);
        if (++seen === until) setTimeout(() => writer.kill('SIGKILL'), pause);
      });
      const [, signal] = (await once(writer, 'close')) as [number | null, string | null];
      assert.equal(signal, 'SIGKILL');
      await check(file, key, known);
    }
    assert.ok(acknowledged[''].size > KILLS && acknowledged['a key'].size > KILLS);
  });

  /** Opens the log and looks for all of them. */
  async function check(file: string, key: string, known: ReadonlySet<string>): Promise<void> {
    const store = new FileStore({ path: file, key });
    try {
      const csv = folder.path('all.csv');
      const { visits } = await store.export({ ...exportQuery({ overwrite: true }), path: csv });
      const lines = fs.readFileSync(csv, 'utf8').trimEnd().split('\r\n').slice(1);
      const events = new Map(lines.map((line) => line.split(',').slice(0, 2) as [string, string]));
      assert.equal(lines.length, visits);
      assert.equal(events.size, visits, 'no visit is there twice');
      for (const id of known) assert.equal(events.get(id), 'left', `${id} was acknowledged`);
    } finally {
      await store.close();
    }
  }
});

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { CarParkState, Change } from '../../src/parking/car-park.js';
import { ParkingJournal } from '../../src/parking/journal.js';
import type { ParkingSession } from '../../src/parking/session.js';

const stay = (id: string, plate: string): ParkingSession => ({ id, entry: { plate, at: 1000, camera: 'front' } });
const change = (...sessions: ParkingSession[]): Change => ({ sessions, erased: [] });

describe('The file of a car park', () => {
  let folder = '';
  let file = '';
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-parking-'));
    file = path.join(folder, 'park.jsonl');
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  /** Writes stays one by one. */
  async function write(...sessions: ParkingSession[]): Promise<void> {
    const journal = new ParkingJournal(file);
    const state: CarParkState = { sessions: [], adjustment: 0 };
    await journal.load();
    for (const session of sessions) {
      state.sessions.push(session);
      await journal.append(change(session), () => state);
    }
  }

  const load = (): Promise<CarParkState & { badLines: number }> => new ParkingJournal(file).load();

  it('gives back what was written, later states over earlier ones', async () => {
    await write(stay('a', 'AB12CDE'), stay('b', 'XY99ZZZ'), {
      ...stay('a', 'AB12CDE'),
      exit: { plate: 'AB12CDE', at: 2 },
    });
    const { sessions, badLines } = await load();
    assert.deepEqual([sessions.map(({ id }) => id), badLines], [['a', 'b'], 0]);
    assert.equal(sessions[0]!.exit!.at, 2);
    if (process.platform !== 'win32') assert.equal(fs.statSync(file).mode & 0o777, 0o600, 'for its owner only');
  });

  it('keeps every line that was written when it is cut off anywhere', async () => {
    await write(stay('a', 'AB12CDE'), stay('b', 'XY99ZZZ'), stay('c', 'FL4001'));
    const whole = fs.readFileSync(file);
    for (let length = whole.indexOf(10) + 1; length < whole.length; length++) {
      fs.writeFileSync(file, whole.subarray(0, length));
      const complete = whole.subarray(0, length).toString('utf8').split('\n').length - 1;
      const journal = new ParkingJournal(file);
      const { sessions, badLines } = await journal.load();
      // Header and adjustment come first.
      assert.deepEqual([sessions.length, badLines], [Math.max(0, complete - 2), 0]);
      const later = stay('later', 'ZZ1');
      await journal.append(change(later), () => ({ sessions: [...sessions, later], adjustment: 0 }));
      assert.deepEqual(
        (await load()).sessions.map(({ id }) => id),
        [...sessions.map(({ id }) => id), 'later'],
      );
    }
  });

  it('leaves bad lines out, counts them and keeps a copy', async () => {
    await write(stay('a', 'AB12CDE'), stay('b', 'XY99ZZZ'));
    const lines = fs.readFileSync(file, 'utf8').split('\n');
    lines.splice(2, 0, '{"stay": {"id": 3}}', '\u0000\u0000', '{"stay":{"id":"x","entry":{"plate":"A","at":"noon"}}}');
    fs.writeFileSync(file, lines.join('\n'));
    const { sessions, badLines } = await load();
    assert.deepEqual([sessions.map(({ id }) => id), badLines], [['a', 'b'], 3]);
    assert.equal(fs.readFileSync(`${file}.damaged`, 'utf8'), lines.join('\n'));
  });

  it('has nothing of an erased stay left in it, nor in a copy', async () => {
    await write(stay('a', 'AB12CDE'), stay('b', 'XY99ZZZ'));
    fs.copyFileSync(file, `${file}.damaged`);
    const journal = new ParkingJournal(file);
    await journal.load();
    await journal.append({ sessions: [], erased: ['a'] }, () => ({ sessions: [stay('b', 'XY99ZZZ')], adjustment: 1 }));
    for (const name of fs.readdirSync(folder)) {
      assert.ok(!fs.readFileSync(path.join(folder, name), 'utf8').includes('AB12CDE'), name);
    }
    assert.equal((await load()).adjustment, 1);
  });

  it('does not grow for ever', async () => {
    const journal = new ParkingJournal(file);
    await journal.load();
    const one = stay('a', 'AB12CDE');
    let longest = 0;
    for (let turn = 0; turn < 1100; turn++) {
      await journal.append(change(one), () => ({ sessions: [one], adjustment: 0 }));
      longest = Math.max(longest, fs.statSync(file).size);
    }
    assert.ok(fs.statSync(file).size < longest / 5, `${fs.statSync(file).size} of ${longest} bytes`);
  }).timeout(60_000);

  for (const [title, text] of [
    ['something else', 'plate;rule\nAB12;allow\n'],
    ['a car park of a later version', '{"carPark":2}\n{"stay":{}}\n'],
  ] as const) {
    it(`is left alone when it is ${title}`, async () => {
      fs.writeFileSync(file, text);
      const journal = new ParkingJournal(file);
      await assert.rejects(journal.load(), { code: 'ALPR_PARKING_FILE' });
      await assert.rejects(
        journal.append(change(stay('a', 'A')), () => ({ sessions: [], adjustment: 0 })),
        { code: 'ALPR_PARKING_FILE' },
      );
      assert.equal(fs.readFileSync(file, 'utf8'), text);
    });
  }

  it('is written whole after it could not be written for a while', async () => {
    const missing = path.join(folder, 'unplugged', 'park.jsonl');
    const journal = new ParkingJournal(missing);
    await journal.load();
    const stays = [stay('a', 'AB12CDE'), stay('b', 'XY99ZZZ')];
    await assert.rejects(
      journal.append(change(stays[0]!), () => ({ sessions: stays.slice(0, 1), adjustment: 0 })),
      /it is tried again with the next car/,
    );
    fs.mkdirSync(path.dirname(missing));
    await journal.append(change(stays[1]!), () => ({ sessions: stays, adjustment: 0 }));
    assert.deepEqual(
      (await new ParkingJournal(missing).load()).sessions.map(({ id }) => id),
      ['a', 'b'],
    );
  });
});

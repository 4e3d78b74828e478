import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Arrivals } from '../../../src/sources/watch/arrivals.js';
import type { FoundFile } from '../../../src/sources/watch/folder-scan.js';
import { seededRandom } from '../../support/random.js';

const file = (path: string, mtimeMs: number, size = 100): FoundFile => ({ path, size, mtimeMs });

function look(arrivals: Arrivals, files: FoundFile[], now: number): void {
  arrivals.begin();
  for (const found of files) arrivals.note(found);
  arrivals.end(now);
}

const names = (arrivals: Arrivals, now: number): string[] => arrivals.settled(now).map(({ path }) => path);

describe('arrivals in a watched folder', () => {
  it('settle when neither size nor date has changed for long enough', () => {
    const arrivals = new Arrivals({ stableMs: 1000 });
    look(arrivals, [file('a', 1, 10), file('b', 1)], 0);
    look(arrivals, [file('a', 1, 20), file('b', 1)], 600);
    look(arrivals, [file('a', 2, 20), file('b', 1)], 1000);
    assert.deepEqual(names(arrivals, 1000), ['b']);
    assert.deepEqual(names(arrivals, 1999), ['b']);
    assert.deepEqual(names(arrivals, 2000), ['b', 'a']);
  });

  it('come by date, and by name as people count where the date is the same', () => {
    const arrivals = new Arrivals({ stableMs: 0 });
    look(arrivals, [file('x10', 5), file('x9', 5), file('z', 4), file('a', 6)], 0);
    assert.deepEqual(names(arrivals, 0), ['z', 'x9', 'x10', 'a']);
  });

  it('come once, and again when they are written over', () => {
    const arrivals = new Arrivals({ stableMs: 0 });
    const a = file('a', 1);
    look(arrivals, [a], 0);
    arrivals.take(a);
    look(arrivals, [a], 1);
    assert.deepEqual(names(arrivals, 1), []);
    for (const changed of [file('a', 1, 101), file('a', 2, 101), file('a', 0, 101)]) {
      look(arrivals, [changed], 2);
      assert.deepEqual(names(arrivals, 2), ['a']);
      arrivals.take(changed);
    }
  });

  it('are forgotten when they are gone before they settled', () => {
    const arrivals = new Arrivals({ stableMs: 10 });
    look(arrivals, [file('a', 1)], 0);
    look(arrivals, [], 5);
    assert.equal(arrivals.isWaiting, false);
    assert.deepEqual(names(arrivals, 20), []);
  });

  it('all come once and in order, however many there are and however little is remembered (seeded)', () => {
    const random = seededRandom(3);
    const files = Array.from({ length: 1000 }, (_, i) => file(`f${i}`, Math.floor(random() * 500)));
    const arrivals = new Arrivals({ stableMs: 0, mostWaiting: 20, mostKnown: 50 });
    const taken: FoundFile[] = [];
    for (let now = 0; taken.length < files.length && now < 1000; now++) {
      look(arrivals, files, now);
      const settled = arrivals.settled(now);
      assert.ok(settled.length <= 20);
      for (const found of settled) {
        taken.push(found);
        arrivals.take(found);
      }
    }
    const expected = [...files].sort(
      (a, b) => a.mtimeMs - b.mtimeMs || Number(a.path.slice(1)) - Number(b.path.slice(1)),
    );
    // Files as old as the youngest that was forgotten may be missed: dates this coarse and memory this small are the test's.
    const youngestFirst = new Set(taken.map(({ path }) => path));
    assert.equal(youngestFirst.size, taken.length, 'none twice');
    assert.deepEqual(
      taken.map(({ path }) => path),
      expected.filter(({ path }) => youngestFirst.has(path)).map(({ path }) => path),
    );
    assert.ok(taken.length > 900, `${taken.length}`);
  });
});

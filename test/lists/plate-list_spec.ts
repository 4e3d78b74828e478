import assert from 'node:assert/strict';
import { plateDistance, QUARTERS, substitutionCost } from '../../src/lists/distance.js';
import type { ListEntry, Rule } from '../../src/lists/entry.js';
import { windowOf } from '../../src/lists/dates.js';
import { codesOf, listKey } from '../../src/lists/key.js';
import { PlateList, type DistanceLimits, type ListMatch } from '../../src/lists/plate-list.js';
import { seededRandom } from '../support/random.js';

function distance(a: string, b: string, limit = 100): number {
  const [from, to] = [codesOf(a), codesOf(b)];
  return plateDistance(from, 0, from.length, to, 0, to.length, limit * QUARTERS) / QUARTERS;
}

describe('The distance of two plates', () => {
  const cases: [string, string, number][] = [
    ['AB12', 'AB12', 0],
    ['AB12', 'AB13', 1],
    ['AB12', 'AB2', 1],
    ['AB12', 'XAB12', 1],
    ['AO12', 'A012', 0.25],
    ['AI12', 'A112', 0.25],
    ['AL12', 'A112', 0.5],
    ['AL12', 'AI12', 0.5],
    ['B5Z6', '8S2G', 2],
    ['D0QO', '0OOQ', 1.75],
    ['GÖ1', 'GO1', 0.5],
    ['GÖ1', 'G01', 0.5],
    ['GÖ1', 'GA1', 1],
    ['', 'AB', 2],
  ];
  for (const [a, b, expected] of cases) {
    it(`of ${a || 'nothing'} and ${b} is ${expected}, both ways`, () => {
      assert.equal(distance(a, b), expected);
      assert.equal(distance(b, a), expected);
    });
  }

  it('is not computed further than the limit', () => {
    assert.ok(distance('ABCDEF', 'UVWXYZ', 1) > 1);
    assert.equal(distance('ABCDEF', 'ABCDEX', 1), 1);
    assert.ok(distance('ABCDEF', 'ABCDXX', 1) > 1);
  });
});

const ALL: DistanceLimits = { allow: 2, alert: 2, deny: 2 };
const EXACT: DistanceLimits = { allow: 0, alert: 0, deny: 0 };
const allow = (plate: string, more: Partial<ListEntry> = {}): ListEntry => ({ plate, rule: 'allow', ...more });
const at = new Date(2026, 5, 15).getTime();

describe('A list of plates', () => {
  it('finds a plate however it is written', () => {
    const list = new PlateList([allow('b-ab 1234', { name: 'x' })], EXACT);
    const match = list.match('B AB-1234', at)!;
    assert.deepEqual(
      [match.entry.name, match.distance, match.exact, match.ambiguous, match.validity],
      ['x', 0, true, false, 'valid'],
    );
  });

  it('finds nothing for a plate that is not on it, for no plate and for a long text', () => {
    const list = new PlateList([allow('AB1234')], ALL);
    for (const text of ['XY9876', '', '--', 'A'.repeat(100_000), 'AB1234'.repeat(4)]) {
      assert.equal(list.match(text, at), undefined, text.slice(0, 10));
    }
  });

  it('takes nothing but the very plate at a distance of 0', () => {
    const list = new PlateList([allow('AO1234')], EXACT);
    assert.equal(list.match('A01234', at), undefined);
    assert.equal(list.match('AO123', at), undefined);
  });

  it('goes by the limit of the rule of each entry', () => {
    const list = new PlateList(
      [allow('AO1234'), { plate: 'BO1234', rule: 'alert' }, { plate: 'CO1234', rule: 'deny' }],
      { allow: 0, alert: 0.25, deny: 1 },
    );
    const found = ['A01234', 'B01234', 'B0I234', 'C01235', 'CO1235', 'CO12'].map(
      (text) => list.match(text, at)?.entry.rule,
    );
    assert.deepEqual(found, [undefined, 'alert', undefined, undefined, 'deny', undefined]);
  });

  it('prefers the nearest', () => {
    const list = new PlateList([{ plate: 'AB1235', rule: 'deny' }, allow('AB1234')], ALL);
    const match = list.match('AB1234', at)!;
    assert.deepEqual([match.entry.rule, match.exact, match.ambiguous], ['allow', true, false]);
  });

  it('takes the strictest of several that are as near, and says so', () => {
    const list = new PlateList(
      [allow('AB1235'), { plate: 'AB1236', rule: 'alert' }, { plate: 'AB1237', rule: 'deny' }, allow('AB1238')],
      ALL,
    );
    const match = list.match('AB1234', at)!;
    assert.deepEqual([match.entry.plate, match.distance, match.ambiguous], ['AB1237', 1, true]);
    const twice = new PlateList([allow('AB1'), { plate: 'ab 1', rule: 'deny' }], EXACT).match('AB1', at)!;
    assert.deepEqual([twice.entry.rule, twice.ambiguous], ['deny', true]);
  });

  it('does not call the same plate with the same rule ambiguous', () => {
    const list = new PlateList([allow('AB1', { name: 'first' }), allow('AB1', { name: 'second' })], EXACT);
    const match = list.match('AB1', at)!;
    assert.deepEqual([match.entry.name, match.ambiguous], ['first', false]);
  });

  it('tells entries that do not count any more, or not yet, and prefers one that does', () => {
    const old = allow('AB1', { validUntil: '2026-06-14' });
    const next = allow('AB2', { validFrom: '2026-06-16' });
    const renewed = allow('AB1', { name: 'renewed', validFrom: '2026-06-15' });
    const list = new PlateList([old, next], EXACT);
    assert.equal(list.match('AB1', at)!.validity, 'expired');
    assert.equal(list.match('AB2', at)!.validity, 'not-yet');
    assert.equal(list.match('AB1', at - 1)!.validity, 'valid');
    const match = new PlateList([{ ...old, rule: 'deny' }, renewed], EXACT).match('AB1', at)!;
    assert.deepEqual([match.entry.name, match.validity, match.ambiguous], ['renewed', 'valid', false]);
  });

  it('does not give the place of an expired plate to one that merely looks like it', () => {
    const list = new PlateList([allow('AO1', { validUntil: '2026-01-01' }), allow('A01')], { ...EXACT, allow: 1 });
    assert.deepEqual([list.match('AO1', at)!.entry.plate, list.match('AO1', at)!.validity], ['AO1', 'expired']);
  });

  it('finds what was added and not what was taken out, however much that is', () => {
    const list = new PlateList<ListEntry>([], { allow: 1, alert: 1, deny: 1 });
    const plate = (index: number): string => `AB${String(index).padStart(6, '0')}`;
    for (let index = 0; index < 1000; index++) list.add(allow(plate(7 * index)));
    assert.equal(list.size, 1000);
    for (const index of [0, 255, 256, 257, 999]) {
      assert.equal(list.match(plate(7 * index), at)?.exact, true, String(index));
      assert.equal(list.match(`X${plate(7 * index)}`, at)?.distance, 1, String(index));
    }
    assert.equal(
      list.remove(({ plate: text }) => Number(text.slice(2)) % 2 === 1),
      500,
    );
    assert.equal(
      list.remove(({ plate: text }) => Number(text.slice(2)) === 14),
      1,
    );
    assert.deepEqual([list.size, list.entries().length], [499, 499]);
    assert.equal(list.match(plate(7), at)?.exact ?? false, false);
    assert.equal(list.match(plate(14), at)?.exact ?? false, false);
    assert.equal(list.match(plate(28), at)?.exact, true);
    list.add(allow(plate(7)));
    assert.equal(list.match(plate(7), at)?.exact, true);
  });
});

/** The plain definition: every entry is compared. */
function bruteForce(
  entries: readonly ListEntry[],
  text: string,
  time: number,
  limits: DistanceLimits,
): ListMatch | undefined {
  const key = listKey(text);
  const strictness: Record<Rule, number> = { deny: 0, alert: 1, allow: 2 };
  const near = entries
    .map((entry, index) => {
      const { from, until } = windowOf(entry);
      return {
        entry,
        index,
        distance: plainDistance(key, listKey(entry.plate)),
        valid: time >= from && time < until,
        from,
      };
    })
    .filter(({ entry, distance: d }) => d <= limits[entry.rule]);
  near.sort(
    (a, b) =>
      a.distance - b.distance ||
      Number(b.valid) - Number(a.valid) ||
      strictness[a.entry.rule] - strictness[b.entry.rule] ||
      a.index - b.index,
  );
  const best = near[0];
  if (best === undefined) return undefined;
  const tied = near.filter(({ distance: d, valid }) => d === best.distance && valid === best.valid);
  return {
    entry: best.entry,
    distance: best.distance,
    exact: best.distance === 0,
    ambiguous: new Set(tied.map(({ entry }) => `${listKey(entry.plate)} ${entry.rule}`)).size > 1,
    validity: best.valid ? 'valid' : time < best.from ? 'not-yet' : 'expired',
  };
}

/** By the recursion of the textbook, over whole texts. */
function plainDistance(a: string, b: string): number {
  const table = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : i)),
  );
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const substitution = substitutionCost(a.charCodeAt(i - 1), b.charCodeAt(j - 1)) / QUARTERS;
      table[i]![j] = Math.min(table[i - 1]![j]! + 1, table[i]![j - 1]! + 1, table[i - 1]![j - 1]! + substitution);
    }
  }
  return table[a.length]![b.length]!;
}

describe('Random lists of plates', () => {
  const limits: DistanceLimits[] = [
    EXACT,
    { allow: 0, alert: 0.5, deny: 0.5 },
    { allow: 0.5, alert: 1, deny: 1.75 },
    { allow: 1, alert: 2, deny: 0.25 },
    ALL,
  ];
  for (const [seed, limit] of limits.entries()) {
    it(`give what comparing with every entry gives: ${JSON.stringify(limit)}`, () => {
      const random = seededRandom(100 + seed);
      const below = (n: number): number => Math.floor(random() * n);
      // Few characters, many of them alike: neighbours, ties and look-alikes everywhere.
      const signs = '0ODQ1IL2Z5S8BA4Ö';
      const word = (): string => Array.from({ length: 1 + below(7) }, () => signs[below(signs.length)]).join('');
      const dates: Partial<ListEntry>[] = [{}, {}, { validUntil: '2026-01-01' }, { validFrom: '2027-01-01' }];
      const entry = (index: number): ListEntry => ({
        plate: word(),
        name: String(index),
        rule: (['allow', 'alert', 'deny'] as const)[below(3)]!,
        ...dates[below(dates.length)],
      });
      let found = 0;
      for (let round = 0; round < 12; round++) {
        let entries = Array.from({ length: 1 + below(350) }, (_, index) => entry(index));
        const list = new PlateList(entries, limit);
        for (let step = 0; step < below(300); step++) {
          const added = entry(1000 + step);
          entries.push(added);
          list.add(added);
        }
        const gone = new Set(entries.filter(() => below(10) === 0));
        list.remove((candidate) => gone.has(candidate));
        entries = entries.filter((candidate) => !gone.has(candidate));
        for (let question = 0; question < 60; question++) {
          const text = word();
          const expected = bruteForce(entries, text, at, limit);
          assert.deepEqual(list.match(text, at), expected, `${text} in round ${round}`);
          if (expected !== undefined) found++;
        }
      }
      assert.ok(found > 20, `${found} found`);
    });
  }
});

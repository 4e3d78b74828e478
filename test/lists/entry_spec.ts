import assert from 'node:assert/strict';
import { readEntry } from '../../src/lists/entry.js';
import { instantOf, windowOf } from '../../src/lists/dates.js';
import { listKey } from '../../src/lists/key.js';

/** What is wrong with an entry, as `field: reason`. */
function problemsOf(raw: Record<string, unknown>): string[] {
  const read = readEntry(raw);
  return 'problems' in read ? read.problems.map(({ field, reason }) => `${field}: ${reason}`) : [];
}

describe('An entry of a list', () => {
  it('is taken with all of its fields, trimmed, and without those that are empty', () => {
    const raw = {
      plate: ' ab-12 cde ',
      name: ' Fire brigade ',
      tags: 'staff|early, van,staff',
      rule: 'Allow',
      validFrom: '2026-01-01',
      validUntil: '',
      note: null,
    };
    assert.deepEqual(readEntry(raw), {
      entry: {
        plate: 'ab-12 cde',
        name: 'Fire brigade',
        tags: ['staff', 'early', 'van'],
        rule: 'allow',
        validFrom: '2026-01-01',
      },
    });
  });

  const refused: [string, Record<string, unknown>, RegExp][] = [
    ['no plate', { rule: 'allow' }, /^plate: Expected a plate of 1 to 20 letters and digits but received nothing$/],
    ['a plate of signs', { plate: ' -- ', rule: 'allow' }, /^plate: .* received none of them$/],
    ['a plate that is too long', { plate: 'A'.repeat(21), rule: 'allow' }, /^plate: .* received 21$/],
    ['a number for the plate', { plate: 12345, rule: 'allow' }, /^plate: .*loses leading zeros$/],
    ['a wildcard', { plate: 'AB*', rule: 'allow' }, /^plate: .* with \*; wildcards/],
    ['no rule', { plate: 'AB1' }, /^rule: Expected allow, alert or deny but received nothing$/],
    ['an unknown rule', { plate: 'AB1', rule: 'yes' }, /^rule: .* received "yes"$/],
    ['a name that is no text', { plate: 'AB1', rule: 'deny', name: 3 }, /^name: Expected text but received 3$/],
    ['tags that are no texts', { plate: 'AB1', rule: 'deny', tags: [1] }, /^tags: Expected a list of texts/],
    [
      'a day that does not exist',
      { plate: 'AB1', rule: 'deny', validUntil: '2026-02-30' },
      /^validUntil: .* received "2026-02-30"$/,
    ],
    [
      'a date in another order',
      { plate: 'AB1', rule: 'deny', validFrom: '31.12.2026' },
      /^validFrom: Expected a date like/,
    ],
    [
      'an end before the beginning',
      { plate: 'AB1', rule: 'deny', validFrom: '2026-05-02', validUntil: '2026-05-01' },
      /^validUntil: Expected a time after validFrom/,
    ],
  ];
  for (const [title, raw, expected] of refused) {
    it(`is refused for ${title}, with the field`, () => {
      const problems = problemsOf(raw);
      assert.equal(problems.length, 1, problems.join('\n'));
      assert.match(problems[0]!, expected);
    });
  }

  it('names everything that is wrong at once, and the plate in none of it', () => {
    const problems = problemsOf({ plate: 'SECRET12?', rule: 'no', validUntil: 'soon' });
    assert.deepEqual(
      problems.map((text) => text.split(':')[0]),
      ['plate', 'rule', 'validUntil'],
    );
    assert.ok(!problems.join().includes('SECRET'));
  });

  it('counts for whole days where its dates are dates, local time', () => {
    const { from, until } = windowOf({ plate: 'A', rule: 'allow', validFrom: '2026-03-01', validUntil: '2026-03-02' });
    assert.equal(from, new Date(2026, 2, 1).getTime());
    assert.equal(until, new Date(2026, 2, 3).getTime());
    const open = windowOf({ plate: 'A', rule: 'allow' });
    assert.deepEqual([open.from, open.until], [-Infinity, Infinity]);
  });

  it('may be valid for a single day', () => {
    assert.ok('entry' in readEntry({ plate: 'A', rule: 'allow', validFrom: '2026-03-01', validUntil: '2026-03-01' }));
  });
});

describe('Dates of a list', () => {
  const cases: [string, number | undefined][] = [
    ['2026-12-31T18:30', new Date(2026, 11, 31, 18, 30).getTime()],
    ['2026-12-31 18:30:05.25', new Date(2026, 11, 31, 18, 30, 5, 250).getTime()],
    ['2026-12-31T18:30Z', Date.UTC(2026, 11, 31, 18, 30)],
    ['2026-12-31T18:30+02:00', Date.UTC(2026, 11, 31, 16, 30)],
    ['2026-12-31T18:30-0330', Date.UTC(2026, 11, 31, 22, 0)],
    ['2024-02-29', new Date(2024, 1, 29).getTime()],
    ['2026-02-29', undefined],
    ['2026-13-01', undefined],
    ['2026-00-10', undefined],
    ['2026-12-31T24:00', undefined],
    ['2026-12-31T18:60', undefined],
    ['2026-12-31T18:30+25:00', undefined],
    ['2026-1-1', undefined],
    ['tomorrow', undefined],
  ];
  for (const [text, expected] of cases) {
    it(`reads ${text} as ${expected === undefined ? 'no date' : 'that time'}`, () =>
      assert.equal(instantOf(text), expected));
  }
});

describe('The key of a plate', () => {
  const same: [string, string, string][] = [
    ['case, spaces and dashes', 'b-ab 1234', 'BAB1234'],
    ['full-width letters and digits', 'ＡＢ１２', 'AB12'],
    ['letters written with a separate mark', 'GO\u0308 AB1', 'GÖAB1'],
    ['Cyrillic letters that plates share with the Latin alphabet', 'А123ВС77', 'A123BC77'],
    ['Greek letters likewise', 'ΙΖΗ1234', 'IZH1234'],
  ];
  for (const [title, a, b] of same) it(`is the same whatever ${title}`, () => assert.equal(listKey(a), listKey(b)));

  it('tells letters with a mark from those without, and scripts of their own from each other', () => {
    assert.notEqual(listKey('GÖAB1'), listKey('GOAB1'));
    assert.equal(listKey('京A12345'), '京A12345');
  });
});

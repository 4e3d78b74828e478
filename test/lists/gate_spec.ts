import assert from 'node:assert/strict';
import type { ListEntry } from '../../src/lists/entry.js';
import { Gate, type GateRules } from '../../src/lists/gate.js';
import type { ListMatch } from '../../src/lists/plate-list.js';
import { sightingOf, type Sighting } from '../../src/lists/sighting.js';

const rules: GateRules = { minReads: 2, minConfidence: 0.8, cooldownMs: 10_000 };

function sighting(more: Partial<Sighting> = {}): Sighting {
  return { plate: 'AB1', confidence: 0.9, agreeing: 3, event: 'final', hashed: false, ...more };
}

function match(entry: Partial<ListEntry> = {}, more: Partial<ListMatch> = {}): ListMatch {
  const whole: ListEntry = { plate: 'AB1', rule: 'allow', ...entry };
  return { entry: whole, distance: 0, exact: true, ambiguous: false, validity: 'valid', ...more };
}

describe('The gate', () => {
  it('lets in who is on the list and surely read, and says who it is', () => {
    const known = new Gate(rules).decide(
      sighting(),
      match({ name: 'Bakery', tags: ['van'], note: 'at night' }),
      true,
      0,
    );
    assert.deepEqual(known, {
      verdict: 'allowed',
      code: 'listed',
      reason: 'allowed by the list',
      rule: 'allow',
      plate: 'AB1',
      name: 'Bakery',
      tags: ['van'],
      note: 'at night',
      distance: 0,
      exact: true,
      ambiguous: false,
    });
  });

  const others: [string, Partial<Sighting>, ListMatch | undefined, boolean, string, string, RegExp][] = [
    ['is on no list', {}, undefined, true, 'not-allowed', 'unknown', /^not on the list$/],
    ['is on no list while one could not be read', {}, undefined, false, 'not-allowed', 'no-list', /could not be read/],
    ['is allowed while a list could not be read', {}, match(), false, 'not-allowed', 'no-list', /could not be read/],
    ['is denied', {}, match({ rule: 'deny' }), true, 'not-allowed', 'denied', /^denied/],
    ['is on the list for an alert', {}, match({ rule: 'alert' }), true, 'alert', 'listed', /alert/],
    [
      'is on it for an alert, while another list could not be read',
      {},
      match({ rule: 'alert' }),
      false,
      'alert',
      'listed',
      /alert/,
    ],
    [
      'was allowed until yesterday',
      {},
      match({ validUntil: '2026-01-01' }, { validity: 'expired' }),
      true,
      'not-allowed',
      'expired',
      /^valid until 2026-01-01$/,
    ],
    [
      'is allowed from tomorrow',
      {},
      match({ validFrom: '2026-01-03' }, { validity: 'not-yet' }),
      true,
      'not-allowed',
      'not-yet',
      /^valid from 2026-01-03$/,
    ],
    [
      'was denied until yesterday',
      {},
      match({ rule: 'deny' }, { validity: 'expired' }),
      true,
      'not-allowed',
      'expired',
      /./,
    ],
    ['was read once only', { agreeing: 1 }, match(), true, 'not-allowed', 'few-reads', /^agreeing 1 < 2$/],
    [
      'was read unsurely',
      { confidence: 0.799 },
      match(),
      true,
      'not-allowed',
      'confidence',
      /^confidence 0\.79 < 0\.80$/,
    ],
    [
      'was read nobody knows how surely',
      { confidence: undefined },
      match(),
      true,
      'not-allowed',
      'confidence',
      /^confidence unknown/,
    ],
    ['was read provisionally', { event: 'provisional' }, match(), true, 'not-allowed', 'not-final', /provisional/],
    ['has left', { event: 'left' }, match(), true, 'not-allowed', 'not-final', /left/],
    ['was read as not a number', { agreeing: NaN }, match(), true, 'not-allowed', 'few-reads', /./],
  ];
  for (const [title, seen, listed, complete, verdict, code, reason] of others) {
    it(`does not let in who ${title}`, () => {
      const known = new Gate(rules).decide(sighting(seen), listed, complete, 0);
      assert.deepEqual([known.verdict, known.code], [verdict, code]);
      assert.match(known.reason, reason);
      assert.equal(known.rule, listed?.entry.rule ?? 'unknown');
    });
  }

  it('lets a plate in once within the cool-down, whichever way it was read, and others meanwhile', () => {
    const gate = new Gate(rules);
    const decide = (plate: string, now: number): string =>
      gate.decide(sighting({ plate }), match({ plate: 'A-B1' }), true, now).code;
    assert.equal(decide('AB1', 1000), 'listed');
    assert.equal(decide('A8I', 2000), 'cool-down');
    assert.equal(gate.decide(sighting(), match({ plate: 'CD2' }), true, 2000).code, 'listed');
    const again = gate.decide(sighting(), match(), true, 10_999);
    assert.deepEqual([again.code, again.reason], ['cool-down', 'let in 10.0 s ago, again after 10 s']);
    assert.equal(decide('AB1', 11_000), 'listed');
    assert.equal(decide('AB1', 20_999), 'cool-down');
    gate.reset();
    assert.equal(decide('AB1', 21_000), 'listed');
  });

  it('does not begin a cool-down for who was not let in', () => {
    const gate = new Gate(rules);
    assert.equal(gate.decide(sighting({ agreeing: 1 }), match(), true, 0).code, 'few-reads');
    assert.equal(gate.decide(sighting(), match(), true, 1).code, 'listed');
  });

  it('has no cool-down when it is 0', () => {
    const gate = new Gate({ ...rules, cooldownMs: 0 });
    assert.deepEqual(
      [1, 1].map((now) => gate.decide(sighting(), match(), true, now).code),
      ['listed', 'listed'],
    );
  });
});

describe('The plate that a message tells of', () => {
  const event = { event: 'final', plate: 'AB1', confidence: 0.9, agreeing: 3, reads: 4 };
  const cases: [string, Record<string, unknown>, Partial<Sighting>][] = [
    ['an event', { payload: event }, { plate: 'AB1', confidence: 0.9, agreeing: 3, event: 'final' }],
    ['an event, not the text beside it', { payload: event, plate: 'XY9' }, { plate: 'AB1' }],
    ['an object with a plate', { payload: { plate: 'AB1' } }, { agreeing: 1, confidence: undefined, event: undefined }],
    ['text', { payload: 'AB 1' }, { plate: 'AB 1', agreeing: 1, confidence: undefined, event: undefined }],
    [
      'text, with how surely it was read',
      { payload: 'AB1', confidence: 1, agreeing: 5 },
      { confidence: 1, agreeing: 5 },
    ],
    ['msg.plate', { payload: Buffer.from('picture'), plate: 'AB1' }, { plate: 'AB1' }],
    ['a hash', { payload: { ...event, hashed: true } }, { hashed: true }],
  ];
  for (const [title, msg, expected] of cases) {
    it(`is found in ${title}`, () => {
      const found = sightingOf(msg);
      for (const [field, value] of Object.entries(expected)) assert.equal(found[field as keyof Sighting], value, field);
    });
  }

  const wrong: [string, Record<string, unknown>, RegExp][] = [
    ['nothing', {}, /text of a plate in msg\.payload but received nothing/],
    ['a number', { payload: 12345 }, /received 12345/],
    ['an empty text', { payload: ' ' }, /Expected the text of a plate/],
    ['an empty plate', { payload: { plate: '' } }, /in msg\.payload\.plate but received nothing/],
    ['a miss of plate-out', { payload: { plate: 'AB1', code: 'blurred', reason: 'x' } }, /received a miss/],
    ['another event', { payload: { ...event, event: 'seen' } }, /Expected provisional, final or left .* "seen"/],
    [
      'a confidence in percent',
      { payload: { ...event, confidence: 90 } },
      /from 0 to 1 for confidence but received 90/,
    ],
    ['readings that are text', { payload: { ...event, agreeing: '3' } }, /for agreeing but received "3"/],
  ];
  for (const [title, msg, expected] of wrong) {
    it(`is not guessed from ${title}`, () =>
      assert.throws(() => sightingOf(msg), { code: 'ALPR_PLATE', message: expected }));
  }
});

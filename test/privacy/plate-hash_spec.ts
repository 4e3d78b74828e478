import assert from 'node:assert/strict';
import { createHmac, hkdfSync } from 'node:crypto';
import { PlateHasher } from '../../src/privacy/plate-hash.js';
import { seededRandom } from '../support/random.js';

const KEY = 'a key for tests, nobody uses it';
const DAY = 86_400_000;
const NOON = Date.UTC(2026, 10, 20, 12);

describe('hashes of plates', () => {
  it('are what HMAC, HKDF and base32 make of plate and key', () => {
    const period = Math.floor(NOON / (7 * DAY));
    const key = Buffer.from(hkdfSync('sha256', KEY, '', `plateflow plate hash 1, 7 days, period ${period}`, 32));
    const bits = [...createHmac('sha256', key).update('AB123CD').digest()]
      .map((byte) => byte.toString(2).padStart(8, '0'))
      .join('');
    const expected = bits
      .match(/.{5}/g)!
      .slice(0, 16)
      .map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[parseInt(five, 2)])
      .join('');
    assert.equal(new PlateHasher(KEY, 7).hash('AB123CD', NOON), expected);
    assert.match(expected, /^[A-Z2-7]{16}$/);
  });

  it('are the same however a plate is written, and for no other plate', () => {
    const hasher = new PlateHasher(KEY, 1);
    const hash = hasher.hash('AB123CD', NOON);
    for (const text of ['ab 123 cd', 'AB-123-CD', ' a.b1·23cd ', 'ＡＢ１２３ＣＤ', 'AB\u200b123\tCD']) {
      assert.equal(hasher.hash(text, NOON), hash, text);
    }
    const others = ['AB123CE', 'AB123C', 'B123CDA', 'AB1230D', 'AB123OD', 'AB123CDD', 'ÄB123CD', ''];
    const hashes = new Set([hash, ...others.map((text) => hasher.hash(text, NOON))]);
    assert.equal(hashes.size, others.length + 1);
  });

  it('differ for 50 000 plates', () => {
    const hasher = new PlateHasher(KEY, 0);
    const hashes = new Set<string>();
    for (let plate = 0; plate < 50_000; plate++) hashes.add(hasher.hash(`AB${plate}`, NOON));
    assert.equal(hashes.size, 50_000);
  });

  it('change at midnight UTC when the period is over, and at no other time', () => {
    const midnight = Date.UTC(2026, 10, 21);
    const daily = new PlateHasher(KEY, 1);
    assert.equal(daily.hash('AB123CD', midnight - DAY), daily.hash('AB123CD', midnight - 1));
    assert.notEqual(daily.hash('AB123CD', midnight - 1), daily.hash('AB123CD', midnight));
    assert.equal(daily.hash('AB123CD', midnight), daily.hash('AB123CD', midnight + DAY - 1));
    const weekly = new PlateHasher(KEY, 7);
    const hashes = Array.from({ length: 70 }, (_, day) => weekly.hash('AB123CD', day * DAY));
    assert.equal(new Set(hashes).size, 10);
    for (const [day, hash] of hashes.entries()) assert.equal(hash, hashes[day - (day % 7)], `day ${day}`);
  });

  it('stay for ever without rotation', () => {
    const hasher = new PlateHasher(KEY, 0);
    assert.equal(hasher.hash('AB123CD', 0), hasher.hash('AB123CD', NOON + 5000 * DAY));
  });

  it('differ by key and by length of the period', () => {
    const hashes = [
      new PlateHasher(KEY, 1),
      new PlateHasher(KEY, 2),
      new PlateHasher(KEY, 0),
      new PlateHasher(`${KEY}!`, 1),
    ].map((hasher) => hasher.hash('AB123CD', 0));
    assert.equal(new Set(hashes).size, 4);
  });

  it('of an old period come out the same again: events may be late, and in any order', () => {
    const hasher = new PlateHasher(KEY, 1);
    const first = Array.from({ length: 20 }, (_, day) => hasher.hash('AB123CD', day * DAY));
    assert.equal(new Set(first).size, 20);
    const random = seededRandom(3);
    for (let turn = 0; turn < 100; turn++) {
      const day = Math.floor(random() * 20);
      assert.equal(hasher.hash('AB123CD', day * DAY + 5), first[day]);
    }
  });

  it('are made for times that make no sense, too', () => {
    const hasher = new PlateHasher(KEY, 1);
    for (const at of [NaN, Infinity, -Infinity, -1, 1e300]) assert.match(hasher.hash('AB123CD', at), /^[A-Z2-7]{16}$/);
  });

  const wrong: [string, unknown, number, RegExp][] = [
    ['no key', undefined, 1, /Expected a key of at least 16 characters but received none$/],
    ['an empty key', '   ', 1, /received none$/],
    ['a short key', 'secret', 1, /received 6$/],
    ['a key of blanks', ` x${' '.repeat(40)}`, 1, /received 1$/],
    ['no number of days', KEY, NaN, /whole number from 0 to 3650 for days of rotation but received NaN$/],
    ['half a day', KEY, 0.5, /received 0\.5$/],
    ['a negative number of days', KEY, -1, /received -1$/],
  ];
  for (const [title, key, days, message] of wrong) {
    it(`are refused with ${title}, and the error does not show the key`, () => {
      assert.throws(
        () => new PlateHasher(key, days),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'ALPR_CONFIG');
          assert.match(error.message, message);
          assert.ok(!error.message.includes('secret'));
          return true;
        },
      );
    });
  }
});

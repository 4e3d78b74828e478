import assert from 'node:assert/strict';
import type { PlateEvent, PlateMiss } from '../../src/events/plate-event.js';
import { EventPrivacy, type PrivacyMode, type PrivacySettings } from '../../src/privacy/event-privacy.js';
import { PlateHasher } from '../../src/privacy/plate-hash.js';

const KEY = 'a key for tests, nobody uses it';
const AT = Date.UTC(2026, 10, 20, 12);
const box = { x1: 10, y1: 20, x2: 110, y2: 45 };
const picture = Buffer.from('jpeg');
const view = { area: box, width: 100, height: 25 };

const event = (plate: string, extra: Partial<PlateEvent> = {}): PlateEvent => ({
  version: 1,
  event: 'final',
  id: 'visit',
  camera: 'gate',
  plate,
  normalised: plate,
  confidence: 0.9,
  characters: [...plate].map((text) => ({ text, confidence: 0.9 })),
  candidates: [plate, 'XY999ZZ', 'AB128CD'].map((text) => ({ text, confidence: 0.5 })),
  reads: 3,
  agreeing: 2,
  box,
  firstSeen: AT,
  lastSeen: AT + 5000,
  frames: 7,
  ...extra,
});
const pictures: Partial<PlateEvent> = {
  images: { plate: picture, vehicle: picture, frame: picture },
  imageViews: { timestamp: AT, plateBox: box, vehicleBox: box, plate: view, vehicle: view, frame: view },
};
const miss = (plate?: string): PlateMiss => ({
  camera: 'gate',
  code: 'confidence',
  reason: 'confidence 0.64 < 0.70',
  ...(plate === undefined ? {} : { plate }),
  box,
  timestamp: AT,
  counts: { confidence: 4 },
});

const listed = ['AB123CD', 'AB128CD'];
const privacy = (mode: PrivacyMode, extra: Partial<PrivacySettings> = {}): EventPrivacy =>
  new EventPrivacy({ mode, key: KEY, rotationDays: 1, isListed: (plate) => listed.includes(plate), ...extra });
const hash = (plate: string, at = AT): string => new PlateHasher(KEY, 1).hash(plate, at);

/** Every text within a value. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Buffer.isBuffer(value) || typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}

describe('privacy of plate-out', () => {
  it('plain lets everything out as it is', () => {
    const given = event('XY999ZZ', { supersedes: 'XY888ZZ' });
    assert.equal(privacy('plain').event(given), given);
    const missed = miss('XY999ZZ');
    assert.equal(privacy('plain').miss(missed), missed);
    assert.deepEqual([privacy('plain').hides, privacy('plain').allowsPictures], [false, true]);
  });

  it('hash lets out a hash in every place where the plate was, and no picture', () => {
    const given = event('AB123CD', { ...pictures, supersedes: 'AB128CD', region: 'UK', direction: 'in' });
    const out = privacy('hash').event(given);
    assert.deepEqual(out, {
      ...event('AB123CD'),
      plate: hash('AB123CD'),
      normalised: hash('AB123CD'),
      hashed: true,
      characters: [],
      candidates: [],
      supersedes: hash('AB128CD'),
      region: 'UK',
      direction: 'in',
    });
    assert.deepEqual(privacy('hash').miss(miss('AB123CD')), { ...miss(hash('AB123CD')), hashed: true });
    assert.equal(privacy('hash').allowsPictures, false);
  });

  it('hash gives all events of a visit that lasts over midnight the same hash', () => {
    const midnight = Date.UTC(2026, 10, 21);
    const seen = { firstSeen: midnight - 1000 };
    const before = privacy('hash').event(event('AB123CD', { ...seen, lastSeen: midnight - 500 }))!;
    const after = privacy('hash').event(event('AB123CD', { ...seen, lastSeen: midnight + 500, event: 'left' }))!;
    assert.equal(before.plate, after.plate);
  });

  it('listed-only lets out plates of the list, without other plates and without what stands around them', () => {
    const guard = privacy('listed-only', { key: undefined });
    const out = guard.event(event('AB123CD', { ...pictures, supersedes: 'XY999ZZ' }))!;
    assert.equal(out.plate, 'AB123CD');
    assert.equal(out.supersedes, undefined);
    assert.deepEqual(out.candidates.map(({ text }) => text), ['AB123CD', 'AB128CD']); // prettier-ignore
    assert.deepEqual(out.images, { plate: picture });
    assert.deepEqual(out.imageViews, { timestamp: AT, plateBox: box, plate: view });
    assert.equal(guard.event(event('AB123CD', { supersedes: 'AB128CD' }))!.supersedes, 'AB128CD');
    const without = guard.event(event('AB123CD'))!;
    assert.deepEqual(['images' in without, 'imageViews' in without], [false, false]);
  });

  it('listed-only lets no other plate out; its misses say where and why, and are counted', () => {
    const guard = privacy('listed-only');
    for (const kind of ['provisional', 'final', 'left'] as const) {
      assert.equal(guard.event(event('XY999ZZ', { event: kind, supersedes: 'AB123CD' })), undefined);
    }
    assert.deepEqual(guard.miss(miss('XY999ZZ')), miss());
    assert.deepEqual(guard.miss(miss('AB123CD')), miss('AB123CD'));
    assert.deepEqual(guard.miss(miss()), miss());
  });

  it('hash-unless-listed lets out plates of the list, and hashes of the others', () => {
    const guard = privacy('hash-unless-listed');
    assert.equal(guard.event(event('AB123CD'))!.plate, 'AB123CD');
    assert.equal(guard.event(event('AB123CD', { supersedes: 'XY999ZZ' }))!.supersedes, hash('XY999ZZ'));
    const stranger = guard.event(event('XY999ZZ', { ...pictures, supersedes: 'AB123CD' }))!;
    assert.deepEqual([stranger.plate, stranger.hashed, stranger.images], [hash('XY999ZZ'), true, undefined]);
    assert.equal(stranger.supersedes, hash('AB123CD'));
    assert.deepEqual(guard.miss(miss('XY999ZZ')), { ...miss(hash('XY999ZZ')), hashed: true });
  });

  for (const mode of ['hash', 'listed-only', 'hash-unless-listed'] as const) {
    it(`${mode} lets the text of no unknown plate through, whatever the event carries`, () => {
      const stranger = 'XY999ZZ';
      const guard = privacy(mode);
      const outputs = [
        guard.event(event(stranger, { supersedes: stranger })),
        guard.event(event('AB123CD', { supersedes: stranger })),
        guard.miss(miss(stranger)),
      ];
      for (const text of textsOf(outputs)) assert.ok(!text.includes(stranger), text);
    });

    it(`${mode} does not change what it is given`, () => {
      const given = event('XY999ZZ', { supersedes: 'AB123CD' });
      const copy = structuredClone(given);
      privacy(mode).event(given);
      assert.deepEqual(structuredClone(given), copy);
    });
  }

  const wrong: [string, PrivacyMode, Partial<PrivacySettings>, RegExp][] = [
    ['hash without a key', 'hash', { key: undefined }, /Expected a key of at least 16 characters but received none$/],
    ['hash-unless-listed without a key', 'hash-unless-listed', { key: '' }, /Expected a key/],
    ['hash-unless-listed without a list', 'hash-unless-listed', { isListed: undefined }, /Expected known plates/],
    ['listed-only without a list', 'listed-only', { isListed: undefined }, /Expected known plates for privacy listed-only/],
    ['a mode that nobody knows', 'hashed' as PrivacyMode, {}, /Expected one of plain, hash, listed-only, hash-unless-listed/],
  ]; // prettier-ignore
  for (const [title, mode, extra, message] of wrong) {
    it(`is refused for ${title}: nothing may leave the node then`, () => {
      assert.throws(() => privacy(mode, extra), { code: 'ALPR_CONFIG', message });
    });
  }
});

import assert from 'node:assert/strict';
import type { PlateEvent } from '../../src/events/plate-event.js';
import { toJsonEvent } from '../../src/events/shapes/json-event.js';
import { VisitBook } from '../../src/events/visits.js';
import { EventPrivacy } from '../../src/privacy/event-privacy.js';
import { assertPlateEvent, plateEventSchema } from '../support/plate-event-schema.js';
import { departedMessage, plateBox, trackedMessage } from '../support/plate-out-messages.js';
import type { Frame } from '../../src/frame/frame.js';

const box = { x1: 1, y1: 2, x2: 30.5, y2: 12 };
const view = { area: box, width: 29, height: 10 };
const picture = Buffer.from('a picture');

/** An event with every field that there is. */
const whole: Required<PlateEvent> = {
  version: 1,
  event: 'final',
  id: 'x',
  camera: '',
  plate: 'AB 123',
  normalised: 'AB123',
  confidence: 0.9,
  characters: [{ text: 'A', confidence: 1 }],
  candidates: [{ text: 'AB123', confidence: 0 }],
  reads: 3,
  agreeing: 2,
  region: 'GB',
  trackId: 4,
  vehicle: { label: 'car', box, confidence: 0.8 },
  box,
  corners: [
    { x: 1, y: 2 },
    { x: 30, y: 2 },
    { x: 30, y: 12 },
    { x: 1, y: 12 },
  ],
  firstSeen: 1_700_000_000_000,
  lastSeen: 1_700_000_000_500.25,
  frames: 12,
  supersedes: 'AB128',
  direction: 'in',
  zone: 'gate',
  known: {
    rule: 'allow',
    plate: 'AB 123',
    name: 'Postman',
    tags: ['post'],
    distance: 0.25,
    exact: false,
    ambiguous: false,
    note: 'mornings',
    validFrom: '2026-01-01',
    validUntil: '2026-12-31',
    verdict: 'allowed',
    code: 'listed',
    reason: 'allowed by the list',
  },
  hashed: true,
  images: { plate: picture, vehicle: picture, frame: picture },
  imageViews: { timestamp: 0, plateBox: box, vehicleBox: box, plate: view, vehicle: view, frame: view },
};

describe('the schema of plate events', () => {
  it('names every field that there is, and no other', () => {
    assertPlateEvent(toJsonEvent(whole));
    assert.deepEqual(Object.keys(plateEventSchema.properties!).sort(), Object.keys(whole).sort());
  });

  it('takes the events of a visit, with pictures, corrections and hashes', () => {
    const book = new VisitBook({ pictures: true, zones: 'all: 0,0 1,0 1,1 0,1' });
    const privacy = new EventPrivacy({ mode: 'hash', key: 'a key for tests, nobody uses it', rotationDays: 1 });
    const kinds: string[] = [];
    const messages = [
      trackedMessage(0, 'AB123CD', 1),
      trackedMessage(1, 'AB123CD', 2),
      trackedMessage(2, 'AB128CD', 9),
      { ...trackedMessage(3, 'XY999ZZ', 1), plates: [{ box: plateBox, confidence: 0.5, text: 'QQ77QQ', textConfidence: 0.9 }], vehicles: [] }, // prettier-ignore
      departedMessage(4),
    ];
    for (const { frame, plates, vehicles, departed } of messages) {
      const input = { cameraId: 'gate', frame: frame as Frame, plates, vehicles, departed, tracked: departed !== undefined || vehicles!.length > 0 }; // prettier-ignore
      const { events, requests, views } = book.update(input);
      for (const { store } of requests) {
        store({ images: { plate: picture }, imageViews: { timestamp: 0, plateBox, plate: view } });
      }
      for (const event of events) {
        assertPlateEvent(toJsonEvent({ ...event, ...views.get(event)?.pictures }));
        assertPlateEvent(privacy.event(event));
        kinds.push(event.supersedes === undefined ? event.event : 'correction');
      }
    }
    assert.deepEqual(kinds, ['provisional', 'final', 'correction', 'final', 'left']);
  });

  const json = toJsonEvent(whole) as unknown as Record<string, unknown>;
  const wrong: [string, Record<string, unknown>][] = [
    ['another version', { version: 2 }],
    ['an event that nobody knows', { event: 'seen' }],
    ['no plate', { plate: '' }],
    ['a confidence in percent', { confidence: 93 }],
    ['three corners', { corners: whole.corners.slice(1) }],
    ['a direction of the compass', { direction: 'north' }],
    ['half a box', { box: { x1: 1, y1: 2 } }],
    ['a picture as bytes', { images: { plate: { type: 'Buffer', data: [1] } } }],
    ['hashed: false', { hashed: false }],
    ['a rule that nobody knows', { known: { rule: 'maybe' } }],
  ];
  for (const [title, change] of wrong) {
    it(`refuses ${title}`, () => assert.throws(() => assertPlateEvent({ ...json, ...change })));
  }
  for (const field of plateEventSchema.required!) {
    it(`needs ${field}`, () => {
      const { [field]: _, ...rest } = json;
      assert.throws(() => assertPlateEvent(rest), new RegExp(field));
    });
  }
});

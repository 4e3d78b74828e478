import assert from 'node:assert/strict';
import type { PlateEvent } from '../../src/events/plate-event.js';
import { isoTime, toJsonEvent } from '../../src/events/shapes/json-event.js';
import { eventShapes, shapeEvent } from '../../src/events/shapes/shape.js';

const AT = Date.UTC(2026, 10, 20, 12, 30, 15, 250);
const jpeg = Buffer.from('\xff\xd8 a picture', 'latin1');

const event: PlateEvent = {
  version: 1,
  event: 'final',
  id: '3f0c7c2e-0000-4000-8000-000000000001',
  camera: 'Gate 1/north',
  plate: 'AB-123 CD',
  normalised: 'AB123CD',
  confidence: 0.93,
  characters: [],
  candidates: [
    { text: 'AB123CD', confidence: 0.8 },
    { text: 'AB128CD', confidence: 0.1 },
  ],
  reads: 3,
  agreeing: 3,
  region: 'GB',
  trackId: 5,
  vehicle: { label: 'car', box: { x1: 100.4, y1: 50.6, x2: 500, y2: 400 }, confidence: 0.88 },
  box: { x1: 200.2, y1: 300.7, x2: 300, y2: 325.5 },
  firstSeen: AT - 2000,
  lastSeen: AT,
  frames: 12,
};
/** Of an earlier frame, in which plate and vehicle were elsewhere. */
const withPictures: PlateEvent = {
  ...event,
  images: { plate: Buffer.from('p'), vehicle: Buffer.from('v'), frame: jpeg },
  imageViews: {
    timestamp: AT - 1000,
    plateBox: { x1: 400, y1: 600, x2: 600, y2: 650 },
    vehicleBox: { x1: 200, y1: 100, x2: 1000, y2: 800 },
    plate: { area: { x1: 370, y1: 592, x2: 630, y2: 658 }, width: 260, height: 66 },
    vehicle: { area: { x1: 176, y1: 79, x2: 1024, y2: 821 }, width: 640, height: 560 },
    frame: { area: { x1: 0, y1: 0, x2: 1920, y2: 1080 }, width: 640, height: 360 },
  },
};
const { frame: _frame, ...smaller } = withPictures.images!;
const { frame: _view, ...smallerViews } = withPictures.imageViews!;
const onlyCrops: PlateEvent = { ...withPictures, images: smaller, imageViews: smallerViews };

describe('the forms of an event', () => {
  it('is ours, for all kinds of events, as they are', () => {
    for (const kind of ['provisional', 'final', 'left'] as const) {
      const given: PlateEvent = { ...event, event: kind };
      assert.deepEqual(shapeEvent(given, 'plateflow'), { topic: 'Gate 1/north', payload: given });
    }
  });

  for (const shape of eventShapes.filter((name) => name !== 'plateflow')) {
    it(`is for ${shape} one per visit: a plate that was read`, () => {
      assert.equal(shapeEvent({ ...event, event: 'provisional' }, shape), undefined);
      assert.equal(shapeEvent({ ...event, event: 'left' }, shape), undefined);
      assert.notEqual(shapeEvent(event, shape), undefined);
    });

    it(`is for ${shape} written in JSON without a picture as bytes, and changes nothing in the event`, () => {
      const copy = structuredClone(withPictures);
      const shaped = shapeEvent(withPictures, shape)!;
      assert.deepEqual(structuredClone(withPictures), copy);
      if (shape !== 'plate-recognizer') assert.doesNotMatch(JSON.stringify(shaped), /"type":"Buffer"/);
    });
  }

  it('is for Plate Recognizer what its webhook posts', () => {
    const shaped = shapeEvent(event, 'plate-recognizer')!;
    assert.deepEqual([shaped.method, shaped.headers], ['POST', { 'content-type': 'multipart/form-data' }]);
    const { json, upload } = shaped.payload as { json: string; upload?: unknown };
    assert.equal(upload, undefined);
    const { hook, data } = JSON.parse(json) as { hook: Record<string, unknown>; data: Record<string, unknown> };
    const filename = `Gate_1_north_${event.id}.jpg`;
    assert.deepEqual(hook, { target: '', id: 'Gate 1/north', event: 'recognition', filename });
    const { timestamp_local: local, results, ...rest } = data;
    assert.deepEqual(rest, { camera_id: 'Gate 1/north', filename, timestamp: '2026-11-20T12:30:15.250Z' });
    assert.match(local as string, /^2026-11-\d\dT\d\d:\d\d:15\.250[+-]\d\d:\d\d$/);
    assert.equal(Date.parse(local as string), AT);
    assert.deepEqual(results, [
      {
        box: { xmin: 200, ymin: 301, xmax: 300, ymax: 326 },
        plate: 'ab123cd',
        score: 0.93,
        dscore: 0.93,
        candidates: [
          { plate: 'ab123cd', score: 0.8 },
          { plate: 'ab128cd', score: 0.1 },
        ],
        region: { code: 'gb', score: 1 },
        vehicle: { score: 0.88, type: 'car', box: { xmin: 100, ymin: 51, xmax: 500, ymax: 400 } },
        direction: '',
      },
    ]);
  });

  it('has, for Plate Recognizer, the largest picture, and the boxes where they are in it', () => {
    const resultOf = (given: PlateEvent): { box: unknown; vehicle: { box: unknown } } => {
      const { json } = shapeEvent(given, 'plate-recognizer')!.payload as { json: string };
      return (JSON.parse(json) as { data: { results: [never] } }).data.results[0];
    };
    const { upload } = shapeEvent(withPictures, 'plate-recognizer')!.payload as { upload: { value: Buffer } };
    assert.ok(Buffer.isBuffer(upload.value) && upload.value.equals(jpeg));
    assert.deepEqual(resultOf(withPictures).box, { xmin: 133, ymin: 200, xmax: 200, ymax: 217 });
    assert.deepEqual(resultOf(withPictures).vehicle.box, { xmin: 67, ymin: 33, xmax: 333, ymax: 267 });
    // In the picture of the vehicle, which is smaller and cut out.
    assert.deepEqual(resultOf(onlyCrops).box, { xmin: 169, ymin: 393, xmax: 320, ymax: 431 });
  });

  it('says, for Plate Recognizer, left and right as angles', () => {
    const angle = (direction: PlateEvent['direction'] & string): unknown => {
      const { json } = shapeEvent({ ...event, direction }, 'plate-recognizer')!.payload as { json: string };
      return (JSON.parse(json) as { data: { results: [{ direction: unknown }] } }).data.results[0].direction;
    };
    assert.deepEqual((['right', 'left', 'in', 'out'] as const).map(angle), [0, 180, '', '']); // prettier-ignore
  });

  it('is for ALPR-Database what it takes at /api/plate-reads', () => {
    const shaped = shapeEvent(event, 'alpr-database')!;
    assert.deepEqual([shaped.method, shaped.headers], ['POST', { 'content-type': 'application/json' }]);
    const box = { x_min: 200, y_min: 301, x_max: 300, y_max: 326 };
    const found = { predictions: [{ plate: 'AB123CD', confidence: 0.93, ...box }] };
    const body = { ai_dump: [{ api: 'alpr', found }], camera: 'Gate 1/north', timestamp: '2026-11-20T12:30:15.250Z' };
    assert.deepEqual(shaped.payload, body);
    const pictured = shapeEvent(withPictures, 'alpr-database')!.payload as Record<string, unknown>;
    assert.deepEqual(Buffer.from(pictured['Image'] as string, 'base64'), jpeg);
    const inPicture = { x_min: 133, y_min: 200, x_max: 200, y_max: 217 };
    assert.deepEqual(pictured['ai_dump'], [{ api: 'alpr', found: { predictions: [{ plate: 'AB123CD', confidence: 0.93, ...inPicture }] } }]); // prettier-ignore
  });

  it('is for Frigate what it publishes of a plate', () => {
    const expected = {
      type: 'lpr',
      id: event.id,
      name: null,
      plate: 'AB123CD',
      score: 0.93,
      camera: 'Gate 1/north',
      timestamp: AT / 1000,
      plate_box: [200, 301, 300, 326],
    };
    assert.deepEqual(shapeEvent(event, 'frigate'), { topic: 'frigate/tracked_object_update', payload: expected });
    const known = { rule: 'allow', name: 'Postman' } as const;
    assert.equal((shapeEvent({ ...event, known }, 'frigate')!.payload as { name: string }).name, 'Postman');
  });

  it('carries a hash where the plate is one', () => {
    const hash = 'ABCDEFGH234567XY';
    const hashed: PlateEvent = {
      ...event,
      plate: hash,
      normalised: hash,
      hashed: true,
      candidates: [],
      characters: [],
    };
    for (const shape of eventShapes) {
      const text = JSON.stringify(shapeEvent(hashed, shape));
      assert.match(text, new RegExp(hash, 'i'));
      assert.doesNotMatch(text, /ab.?123.?cd/i);
    }
  });

  it('is made for times beyond all calendars, too', () => {
    for (const lastSeen of [NaN, -1, 1e20, -Infinity, 8.64e15]) {
      for (const shape of eventShapes) assert.ok(shapeEvent({ ...event, lastSeen }, shape) !== undefined);
    }
    assert.equal(isoTime(0), '1970-01-01T00:00:00.000Z');
  });
});

describe('an event as JSON text', () => {
  it('has its pictures as base64, and is the same otherwise', () => {
    const json = toJsonEvent(withPictures);
    assert.deepEqual(json, {
      ...withPictures,
      images: { plate: 'cA==', vehicle: 'dg==', frame: jpeg.toString('base64') },
    });
    assert.deepEqual(JSON.parse(JSON.stringify(json)), json);
    assert.deepEqual(toJsonEvent(event), event);
  });

  it('has those pictures that are there, also of views into larger memory', () => {
    const large = Buffer.from('xxpicturexx');
    const images = { plate: new Uint8Array(large.buffer, large.byteOffset + 2, 7) };
    const { images: encoded } = toJsonEvent({ ...event, images });
    assert.deepEqual(encoded, { plate: Buffer.from('picture').toString('base64') });
  });
});

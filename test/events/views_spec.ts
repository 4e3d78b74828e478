import assert from 'node:assert/strict';
import type { Plate } from '../../src/detection/types.js';
import { FramePool } from '../../src/frame/pool.js';
import type { Frame } from '../../src/frame/frame.js';
import { takePictures, type EncodeArea, type PictureSettings } from '../../src/events/pictures.js';
import type { EventImages } from '../../src/events/plate-event.js';
import { betterView, ViewShelf, type BestView, type PictureRequest } from '../../src/events/views.js';

const box = { x1: 100, y1: 100, x2: 200, y2: 125 };
const plate = (sharpness: number | undefined, textConfidence: number, size = 1): Plate => ({
  box: { x1: 100, y1: 100, x2: 100 + 100 * size, y2: 100 + 25 * size },
  confidence: 0.9,
  text: 'AB123CD',
  textConfidence,
  ...(sharpness === undefined ? {} : { sharpness }),
});
function store(request: PictureRequest, images: EventImages): void {
  request.store({ images, imageViews: { timestamp: 1, plateBox: box } });
}
const bytes = (count: number): EventImages => ({ frame: Buffer.alloc(count) });

describe('the view that was best to read', () => {
  /** Whether each view in turn is worth a picture. */
  const wanted = (...plates: Plate[]): boolean[] => {
    const shelf = new ViewShelf();
    const owner = {};
    return plates.map((one) => {
      shelf.offer(owner, one, undefined);
      return shelf.takeRequests().length === 1;
    });
  };

  it('is a sharper, larger or surer one, when it clearly is', () => {
    assert.deepEqual(wanted(plate(100, 0.8), plate(110, 0.8), plate(130, 0.8)), [true, false, true]);
    assert.deepEqual(wanted(plate(100, 0.8), plate(100, 0.8, 1.1), plate(100, 0.8, 1.3)), [true, false, true]);
    assert.deepEqual(wanted(plate(100, 0.5), plate(100, 0.55), plate(100, 0.7)), [true, false, true]);
  });

  it('is not a large one that is blurred, or a sharp one that is small', () => {
    assert.deepEqual(wanted(plate(200, 0.9), plate(60, 0.9, 2)), [true, false]);
    assert.deepEqual(wanted(plate(100, 0.9), plate(200, 0.9, 0.4)), [true, false]);
  });

  it('is asked for a few times only while a car comes slowly closer', () => {
    const shelf = new ViewShelf();
    const owner = {};
    for (let frame = 0; frame < 500; frame++) shelf.offer(owner, plate(100, 0.9, 1 + frame / 100), undefined);
    const count = shelf.takeRequests().length;
    assert.ok(count >= 5 && count <= 12, `${count} pictures`);
  });

  it('may be of plates whose sharpness nobody measured, or could not', () => {
    assert.deepEqual(wanted(plate(undefined, 0.5), plate(undefined, 0.9)), [true, true]);
    assert.deepEqual(wanted(plate(-1, 0), plate(-1, 0, 2)), [true, true]);
  });

  it('of two is the one with the higher score', () => {
    const [low, high]: BestView[] = [{ score: 1 }, { score: 2 }];
    assert.equal(betterView(low, high), high);
    assert.equal(betterView(high, low), high);
    assert.equal(betterView(undefined, low), low);
    assert.equal(betterView(undefined, undefined), undefined);
  });
});

describe('the shelf of pictures', () => {
  it('forgets the oldest beyond its budget, and never more', () => {
    const shelf = new ViewShelf(1000);
    const owners: { view?: BestView }[] = Array.from({ length: 20 }, () => ({}));
    for (const owner of owners) {
      shelf.offer(owner, plate(100, 0.9), undefined);
      store(shelf.takeRequests()[0]!, bytes(300));
      assert.ok(shelf.bytes <= 1000, `${shelf.bytes} bytes`);
    }
    assert.deepEqual(owners.map(({ view }) => view?.pictures !== undefined).lastIndexOf(false), 16);
    assert.equal(shelf.bytes, 900);
  });

  it('keeps the one at hand, even if that alone is beyond it', () => {
    const shelf = new ViewShelf(1000);
    const [small, large]: { view?: BestView }[] = [{}, {}];
    for (const [owner, size] of [
      [small!, 500],
      [large!, 5000],
    ] as const) {
      shelf.offer(owner, plate(100, 0.9), undefined);
      store(shelf.takeRequests()[0]!, bytes(size));
    }
    assert.deepEqual([small!.view?.pictures, large!.view?.pictures?.images.frame?.length], [undefined, 5000]);
  });

  it('counts a better picture instead of the one before, and none that was released', () => {
    const shelf = new ViewShelf();
    const owner: { view?: BestView } = {};
    shelf.offer(owner, plate(100, 0.5), undefined);
    store(shelf.takeRequests()[0]!, bytes(300));
    shelf.offer(owner, plate(200, 0.9), undefined);
    const [late] = shelf.takeRequests();
    store(late!, bytes(500));
    assert.deepEqual([shelf.bytes, shelf.size], [500, 1]);
    shelf.release(owner.view);
    shelf.release(owner.view);
    assert.deepEqual([shelf.bytes, shelf.size], [0, 0]);
    // What was being encoded meanwhile is for the event at hand; nobody keeps it.
    store(late!, bytes(700));
    assert.deepEqual([shelf.bytes, shelf.size, owner.view?.pictures?.images.frame?.length], [0, 0, 700]);
  });
});

describe('taking pictures', () => {
  const pool = new FramePool();
  const frameOf = (): Frame =>
    pool.acquire({ cameraId: 'gate', sequence: 1, timestamp: 5000, width: 640, height: 480 });
  const settings: PictureSettings = { plate: true, vehicle: true, frame: true, quality: 70, maxWidth: 320 };

  /** What comes of one request. */
  async function take(
    encode: EncodeArea,
    { given = settings, plateBox = box, vehicle = true, patience = 1000 } = {},
  ): Promise<{ stored: Parameters<PictureRequest['store']>[0][]; warnings: string[] }> {
    const stored: Parameters<PictureRequest['store']>[0][] = [];
    const warnings: string[] = [];
    const request: PictureRequest = {
      plate: plateBox,
      ...(vehicle ? { vehicle: { x1: 0, y1: 20.5, x2: 400, y2: 300 } } : {}),
      store: (pictures) => stored.push(pictures),
    };
    await takePictures(frameOf(), [request], given, encode, (message) => warnings.push(message), patience);
    return { stored, warnings };
  }

  it('makes those that were asked for, with a margin, within the frame, and says what they show', async () => {
    const asked: unknown[] = [];
    const { stored, warnings } = await take(async (_, options) => {
      asked.push(options);
      return Buffer.from('jpeg');
    });
    const areas = {
      plate: { x1: 85, y1: 96, x2: 215, y2: 129 },
      vehicle: { x1: 0, y1: 12, x2: 412, y2: 309 },
      frame: { x1: 0, y1: 0, x2: 640, y2: 480 },
    };
    assert.deepEqual(asked, Object.values(areas).map((area) => ({ area, quality: 70, maxWidth: 320 }))); // prettier-ignore
    assert.deepEqual(stored[0]!.imageViews, {
      timestamp: 5000,
      plateBox: box,
      vehicleBox: { x1: 0, y1: 20.5, x2: 400, y2: 300 },
      plate: { area: areas.plate, width: 130, height: 33 },
      vehicle: { area: areas.vehicle, width: 320, height: 231 },
      frame: { area: areas.frame, width: 320, height: 240 },
    });
    assert.deepEqual([Object.keys(stored[0]!.images), warnings], [['plate', 'vehicle', 'frame'], []]);
  });

  it('leaves out what was not asked for, and vehicles that nobody saw', async () => {
    const given = { ...settings, frame: false };
    const { stored } = await take(async () => Buffer.from('jpeg'), { given, vehicle: false });
    assert.deepEqual([Object.keys(stored[0]!.images), 'vehicleBox' in stored[0]!.imageViews], [['plate'], false]);
  });

  it('leaves out a plate beyond the edge of the frame', async () => {
    const plateBox = { x1: 900, y1: 100, x2: 1000, y2: 125 };
    const { stored, warnings } = await take(async () => Buffer.from('jpeg'), { plateBox, vehicle: false });
    assert.deepEqual([Object.keys(stored[0]!.images), warnings], [['frame'], []]);
  });

  it('gives the others when one fails, and one warning', async () => {
    const { stored, warnings } = await take(async (_, { area }) => {
      if (area.x2 - area.x1 < 640) throw new Error('no memory');
      return Buffer.from('jpeg');
    });
    assert.deepEqual(Object.keys(stored[0]!.images), ['frame']);
    assert.deepEqual(warnings, ['A picture is missing from a plate event: no memory']);
  });

  it('stores nothing when all fail: what was there before stays', async () => {
    const { stored, warnings } = await take(() => {
      throw new Error('no library');
    });
    assert.deepEqual([stored, warnings.length], [[], 1]);
  });

  it('does not wait for ever', async () => {
    const { stored, warnings } = await take(() => new Promise(() => undefined), { patience: 20 });
    assert.deepEqual(stored, []);
    assert.match(warnings[0]!, /Expected a JPEG within 20 ms but received none$/);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Plate } from '../../src/detection/types.js';
import { LastPlates, type ReadPlate, type Strip } from '../../src/overlay/last-plates.js';

const frame = { width: 1920, height: 1080 };

interface Read {
  track?: number;
  settled?: boolean;
  /** Width of the plate, px. */
  width?: number;
  x?: number;
  /** What was read in this frame, where it differs. */
  own?: string;
}

function read(text: string, { track, settled = false, width = 100, x = 500, own = text }: Read = {}): ReadPlate {
  const box = { x1: x, y1: 400, x2: x + width, y2: 400 + width / 4 };
  const plate: Plate = { box, confidence: 0.9, text: own, textConfidence: 0.9 };
  return { plate, track, text, confidence: 0.9, settled };
}

const see = (last: LastPlates, ...reads: ReadPlate[]): Strip => last.see(frame, reads, new Map());
const texts = (strip: Strip): string[] => strip.plates.map(({ text }) => text);
const isReady = (strip: Strip): Promise<boolean> =>
  Promise.race([strip.ready.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))]);

/** Sees and is done at once. */
function pass(last: LastPlates, ...reads: ReadPlate[]): Strip {
  const strip = see(last, ...reads);
  strip.done(true);
  return strip;
}

describe('The last plates', () => {
  it('are five, the newest first, each once', () => {
    const last = new LastPlates();
    for (let n = 1; n <= 7; n++) pass(last, read(`AB ${n}`, { track: n }));
    pass(last, read('AB 5', { track: 5 }));
    assert.deepEqual(texts(pass(last)), ['AB 7', 'AB 6', 'AB 5', 'AB 4', 'AB 3']);
  });

  it('are shown from the very frame on in which they were read, with a picture cut from it', () => {
    const strip = see(new LastPlates(), read('AB 1', { track: 1 }));
    assert.deepEqual(texts(strip), ['AB 1']);
    const [cut] = strip.cuts;
    assert.equal(cut!.pixels, strip.plates[0]!.picture.pixels);
    // 100 × 25 with a margin, made as large as there is room.
    assert.deepEqual([cut!.width, cut!.height], [300, 75]);
    assert.ok(cut!.corners[0].x < 500 && cut!.corners[2].x > 600);
  });

  it('keep the shape of a plate with two lines', () => {
    const two = read('AB 1');
    two.plate.box.y2 = two.plate.box.y1 + 60;
    const [cut] = see(new LastPlates(), two).cuts;
    assert.ok(Math.abs(cut!.width / cut!.height - 100 / 60) < 0.05);
    assert.ok(cut!.width * cut!.height * 3 <= cut!.pixels.byteLength);
  });

  it('take the text of their track as it gets better, and keep it once it has settled', () => {
    const last = new LastPlates();
    pass(last, read('A8 1', { track: 1 }));
    assert.deepEqual(texts(pass(last, read('AB 1', { track: 1 }))), ['AB 1']);
    pass(last, read('AB 1', { track: 1, settled: true }));
    assert.deepEqual(texts(pass(last, read('XX 1', { track: 1 }))), ['AB 1']);
    const later = new Map([[1, { text: 'AB 11', confidence: 1, settled: true }]]);
    assert.deepEqual(texts(last.see(frame, [], later)), ['AB 11'], 'a track whose plate is not looked at any more');
  });

  it('know a plate again whose track was lost', () => {
    const last = new LastPlates();
    pass(last, read('AB 1', { track: 1 }));
    pass(last, read('AB 1', { track: 9 }));
    assert.deepEqual(texts(pass(last, read('AB 2', { track: 9 }))), ['AB 2']);
  });

  it('are cut again from a frame in which they are better to see, and from no other', () => {
    const last = new LastPlates();
    const cuts = (width: number, more: Read = {}) => pass(last, read('AB 1', { track: 1, width, ...more })).cuts.length;
    assert.deepEqual([cuts(100), cuts(105), cuts(90), cuts(120), cuts(60), cuts(140)], [1, 0, 0, 1, 0, 1]);
    assert.equal(cuts(300, { x: 1625 }), 0, 'larger, but cut off by the edge');
    assert.equal(cuts(300, { own: 'XX' }), 0, 'larger, but misread');
  });

  it('wait for pictures that another drawing is cutting out just now, and for no others', async () => {
    const last = new LastPlates();
    const first = see(last, read('AB 1', { track: 1 }));
    assert.equal(await isReady(first), true, 'its own ones it makes itself');
    const second = see(last, read('AB 2', { track: 2 }));
    assert.equal(await isReady(second), false);
    first.done(true);
    assert.equal(await isReady(second), true);
    second.done(true);
    assert.equal(await isReady(see(last)), true);
  });

  it('lose the plate whose drawing has failed, and let those go on that waited for it', async () => {
    const last = new LastPlates();
    const first = see(last, read('AB 1', { track: 1 }));
    const second = see(last, read('AB 2', { track: 2 }));
    first.done(false);
    assert.equal(await isReady(second), true);
    second.done(true);
    assert.deepEqual(texts(pass(last)), ['AB 2']);
  });

  it('keep a better picture that a later drawing has taken when an earlier one fails', () => {
    const last = new LastPlates();
    const first = see(last, read('AB 1', { track: 1 }));
    const second = see(last, read('AB 1', { track: 1, width: 200 }));
    second.done(true);
    first.done(false);
    assert.deepEqual(texts(pass(last)), ['AB 1']);
  });

  it('use memory again, but none that a drawing still shows', () => {
    const last = new LastPlates();
    const shown = see(last, read('AB 0', { track: 0 }));
    const memory = new Set<SharedArrayBuffer>();
    for (let n = 1; n <= 200; n++) {
      const { cuts } = pass(last, read(`AB ${n}`, { track: n }));
      assert.notEqual(cuts[0]!.pixels, shown.plates[0]!.picture.pixels);
      memory.add(cuts[0]!.pixels);
    }
    assert.ok(memory.size <= 10, `${memory.size} pieces of memory`);
    shown.done(true);
  });

  it('never put two plates of a crowd into the same memory', () => {
    const last = new LastPlates();
    for (let round = 0; round < 3; round++) {
      const reads = Array.from({ length: 12 }, (_, n) => read(`R${round} ${n}`, { track: round * 100 + n }));
      const strip = see(last, ...reads);
      assert.equal(new Set(strip.cuts.map(({ pixels }) => pixels)).size, strip.cuts.length);
      strip.done(true);
    }
  });

  it('leave out a plate without a size', () => {
    assert.deepEqual(texts(see(new LastPlates(), read('AB 1', { width: 0 }))), []);
  });

  it('are forgotten when asked to', () => {
    const last = new LastPlates();
    pass(last, read('AB 1'));
    last.clear();
    assert.deepEqual(texts(pass(last)), []);
  });
});

import assert from 'node:assert/strict';
import { readViewArea, ViewArea } from '../../src/areas/view-area.js';
import { readZones, zoneOf } from '../../src/areas/zones.js';
import { seededRandom } from '../support/random.js';

const GREY = 114;
const BRIGHT = 200;

/** One digit per pixel, rows as text: 1 looked at, 0 painted over. @throws when a pixel is neither as it was nor grey */
function painted(area: ViewArea, width: number, height: number): string[] {
  const pixels = new Uint8Array(width * height * 3).fill(BRIGHT);
  area.paint(pixels, width, height);
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const values = [...pixels.subarray((y * width + x) * 3, (y * width + x + 1) * 3)];
      assert.ok(
        values.every((value) => value === values[0] && (value === GREY || value === BRIGHT)),
        `${values}`,
      );
      return values[0] === GREY ? '0' : '1';
    }).join(''),
  );
}

/** The same by the definition: is the middle of each pixel in a region and in no mask? */
function byDefinition(regions: string, masks: string, width: number, height: number): string[] {
  const [looked, hidden] = [readZones(regions), readZones(masks)];
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const pixel = { x1: x, y1: y, x2: x + 1, y2: y + 1 };
      const isIn = (zones: typeof looked) => zoneOf(zones, pixel, { width, height }) !== undefined;
      return (looked.length === 0 || isIn(looked)) && !isIn(hidden) ? '1' : '0';
    }).join(''),
  );
}

function boxOf(rows: readonly string[]): object | undefined {
  const all = rows.flatMap((row, y) => [...row].flatMap((digit, x) => (digit === '1' ? [{ x, y }] : [])));
  if (all.length === 0) return undefined;
  const xs = all.map(({ x }) => x);
  const ys = all.map(({ y }) => y);
  return { x1: Math.min(...xs), y1: Math.min(...ys), x2: Math.max(...xs) + 1, y2: Math.max(...ys) + 1 };
}

describe('what of a frame is looked at', () => {
  it('is everything without regions and masks', () => {
    assert.equal(readViewArea('', ''), undefined);
    assert.equal(readViewArea(undefined, ' \n'), undefined);
  });

  it('is the regions less the masks; the rest is painted grey', () => {
    const area = readViewArea('left: 0,0 0.5,0 0.5,1 0,1', 'clock: 0,0 0.25,0 0.25,0.5 0,0.5')!;
    assert.deepEqual(painted(area, 8, 4), ['00110000', '00110000', '11110000', '11110000']);
    assert.deepEqual(area.focus(8, 4), { x1: 0, y1: 0, x2: 4, y2: 4 });
    assert.equal(area.share(8, 4), 12 / 32);
  });

  it('is everything but the masks where there is no region', () => {
    const area = readViewArea('', 'sky: 0,0 1,0 1,0.5 0,0.5')!;
    assert.deepEqual(painted(area, 3, 4), ['000', '000', '111', '111']);
    assert.deepEqual(area.focus(3, 4), { x1: 0, y1: 2, x2: 3, y2: 4 });
  });

  it('follows a size that changes', () => {
    const area = readViewArea('left: 0,0 0.5,0 0.5,1 0,1', '')!;
    for (const [width, height] of [
      [4, 1],
      [8, 2],
      [2, 1],
      [6, 1],
      [10, 1],
      [4, 1],
    ] as const) {
      assert.deepEqual(painted(area, width, height), Array(height).fill('1'.repeat(width / 2) + '0'.repeat(width / 2)));
      assert.deepEqual(area.focus(width, height), { x1: 0, y1: 0, x2: width / 2, y2: height });
    }
  });

  it('gives a focus of its own to everybody', () => {
    const area = readViewArea('left: 0,0 0.5,0 0.5,1 0,1', '')!;
    area.focus(8, 4)!.x2 = 1;
    assert.equal(area.focus(8, 4)!.x2, 4);
  });

  it('holds the pixels whose middles the polygons hold, whatever their form', () => {
    const random = seededRandom(6);
    const polygons = (name: string, count: number): string =>
      Array.from({ length: count }, (_, index) => {
        const points = Array.from({ length: 3 + Math.floor(random() * 5) }, () =>
          // Some on the frame's edge and on each other's rows.
          [random(), random()].map((value) => (random() < 0.2 ? Math.round(value * 4) / 4 : value)).join(','),
        );
        return `${name}${index}: ${points.join(' ')}`;
      }).join('\n');
    let compared = 0;
    while (compared < 150) {
      const regions = polygons('r', Math.floor(random() * 4));
      const masks = polygons('m', Math.floor(random() * 3));
      const [width, height] = [1 + Math.floor(random() * 40), 1 + Math.floor(random() * 30)];
      let area: ViewArea;
      try {
        area = new ViewArea(readZones(regions), readZones(masks));
      } catch {
        // Points on one line.
        continue;
      }
      const expected = byDefinition(regions, masks, width, height);
      const what = `${width}x${height}\n${regions}\n${masks}`;
      assert.deepEqual(painted(area, width, height), expected, what);
      assert.deepEqual(area.focus(width, height), boxOf(expected), what);
      assert.equal(
        Math.round(area.share(width, height) * width * height),
        expected.join('').replaceAll('0', '').length,
        what,
      );
      compared++;
    }
  });

  it('cannot be nothing', () => {
    const all = 'all: 0,0 1,0 1,1 0,1';
    assert.throws(() => readViewArea('', all), /Expected regions and masks that leave something to look at/);
    assert.throws(() => readViewArea('gate: 0.4,0.4 0.6,0.4 0.6,0.6', all), { code: 'ALPR_CONFIG' });
  });

  it('names the polygon that cannot be used as its setting does', () => {
    assert.throws(() => readViewArea('gate: 0,0 1,0', ''), /3 to 100 points for region "gate" but received 2$/);
    assert.throws(() => readViewArea('', '0,0 1,0 1,1'), /points for mask 1 but received no colon$/);
    assert.throws(() => readViewArea('', 7), /Expected text for masks but received number$/);
    assert.throws(() => readViewArea('', 'a: 0,0 2,0 1,1'), /for point 2 of mask "a"/);
  });

  it('paints large parts whole', () => {
    const area = readViewArea('', 'all but a corner: 0.01,0 1,0 1,1 0,1 0,0.01')!;
    const pixels = new Uint8Array(640 * 360 * 3).fill(BRIGHT);
    area.paint(pixels, 640, 360);
    const rows = byDefinition('', 'all but a corner: 0.01,0 1,0 1,1 0,1 0,0.01', 640, 360).join('');
    assert.equal(pixels.filter((value) => value === BRIGHT).length, 3 * rows.replaceAll('0', '').length);
    assert.equal(pixels.filter((value) => value === GREY).length, 3 * rows.replaceAll('1', '').length);
  });

  it('paints nothing beyond the picture', () => {
    const area = readViewArea('left: 0,0 0.5,0 0.5,1 0,1', '')!;
    const pixels = new Uint8Array(4 * 2 * 3 + 5).fill(BRIGHT);
    area.paint(pixels, 4, 2);
    assert.deepEqual([...pixels.subarray(24)], Array(5).fill(BRIGHT));
  });
});

import assert from 'node:assert/strict';
import { readZones, zoneOf } from '../../src/areas/zones.js';

const frame = { width: 1000, height: 500 };
/** A box of 20 × 10 px whose middle is at this share of the frame. */
const at = (x: number, y: number) => ({
  x1: x * 1000 - 10,
  x2: x * 1000 + 10,
  y1: y * 500 - 5,
  y2: y * 500 + 5,
});

describe('zones', () => {
  const forms: [string, string][] = [
    ['lines', 'gate: 0.4,0.4 0.6,0.4 0.6,0.6 0.4,0.6\n\n drive : 0,0.2; 1,0.2 ;1,1 ; 0,1 \r\n'],
    [
      'a JSON object',
      '{"gate": [[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.6]], "drive": [[0, 0.2], [1, 0.2], [1, 1], [0, 1]]}',
    ],
    [
      'a JSON list',
      '[{"name": "gate", "points": "0.4,0.4 0.6,0.4 0.6,0.6 0.4,0.6"}, {"name": "drive", "points": [{"x": 0, "y": 0.2}, {"x": 1, "y": 0.2}, {"x": 1, "y": 1}, {"x": 0, "y": 1}]}]',
    ],
  ];
  for (const [title, text] of forms) {
    it(`are read from ${title}; the first that holds the middle of the box counts`, () => {
      const zones = readZones(text);
      const zoneAt = (x: number, y: number): string | undefined => zoneOf(zones, at(x, y), frame);
      assert.deepEqual(
        [zoneAt(0.5, 0.5), zoneAt(0.41, 0.59), zoneAt(0.39, 0.5), zoneAt(0.5, 0.61), zoneAt(0.5, 0.1)],
        ['gate', 'gate', 'drive', 'drive', undefined],
      );
    });
  }

  it('may have any form: a hollow, a figure of eight', () => {
    const hollow = readZones('u: 0,0 0.3,0 0.3,0.7 0.7,0.7 0.7,0 1,0 1,1 0,1');
    assert.equal(zoneOf(hollow, at(0.5, 0.5), frame), undefined);
    assert.equal(zoneOf(hollow, at(0.5, 0.8), frame), 'u');
    const eight = readZones('8: 0,0 1,1 1,0 0,1');
    assert.equal(zoneOf(eight, at(0.1, 0.5), frame), '8');
    assert.equal(zoneOf(eight, at(0.5, 0.1), frame), undefined);
  });

  it('are none for an empty setting, and for a frame that has no size', () => {
    assert.deepEqual([readZones(''), readZones(undefined), readZones(' \n ')], [[], [], []]);
    const zones = readZones('all: 0,0 1,0 1,1 0,1');
    assert.equal(zoneOf(zones, at(0.5, 0.5), { width: 0, height: 0 }), undefined);
    assert.equal(zoneOf(zones, { x1: NaN, y1: 0, x2: 1, y2: 1 }, frame), undefined);
  });

  it('may have names that mean something to JavaScript', () => {
    const zones = readZones('__proto__: 0,0 1,0 1,1 0,1');
    assert.equal(zoneOf(zones, at(0.5, 0.5), frame), '__proto__');
  });

  const wrong: [string, unknown, RegExp][] = [
    ['no name', '0,0 1,0 1,1', /a name, a colon and points for zone 1 but received no colon$/],
    ['an empty name', ': 0,0 1,0 1,1', /a name of 1 to 60 characters for zone 1 but received 0$/],
    ['a name that is a book', `${'x'.repeat(61)}: 0,0 1,0 1,1`, /received 61$/],
    ['two points', 'a: 0,0 1,1', /3 to 100 points for zone "a" but received 2$/],
    ['too many points', `a: ${'0,0 '.repeat(101)}`, /3 to 100 points for zone "a" but received 101$/],
    ['a point outside the picture', 'a: 0,0 1,0 1.2,1', /from 0 to 1 for point 3 of zone "a" but received "1\.2,1"$/],
    ['pixels', 'a: 10,10 500,10 500,500', /for point 1 of zone "a" but received "10,10"$/],
    ['half a point', 'a: 0,0 1, 1,1', /for point 2 of zone "a" but received "1,"$/],
    ['words', 'a: here there everywhere', /for point 1 of zone "a" but received "here"$/],
    ['a line', 'a: 0,0 0.5,0.5 1,1', /an area for zone "a" but received points on one line$/],
    ['one zone twice', 'a: 0,0 1,0 1,1\n a : 0,0 1,0 1,1', /each zone once but received "a" twice$/],
    ['broken JSON', '{"a": [[0,0]', /Expected JSON .* received broken JSON$/],
    ['JSON without points', '{"a": 7}', /points like 0\.1,0\.5 for zone "a" but received number$/],
    ['JSON with null', '[null]', /\{"name", "points"\} for zone 1 but received object$/],
    ['JSON with null for a share', '{"a": [[0,0],[1,null],[1,1]]}', /for point 2 of zone "a" but received a list$/],
    [
      '51 zones',
      Array.from({ length: 51 }, (_, n) => `z${n}: 0,0 1,0 1,1`).join('\n'),
      /at most 50 zones but received 51$/,
    ],
    ['a novel', 'x'.repeat(20_001), /at most 20000 characters for zones but received 20001$/],
    ['something else than text', 7, /Expected text for zones but received number$/],
  ];
  for (const [title, setting, message] of wrong) {
    it(`are refused with ${title}`, () => {
      assert.throws(() => readZones(setting), { code: 'ALPR_CONFIG', message });
    });
  }
});

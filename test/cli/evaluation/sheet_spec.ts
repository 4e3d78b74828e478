import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import type { SourceOutcomes } from '../../../src/cli/evaluation/groups.js';
import { contactSheet, worstOf } from '../../../src/cli/evaluation/sheet.js';
import { readings, scene } from './outcomes.js';

const plate = { x1: 10, y1: 10, x2: 50, y2: 30 };

describe('The contact sheet', () => {
  it('shows sure misreadings first, then what was not read, then what was not found, and nothing that is right', () => {
    const crops = readings(['AA11', 'AB11', 0.7], ['BB22', 'BB22', 1], ['CC33', '', 0], ['DO44', 'DD44', 0.99]);
    const found = { box: plate, confidence: 0.5 };
    const scenes = [
      scene([{ box: plate }], []),
      scene([{ box: plate, text: 'EE55' }], []),
      scene([{ box: plate }], [found]),
    ];
    const sources: SourceOutcomes[] = [
      { name: 'cars', kind: 'vehicles', outcomes: [scene([{ box: plate }], [])] },
      { name: 'scenes', kind: 'plates', outcomes: scenes },
      { name: 'crops', kind: 'text', outcomes: crops },
    ];
    const shown = (count: number) => worstOf(sources, count).map(({ label }) => label.expected ?? 'no text');
    assert.deepEqual(shown(20), ['DO44', 'AA11', 'CC33', 'EE55', 'no text']);
    assert.deepEqual(shown(2), ['DO44', 'AA11']);
  });

  it('cuts the plate out and writes beside it', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-sheet-'));
    const file = path.join(folder, 'red.png');
    // A red plate on blue: the crop must show red in its middle.
    const red = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#f00000' } })
      .png()
      .toBuffer();
    const blue = sharp({ create: { width: 200, height: 100, channels: 3, background: '#0000f0' } });
    await blue
      .composite([{ input: red, left: 10, top: 10 }])
      .png()
      .toFile(file);
    const outcome = scene([{ box: plate, text: 'AB12' }], []);
    const failure = { source: 'scenes', file, label: outcome.labels[0]! };
    try {
      const jpeg = await contactSheet(Array.from({ length: 5 }, () => failure));
      const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
      assert.deepEqual([info.format, info.width, info.height], ['raw', 4 * 300, 2 * 168]);
      const pixel = (x: number, y: number): number[] => [...data.subarray((y * info.width + x) * 3).subarray(0, 3)];
      for (const [x, y] of [
        [150, 54],
        [3 * 300 + 150, 54],
        [150, 168 + 54],
      ] as const) {
        const [r, , b] = pixel(x, y) as [number, number, number];
        assert.ok(r > 200 && b < 60, `${pixel(x, y).join()} at ${x}, ${y}`);
      }
      // Around a label a tenth of it shows: 1 px above the plate's 20 is 4 px of the crop.
      const [r, , b] = pixel(150, 6 + 3) as [number, number, number];
      assert.ok(b > r, 'the surroundings');
      const lit = (x1: number, y1: number, x2: number, y2: number): number => {
        let count = 0;
        for (let y = y1; y < y2; y++) for (let x = x1; x < x2; x++) if (pixel(x, y)[1]! > 150) count++;
        return count;
      };
      assert.ok(lit(12, 104, 290, 165) > 100, 'text under the crop');
      assert.equal(lit(310, 168 + 10, 1190, 330), 0, 'nothing where no failure is');
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });
});

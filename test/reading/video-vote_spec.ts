import assert from 'node:assert/strict';
import { foldLookAlikes } from '../../src/detection/look-alikes.js';
import type { Network } from '../../src/device/device.js';
import { acquireDevice, type DeviceShare } from '../../src/device/shared.js';
import { Catalogue } from '../../src/models/catalogue.js';
import { chooseFrom, plateSequence, readSequence, samplePlates } from '../support/plate-sequences.js';
import { seededRandom } from '../support/random.js';

/** Sequences per plate of the sample, and frames in each. `npm run bench -- vote` has more of them, and real videos. */
const SEQUENCES = 10;
const FRAMES = 12;

describe('The vote over a noisy sequence of frames', function () {
  this.timeout(300_000);
  let share: DeviceShare;
  let reader: Network;

  before(async () => {
    share = acquireDevice({ backend: 'cpu', runtime: 'auto' });
    reader = await share.device.open(new Catalogue([]).get('plateflow-reader'));
  });
  after(async () => {
    await reader.close();
    await share.release();
  });

  it('is right more often than the best single frame and than the first confident reading, and settles on nothing wrong', async () => {
    const plates = samplePlates();
    assert.equal(plates.length, 6);
    const random = seededRandom(3);
    const right = { vote: 0, best: 0, first: 0, frames: 0, all: 0 };
    const wronglySettled: string[] = [];
    for (const plate of plates) {
      const isRight = (text: string): number => Number(foldLookAlikes(text) === foldLookAlikes(plate.text));
      for (let count = 0; count < SEQUENCES; count++) {
        const sequence = await plateSequence(plate, FRAMES, { first: 46, last: 76 }, random);
        const { vote, best, first, frames, settledAfter } = chooseFrom(
          await readSequence(sequence, share.device, reader),
        );
        right.vote += isRight(vote);
        right.best += isRight(best);
        right.first += isRight(first);
        right.frames += frames.reduce((sum, text) => sum + isRight(text), 0) / FRAMES;
        right.all++;
        if (settledAfter !== undefined && isRight(vote) === 0) wronglySettled.push(`${vote} for ${plate.text}`);
      }
    }
    const told = JSON.stringify(right);
    // Hard enough that it matters how one chooses, and not hopeless.
    assert.ok(right.frames > 0.25 * right.all && right.frames < 0.75 * right.all, told);
    assert.ok(right.vote > right.best, told);
    assert.ok(right.vote > right.first, told);
    assert.ok(right.vote >= 0.9 * right.all, told);
    assert.deepEqual(wronglySettled, []);
  });
});

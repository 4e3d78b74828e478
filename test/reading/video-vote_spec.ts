import assert from 'node:assert/strict';
import { calibrationOf, type SureAnswer } from '../../src/cli/evaluation/calibration.js';
import { foldLookAlikes } from '../../src/detection/look-alikes.js';
import type { Network } from '../../src/device/device.js';
import { acquireDevice, type DeviceShare } from '../../src/device/shared.js';
import { Catalogue } from '../../src/models/catalogue.js';
import { chooseFrom, plateSequence, readSequence, samplePlates } from '../support/plate-sequences.js';
import { seededRandom } from '../support/random.js';

/** Sequences per plate of the sample, and frames in each. `npm run bench -- vote` has more of them, and real videos. */
const SEQUENCES = 10;
const FRAMES = 12;
/** The same of plates that stand. */
const STANDING = 5;

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

  it('is right as often as the surest frame or more, more often than the first confident reading, and settles on nothing wrong', async () => {
    const plates = samplePlates();
    assert.equal(plates.length, 6);
    const random = seededRandom(3);
    const right = { vote: 0, best: 0, first: 0, frames: 0, all: 0 };
    const wronglySettled: string[] = [];
    const answers: SureAnswer[] = [];
    for (const plate of plates) {
      const isRight = (text: string): number => Number(foldLookAlikes(text) === foldLookAlikes(plate.text));
      for (let count = 0; count < SEQUENCES; count++) {
        const sequence = await plateSequence(plate, FRAMES, { first: 46, last: 76 }, random);
        const { vote, best, first, frames, settledAfter, votes } = chooseFrom(
          await readSequence(sequence, share.device, reader),
        );
        right.vote += isRight(vote);
        for (const { text, confidence } of votes) answers.push({ confidence, right: isRight(text) === 1 });
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
    assert.ok(right.vote >= right.best, told);
    assert.ok(right.vote > right.first, told);
    assert.ok(right.vote >= 0.9 * right.all, told);
    assert.deepEqual(wronglySettled, []);
    // Is 0.9 right nine times of ten?
    const { expectedCalibrationError } = calibrationOf(answers)!;
    assert.ok(expectedCalibrationError < 0.1, `${expectedCalibrationError}`);
  });

  it('settles on nothing within a second of a plate that stands, and is no surer at its end than it ought to be', async () => {
    const random = seededRandom(11);
    const last: SureAnswer[] = [];
    const settled: string[] = [];
    for (const plate of samplePlates()) {
      for (let count = 0; count < STANDING; count++) {
        const sequence = await plateSequence(plate, FRAMES, { first: 70, last: 70 }, random);
        const { vote, votes, settledAfter } = chooseFrom(await readSequence(sequence, share.device, reader));
        const right = foldLookAlikes(vote) === foldLookAlikes(plate.text);
        last.push({ confidence: votes.at(-1)?.confidence ?? 0, right });
        if (settledAfter !== undefined) settled.push(vote);
      }
    }
    assert.deepEqual(settled, []);
    const { confidence, right } = calibrationOf(last)!;
    // The same misreading twelve times: who took the frames for independent would state nearly 1.
    assert.ok(right > 0.2, `${right}`);
    assert.ok(confidence < right + 0.1, `stated ${confidence}, right ${right}`);
  });
});

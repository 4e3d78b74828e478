import assert from 'node:assert/strict';
import type { RatedReading } from '../../src/detection/types.js';
import { leastTelling, weighReading } from '../../src/reading/sights.js';
import { plateVoting, votePlate } from '../../src/reading/vote.js';
import { ReadingMemory } from '../../src/tracking/memory.js';
import { seededRandom } from '../support/random.js';

const RULE = { settleReads: 3, settleConfidence: 0.9 };
const LARGE_AND_SHARP = { width: 120, height: 30, sharpness: 500, timestamp: 0 };

function rated(
  text: string,
  confidence: number | number[] = 0.95,
  quality: Partial<RatedReading['quality']> = {},
): RatedReading {
  const of = (index: number): number => (typeof confidence === 'number' ? confidence : confidence[index]!);
  const characters = [...text].map((character, index) => ({ text: character, confidence: of(index) }));
  const whole = characters.reduce((product, character) => product * character.confidence, 1);
  const reading = { text, confidence: whole, characters, candidates: [{ text, confidence: whole }], lines: 1 };
  return { reading, quality: { ...LARGE_AND_SHARP, ...quality } };
}
/** Readings of one plate at 30 frames per second. */
function frames(
  count: number,
  where: (index: number) => Partial<RatedReading['quality']>,
  confidence = 0.99,
): RatedReading[] {
  return Array.from({ length: count }, (_, n) =>
    rated('AB123', confidence, { timestamp: (n * 1000) / 30, ...where(n) }),
  );
}
const vote = (...readings: RatedReading[]): NonNullable<ReturnType<typeof votePlate>> => votePlate(readings, RULE)!;

describe('vote over readings', () => {
  const texts: { title: string; reads: string[]; expected: string }[] = [
    { title: 'repeats a single reading', reads: ['AB123'], expected: 'AB123' },
    { title: 'outvotes one wrong character', reads: ['AB123', 'A8123', 'AB123'], expected: 'AB123' },
    { title: 'outvotes a character lost at the front', reads: ['AB1234', 'B1234', 'AB1234'], expected: 'AB1234' },
    { title: 'outvotes a character lost at the end', reads: ['AB1234', 'AB123', 'AB1234'], expected: 'AB1234' },
    { title: 'outvotes an edge read as a character', reads: ['AB1234', 'IAB1234', 'AB12341', 'AB1234'], expected: 'AB1234' },
    { title: 'puts together what no single reading has right', reads: ['XB1234', 'AX1234', 'AB1X34', 'AB12X4', 'AB123X'], expected: 'AB1234' },
    { title: 'aligns a lost and a made-up character in one text', reads: ['AB1234', 'B12347', 'AB1234', 'AB1284'], expected: 'AB1234' },
    { title: 'keeps doubled characters', reads: ['AA1122', 'AA1122', 'A1122'], expected: 'AA1122' },
    { title: 'reads characters outside the basic plane as one', reads: ['😀A12', '😀A12', '😀B12'], expected: '😀A12' },
  ]; // prettier-ignore
  for (const { title, reads, expected } of texts) {
    it(title, () => {
      assert.equal(vote(...reads.map((text) => rated(text))).text, expected);
      assert.equal(vote(...reads.reverse().map((text) => rated(text))).text, expected, 'in reverse order');
    });
  }

  it('has nothing to say without text', () => {
    assert.equal(votePlate([], RULE), undefined);
    assert.equal(votePlate([rated(''), rated('')], RULE), undefined);
  });

  it('gives a single reading its own confidence, characters and candidates', () => {
    const single = vote(rated('AB12', [0.9, 0.8, 0.7, 0.6]));
    assert.ok(Math.abs(single.confidence - 0.9 * 0.8 * 0.7 * 0.6) < 1e-12);
    assert.deepEqual(
      single.characters.map(({ text, confidence }) => [text, Number(confidence.toFixed(6))]),
      [['A', 0.9], ['B', 0.8], ['1', 0.7], ['2', 0.6]],
    ); // prettier-ignore
    assert.deepEqual(single.candidates, [{ text: 'AB12', confidence: single.confidence }]);
    assert.deepEqual([single.reads, single.agreeing, single.settled], [1, 1, false]);
  });

  it('is as probable as Bayes says, every reading for what it is worth', () => {
    const { text, characters, confidence, reads, agreeing } = vote(
      rated('AB12', 0.9),
      rated('AB12', 0.9),
      rated('AB17', 0.9),
    );
    assert.equal(text, 'AB12');
    // Three readings that err alike by 0.2 are worth 3 / 1.4; odds against each of five others are 5 · 0.9 / 0.1.
    const odds = (share: number): number => 45 ** ((share * 3) / 1.4);
    const [all, two, one] = [odds(1), odds(2 / 3), odds(1 / 3)];
    const expected = [all / (all + 5), all / (all + 5), all / (all + 5), two / (two + one + 4)];
    // One that nobody read and none at all are among the five.
    for (const [index, character] of characters.entries()) {
      assert.ok(Math.abs(character.confidence - expected[index]!) < 1e-9, `${index}: ${character.confidence}`);
    }
    assert.ok(Math.abs(confidence - expected.reduce((product, one) => product * one, 1)) < 1e-9);
    assert.deepEqual([reads, agreeing], [3, 2]);
  });

  it('takes the probability of the whole text for the honest one: characters that seem sure say less where it is low', () => {
    const unsure = rated('AB12', 0.97);
    const single = vote({ ...unsure, reading: { ...unsure.reading, confidence: 0.4 } });
    assert.ok(Math.abs(single.confidence - 0.4) < 1e-9);
  });

  it('believes one sharp, large, sure reading more than two blurred, small, unsure ones', () => {
    const poor = { sharpness: 40, width: 30, height: 8 };
    assert.equal(vote(rated('AB128', 0.6, poor), rated('AB128', 0.6, poor), rated('AB123', 0.98)).text, 'AB123');
  });

  it('weighs by sharpness and size, and never to nothing', () => {
    const of = (quality: Partial<RatedReading['quality']>): number => weighReading(rated('A', 1, quality));
    assert.equal(of({}), 1);
    assert.ok(of({ sharpness: 100 }) < of({ sharpness: 180 }));
    assert.ok(of({ width: 40, height: 10 }) < of({ width: 80, height: 20 }));
    assert.ok(of({ sharpness: 0, width: 0, height: 0 }) > 0);
    assert.ok(of({ sharpness: NaN, width: NaN }) > 0);
    const unmeasured = { width: 120, height: 30, timestamp: 0 };
    assert.equal(weighReading({ ...rated('A'), quality: unmeasured }), 1);
  });

  const settling: { title: string; readings: RatedReading[]; expected: boolean }[] = [
    { title: 'is not settled by two readings', readings: [rated('AB123'), rated('AB123')], expected: false },
    { title: 'is settled by three sure ones', readings: [rated('AB123'), rated('AB123'), rated('AB123')], expected: true },
    { title: 'is not settled by three unsure ones', readings: [rated('AB123', 0.6), rated('AB123', 0.6), rated('AB123', 0.6)], expected: false },
    { title: 'is not settled by one sight of a plate, however often it is read', readings: frames(20, () => ({ x: 500, y: 300 })), expected: false },
    { title: 'is settled by one sight that was seen for two seconds', readings: frames(61, () => ({ x: 500, y: 300 })), expected: true },
    { title: 'is not settled by what never gets any surer', readings: frames(200, () => ({ x: 500, y: 300 }), 0.9), expected: false },
    { title: 'is settled by a plate that moves', readings: frames(3, (n) => ({ x: 500 + 10 * n, y: 300 })), expected: true },
    { title: 'is settled by a plate that comes closer', readings: frames(3, (n) => ({ x: 500, y: 300, width: 100 * 1.15 ** n, height: 25 * 1.15 ** n })), expected: true },
    { title: 'is settled by a plate in changing light', readings: frames(3, (n) => ({ x: 500, y: 300, sharpness: 250 * 1.5 ** n })), expected: true },
    { title: 'is not settled by a box that trembles', readings: frames(20, (n) => ({ x: 500 + (n % 3), y: 300 - (n % 2), sharpness: 500 + 20 * (n % 4) })), expected: false },
    { title: 'is settled although O and 0 take turns', readings: [rated('AO123', 0.98), rated('A0123', 0.98), rated('AO123', 0.98)], expected: true },
    { title: 'is settled although I and 1 take turns', readings: [rated('AIB23', 0.98), rated('A1B23', 0.98), rated('A1B23', 0.98)], expected: true },
    { title: 'is not settled while 8 and B take turns', readings: [0, 1, 2].flatMap(() => [rated('KLMNA8123', 0.99), rated('KLMNAB123', 0.99)]), expected: false },
    { title: 'is not settled while an edge comes and goes', readings: [0, 1, 2].flatMap(() => [rated('KLMN1234', 0.99), rated('KLMN12347', 0.99)]), expected: false },
  ]; // prettier-ignore
  for (const { title, readings, expected } of settling) {
    it(title, () => assert.equal(vote(...readings).settled, expected));
  }

  it('is settled in a memory of 32 readings by a plate that stands, however many frames a second there are', () => {
    for (const fps of [5, 15, 30, 60]) {
      for (const settleReads of [3, 6]) {
        const memory = new ReadingMemory(plateVoting, { settleReads, settleConfidence: 0.9 });
        const settledAt = Array.from({ length: fps * 10 }, (_, n) => (n * 1000) / fps).find((timestamp) => {
          const { reading, quality } = rated('AB123', 0.99, { x: 500, y: 300, timestamp });
          return memory.add(reading, quality)?.settled;
        });
        // The first reading counts, and the first after every full second.
        assert.ok(settledAt !== undefined, `${fps} fps, ${settleReads} reads: never`);
        assert.ok(
          Math.abs(settledAt - (settleReads - 1) * 1000) < 100,
          `${fps} fps, ${settleReads} reads: ${settledAt} ms`,
        );
      }
    }
  });

  it('gains nothing by seeing the same again and again', () => {
    const still = (count: number): number => vote(...frames(count, () => ({ x: 500, y: 300 }), 0.9)).confidence;
    const moving = vote(...frames(12, (n) => ({ x: 500 + 20 * n, y: 300 }), 0.9)).confidence;
    assert.ok(still(1) < 0.6 && still(12) < 0.9 && still(200) < 0.9, `${still(1)} ${still(12)} ${still(200)}`);
    assert.ok(moving > 0.99, `${moving}`);
  });

  it('forgets the lightest reading of what was seen most', () => {
    const still = frames(5, () => ({ x: 500, y: 300 }));
    const dim = { ...still[2]!, quality: { ...still[2]!.quality, sharpness: 480, width: 40, height: 12, x: 500 } };
    assert.equal(leastTelling([...still, ...frames(1, () => ({ x: 100, y: 100, sharpness: 30 }))]), 1);
    const sharpnesses = [190, 170, 160, 180, 175].map((sharpness) => ({ x: 500, y: 300, sharpness }));
    assert.equal(leastTelling(frames(5, (n) => sharpnesses[n]!)), 2);
    assert.equal(leastTelling([dim]), 0);
  });

  it('offers the other readings as candidates, the voted text first, and they share what it leaves', () => {
    const { candidates, confidence } = vote(rated('AB123'), rated('AB128'), rated('AB129', 0.8), rated('AB123'));
    assert.deepEqual(candidates.map(({ text }) => text), ['AB123', 'AB128', 'AB129']); // prettier-ignore
    assert.equal(candidates[0]!.confidence, confidence);
    const sum = candidates.reduce((total, candidate) => total + candidate.confidence, 0);
    assert.ok(Math.abs(sum - 1) < 1e-12, `${sum}`);
  });

  it('survives confidences that are none', () => {
    const { confidence } = vote(rated('AB', NaN), rated('AB', 7), rated('AB', -1));
    assert.ok(confidence >= 0 && confidence <= 1);
  });
});

/** One visit: readings of a text by a reader that is wrong per character, loses or adds characters at the edges. */
function visit(random: () => number, frames: number): { truth: string; readings: RatedReading[] } {
  const alphabet = 'ABCDEFGHJKLMNPRSTUVWXYZ0123456789';
  const pick = (): string => alphabet[Math.floor(random() * alphabet.length)]!;
  const truth = Array.from({ length: 7 }, pick).join('');
  const readings = Array.from({ length: frames }, () => {
    // Blur makes errors likelier; confidence follows truth only loosely, as with real networks.
    const blur = random();
    const errorRate = 0.02 + 0.25 * blur;
    let text = '';
    const confidences: number[] = [];
    for (const character of truth) {
      const wrong = random() < errorRate;
      text += wrong ? pick() : character;
      confidences.push(wrong ? 0.35 + 0.6 * random() : 0.7 + 0.3 * random());
    }
    const drop = random();
    if (drop < 0.08) [text, confidences[0]] = [text.slice(1), confidences[1]!];
    else if (drop < 0.16) text = text.slice(0, -1);
    else if (drop < 0.22) text = pick() + text;
    else if (drop < 0.28) text = text + pick();
    while (confidences.length < text.length) confidences.push(0.5 + 0.4 * random());
    return rated(text, confidences, { sharpness: 250 * (1 - blur) + 20 });
  });
  return { truth, readings };
}

describe('vote against taking one reading', () => {
  it('is right far more often than the first confident or the best single reading', () => {
    const random = seededRandom(20);
    const visits = 600;
    const right = { first: 0, best: 0, vote: 0 };
    for (let index = 0; index < visits; index++) {
      const { truth, readings } = visit(random, 6);
      // TAPPAS's rule: the first reading of at least 0.90 wins for ever (else the last seen is kept).
      const first = readings.find(({ reading }) => reading.confidence >= 0.9) ?? readings.at(-1)!;
      const best = readings.reduce((a, b) => (b.reading.confidence > a.reading.confidence ? b : a));
      if (first.reading.text === truth) right.first++;
      if (best.reading.text === truth) right.best++;
      if (votePlate(readings, RULE)!.text === truth) right.vote++;
    }
    const share = (count: number): number => count / visits;
    const report = JSON.stringify({ first: share(right.first), best: share(right.best), vote: share(right.vote) });
    assert.ok(share(right.best) > share(right.first), report);
    assert.ok(share(right.vote) > share(right.best) + 0.1, report);
    assert.ok(share(right.vote) > share(right.first) + 0.2, report);
    assert.ok(share(right.vote) > 0.9, report);
  });

  it('settles on a wrong text in fewer than one visit of a hundred', () => {
    const random = seededRandom(5);
    let settled = 0;
    let wrong = 0;
    for (let index = 0; index < 400; index++) {
      const { truth, readings } = visit(random, 16);
      for (let count = 1; count <= readings.length; count++) {
        const result = votePlate(readings.slice(0, count), { settleReads: 3, settleConfidence: 0.75 })!;
        if (!result.settled) continue;
        settled++;
        if (result.text !== truth) wrong++;
        break;
      }
    }
    assert.ok(settled > 200, `settled ${settled}`);
    assert.ok(wrong / settled < 0.01, `wrong ${wrong} of ${settled}`);
  });
});

import assert from 'node:assert/strict';
import type { Candidate, Reading } from '../../../src/detection/types.js';
import { countryFormats, formatsOf, readFormats } from '../../../src/reading/formats/catalogue.js';
import { clearRegion, guessRegions } from '../../../src/reading/formats/region.js';
import { resolveReading } from '../../../src/reading/formats/resolve.js';
import { respell } from '../../../src/reading/formats/respell.js';
import { seededRandom } from '../../support/random.js';

/** A reading whose candidates are these, most probable first; characters as sure as `sure` says, else 0.95. */
function read(candidates: Record<string, number>, sure: Record<number, number> = {}): Reading {
  const all: Candidate[] = Object.entries(candidates).map(([text, confidence]) => ({ text, confidence }));
  const { text } = all[0]!;
  const characters = [...text].map((character, index) => ({ text: character, confidence: sure[index] ?? 0.95 }));
  const confidence = characters.reduce((sum, character) => sum + character.confidence, 0) / characters.length;
  return { text, confidence, characters, candidates: all, lines: 1 };
}
const resolved = (reading: Reading, codes: string): string => resolveReading(reading, readFormats(codes)).text;

describe('A reading among expected countries', () => {
  it('stays when it fits, when nothing is expected, and when nothing near fits', () => {
    for (const [reading, codes] of [
      [read({ AB123CD: 0.4, AB1Z3CD: 0.39 }), 'FR'],
      [read({ AB1Z3CD: 0.4, AB123CD: 0.39 }), ''],
      [read({ XYZ: 0.9 }), 'FR'],
      [read({ ABI23CD: 0.9, AB123C: 0.1 }), 'DE'],
      [read({ A: 1 }), 'FR'],
    ] as const)
      assert.equal(resolveReading(reading, readFormats(codes)), reading);
    const nothing: Reading = { text: '', confidence: 0, characters: [], candidates: [], lines: 0 };
    assert.equal(resolveReading(nothing, readFormats('FR')), nothing);
  });

  it('becomes the most probable candidate that fits, if that is near', () => {
    assert.equal(resolved(read({ ABB123CD: 0.8, A8123CD: 0.06, AB123CD: 0.05 }), 'FR'), 'AB123CD');
    assert.equal(resolved(read({ ABB123CD: 0.9, AB123CD: 0.017 }), 'FR'), 'AB123CD');
    assert.equal(resolved(read({ ABB123CD: 0.9, AB123CD: 0.016 }), 'FR'), 'ABB123CD');
    assert.equal(resolved(read({ ABB123CD: 0.8, AB123CD: 0.05, XB123CD: 0.06 }), 'FR'), 'XB123CD');
    // A candidate may need an exchange itself.
    assert.equal(resolved(read({ ABB123CD: 0.8, ABI23CD: 0.05 }), 'FR'), 'AB123CD');
  });

  it('takes O and 0 for each other at any time, others when the character is in doubt', () => {
    assert.equal(resolved(read({ ABOI3CD: 0.99 }), 'FR'), 'AB013CD');
    assert.equal(resolved(read({ AB1Z3CD: 0.99 }), 'FR'), 'AB1Z3CD');
    assert.equal(resolved(read({ AB1Z3CD: 0.99 }, { 3: 0.7 }), 'FR'), 'AB123CD');
    assert.equal(resolved(read({ AB1Z3CD: 0.99 }, { 4: 0.7 }), 'FR'), 'AB1Z3CD');
    assert.equal(resolved(read({ '8RA2E19': 0.99 }, { 0: 0.8 }), 'BR'), 'BRA2E19');
    assert.equal(resolved(read({ '8RA2E19': 0.99 }), 'BR'), '8RA2E19');
  });

  it('is as probable as all candidates that can only mean it', () => {
    // In France AB013CD may stand, ABO13CD and AB0I3CD not: whoever reads them has seen AB013CD.
    const { text, confidence } = resolveReading(
      read({ ABO13CD: 0.5, AB013CD: 0.3, AB0I3CD: 0.1, AB018CD: 0.05 }),
      readFormats('FR'),
    );
    assert.equal(text, 'AB013CD');
    assert.ok(Math.abs(confidence - 0.9) < 1e-12, `${confidence}`);
  });

  it('leaves words alone', () => {
    assert.equal(resolved(read({ IGROWL: 0.9, '1GROWL': 0.05, IGR0WL: 0.03 }), 'US'), 'IGROWL');
    assert.equal(resolved(read({ HOOCAR: 0.99 }), 'US-NJ'), 'HOOCAR');
  });

  it('keeps confidences in their places, and what was read among the candidates', () => {
    const before = read({ ABB1O3CD: 0.8, AB1O3CD: 0.1, ABB103CD: 0.05 }, { 1: 0.6, 2: 0.5, 4: 0.9 });
    const after = resolveReading(before, readFormats('FR'));
    assert.deepEqual(
      after.characters.map(({ text, confidence }) => `${text} ${confidence}`),
      ['A 0.95', 'B 0.5', '1 0.95', '0 0.9', '3 0.95', 'C 0.95', 'D 0.95'],
    );
    assert.equal(after.confidence, 0.1);
    assert.deepEqual(
      after.candidates.map(({ text, confidence }) => [text, confidence]),
      [
        ['AB103CD', 0.1],
        ['ABB1O3CD', 0.8],
        ['ABB103CD', 0.05],
      ],
    );
    assert.equal(before.text, 'ABB1O3CD');
  });

  it('never makes up a character, and never changes a text that fits', () => {
    const random = seededRandom(5);
    const pick = <T>(list: ArrayLike<T>): T => list[Math.floor(random() * list.length)]!;
    const alike = new Set('O0 0O I1 1I B8 8B S5 5S Z2 2Z G6 6G D0 0D Q0 0Q'.split(' '));
    const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
    for (let count = 0; count < 1500; count++) {
      const country = pick(countryFormats);
      const shape = pick([...pick(formatsOf(country)).shapes.values()].flat());
      const fitting = shape.map((characters) => pick([...characters])).join('');
      const noise = (text: string): string =>
        [...text].map((character) => (random() < 0.25 ? pick(letters) : character)).join('');
      const texts = [...new Set([noise(fitting), noise(fitting), noise(fitting), noise(fitting)])];
      const reading = read(
        Object.fromEntries(texts.map((text, index) => [`${text}.`.slice(0, -1), 0.5 / (index + 1)])),
      );
      const { text } = resolveReading(reading, [country]);
      const isSpelled = reading.candidates.some(
        (candidate) =>
          [...candidate.text].length === [...text].length &&
          [...candidate.text].every((from, index) => from === [...text][index] || alike.has(from + [...text][index]!)),
      );
      assert.ok(isSpelled, `${text} of ${texts.join()}`);
      const certain = read({ [` ${fitting}`.trim()]: 0.3, ...Object.fromEntries(texts.map((other) => [other, 0.2])) });
      if (certain.text === fitting) assert.equal(resolveReading(certain, [country]).text, fitting);
    }
  });

  it('is respelled with the confidence of each character’s place', () => {
    const characters = [...'ABCD'].map((text, index) => ({ text, confidence: 0.9 - index / 10 }));
    const told = (text: string): string =>
      respell(characters, text)
        .map(({ text: c, confidence }) => c + confidence.toFixed(1))
        .join(' ');
    assert.equal(told('ABCD'), 'A0.9 B0.8 C0.7 D0.6');
    assert.equal(told('AXCD'), 'A0.9 X0.8 C0.7 D0.6');
    assert.equal(told('ACD'), 'A0.9 C0.7 D0.6');
    assert.equal(told('ABXCD'), 'A0.9 B0.8 X0.6 C0.7 D0.6');
    assert.equal(respell([], 'A')[0]!.confidence, 1);
  });
});

describe('The region of a reading', () => {
  const guess = (text: string, codes = ''): string | undefined =>
    clearRegion(guessRegions([{ text, confidence: 1 }], codes === '' ? undefined : readFormats(codes)))?.region;

  it('is told where one country is clear', () => {
    assert.equal(guess('01A123BC'), 'UZ');
    assert.equal(guess('MH02BY9142'), 'IN');
    assert.equal(guess('K123MM77'), 'RU');
    assert.equal(guess('66V134567'), 'VN');
  });

  it('is not told where several may be, or none', () => {
    for (const text of ['AB123CD', 'ABC123', 'ABC1234', 'LUVBUGS', '12345', '', 'ÄÖÜ', 'A'.repeat(40)])
      assert.equal(guess(text), undefined, text);
  });

  it('is among the expected countries, when there are any', () => {
    assert.equal(guess('AB123CD', 'FR'), 'FR');
    assert.equal(guess('AB123CD', 'FR, IT'), undefined);
    assert.equal(guess('MKT4827', 'DE, FR'), 'DE');
    assert.equal(guess('MKT4827', 'FR'), undefined);
    assert.equal(guess('1ABC234', 'US'), 'US-CA');
    // All that can be said is the country.
    assert.equal(guess('ABC1234', 'US, FR'), 'US');
  });

  it('counts every candidate by its probability', () => {
    const [first, second] = guessRegions([
      { text: '01A123BC', confidence: 0.6 },
      { text: '01A123B', confidence: 0.3 },
    ]);
    assert.equal(first!.region, 'UZ');
    assert.ok(first!.score < guessRegions([{ text: '01A123BC', confidence: 0.6 }])[0]!.score);
    assert.ok(second === undefined || second.score <= first!.score);
    const sum = guessRegions([{ text: 'AB123CD', confidence: 1 }])
      .filter(({ region }) => region.length === 2)
      .reduce((all, { score }) => all + score, 0);
    assert.ok(sum > 0.5 && sum < 1, 'the rest is of no known country');
    assert.deepEqual(guessRegions([]), []);
  });
});

import assert from 'node:assert/strict';
import { decodeReading, type ReadingOptions } from '../../src/reading/decode.js';
import type { SlotsOutput } from '../../src/models/manifest.js';

const OPTIONS: ReadingOptions = { batchIndex: 0, inputWidth: 128, inputHeight: 64 };
const SPEC: SlotsOutput = { decoder: 'slots', slots: 4, alphabet: ['A', 'B', '_', '京'], pad: 2, probabilities: true };

/** One row per slot: `sure` for the named class, the rest shared. */
function slots(text: string, sure = 0.85): number[] {
  return [...text].flatMap((character) => SPEC.alphabet.map((other) => (other === character ? sure : (1 - sure) / 3)));
}

function close(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} instead of ${expected}`);
}

describe('the slot reader', () => {
  const cases: [slots: string, text: string][] = [
    ['AB京A', 'AB京A'],
    ['AB__', 'AB'],
    ['_AB_', 'AB'],
    ['A_B_', 'AB'],
    ['AA__', 'AA'],
    ['____', ''],
  ];
  for (const [filled, text] of cases) {
    it(`reads ${filled} as "${text}"`, () => {
      for (const beamWidth of [1, 8]) {
        const reading = decodeReading({ p: { dims: [1, 4, 4], data: slots(filled) } }, SPEC, { ...OPTIONS, beamWidth });
        assert.equal(reading.text, text);
        assert.equal(reading.lines, text === '' ? 0 : 1);
        for (const { confidence } of reading.characters) close(confidence, 0.85);
        close(reading.confidence, reading.candidates[0]?.confidence ?? 0);
        assert.equal(reading.characters.map((character) => character.text).join(''), text);
      }
    });
  }

  it('reads logits, flat outputs and the asked picture of the batch', () => {
    const logits = [...slots('AB__'), ...slots('B京A_')].map((p) => Math.log(p) - 5);
    const spec: SlotsOutput = { ...SPEC, probabilities: false };
    for (const dims of [
      [2, 4, 4],
      [2, 16],
    ]) {
      const texts = [0, 1].map((batchIndex) =>
        decodeReading({ x: { dims, data: logits } }, spec, { ...OPTIONS, batchIndex }),
      );
      assert.deepEqual(
        texts.map(({ text }) => text),
        ['AB', 'B京A'],
      );
      close(texts[1]!.characters[0]!.confidence, 0.85);
    }
    assert.equal(decodeReading({ x: { dims: [4, 4], data: slots('BA__') } }, SPEC, OPTIONS).text, 'BA');
  });

  it('gives candidates the sum over all places of the padding', () => {
    const rows = [
      [0.6, 0.1, 0.2, 0.1],
      [0.1, 0.3, 0.5, 0.1],
      [0.3, 0.1, 0.5, 0.1],
      [0.1, 0.1, 0.7, 0.1],
    ];
    const texts = new Map<string, number>();
    for (let number = 0; number < 4 ** 4; number++) {
      const choice = rows.map((_, slot) => Math.floor(number / 4 ** slot) % 4);
      const text = choice.map((index) => (index === 2 ? '' : SPEC.alphabet[index]!)).join('');
      const probability = choice.reduce((product, index, slot) => product * rows[slot]![index]!, 1);
      texts.set(text, (texts.get(text) ?? 0) + probability);
    }
    const best = [...texts].filter(([text]) => text !== '').sort((a, b) => b[1] - a[1]);
    const reading = decodeReading({ p: { dims: [1, 4, 4], data: rows.flat() } }, SPEC, {
      ...OPTIONS,
      beamWidth: 1000,
      maxCandidates: 6,
    });
    assert.equal(reading.candidates.length, 6);
    reading.candidates.forEach(({ text, confidence }, index) => {
      close(confidence, best[index]![1]);
      close(confidence, texts.get(text)!);
    });
    assert.equal(reading.text, best[0]![0]);
  });

  it('takes the characters from the more probable place of the padding', () => {
    // "A" is A_ (0.6 · 0.3) or _A (0.4 · 0.7), 0.46 together, before AA (0.42): its character stands in the second slot.
    const data = [0.6, 0, 0.4, 0, 0.7, 0, 0.3, 0];
    const reading = decodeReading({ p: { dims: [1, 2, 4], data } }, { ...SPEC, slots: 2 }, OPTIONS);
    assert.equal(reading.text, 'A');
    close(reading.characters[0]!.confidence, 0.7);
    close(reading.confidence, 0.46);
    close(reading.candidates[0]!.confidence, 0.46);
    close(reading.candidates[1]!.confidence, 0.42);
  });

  it('reads a slot with a number that is not finite as padding', () => {
    for (const value of [NaN, Infinity, -Infinity]) {
      const data = slots('AB__').map((number, index) => (index === 4 ? value : number));
      assert.equal(decodeReading({ p: { dims: [1, 4, 4], data } }, SPEC, OPTIONS).text, 'A');
    }
  });

  const wrong: [string, number[], SlotsOutput, Partial<ReadingOptions>, RegExp][] = [
    [
      'another number of slots',
      [1, 5, 4],
      SPEC,
      {},
      /^Expected dims \[N, 4, 4\] or \[N, 16\] for output "p" but received \[1, 5, 4\]$/,
    ],
    [
      'padding outside the alphabet',
      [1, 4, 4],
      { ...SPEC, pad: 4 },
      {},
      /^Expected a class from 0 to 3 for output\.pad but received 4$/,
    ],
    [
      'a picture outside the batch',
      [1, 4, 4],
      SPEC,
      { batchIndex: 2 },
      /^Expected a picture index from 0 to 0 .* but received 2$/,
    ],
  ];
  for (const [title, dims, spec, options, message] of wrong) {
    it(`refuses ${title}`, () => {
      const data = new Float32Array(dims.reduce((a, b) => a * b, 1));
      assert.throws(() => decodeReading({ p: { dims, data } }, spec, { ...OPTIONS, ...options }), {
        code: 'ALPR_DECODE',
        message,
      });
    });
  }

  it('refuses logits where probabilities are promised', () => {
    const data = slots('AB__').map((p) => Math.log(p));
    assert.throws(() => decodeReading({ p: { dims: [1, 4, 4], data } }, SPEC, OPTIONS), {
      code: 'ALPR_DECODE',
      message: /^Expected probabilities from 0 to 1 for output "p"/,
    });
  });
});

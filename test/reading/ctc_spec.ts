import assert from 'node:assert/strict';
import { ctcAlign, ctcLogProbability } from '../../src/reading/ctc-align.js';
import { openCtc } from '../../src/reading/ctc-steps.js';
import { ctcBeamSearch } from '../../src/reading/ctc.js';
import { decodeReading, type ReadingOptions } from '../../src/reading/decode.js';
import type { CtcOutput } from '../../src/models/manifest.js';
import { seededRandom } from '../detection/random.js';

const OPTIONS: ReadingOptions = { batchIndex: 0, inputWidth: 160, inputHeight: 48 };
const GREEDY: ReadingOptions = { ...OPTIONS, beamWidth: 1 };
const ABC: CtcOutput = { decoder: 'ctc', alphabet: ['A', 'B', 'C'], blank: 0 };

/** Logits [1, T, C] whose softmax gives `sure` to the named class of each step; '-' is the blank. */
function steps(path: string, spec: CtcOutput = ABC, sure = 0.9): { dims: number[]; data: number[] } {
  const classes = spec.alphabet.length + 1;
  const data = [...path].flatMap((character) => {
    const symbol = spec.alphabet.indexOf(character);
    const index = character === '-' ? spec.blank : symbol < spec.blank ? symbol : symbol + 1;
    return Array.from({ length: classes }, (_, c) => Math.log(c === index ? sure : (1 - sure) / (classes - 1)));
  });
  return { dims: [1, [...path].length, classes], data };
}

function close(actual: number, expected: number, tolerance = 1e-9): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} instead of ${expected}`);
}

describe('greedy CTC', () => {
  const collapses: [path: string, text: string][] = [
    ['AAAA', 'A'],
    ['A-A', 'AA'],
    ['AA-A', 'AA'],
    ['-A--BB-', 'AB'],
    ['ABBA', 'ABA'],
    ['----', ''],
    ['A', 'A'],
    ['CCC---CCC-C', 'CCC'],
  ];
  for (const [path, text] of collapses) {
    it(`reads ${path} as "${text}"`, () => {
      const reading = decodeReading({ logits: steps(path) }, ABC, GREEDY);
      assert.equal(reading.text, text);
      assert.equal(reading.lines, text === '' ? 0 : 1);
      assert.deepEqual(reading.characters.map((character) => character.text).join(''), text);
      for (const { confidence } of reading.characters) close(confidence, 0.9);
      close(reading.confidence, reading.candidates[0]?.confidence ?? 0);
    });
  }

  it('gives a character the probability of the best step of its run, and the reading that of all paths to its text', () => {
    const rows = [
      [0.2, 0.6, 0.1, 0.1],
      [0.1, 0.8, 0.05, 0.05],
      [0.1, 0.7, 0.1, 0.1],
      [0.7, 0.1, 0.1, 0.1],
      [0.05, 0.03, 0.02, 0.9],
    ];
    const data = rows.flat().map((p) => Math.log(p) + 3);
    const reading = decodeReading({ logits: { dims: [1, 5, 4], data } }, ABC, GREEDY);
    assert.equal(reading.text, 'AC');
    close(reading.characters[0]!.confidence, 0.8);
    close(reading.characters[1]!.confidence, 0.9);
    let all = 0;
    for (let number = 0; number < 4 ** 5; number++) {
      const path = rows.map((_, step) => Math.floor(number / 4 ** step) % 4);
      const collapsed = path.filter((index, step) => index !== 0 && index !== path[step - 1]);
      if (collapsed.join() !== '1,3') continue;
      all += path.reduce((product, index, step) => product * rows[step]![index]!, 1);
    }
    close(reading.confidence, all, 1e-9);
    assert.ok(all < 0.8 * 0.9);
  });

  it('gives 0, never NaN, and no candidates for an empty reading', () => {
    for (const options of [GREEDY, OPTIONS]) {
      const reading = decodeReading({ logits: steps('-----', ABC, 0.99) }, ABC, options);
      assert.deepEqual(reading, { text: '', confidence: 0, characters: [], candidates: [], lines: 0 });
    }
  });

  it('takes probabilities as they are when the manifest says so, also when they do not quite sum to 1', () => {
    const data = [0.1, 0.45, 0.1, 0.25, 1.01, 0, 0, 0];
    const reading = decodeReading({ p: { dims: [1, 2, 4], data } }, { ...ABC, probabilities: true }, GREEDY);
    assert.equal(reading.text, 'A');
    close(reading.confidence, 0.5);
  });

  it('knows the blank at the end, and characters of several UTF-16 units', () => {
    const spec: CtcOutput = { decoder: 'ctc', alphabet: ['京', '沪', '𠮷', 'A', '挂'], blank: 5 };
    const reading = decodeReading({ logits: steps('京京-A-𠮷𠮷挂', spec) }, spec, GREEDY);
    assert.equal(reading.text, '京A𠮷挂');
    assert.deepEqual(
      reading.characters.map(({ text }) => text),
      ['京', 'A', '𠮷', '挂'],
    );
  });

  it('knows a blank in the middle of the classes', () => {
    const spec: CtcOutput = { decoder: 'ctc', alphabet: ['A', 'B', 'C'], blank: 2 };
    assert.equal(decodeReading({ logits: steps('A-BC', spec) }, spec, GREEDY).text, 'ABC');
  });

  it('reads the second half of the steps as the second line', () => {
    const spec: CtcOutput = { ...ABC, lines: 2 };
    const cases: [string, string, number][] = [
      ['AB-----C', 'ABC', 2],
      // The last step of the first line and the first of the second are two characters, though nothing stands between them.
      ['-BAA' + 'AACB', 'BAACB', 2],
      ['ABC-' + '----', 'ABC', 1],
      ['----' + 'ABC-', 'ABC', 1],
    ];
    for (const [path, text, lines] of cases) {
      for (const options of [GREEDY, OPTIONS]) {
        const reading = decodeReading({ logits: steps(path, spec) }, spec, options);
        assert.deepEqual([reading.text, reading.lines], [text, lines], path);
      }
    }
  });

  it('reads the asked picture of the batch', () => {
    const [first, second] = [steps('A-B'), steps('CC-')];
    const logits = { dims: [2, 3, 4], data: [...first.data, ...second.data] };
    const texts = [0, 1].map((batchIndex) => decodeReading({ logits }, ABC, { ...GREEDY, batchIndex }).text);
    assert.deepEqual(texts, ['AB', 'C']);
  });

  it('reads a step with a number that is not finite as blank', () => {
    const logits = steps('ABC');
    for (const value of [NaN, Infinity, -Infinity]) {
      const data = logits.data.map((number, index) => (index === 5 ? value : number));
      const reading = decodeReading({ logits: { ...logits, data } }, ABC, OPTIONS);
      assert.equal(reading.text, 'AC');
      assert.ok(Number.isFinite(reading.confidence) && reading.candidates.every(({ confidence }) => confidence <= 1));
    }
  });
});

describe('shapes of CTC outputs', () => {
  const DIGITS: CtcOutput = { decoder: 'ctc', alphabet: [...'0123456789'], blank: 10 };
  // LPRNet: 5 rows x 19 steps x 11 classes. The mean of the logits says 7, though the mean of the probabilities says 1: in one row 1 is
  // certain, in four rows 7 leads a little.
  const value = (r: number, t: number, c: number): number => {
    if (t < 2 || t > 5) return c === 10 ? 8 : 0;
    if (r === 0) return c === 1 ? 6 : c === 7 ? 4 : -2;
    return c === 7 ? 0.6 : c === 1 ? 0 : -0.5;
  };
  const softmax = (logits: number[]): number[] => {
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    return logits.map((logit) => Math.exp(logit) / total);
  };
  const tensor = (axes: string, sizes: Record<string, number>) => {
    const dims = [...axes].map((axis) => sizes[axis]!);
    const data = Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, flat) => {
      const at: Record<string, number> = {};
      [...axes].reverse().forEach((axis) => {
        at[axis] = flat % sizes[axis]!;
        flat = Math.floor(flat / sizes[axis]!);
      });
      return value(at['R'] ?? 0, at['T']!, at['C']!);
    });
    return { dims, data };
  };
  const sizes = { N: 1, R: 5, T: 19, C: 11 };
  const mean = (c: number): number => (value(0, 3, c) + 4 * value(1, 3, c)) / 5;
  const expected = softmax(Array.from({ length: 11 }, (_, c) => mean(c)));

  it('the example tells the mean of logits from the mean of probabilities', () => {
    const rows = [0, 1].map((r) => softmax(Array.from({ length: 11 }, (_, c) => value(r, 3, c))));
    const ofProbabilities = Array.from({ length: 11 }, (_, c) => (rows[0]![c]! + 4 * rows[1]![c]!) / 5);
    assert.equal(ofProbabilities.indexOf(Math.max(...ofProbabilities)), 1);
    assert.equal(expected.indexOf(Math.max(...expected)), 7);
  });

  const shapes: { axes: string; layout: 'NTC' | 'NCT'; batchSize?: number }[] = [
    { axes: 'NRTC', layout: 'NTC' },
    { axes: 'RTC', layout: 'NTC', batchSize: 1 },
    { axes: 'NCRT', layout: 'NCT' },
    { axes: 'NRCT', layout: 'NCT' },
    { axes: 'CRT', layout: 'NCT', batchSize: 1 },
    { axes: 'RCT', layout: 'NCT', batchSize: 1 },
  ];
  for (const { axes, layout, batchSize } of shapes) {
    const output = tensor(axes, sizes);
    it(`averages the logits of the five rows of [${output.dims}], ${layout}`, () => {
      const reading = decodeReading({ conv31: output }, { ...DIGITS, layout }, { ...GREEDY, batchSize });
      assert.equal(reading.text, '7');
      close(reading.characters[0]!.confidence, expected[7]!);
    });
  }

  for (const { axes, layout } of [
    { axes: 'NTC', layout: 'NTC' },
    { axes: 'NCT', layout: 'NCT' },
    { axes: 'TC', layout: 'NTC' },
    { axes: 'CT', layout: 'NCT' },
  ] as const) {
    it(`reads ${axes} without rows, layout ${layout}`, () => {
      assert.equal(decodeReading({ x: tensor(axes, sizes) }, { ...DIGITS, layout }, GREEDY).text, '1');
    });
  }

  it('takes the first axis of rank 3 for the batch unless told that there is one picture', () => {
    const output = tensor('RTC', sizes);
    const texts = [0, 1].map((batchIndex) => decodeReading({ x: output }, DIGITS, { ...GREEDY, batchIndex }).text);
    assert.deepEqual(texts, ['1', '7']);
  });

  const wrong: [
    string,
    Record<string, { dims: number[]; data: number[] }>,
    CtcOutput,
    Partial<ReadingOptions>,
    RegExp,
  ][] = [
    [
      'another number of classes',
      { logits: { dims: [1, 2, 5], data: Array<number>(10).fill(0) } },
      ABC,
      {},
      /^Expected dims \[N, T, 4\] or \[N, R, T, 4\] or \[T, 4\] \(3 characters and the blank, NTC\) for output "logits" but received \[1, 2, 5\]$/,
    ],
    ['the other layout', { x: { dims: [1, 4, 9], data: Array<number>(36).fill(0) } }, ABC, {}, /received \[1, 4, 9\]$/],
    [
      'a blank outside the classes',
      { x: steps('A') },
      { ...ABC, blank: 4 },
      {},
      /^Expected a class from 0 to 3 for output\.blank but received 4$/,
    ],
    [
      'a picture outside the batch',
      { x: steps('A') },
      ABC,
      { batchIndex: 1 },
      /^Expected a picture index from 0 to 0 .* but received 1$/,
    ],
    [
      'logits for probabilities',
      { x: steps('A') },
      { ...ABC, probabilities: true },
      {},
      /^Expected probabilities from 0 to 1 for output "x"/,
    ],
    [
      'a missing output',
      { x: steps('A') },
      { ...ABC, output: 'y' },
      {},
      /^Expected an output named "y" .* received "x"$/,
    ],
    [
      'a beam of no width',
      { x: steps('A') },
      ABC,
      { beamWidth: 0 },
      /^Expected a whole number from 1 up for beamWidth but received 0$/,
    ],
    [
      'a decoder that is none',
      { x: steps('A') },
      { decoder: 'yolov5' } as unknown as CtcOutput,
      {},
      /^Expected a reader's decoder .* received "yolov5"$/,
    ],
  ];
  for (const [title, outputs, spec, options, message] of wrong) {
    it(`refuses ${title}`, () => {
      assert.throws(() => decodeReading(outputs, spec, { ...OPTIONS, ...options }), { code: 'ALPR_DECODE', message });
    });
  }
});

describe('CTC beam search', () => {
  /** By definition: every path, its probability added to the text it collapses to. */
  function bruteForce(probabilities: number[][], blank: number): Map<string, number> {
    const texts = new Map<string, number>();
    const classes = probabilities[0]!.length;
    const paths = classes ** probabilities.length;
    for (let number = 0; number < paths; number++) {
      let rest = number;
      let probability = 1;
      const path = probabilities.map((row) => {
        const symbol = rest % classes;
        rest = Math.floor(rest / classes);
        probability *= row[symbol]!;
        return symbol;
      });
      const text = path.filter((symbol, step) => symbol !== blank && symbol !== path[step - 1]).join();
      texts.set(text, (texts.get(text) ?? 0) + probability);
    }
    return texts;
  }

  function randomSteps(seed: number): { probabilities: number[][]; blank: number; classes: number } {
    const random = seededRandom(seed);
    const classes = 2 + Math.floor(random() * 2);
    const probabilities = Array.from({ length: 1 + Math.floor(random() * 5) }, () => {
      const row = Array.from({ length: classes }, () => 0.02 + random() ** 2);
      const sum = row.reduce((a, b) => a + b, 0);
      return row.map((p) => p / sum);
    });
    return { probabilities, blank: Math.floor(random() * classes), classes };
  }

  const open = (probabilities: number[][], blank: number, classes: number) =>
    openCtc(
      { x: { dims: [1, probabilities.length, classes], data: probabilities.flat() } },
      { decoder: 'ctc', alphabet: ['A', 'B', 'C'].slice(0, classes - 1), blank, probabilities: true },
      0,
    );

  it('finds every text with the probability of all its paths, on 200 tiny problems', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const { probabilities, blank, classes } = randomSteps(seed);
      const texts = bruteForce(probabilities, blank);
      const range = { first: 0, last: probabilities.length };
      const ctc = open(probabilities, blank, classes);
      const found = ctcBeamSearch(ctc, range, 1000);
      assert.equal(found.length, texts.size, `seed ${seed}`);
      close(
        found.reduce((sum, { logProbability }) => sum + Math.exp(logProbability), 0),
        1,
        1e-9,
      );
      let previous = Infinity;
      for (const { classes: text, logProbability } of found) {
        close(Math.exp(logProbability), texts.get(text.join())!, 1e-9);
        close(Math.exp(ctcLogProbability(ctc, range, text)), texts.get(text.join())!, 1e-9);
        assert.ok(logProbability <= previous);
        previous = logProbability;
      }
    }
  });

  it('a narrow beam finds the most probable text of nearly every problem, and never claims more than it has', () => {
    let same = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const { probabilities, blank, classes } = randomSteps(seed);
      const texts = bruteForce(probabilities, blank);
      const best = [...texts].sort((a, b) => b[1] - a[1])[0]!;
      const found = ctcBeamSearch(open(probabilities, blank, classes), { first: 0, last: probabilities.length }, 4);
      if (found[0]!.classes.join() === best[0]) same++;
      for (const { classes: text, logProbability } of found) {
        assert.ok(Math.exp(logProbability) <= texts.get(text.join())! + 1e-9);
      }
    }
    assert.ok(same >= 190, `${same} of 200`);
  });

  it('aligns any text along its single most probable path, by brute force', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const { probabilities, blank, classes } = randomSteps(seed);
      const ctc = open(probabilities, blank, classes);
      const best = new Map<string, { probability: number; path: number[] }>();
      for (let number = 0; number < classes ** probabilities.length; number++) {
        const path = probabilities.map((_, step) => Math.floor(number / classes ** step) % classes);
        const probability = path.reduce((product, symbol, step) => product * probabilities[step]![symbol]!, 1);
        const text = path.filter((symbol, step) => symbol !== blank && symbol !== path[step - 1]).join();
        if (probability > (best.get(text)?.probability ?? 0)) best.set(text, { probability, path });
      }
      for (const [text, { path }] of best) {
        const sequence = text === '' ? [] : text.split(',').map(Number);
        const confidences: number[] = [];
        path.forEach((symbol, step) => {
          if (symbol === blank) return;
          const p = probabilities[step]![symbol]!;
          if (symbol !== path[step - 1]) confidences.push(p);
          else confidences[confidences.length - 1] = Math.max(p, confidences[confidences.length - 1]!);
        });
        const aligned = ctcAlign(ctc, { first: 0, last: probabilities.length }, sequence);
        aligned.confidences.forEach((value, index) => close(value, confidences[index]!, 1e-9));
        assert.equal(aligned.confidences.length, confidences.length);
      }
    }
  });

  it('gives −Infinity and no confidence to a text that needs more steps than there are', () => {
    const ctc = open(
      [
        [0.5, 0.5],
        [0.5, 0.5],
      ],
      0,
      2,
    );
    assert.equal(ctcLogProbability(ctc, { first: 0, last: 2 }, [1, 1]), -Infinity);
    assert.deepEqual(ctcAlign(ctc, { first: 0, last: 2 }, [1, 1]).confidences, [0, 0]);
  });

  // The textbook case: blank is best in both steps (0.6² = 0.36), yet the paths AA, A-, -A add up to "A" with 0.64.
  const classic = { x: { dims: [1, 2, 2], data: [0.6, 0.4, 0.6, 0.4] } };
  const onlyA: CtcOutput = { decoder: 'ctc', alphabet: ['A'], blank: 0, probabilities: true };

  it('prefers the text whose paths together are most probable, with confidences along its own best path', () => {
    assert.equal(decodeReading(classic, onlyA, GREEDY).text, '');
    const reading = decodeReading(classic, onlyA, OPTIONS);
    assert.equal(reading.text, 'A');
    close(reading.characters[0]!.confidence, 0.4);
    close(reading.confidence, 0.64);
    assert.deepEqual(
      reading.candidates.map(({ text }) => text),
      ['A'],
    );
    close(reading.candidates[0]!.confidence, 0.64);
  });

  it('lists candidates by probability, the text first, the exact probability whatever the width', () => {
    const data = [
      [0.05, 0.9, 0.03, 0.02],
      [0.9, 0.04, 0.03, 0.03],
      [0.1, 0.1, 0.5, 0.3],
      [0.9, 0.04, 0.03, 0.03],
    ];
    const texts = bruteForce(data, 0);
    const spec: CtcOutput = { ...ABC, probabilities: true };
    const key = (text: string): string => [...text].map((character) => ' ABC'.indexOf(character)).join();
    const top = [...texts]
      .filter(([text]) => text !== '')
      .sort((a, b) => b[1] - a[1])
      .map(([text]) => text);
    for (const beamWidth of [1, 3, 8, 50]) {
      const reading = decodeReading({ x: { dims: [1, 4, 4], data: data.flat() } }, spec, {
        ...OPTIONS,
        beamWidth,
        maxCandidates: 3,
      });
      assert.equal(reading.text, 'AB');
      assert.equal(reading.candidates[0]!.text, 'AB');
      assert.equal(reading.candidates.length, Math.min(3, beamWidth));
      if (beamWidth > 1)
        assert.deepEqual(
          reading.candidates.slice(0, 2).map(({ text }) => key(text)),
          top.slice(0, 2),
        );
      for (const { text, confidence } of reading.candidates) close(confidence, texts.get(key(text))!, 1e-9);
    }
  });

  it('multiplies the lines of a two-line plate and adds up texts that can be divided in several ways', () => {
    const rows = [
      [0.1, 0.6, 0.3],
      [0.2, 0.5, 0.3],
      [0.5, 0.3, 0.2],
      [0.4, 0.4, 0.2],
    ];
    const spec: CtcOutput = { decoder: 'ctc', alphabet: ['A', 'B'], blank: 0, lines: 2, probabilities: true };
    const [upper, lower] = [bruteForce(rows.slice(0, 2), 0), bruteForce(rows.slice(2), 0)];
    const texts = new Map<string, number>();
    for (const [a, p] of upper) {
      for (const [b, q] of lower) {
        const text = (a + b).replaceAll(',', '').replaceAll('1', 'A').replaceAll('2', 'B');
        texts.set(text, (texts.get(text) ?? 0) + p * q);
      }
    }
    const best = [...texts].filter(([text]) => text !== '').sort((a, b) => b[1] - a[1]);
    const reading = decodeReading({ x: { dims: [1, 4, 3], data: rows.flat() } }, spec, {
      ...OPTIONS,
      beamWidth: 100,
      maxCandidates: 4,
    });
    assert.deepEqual(
      reading.candidates.map(({ text }) => text),
      best.slice(0, 4).map(([text]) => text),
    );
    reading.candidates.forEach(({ confidence }, index) => close(confidence, best[index]![1], 1e-9));
    assert.equal(reading.text, best[0]![0]);
    assert.equal(reading.characters.map(({ text }) => text).join(''), reading.text);
  });
});

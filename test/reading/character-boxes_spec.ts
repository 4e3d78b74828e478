import assert from 'node:assert/strict';
import { decodeReading } from '../../src/reading/decode.js';
import { splitTextLines } from '../../src/reading/text-lines.js';
import type { CharacterBoxesOutput } from '../../src/models/manifest.js';
import { seededRandom } from '../detection/random.js';

const ALPHABET = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const SPEC: CharacterBoxesOutput = {
  decoder: 'character-boxes',
  detector: {
    decoder: 'end-to-end',
    labels: ALPHABET,
    columns: ['x1', 'y1', 'x2', 'y2', 'confidence', 'class'],
    units: 'pixels',
  },
};
const YOLO: CharacterBoxesOutput = {
  decoder: 'character-boxes',
  detector: { decoder: 'yolov8', labels: ALPHABET, layout: 'channels-last' },
};

interface Glyph {
  text: string;
  x: number;
  y: number;
  w?: number;
  h?: number;
  confidence?: number;
}

function read(glyphs: Glyph[], spec = SPEC) {
  const rows = glyphs.map(({ text, x, y, w = 14, h = 24, confidence = 0.9 }) => {
    const classId = ALPHABET.indexOf(text);
    if (spec === SPEC) return [x - w / 2, y - h / 2, x + w / 2, y + h / 2, confidence, classId];
    return [x, y, w, h, ...ALPHABET.map((_, index) => (index === classId ? confidence : 0))];
  });
  const columns = rows[0]?.length ?? 6;
  return decodeReading({ out: { dims: [1, rows.length, columns], data: rows.flat() } }, spec, {
    batchIndex: 0,
    inputWidth: 256,
    inputHeight: 128,
  });
}

/** A line of text from (x, y), characters `pitch` apart, turned by `degrees` around the start. */
function line(text: string, x: number, y: number, degrees = 0, pitch = 17): Glyph[] {
  const angle = (degrees * Math.PI) / 180;
  return [...text].map((character, index) => ({
    text: character,
    x: x + index * pitch * Math.cos(angle),
    y: y + index * pitch * Math.sin(angle),
  }));
}

function turn(glyphs: Glyph[], degrees: number): Glyph[] {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return glyphs.map((glyph) => ({
    ...glyph,
    x: 128 + (glyph.x - 128) * cos - (glyph.y - 64) * sin,
    y: 64 + (glyph.x - 128) * sin + (glyph.y - 64) * cos,
  }));
}

function shuffle<T>(items: T[], seed: number): T[] {
  const random = seededRandom(seed);
  return items
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

describe('the character box reader', () => {
  const twoLines = [...line('AB12', 100, 48), ...line('CDE34', 92, 80)];
  const cases: { title: string; glyphs: Glyph[]; text: string; lines: number }[] = [
    { title: 'one line', glyphs: line('AB12CD', 80, 64), text: 'AB12CD', lines: 1 },
    { title: 'two lines, which one sort by x would shuffle', glyphs: twoLines, text: 'AB12CDE34', lines: 2 },
    { title: 'one line that rises steeply', glyphs: line('XY98ZT76', 60, 110, -25), text: 'XY98ZT76', lines: 1 },
    { title: 'one line that falls steeply', glyphs: line('XY98ZT76', 60, 20, 25), text: 'XY98ZT76', lines: 1 },
    { title: 'two lines turned by 12°', glyphs: turn(twoLines, 12), text: 'AB12CDE34', lines: 2 },
    { title: 'two lines turned by −15°', glyphs: turn(twoLines, -15), text: 'AB12CDE34', lines: 2 },
    {
      title: 'one character over three',
      glyphs: [...line('7', 128, 48), ...line('ABC', 111, 80)],
      text: '7ABC',
      lines: 2,
    },
    {
      title: 'two characters over two',
      glyphs: [...line('AB', 120, 50), ...line('CD', 120, 80)],
      text: 'ABCD',
      lines: 2,
    },
    { title: 'a single character', glyphs: line('K', 100, 64), text: 'K', lines: 1 },
    {
      title: 'one line with small letters behind it (their centres a little lower)',
      glyphs: [
        ...line('1234', 60, 64),
        { text: 'A', x: 132, y: 70, w: 9, h: 14 },
        { text: 'B', x: 143, y: 70, w: 9, h: 14 },
      ],
      text: '1234AB',
      lines: 1,
    },
    {
      title: 'a small upper line over large digits',
      glyphs: [
        ...line('SP', 118, 40).map((glyph) => ({ ...glyph, w: 9, h: 14 })),
        ...line('4821', 100, 75).map((glyph) => ({ ...glyph, h: 36 })),
      ],
      text: 'SP4821',
      lines: 2,
    },
  ];
  for (const { title, glyphs, text, lines } of cases) {
    it(`reads ${title}, whatever the order of the boxes`, () => {
      for (let seed = 1; seed <= 5; seed++) {
        for (const spec of [SPEC, YOLO]) {
          const reading = read(shuffle(glyphs, seed), spec);
          assert.deepEqual([reading.text, reading.lines], [text, lines]);
        }
      }
    });
  }

  it('reads one line at every angle up to 28°, with unsteady boxes', () => {
    const random = seededRandom(17);
    for (let degrees = -28; degrees <= 28; degrees += 2) {
      const glyphs = line('AB12CD34', 128 - 60 * Math.cos((degrees * Math.PI) / 180), 64, degrees).map((glyph) => ({
        ...glyph,
        y: glyph.y + (random() - 0.5) * 6,
      }));
      const { text, lines } = read(glyphs);
      assert.deepEqual([text, lines], ['AB12CD34', 1], `${degrees}°`);
    }
  });

  it('tells the lines of every square plate apart, turned by up to 20°', () => {
    for (let degrees = -20; degrees <= 20; degrees += 4) {
      for (let above = 1; above <= 6; above++) {
        for (let below = 1; below <= 6; below++) {
          for (const [pitch, distance, shift] of [
            [15, 29, 0],
            [18, 32, -1],
            [24, 36, 1],
            [24, 29, -1],
          ] as const) {
            const upper = line('ABCDEF'.slice(0, above), 128 - ((above - 1) / 2 + shift) * pitch, 50, 0, pitch);
            const lower = line('123456'.slice(0, below), 128 - ((below - 1) / 2) * pitch, 50 + distance, 0, pitch);
            const { text, lines } = read(turn([...lower, ...upper], degrees));
            const expected = ['ABCDEF'.slice(0, above) + '123456'.slice(0, below), 2];
            assert.deepEqual([text, lines], expected, `${degrees}°, ${above} over ${below}, pitch ${pitch}`);
          }
        }
      }
    }
  });

  it('keeps the surer of two characters in one place, the other becomes a candidate', () => {
    const reading = read([
      ...line('AB', 60, 64),
      { text: '0', x: 94, y: 64, confidence: 0.5 },
      { text: 'O', x: 94.5, y: 64, confidence: 0.8 },
    ]);
    assert.equal(reading.text, 'ABO');
    const [first, second, ...others] = reading.candidates;
    assert.deepEqual([first!.text, second!.text, others], ['ABO', 'AB0', []]);
    // 0.8 and 0.5 in one place sum to 1.3: they count 0.8/1.3 and 0.5/1.3.
    assert.ok(Math.abs(first!.confidence - (0.9 * 0.9 * 0.8) / 1.3) < 1e-9);
    assert.ok(Math.abs(second!.confidence - (0.9 * 0.9 * 0.5) / 1.3) < 1e-9);
    assert.equal(reading.confidence, first!.confidence);
  });

  it('takes a small box inside a larger one for a part of it, not for another character or reading', () => {
    const reading = read([
      { text: 'H', x: 60, y: 64, confidence: 0.9 },
      { text: 'I', x: 56, y: 64, w: 5, confidence: 0.6 },
    ]);
    assert.deepEqual([reading.text, reading.candidates.map(({ text }) => text)], ['H', ['H']]);
  });

  it('keeps equal characters beside each other, even when their boxes overlap a little', () => {
    assert.equal(read(line('11117', 60, 64, 0, 12)).text, '11117');
  });

  it('gives an empty reading for no boxes', () => {
    assert.deepEqual(read([]), { text: '', confidence: 0, characters: [], candidates: [], lines: 0 });
  });

  it('does not hang on a picture full of boxes', () => {
    const random = seededRandom(2);
    const noise = Array.from({ length: 2000 }, () => ({ text: 'A', x: random() * 4000, y: random() * 4000 }));
    assert.ok(read(noise).text.length <= 32);
  });
});

describe('splitTextLines', () => {
  it('gives no lines for no boxes', () => assert.deepEqual(splitTextLines([]), []));

  it('keeps three lines of noise together rather than inventing two', () => {
    const boxes = [0, 40, 80].flatMap((y) => [0, 20, 40].map((x) => ({ x1: x, y1: y, x2: x + 14, y2: y + 24 })));
    assert.equal(splitTextLines(boxes).length, 1);
  });
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeDetections, type DecodeOptions } from '../../../src/detection/decode.js';
import type { CornerDetectorOutput, Manifest } from '../../../src/models/manifest.js';
import { runOnnx } from '../run-onnx.js';
import { seededRandom } from '../random.js';

const PLATES: CornerDetectorOutput = { decoder: 'corner-detector', labels: ['plate'], corners: true };
const VEHICLES: CornerDetectorOutput = { decoder: 'corner-detector', labels: ['vehicle'], corners: false };
const OPTIONS: DecodeOptions = {
  inputWidth: 384,
  inputHeight: 384,
  confidenceThreshold: 0.45,
  iouThreshold: 0.5,
  batchIndex: 0,
};

function tensor(rows: number[][], pictures = 1) {
  const columns = rows[0]!.length;
  return { detections: { dims: [pictures, rows.length / pictures, columns], data: Float32Array.from(rows.flat()) } };
}

// A plate turned a little: its corners' hull is 10..54 x 12..34, the row's own box is looser.
const turned = [0.9, 5, 8, 60, 40, 10, 20, 50, 12, 54, 25, 13, 34];
const elsewhere = [0.6, 200, 200, 260, 220, 202, 201, 258, 201, 258, 219, 202, 219];

describe('the corner detector', () => {
  it('gives the hull of the corners as box and the corners in the order of the row', () => {
    const [detection, ...others] = decodeDetections(tensor([elsewhere, turned]), PLATES, {
      ...OPTIONS,
      maxDetections: 1,
    });
    assert.deepEqual(others, []);
    assert.deepEqual(detection, {
      box: { x1: 10, y1: 12, x2: 54, y2: 34 },
      confidence: Math.fround(0.9),
      classId: 0,
      label: 'plate',
      corners: [
        { x: 10, y: 20 },
        { x: 50, y: 12 },
        { x: 54, y: 25 },
        { x: 13, y: 34 },
      ],
    });
  });

  it('suppresses on the box of the row, not on the hull of the corners', () => {
    // Rows overlap wholly, hulls not at all: one is left. Rows apart, hulls the same: both stay.
    const sameRow = [0.8, 5, 8, 60, 40, ...elsewhere.slice(5)];
    const sameHull = [0.8, 300, 300, 380, 340, ...turned.slice(5)];
    assert.equal(decodeDetections(tensor([turned, sameRow]), PLATES, OPTIONS).length, 1);
    assert.equal(decodeDetections(tensor([turned, sameHull]), PLATES, OPTIONS).length, 2);
  });

  it('reads five columns when the network has no corners', () => {
    const found = decodeDetections(tensor([[0.7, 1, 2, 30, 40]]), VEHICLES, OPTIONS);
    assert.deepEqual(found, [
      { box: { x1: 1, y1: 2, x2: 30, y2: 40 }, confidence: Math.fround(0.7), classId: 0, label: 'vehicle' },
    ]);
  });

  it('does not clamp: a plate may reach over the edge of the input', () => {
    const [found] = decodeDetections(tensor([[0.7, -12, 2, 400, 40]]), VEHICLES, OPTIONS);
    assert.deepEqual(found!.box, { x1: -12, y1: 2, x2: 400, y2: 40 });
  });

  it('keeps a score of exactly the threshold, as float32 has it', () => {
    // float32(0.45) is 0.449999988…: less than the number 0.45, and yet what the network means by it.
    assert.equal(decodeDetections(tensor([[0.45, 1, 2, 30, 40]]), VEHICLES, OPTIONS).length, 1);
    assert.equal(decodeDetections(tensor([[0.4499, 1, 2, 30, 40]]), VEHICLES, OPTIONS).length, 0);
  });

  it('looks at the asked picture of the batch only', () => {
    const outputs = tensor([turned, turned, elsewhere, [0, ...turned.slice(1)]], 2);
    const second = decodeDetections(outputs, PLATES, { ...OPTIONS, batchIndex: 1 });
    assert.deepEqual(
      second.map(({ box }) => box),
      [{ x1: 202, y1: 201, x2: 258, y2: 219 }],
    );
  });

  it('gives nothing for no anchors', () => {
    assert.deepEqual(decodeDetections({ d: { dims: [1, 0, 13], data: [] } }, PLATES, OPTIONS), []);
  });

  it('drops every row with a number that is not finite', () => {
    for (let column = 0; column < 13; column++) {
      for (const value of [NaN, Infinity, -Infinity]) {
        const broken = turned.map((number, index) => (index === column ? value : number));
        const found = decodeDetections(tensor([broken, elsewhere]), PLATES, OPTIONS);
        assert.deepEqual(
          found.map(({ box }) => box.x1),
          [202],
          `column ${column}: ${value}`,
        );
      }
    }
  });

  const degenerate: [string, number[]][] = [
    ['a box without width', [0.9, 5, 8, 5, 40, ...turned.slice(5)]],
    ['a box that is inside out', [0.9, 60, 8, 5, 40, ...turned.slice(5)]],
    ['corners in one point', [0.9, 5, 8, 60, 40, 7, 7, 7, 7, 7, 7, 7, 7]],
    ['corners on a level line', [0.9, 5, 8, 60, 40, 7, 7, 9, 7, 11, 7, 8, 7]],
  ];
  for (const [title, row] of degenerate) {
    it(`drops ${title} before it can suppress another`, () => {
      const good = [0.5, 5, 8, 60, 40, ...turned.slice(5)];
      const found = decodeDetections(tensor([row, good]), PLATES, OPTIONS);
      assert.deepEqual(
        found.map(({ confidence }) => confidence),
        [0.5],
      );
    });
  }

  const wrong: [string, Parameters<typeof decodeDetections>, RegExp][] = [
    [
      'a network without corners under a manifest with corners',
      [tensor([[0.7, 1, 2, 30, 40]]), PLATES, OPTIONS],
      /^Expected dims \[N, anchors, 13\] \(corners: true\) for output "detections" but received \[1, 1, 5\]$/,
    ],
    [
      'an output of another rank',
      [{ d: { dims: [1, 1, 1, 13], data: new Float32Array(13) } }, PLATES, OPTIONS],
      /^Expected dims \[N, anchors, 13\] for output "d" but received \[1, 1, 1, 13\]$/,
    ],
    [
      'an output of another name',
      [tensor([turned]), { ...PLATES, output: 'boxes' }, OPTIONS],
      /^Expected an output named "boxes" for the network's outputs but received "detections"$/,
    ],
    ['no output at all', [{}, PLATES, OPTIONS], /^Expected at least one output .* received none$/],
    [
      'a picture that is not in the batch',
      [tensor([turned]), PLATES, { ...OPTIONS, batchIndex: 1 }],
      /^Expected a picture index from 0 to 0 for output "detections" of dims \[1, 1, 13\] but received 1$/,
    ],
    [
      'logits where scores should be',
      [tensor([[5.3, 1, 2, 30, 40]]), VEHICLES, OPTIONS],
      /^Expected scores from 0 to 1 for output "detections" but received 5\.3/,
    ],
    [
      'a threshold that is not a number',
      [tensor([turned]), PLATES, { ...OPTIONS, confidenceThreshold: NaN }],
      /^Expected a number from 0 to 1 for confidenceThreshold but received NaN$/,
    ],
    [
      'an overlap in per cent',
      [tensor([turned]), PLATES, { ...OPTIONS, iouThreshold: 45 }],
      /^Expected a number from 0 to 1 for iouThreshold but received 45$/,
    ],
    [
      'a decoder that is none',
      [tensor([turned]), { ...PLATES, decoder: 'ctc' } as unknown as CornerDetectorOutput, OPTIONS],
      /^Expected a detector's decoder for output\.decoder but received "ctc"$/,
    ],
  ];
  for (const [title, args, message] of wrong) {
    it(`refuses ${title}`, () => {
      assert.throws(() => decodeDetections(...args), { name: 'DecodeError', code: 'ALPR_DECODE', message });
    });
  }

  for (const name of ['plateflow-plate', 'plateflow-vehicle']) {
    it(`fits what the shipped ${name} gives for two pictures of noise`, async () => {
      const folder = join(__dirname, '../../../models');
      const manifest = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Manifest;
      const output = manifest.output as CornerDetectorOutput;
      const random = seededRandom(5);
      const data = Uint8Array.from({ length: 2 * 64 * 96 * 3 }, () => random() * 256);
      const outputs = await runOnnx(join(folder, manifest.files.onnx!.file), {
        [manifest.input.name ?? 'image']: { type: 'uint8', dims: [2, 64, 96, 3], data },
      });
      const options = { ...OPTIONS, inputWidth: 96, inputHeight: 64, confidenceThreshold: 0, iouThreshold: 1 };
      // One anchor per cell of the strides 8, 16 and 32.
      const anchors = 12 * 8 + 6 * 4 + 3 * 2;
      for (const batchIndex of [0, 1]) {
        const found = decodeDetections(outputs, output, { ...options, batchIndex });
        const raw = outputs[output.output ?? Object.keys(outputs)[0]!]!;
        const columns = raw.dims[2]!;
        const rows = Array.from({ length: anchors }, (_, row) =>
          Array.from({ length: columns }, (__, column) => raw.data[(batchIndex * anchors + row) * columns + column]!),
        ).filter((row) => row[3]! > row[1]! && row[4]! > row[2]!);
        assert.ok(found.length > 0 && found.length <= rows.length);
        const top = rows.reduce((best, row) => (row[0]! > best[0]! ? row : best));
        assert.equal(found[0]!.confidence, top[0]);
        assert.equal(found[0]!.corners?.[2].x, columns === 13 ? top[9] : undefined);
      }
    });
  }
});

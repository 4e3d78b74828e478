import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeDetections } from '../../src/detection/decode';
import type { TensorView } from '../../src/detection/tensor-view';
import type { Box, Detection, Reading } from '../../src/detection/types';
import { fillTensor } from '../../src/image/tensor';
import { Catalogue } from '../../src/models/catalogue';
import type { DetectorOutput, Manifest, ModelInput, ReaderOutput } from '../../src/models/manifest';
import { decodeReading } from '../../src/reading/decode';

// Outputs are built here by inverting each network's published formula, and read with the shipped manifests.

type Outputs = Record<string, TensorView>;
const catalogue = new Catalogue();

function detect(name: string, outputs: Outputs, iouThreshold = 0.45): Detection[] {
  const { input, output, thresholds } = catalogue.get(name);
  return decodeDetections(outputs, output as DetectorOutput, {
    inputWidth: input.width,
    inputHeight: input.height,
    confidenceThreshold: thresholds?.confidence ?? 0.25,
    iouThreshold: thresholds?.iou ?? iouThreshold,
    batchIndex: 0,
  });
}

function read(manifest: Manifest, output: ReaderOutput, outputs: Outputs): Reading {
  const { width, height } = manifest.input;
  return decodeReading(outputs, output, {
    batchIndex: 0,
    batchSize: 1,
    inputWidth: width,
    inputHeight: height,
    beamWidth: 1,
    confidenceThreshold: manifest.thresholds?.confidence,
    iouThreshold: manifest.thresholds?.iou,
  });
}

function readWith(name: string, outputs: Outputs): Reading {
  const manifest = catalogue.get(name);
  return read(manifest, manifest.output as ReaderOutput, outputs);
}

function near(box: Box | undefined, expected: Box, tolerance = 0.01): void {
  assert.ok(box, 'no box');
  for (const side of ['x1', 'y1', 'x2', 'y2'] as const) {
    assert.ok(Math.abs(box[side] - expected[side]) <= tolerance, `${side}: ${box[side]} for ${expected[side]}`);
  }
}

const logit = (p: number): number => Math.log(p / (1 - p));

/** HailoRT's packed records; behind them the buffer holds what it held before. */
function nms(classes: number, mostPerClass: number, boxes: { classId: number; record: number[] }[]): TensorView {
  const data = new Float32Array(classes * (1 + 5 * mostPerClass)).fill(0.5);
  let at = 0;
  for (let classId = 0; classId < classes; classId++) {
    const own = boxes.filter((box) => box.classId === classId);
    data[at++] = own.length;
    for (const { record } of own) {
      data.set(record, at);
      at += 5;
    }
  }
  return { dims: [classes, 1 + 5 * mostPerClass], data };
}

describe('tiny_yolov4_license_plates', () => {
  const heads = [
    { name: 'tiny_yolov4_license_plates/conv19', grid: 13, sizes: [81, 82, 135, 169, 344, 319] },
    { name: 'tiny_yolov4_license_plates/conv21', grid: 26, sizes: [10, 14, 23, 27, 37, 58] },
  ];
  /** All anchors silent; as in the HEF the 13x13 head comes first, as the graph's layers do. */
  const silent = (): Record<string, { dims: number[]; data: Float32Array }> =>
    Object.fromEntries(
      heads.map(({ name, grid }) => [
        name,
        { dims: [grid, grid, 18], data: new Float32Array(grid * grid * 18).fill(-12) },
      ]),
    );

  for (const { name, grid, sizes } of heads) {
    for (const anchor of [0, 1, 2]) {
      it(`finds a box that anchor ${sizes[2 * anchor]}x${sizes[2 * anchor + 1]} of ${name} gives`, () => {
        const stride = 416 / grid;
        const box = { x1: 101.5, y1: 180.25, x2: 171.5, y2: 212.25 };
        const [cx, cy] = [(box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2];
        const [column, row] = [Math.floor(cx / stride), Math.floor(cy / stride)];
        // centre = (1.05 σ − 0.025 + cell) · stride and size = e^t · anchor, the other way round
        const raw = [
          logit((cx / stride - column + 0.025) / 1.05),
          logit((cy / stride - row + 0.025) / 1.05),
          Math.log((box.x2 - box.x1) / sizes[2 * anchor]!),
          Math.log((box.y2 - box.y1) / sizes[2 * anchor + 1]!),
          logit(0.9),
          logit(0.8),
        ];
        const outputs = silent();
        outputs[name]!.data.set(raw, (row * grid + column) * 18 + anchor * 6);
        const [plate, ...others] = detect('tiny_yolov4_license_plates', outputs);
        assert.equal(others.length, 0);
        assert.equal(plate?.label, 'license_plate');
        assert.ok(Math.abs(plate.confidence - 0.72) < 1e-4, String(plate.confidence));
        near(plate.box, box);
      });
    }
  }

  it('finds its heads by their size, whatever they are called and in any order', () => {
    const { 'tiny_yolov4_license_plates/conv19': large, 'tiny_yolov4_license_plates/conv21': small } = silent();
    small!.data.set([0, 0, 0, 0, 6, 6], 0);
    for (const outputs of [
      { a: small!, b: large! },
      { b: large!, a: small! },
    ]) {
      assert.equal(detect('tiny_yolov4_license_plates', outputs).length, 1);
    }
  });

  it('refuses the eight outputs of the HEF of 2021 with their shapes', () => {
    const outputs: Outputs = {};
    for (const [layer, grid] of Object.entries({ conv19: 13, conv21: 26 })) {
      for (const [part, channels] of Object.entries({ centers: 6, scales: 6, obj: 3, probs: 3 })) {
        const dims = [grid, grid, channels];
        outputs[`${layer}_${part}`] = { dims, data: new Float32Array(grid * grid * channels) };
      }
    }
    assert.throws(() => detect('tiny_yolov4_license_plates', outputs), {
      code: 'ALPR_DECODE',
      message: /Expected one output with dims \[N, 26, 26, 18\] .* but received .*"conv19_centers" \[13, 13, 6\]/,
    });
  });
});

describe('yolov5m_vehicles with raw heads', () => {
  // The output that docs/field-networks.md gives for such files: 640x640 inside, scaled by the chip.
  const text = readFileSync(join(__dirname, '..', '..', 'docs', 'field-networks.md'), 'utf8');
  const output = JSON.parse(`{${/"output": (\{[^`]*\})\n/.exec(text)![0]}}`) as { output: DetectorOutput };
  const anchors = [
    [10, 13, 16, 30, 33, 23],
    [30, 61, 62, 45, 59, 119],
    [116, 90, 156, 198, 373, 326],
  ];

  for (const [head, grid] of [80, 40, 20].entries()) {
    for (const anchor of [0, 1, 2]) {
      it(`finds a vehicle by anchor ${anchor} of the ${grid}x${grid} head, in pixels of 1920x1080`, () => {
        const outputs: Record<string, { dims: number[]; data: Float32Array }> = {};
        for (const cells of [20, 40, 80]) {
          outputs[`conv${cells}`] = { dims: [cells, cells, 18], data: new Float32Array(cells * cells * 18) };
        }
        const stride = 640 / grid;
        const [width, height] = [anchors[head]![2 * anchor]! * 1.2, anchors[head]![2 * anchor + 1]! * 0.8];
        const [cx, cy] = [333.3, 301.7];
        const [column, row] = [Math.floor(cx / stride), Math.floor(cy / stride)];
        // centre = (2s − 0.5 + cell) · stride and size = (2s)² · anchor, the other way round; s is activated already
        const s = [
          (cx / stride - column + 0.5) / 2,
          (cy / stride - row + 0.5) / 2,
          Math.sqrt(1.2) / 2,
          Math.sqrt(0.8) / 2,
          0.9,
          0.8,
        ];
        outputs[`conv${grid}`]!.data.set(s, (row * grid + column) * 18 + anchor * 6);
        const options = { inputWidth: 1920, inputHeight: 1080, confidenceThreshold: 0.3, iouThreshold: 0.45 };
        const [vehicle, ...others] = decodeDetections(outputs, output.output, { ...options, batchIndex: 0 });
        assert.equal(others.length, 0);
        assert.ok(Math.abs(vehicle!.confidence - 0.72) < 1e-5);
        const [scaleX, scaleY] = [1920 / 640, 1080 / 640];
        near(vehicle?.box, {
          x1: (cx - width / 2) * scaleX,
          y1: (cy - height / 2) * scaleY,
          x2: (cx + width / 2) * scaleX,
          y2: (cy + height / 2) * scaleY,
        });
      });
    }
  }
});

describe('Detectors with their suppression in the HEF', () => {
  it('yolov5m_vehicles: one class, 1920x1080', () => {
    const boxes = [{ classId: 0, record: [0.25, 0.5, 0.75, 0.625, 0.875] }];
    const found = detect('yolov5m_vehicles', { 'yolov5m_vehicles/yolov5_nms_postprocess': nms(1, 80, boxes) });
    assert.deepEqual(found, [
      { box: { x1: 960, y1: 270, x2: 1200, y2: 810 }, confidence: 0.875, classId: 0, label: 'vehicle' },
    ]);
  });

  for (const name of ['yolov8n', 'yolov8s']) {
    it(`${name}: of 80 classes the vehicles`, () => {
      const record = [0.125, 0.25, 0.375, 0.5, 0.75];
      const boxes = [0, 1, 2, 3, 5, 6, 7, 8, 79].map((classId) => ({ classId, record }));
      const found = detect(name, { out: nms(80, 100, boxes) });
      const seen = found.map(({ label, classId }) => [classId, label]).sort((a, b) => Number(a[0]) - Number(b[0]));
      assert.deepEqual(seen, [
        [2, 'car'],
        [3, 'motorcycle'],
        [5, 'bus'],
        [7, 'truck'],
      ]);
      assert.deepEqual(found[0]?.box, { x1: 160, y1: 80, x2: 320, y2: 240 });
    });
  }

  it('hailo_yolov8n_4_classes_vga: one HEF, plates for one entry and vehicles for the other', () => {
    const boxes = [0, 1, 2, 3].map((classId) => ({ classId, record: [0, 0.25, 0.5, 0.5, 0.5 + classId / 16] }));
    const outputs = { out: nms(4, 100, boxes) };
    assert.deepEqual(detect('hailo_yolov8n_4_classes_vga_plates', outputs), [
      { box: { x1: 160, y1: 0, x2: 320, y2: 240 }, confidence: 0.6875, classId: 3, label: 'license_plate' },
    ]);
    assert.deepEqual(detect('hailo_yolov8n_4_classes_vga_vehicles', outputs), [
      { box: { x1: 160, y1: 0, x2: 320, y2: 240 }, confidence: 0.5625, classId: 1, label: 'vehicle' },
    ]);
    const files = ['plates', 'vehicles'].map((kind) => catalogue.get(`hailo_yolov8n_4_classes_vga_${kind}`).files);
    assert.deepEqual(files[0], files[1]);
  });

  it('yolov8n_relu6_lp: one class', () => {
    const found = detect('yolov8n_relu6_lp', { out: nms(1, 100, [{ classId: 0, record: [0.5, 0.5, 0.625, 1, 0.5] }]) });
    assert.deepEqual(found[0]?.box, { x1: 320, y1: 320, x2: 640, y2: 400 });
  });
});

describe('yolo-v9-t-384-license-plates', () => {
  it('reads rows of picture, corners, class and confidence', () => {
    const rows = [
      [0, 10, 20, 110, 50, 0, 0.9],
      [0, 200, 20, 300, 50, 0, 0.39],
    ];
    const outputs = { output0: { dims: [2, 7], data: Float32Array.from(rows.flat()) } };
    const [plate, ...others] = detect('yolo-v9-t-384-license-plates', outputs);
    assert.equal(others.length, 0);
    near(plate?.box, { x1: 10, y1: 20, x2: 110, y2: 50 });
    assert.equal(plate?.label, 'license_plate');
  });

  it('finds none in an output without rows', () => {
    assert.deepEqual(
      detect('yolo-v9-t-384-license-plates', { output0: { dims: [0, 7], data: new Float32Array(0) } }),
      [],
    );
  });
});

describe('lprnet', () => {
  const manifest = catalogue.get('lprnet');
  const onChip = manifest.hef?.output as ReaderOutput;
  // 19 steps: "1122334", a doubled digit parted by a blank, a held one not.
  const steps = [10, 1, 10, 1, 1, 10, 2, 2, 10, 2, 10, 3, 10, 3, 3, 3, 10, 4, 10];
  const TEXT = '1122334';

  /** 5 rows whose mean is `steps`' logits: single rows are wrong by up to 20. */
  function rows(): number[][][] {
    const wobble = [20, -20, 5, -5, 0];
    return wobble.map((amount) =>
      steps.map((wanted, t) =>
        Array.from({ length: 11 }, (_, c) => (c === wanted ? 9 : -3) + (c === (t + 3) % 11 ? amount : 0)),
      ),
    );
  }

  it('reads the 5x19x11 of the HEF, whose rows only agree in the mean', () => {
    const reading = read(manifest, onChip, {
      'lprnet/conv31': { dims: [5, 19, 11], data: Float32Array.from(rows().flat(2)) },
    });
    assert.equal(reading.text, TEXT);
    assert.equal(reading.characters.length, 7);
    assert.ok(reading.confidence > 0.99);
  });

  const mean = steps.map((wanted) => Array.from({ length: 11 }, (_, c) => (c === wanted ? 9 : -3)));
  for (const dims of [
    [1, 19, 11],
    [1, 1, 19, 11],
    [19, 11],
  ]) {
    it(`reads [${dims.join(', ')}], averaged already`, () => {
      assert.equal(read(manifest, onChip, { out: { dims, data: Float32Array.from(mean.flat()) } }).text, TEXT);
    });
  }

  it("reads the ONNX file's 1x11x19, and 1x11x5x19 where the mean was left out", () => {
    const planes = Array.from({ length: 11 }, (_, c) => mean.map((step) => step[c]!));
    const averaged = { out: { dims: [1, 11, 19], data: Float32Array.from(planes.flat()) } };
    assert.equal(readWith('lprnet', averaged).text, TEXT);
    const all = rows();
    const full = Array.from({ length: 11 }, (_, c) => all.map((row) => row.map((step) => step[c]!)));
    const raw = { out: { dims: [1, 11, 5, 19], data: Float32Array.from(full.flat(2)) } };
    assert.equal(readWith('lprnet', raw).text, TEXT);
  });

  it('is fed BGR, (x − 127.5) / 128, as an ONNX file, and RGB bytes as a HEF', () => {
    const { input, hef } = manifest;
    const size = { width: 4, height: 2 };
    const pixels = new Uint8Array(size.width * size.height * 3 + 8);
    for (let i = 0; i < size.width * size.height; i++) pixels.set([255, 128, 0], i * 3);
    const picture = { pixels, ...size };
    const floats = new Float32Array(24);
    fillTensor(picture, undefined, input, size, floats, 0);
    assert.deepEqual([...floats.slice(0, 8)], new Array(8).fill(-127.5 / 128), 'blue first');
    assert.deepEqual([...floats.slice(16)], new Array(8).fill(127.5 / 128), 'red last');
    // What every HEF is fed: bytes, channels last (HefInput).
    const { normalisation: _onChip, ...rest } = input;
    const fed: ModelInput = { ...rest, layout: 'NHWC', type: 'uint8', ...hef?.input };
    const bytes = new Uint8Array(24);
    fillTensor(picture, undefined, fed, size, bytes, 0);
    assert.deepEqual([...bytes.slice(0, 6)], [255, 128, 0, 255, 128, 0]);
  });
});

describe('lprnet-cn', () => {
  it('reads 68 classes with the blank last, classes before steps, province first', () => {
    const alphabet = (catalogue.get('lprnet-cn').output as { alphabet: string[] }).alphabet;
    const classes = ['皖', 'A', 'Z', '0', '8', '8', 'I'].map((character) => alphabet.indexOf(character));
    assert.deepEqual([classes[0], classes[1], classes[6]], [12, 41, 65]);
    const data = new Float32Array(68 * 18).fill(-4);
    const blank = 67;
    const steps = classes.flatMap((index) => [index, blank]).concat([blank, blank, blank, blank]);
    for (const [t, index] of steps.entries()) data[index * 18 + t] = 6;
    assert.equal(readWith('lprnet-cn', { out: { dims: [1, 68, 18], data } }).text, '皖AZ088I');
  });
});

describe('Readers with slots', () => {
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_';
  for (const [name, slots, output] of [
    ['cct-xs-v1-global', 9, 'dense'],
    ['cct-s-v1-global', 9, 'dense'],
    ['cct-xs-v2-global', 10, 'plate'],
  ] as const) {
    it(`${name} gives ${slots} probabilities of 37 characters`, () => {
      const padded = 'B0XQ07'.padEnd(slots, '_');
      const data = new Float32Array(slots * 37).fill(0.1 / 36);
      for (let slot = 0; slot < slots; slot++) data[slot * 37 + alphabet.indexOf(padded[slot]!)] = 0.9;
      const region = { dims: [1, 66], data: new Float32Array(66) };
      const outputs: Outputs = { [output]: { dims: [1, slots, 37], data } };
      const reading = readWith(name, name.includes('v2') ? { region, ...outputs } : outputs);
      assert.equal(reading.text, 'B0XQ07');
      for (const { confidence } of reading.characters) assert.ok(Math.abs(confidence - 0.9) < 1e-5);
      // All slots right, those that are padding included; a little more for the same text with its padding elsewhere.
      assert.ok(reading.confidence >= 0.9 ** slots - 1e-5 && reading.confidence < 0.9 ** slots + 0.01);
    });
  }
});

describe('ppocr-v4-rec', () => {
  it('has the blank first, then the file of characters, then the space', () => {
    const alphabet = (catalogue.get('ppocr-v4-rec').output as { alphabet: string[] }).alphabet;
    assert.equal(alphabet.length, 6624);
    assert.equal(alphabet.at(-1), ' ');
    const text = ['京', 'A', ' ', '7', '7'];
    const data = new Float32Array(28 * 6625);
    const steps = text.flatMap((character) => [alphabet.indexOf(character) + 1, 0]);
    for (let t = 0; t < 28; t++) data[t * 6625 + (steps[t] ?? 0)] = 1;
    assert.equal(readWith('ppocr-v4-rec', { 'softmax_11.tmp_0': { dims: [1, 28, 6625], data } }).text, '京A 77');
  });
});

describe('yolov8n_relu6_lp_ocr', () => {
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  /** Characters of 24x40 pixels in the 256x128 input, by their centres. */
  function boxes(characters: [text: string, x: number, y: number][]): TensorView {
    return nms(
      36,
      20,
      characters.map(([text, x, y], i) => ({
        classId: alphabet.indexOf(text),
        record: [(y - 20) / 128, (x - 12) / 256, (y + 20) / 128, (x + 12) / 256, 0.9 - i / 100],
      })),
    );
  }

  it('reads one line from left to right, in whatever order the classes come', () => {
    const reading = readWith('yolov8n_relu6_lp_ocr', {
      out: boxes([
        ['F', 30, 64],
        ['3', 70, 66],
        ['X', 110, 62],
        ['A', 150, 64],
      ]),
    });
    assert.equal(reading.text, 'F3XA');
    assert.equal(reading.lines, 1);
  });

  it('reads the upper line of a two-line plate before the lower one, where x alone would shuffle them', () => {
    const outputs = {
      out: boxes([
        ['6', 80, 30],
        ['6', 120, 30],
        ['V', 160, 30],
        ['1', 60, 95],
        ['3', 100, 96],
        ['4', 140, 94],
        ['5', 180, 95],
      ]),
    };
    const reading = readWith('yolov8n_relu6_lp_ocr', outputs);
    assert.equal(reading.text, '66V1345');
    assert.equal(reading.lines, 2);
    const byX = detectCharacters(outputs).sort((a, b) => a.box.x1 - b.box.x1);
    assert.equal(byX.map(({ label }) => label).join(''), '1636' + '4V5');
  });

  function detectCharacters(outputs: Outputs): Detection[] {
    const { output } = catalogue.get('yolov8n_relu6_lp_ocr');
    const { detector } = output as { detector: DetectorOutput };
    const options = { inputWidth: 256, inputHeight: 128, confidenceThreshold: 0.3, iouThreshold: 0.45, batchIndex: 0 };
    return decodeDetections(outputs, detector, options);
  }
});

describe('Files of the networks of the field', () => {
  const entries = catalogue
    .list()
    .filter(({ directory }) => directory?.endsWith('field'))
    .flatMap(({ name, description, files }) =>
      Object.entries({ onnx: files.onnx, ...files.hef }).flatMap(([target, file]) =>
        file ? [{ name, description, target, file }] : [],
      ),
    );

  it('have a name of their own for each chip, as they all lie in one folder', () => {
    const owners = new Map<string, string>();
    for (const { target, file } of entries) {
      const key = `${target} ${file.url ?? ''}`;
      assert.equal(owners.get(file.file) ?? key, key, file.file);
      owners.set(file.file, key);
      if (target !== 'onnx') assert.match(file.file, new RegExp(`[._]${target}(_1)?\\.hef$`));
    }
    assert.ok(owners.size >= 20);
  });

  it('have an address, or a description that says where they come from', () => {
    for (const { name, description, file } of entries) {
      if (file.url === undefined) assert.match(description ?? '', /unpack|Download|export/, name);
      else assert.match(file.url, /^https:\/\/[^ ]+\.(hef|onnx)$/, name);
    }
  });
});

import assert from 'node:assert/strict';
import type { Corners } from '../../../src/detection/types';
import { type CpuDevice, cpuDevice } from '../../../src/device/cpu/cpu-device';
import type { RunOptions, View } from '../../../src/device/device';
import type { Manifest, ModelInput } from '../../../src/models/manifest';
import { ModelFolder, sharedPicture } from '../../support/model-folder';
import { buildOnnxModel, type OnnxType } from '../../support/onnx';

/** A network that returns its input: what comes out is what the worker fed it. */
function mirror(type: 'uint8' | 'float32', layout: 'NHWC' | 'NCHW', width: number, height: number): Uint8Array {
  const dims = layout === 'NHWC' ? ['N', height, width, 3] : ['N', 3, height, width];
  return buildOnnxModel({
    inputs: [{ name: 'image', type, dims }],
    outputs: [{ name: 'same', type: 'float32', dims }],
    nodes: [{ op: 'Cast', inputs: ['image'], outputs: ['same'], attributes: { to: 1 } }],
  });
}

/** A network whose picture's values are rows of five: the picture says what is detected in it. */
function rowsFromPicture(width: number, height: number, batch: number | string): Uint8Array {
  const rows = (width * height * 3) / 5;
  return buildOnnxModel({
    inputs: [{ name: 'image', type: 'uint8', dims: [batch, height, width, 3] }],
    outputs: [{ name: 'detections', type: 'float32', dims: [batch, rows, 5] }],
    nodes: [
      { op: 'Cast', inputs: ['image'], outputs: ['values'], attributes: { to: 1 } },
      { op: 'Reshape', inputs: ['values', 'shape'], outputs: ['detections'] },
    ],
    initializers: [{ name: 'shape', type: 'int64', dims: [3], data: [-1, rows, 5] }],
  });
}

/** A network that always says the same. */
function constant(rows: number[][], type: OnnxType = 'uint8'): Uint8Array {
  const columns = rows[0]!.length;
  return buildOnnxModel({
    inputs: [{ name: 'image', type, dims: [1, 'H', 'W', 3] }],
    outputs: [{ name: 'detections', type: 'float32', dims: [1, rows.length, columns] }],
    nodes: [{ op: 'Identity', inputs: ['rows'], outputs: ['detections'] }],
    initializers: [{ name: 'rows', type: 'float32', dims: [1, rows.length, columns], data: rows.flat() }],
  });
}

const plainInput: ModelInput = {
  name: 'image',
  width: 4,
  height: 2,
  colour: 'RGB',
  layout: 'NHWC',
  type: 'uint8',
  fit: 'letterbox',
  fill: [7, 8, 9],
};

// 4 × 2 pixels; every value is its own, so that a wrong order shows.
const tiny = sharedPicture(
  4,
  2,
  Array.from({ length: 24 }, (_, i) => i * 10),
);
/** The value of channel c (0 red) of pixel x, y of `tiny`. */
const tinyAt = (x: number, y: number, c: number): number => (y * 4 + x) * 30 + c * 10;

describe('CPU device', () => {
  const folder = new ModelFolder();
  let device: CpuDevice;
  before(() => {
    device = cpuDevice({ runtime: 'native', workers: 2 });
  });
  after(async () => {
    await device.close();
    folder.remove();
  });

  async function runOnce(manifest: Manifest, source: typeof tiny, views: View[] = [], options?: RunOptions) {
    const network = await device.open(manifest);
    try {
      return await network.run({ source, views, ...(options ? { options } : {}), fairKey: 'camera' });
    } finally {
      await network.close();
    }
  }

  describe('feeds a network', () => {
    const rgb = [0, 1, 2];
    const bgr = [2, 1, 0];
    const cases: { name: string; input: Partial<ModelInput>; expected: number[] }[] = [
      {
        name: 'as the frame is (uint8, NHWC, RGB)',
        input: {},
        expected: each(2, 4, (y, x) => rgb.map((c) => tinyAt(x, y, c))),
      },
      {
        name: 'with red and blue exchanged (BGR)',
        input: { colour: 'BGR' },
        expected: each(2, 4, (y, x) => bgr.map((c) => tinyAt(x, y, c))),
      },
      {
        name: 'plane by plane (NCHW)',
        input: { layout: 'NCHW' },
        expected: rgb.flatMap((c) => each(2, 4, (y, x) => [tinyAt(x, y, c)])),
      },
      {
        name: 'normalised per channel in its own order (float32, NCHW, BGR)',
        input: {
          layout: 'NCHW',
          colour: 'BGR',
          type: 'float32',
          normalisation: { mean: [1, 2, 3], scale: [2, 4, 8] },
        },
        expected: bgr.flatMap((c, i) => each(2, 4, (y, x) => [(tinyAt(x, y, c) - (i + 1)) / 2 ** (i + 1)])),
      },
      {
        name: 'in the middle of its fill colour (letterbox)',
        input: { height: 4 },
        expected: each(4, 4, (y, x) => (y === 0 || y === 3 ? [7, 8, 9] : rgb.map((c) => tinyAt(x, y - 1, c)))),
      },
      {
        name: 'shrunk to the mean of the pixels (stretch)',
        input: { width: 2, height: 1, fit: 'stretch' },
        expected: [0, 2].flatMap((x) =>
          rgb.map((c) => (tinyAt(x, 0, c) + tinyAt(x + 1, 0, c) + tinyAt(x, 1, c) + tinyAt(x + 1, 1, c)) / 4),
        ),
      },
    ];
    for (const { name, input, expected } of cases) {
      it(name, async () => {
        const full = { ...plainInput, ...input };
        const onnx = mirror(full.type, full.layout, full.width, full.height);
        const manifest = folder.add(`mirror-${name.length}`, onnx, { input: full, output: { decoder: 'tensors' } });
        const { results } = await runOnce(manifest, tiny);
        const dims = full.layout === 'NHWC' ? [1, full.height, full.width, 3] : [1, 3, full.height, full.width];
        assert.deepEqual(results, [{ kind: 'tensors', tensors: { same: { dims, data: expected } } }]);
      });
    }

    it('with the parts of the frame it is asked about, in their order', async () => {
      const input: ModelInput = { ...plainInput, width: 1, height: 1 };
      const manifest = folder.add('mirror-parts', mirror('uint8', 'NHWC', 1, 1), {
        input,
        output: { decoder: 'tensors' },
      });
      const spots = [
        [3, 1],
        [0, 0],
        [2, 1],
      ] as const;
      const views = spots.map(([x, y]) => ({ box: { x1: x, y1: y, x2: x + 1, y2: y + 1 } }));
      const { results } = await runOnce(manifest, tiny, views);
      assert.deepEqual(
        results.map((result) => result.kind === 'tensors' && result.tensors['same']!.data),
        spots.map(([x, y]) => [0, 1, 2].map((c) => tinyAt(x, y, c))),
      );
    });
  });

  describe('gives detections in frame pixels', () => {
    // 200 × 100 in 32 × 32: one input pixel is 6.25 frame pixels, and the picture begins at row 8.
    const frame = sharedPicture(200, 100, new Uint8Array(200 * 100 * 3));
    const input: ModelInput = { ...plainInput, width: 32, height: 32, multipleOf: 32 };

    it('mapped back through the letterbox, clamped to the frame, without those outside of it', async () => {
      const rows = [
        [0.9, 8, 12, 16, 20],
        [0.8, -4, 4, 4, 12],
        [0.7, 20, 0, 24, 7],
        [0.3, 24, 12, 28, 20],
      ];
      const manifest = folder.add('constant', constant(rows), {
        task: 'vehicles',
        input,
        output: { decoder: 'corner-detector', corners: false, labels: ['vehicle'] },
        thresholds: { confidence: 0.5, iou: 0.5 },
      });
      const { results } = await runOnce(manifest, frame);
      assert.deepEqual(results.map(rounded), [
        [
          { box: [50, 25, 100, 75], confidence: 0.9, label: 'vehicle' },
          { box: [0, 0, 25, 25], confidence: 0.8, label: 'vehicle' },
        ],
      ]);
      const all = await runOnce(manifest, frame, [], { confidenceThreshold: 0.2 });
      assert.deepEqual(
        rounded(all.results[0]!).map(({ confidence }) => confidence),
        [0.9, 0.8, 0.3],
      );
      const best = await runOnce(manifest, frame, [], { maxDetections: 1 });
      assert.deepEqual(
        rounded(best.results[0]!).map(({ confidence }) => confidence),
        [0.9],
      );
    });

    it('with the hull of the corners as the box', async () => {
      const corners = [9, 12, 15, 13, 16, 18, 8, 17];
      const manifest = folder.add('corners', constant([[0.9, 6, 10, 18, 20, ...corners]]), {
        task: 'plates',
        input,
        output: { decoder: 'corner-detector', corners: true, labels: ['plate'] },
      });
      const { results } = await runOnce(manifest, frame);
      const result = results[0]!;
      assert.ok(result.kind === 'detections');
      assert.deepEqual(result.detections[0]!.corners, [
        { x: 56.25, y: 25 },
        { x: 93.75, y: 31.25 },
        { x: 100, y: 62.5 },
        { x: 50, y: 56.25 },
      ]);
      assert.deepEqual(result.detections[0]!.box, { x1: 50, y1: 25, x2: 100, y2: 62.5 });
    });

    it('mapped back through the part that was shown', async () => {
      const manifest = folder.add('part', constant([[0.9, 8, 8, 16, 24]]), {
        task: 'vehicles',
        input,
        output: { decoder: 'corner-detector', corners: false, labels: ['vehicle'] },
      });
      // 64 × 64 in 32 × 32: two frame pixels per input pixel, from (100, 20).
      const { results } = await runOnce(manifest, frame, [{ box: { x1: 100, y1: 20, x2: 164, y2: 84 } }]);
      assert.deepEqual(rounded(results[0]!), [{ box: [116, 36, 132, 68], confidence: 0.9, label: 'vehicle' }]);
    });
  });

  describe('shows a network several parts', () => {
    // Each 5 × 1 part holds three rows of (score, x1, y1, x2, y2); the second and third have the score 0.
    const width = 40;
    const pixels = new Uint8Array(width * 20 * 3);
    const views: View[] = [];
    const expected: { box: number[]; confidence: number; label: string }[][] = [];
    for (let i = 0; i < 20; i++) {
      const x = i % 2 === 0 ? 10 : 30;
      const left = i % 4;
      pixels.set([1, left, 0, left + 1, 1], (i * width + x) * 3);
      views.push({ box: { x1: x, y1: i, x2: x + 5, y2: i + 1 } });
      expected.push([{ box: [x + left, i, x + left + 1, i + 1], confidence: 1, label: 'thing' }]);
    }
    const frame = sharedPicture(width, 20, pixels);

    for (const { name, batch, declared } of [
      { name: 'in batches', batch: 'N', declared: {} },
      { name: 'one by one where the manifest says so', batch: 'N', declared: { batch: false } },
      { name: 'one by one where the graph takes one only', batch: 1, declared: {} },
    ]) {
      it(name, async () => {
        const manifest = folder.add(`rows-${name.length}`, rowsFromPicture(5, 1, batch), {
          input: { ...plainInput, width: 5, height: 1, ...declared },
          output: { decoder: 'corner-detector', corners: false, labels: ['thing'] },
          thresholds: { confidence: 0.5 },
        });
        const { results, timings } = await runOnce(manifest, frame, views);
        assert.deepEqual(results.map(rounded), expected);
        for (const part of ['queue', 'prepare', 'infer', 'decode'] as const) {
          assert.ok(timings[part] >= 0, `Expected a duration for ${part} but received ${timings[part]}`);
        }
      });
    }
  });

  it('answers many callers at once, each with its own result', async () => {
    const manifest = folder.add('many', mirror('uint8', 'NHWC', 1, 1), {
      input: { ...plainInput, width: 1, height: 1 },
      output: { decoder: 'tensors' },
    });
    const network = await device.open(manifest);
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const source = sharedPicture(1, 1, [i, 2 * i, 3 * i]);
        const { results } = await network.run({ source, views: [], fairKey: `camera ${i % 3}` });
        return results[0]!.kind === 'tensors' && results[0]!.tensors['same']!.data;
      }),
    );
    assert.deepEqual(
      answers,
      Array.from({ length: 40 }, (_, i) => [i, 2 * i, 3 * i]),
    );
    await network.close();
  });

  it('rounds a wished input size up to what the network takes, and refuses it where there is one size only', async () => {
    const onnx = buildOnnxModel({
      inputs: [{ name: 'image', type: 'uint8', dims: [1, 'H', 'W', 3] }],
      outputs: [{ name: 'size', type: 'int64', dims: [4] }],
      nodes: [{ op: 'Shape', inputs: ['image'], outputs: ['size'] }],
    });
    const output = { decoder: 'tensors' } as const;
    const free = folder.add('free-size', onnx, {
      input: { ...plainInput, width: 64, height: 32, multipleOf: 32 },
      output,
    });
    const { results } = await runOnce(free, tiny, [], { inputSize: { width: 33, height: 64 } });
    assert.ok(results[0]!.kind === 'tensors');
    assert.deepEqual(results[0]!.tensors['size']!.data, [1, 64, 64, 3]);
    const fixed = folder.add('one-size', onnx, { input: plainInput, output });
    await assert.rejects(runOnce(fixed, tiny, [], { inputSize: { width: 8, height: 8 } }), {
      code: 'ALPR_MODEL',
      message: 'Expected 4x2 for the input size of model one-size but received 8x8: it takes no other',
    });
    await assert.rejects(runOnce(free, tiny, [], { inputSize: { width: 1e6, height: 64 } }), { code: 'ALPR_MODEL' });
  });

  describe('shares networks', () => {
    it('so that one caller can close while another goes on', async () => {
      const manifest = folder.add('shared', mirror('uint8', 'NHWC', 4, 2), {
        input: plainInput,
        output: { decoder: 'tensors' },
      });
      const [first, second] = await Promise.all([device.open(manifest), device.open(manifest)]);
      const request = { source: tiny, views: [], fairKey: 'camera' };
      const running = first.run(request);
      await first.close();
      await first.close();
      assert.equal((await running).results.length, 1);
      await assert.rejects(first.run(request), { message: 'Expected an open network but model shared was closed' });
      assert.equal((await second.run(request)).results.length, 1);
      await second.close();
      const third = await device.open(manifest);
      assert.equal((await third.run(request)).results.length, 1);
      await third.close();
    });
  });

  describe('closed and opened again, as with a deployment', () => {
    let begun = 0;
    const count = (): void => void begun++;
    before(() => process.on('worker', count));
    after(() => process.off('worker', count));

    it('begins no threads anew', async () => {
      const manifest = folder.add('deployed', mirror('uint8', 'NHWC', 4, 2), {
        input: plainInput,
        output: { decoder: 'tensors' },
      });
      const deploy = async (): Promise<void> => {
        const deployed = cpuDevice({ runtime: 'native', workers: 2 });
        const network = await deployed.open(manifest);
        const request = { source: tiny, views: [], fairKey: 'camera' };
        await Promise.all(Array.from({ length: 8 }, () => network.run(request)));
        await network.close();
        await deployed.close();
      };
      await deploy();
      begun = 0;
      for (let time = 0; time < 5; time++) await deploy();
      assert.equal(begun, 0);
    });

    it('knows no network of before, even one that nobody has closed', async () => {
      const answers: unknown[] = [];
      for (const answer of [1, 2]) {
        const manifest = folder.add('replaced', constant([[answer]]), {
          input: plainInput,
          output: { decoder: 'tensors' },
        });
        // Without it the network's name tells the two apart.
        delete manifest.files.onnx!.sha256;
        const deployed = cpuDevice({ runtime: 'native', workers: 1 });
        const network = await deployed.open(manifest);
        const { results } = await network.run({ source: tiny, views: [], fairKey: 'camera' });
        answers.push(results[0]!.kind === 'tensors' && results[0]!.tensors['detections']!.data[0]);
        await deployed.close();
      }
      assert.deepEqual(answers, [1, 2]);
    });
  });

  describe('refuses', () => {
    const views: { name: string; request: { source?: unknown; views?: View[] }; message: RegExp }[] = [
      {
        name: 'pixels that are not shared',
        request: { source: { buffer: Buffer.alloc(24), width: 4, height: 2 } },
        message: /Expected a SharedArrayBuffer for source.buffer but received Buffer/,
      },
      {
        name: 'a buffer that is too small',
        request: { source: { ...tiny, height: 3 } },
        message: /Expected at least 36 bytes for source.buffer \(4x3 RGB\) but received 24/,
      },
      {
        name: 'a picture without width',
        request: { source: { ...tiny, width: 0 } },
        message: /source.width but received 0/,
      },
      {
        name: 'a box that is no number',
        request: { views: [{ box: { x1: 0, y1: Number.NaN, x2: 1, y2: 1 } }] },
        message: /Expected a finite number for views\[0\].box.y1 but received NaN/,
      },
      {
        name: 'a margin that leaves nothing',
        request: { views: [{ box: { x1: 0, y1: 0, x2: 1, y2: 1 }, margin: -0.5 }] },
        message: /views\[0\].margin but received -0.5/,
      },
    ];
    for (const { name, request, message } of views) {
      it(name, async () => {
        const manifest = folder.add('refuses', mirror('uint8', 'NHWC', 4, 2), {
          input: plainInput,
          output: { decoder: 'tensors' },
        });
        const network = await device.open(manifest);
        await assert.rejects(network.run({ source: tiny, views: [], fairKey: 'a', ...(request as object) }), {
          message,
        });
        await network.close();
      });
    }
  });

  it('works on a box far outside of the frame: it sees the fill colour', async () => {
    const manifest = folder.add('outside', mirror('uint8', 'NHWC', 4, 2), {
      input: plainInput,
      output: { decoder: 'tensors' },
    });
    const { results } = await runOnce(manifest, tiny, [{ box: { x1: 500, y1: 500, x2: 504, y2: 502 } }]);
    assert.ok(results[0]!.kind === 'tensors');
    assert.deepEqual(
      results[0]!.tensors['same']!.data,
      each(2, 4, () => [7, 8, 9]),
    );
  });

  it('takes boxes and corners with things on them that cannot cross to a thread', async () => {
    const manifest = folder.add('extra', mirror('uint8', 'NHWC', 4, 2), {
      input: plainInput,
      output: { decoder: 'tensors' },
    });
    const extra = { describe: () => 'from a function node' };
    const corners = [
      { x: 0, y: 0, ...extra },
      { x: 4, y: 0, ...extra },
      { x: 4, y: 2, ...extra },
      { x: 0, y: 2, ...extra },
    ] as Corners;
    const { results } = await runOnce(manifest, tiny, [{ box: { x1: 0, y1: 0, x2: 4, y2: 2, ...extra } }, { corners }]);
    const whole = each(2, 4, (y, x) => [0, 1, 2].map((c) => tinyAt(x, y, c)));
    for (const result of results) {
      assert.ok(result.kind === 'tensors');
      assert.deepEqual(result.tensors['same']!.data, whole);
    }
    assert.equal(results.length, 2);
  });

  it('says what it is', async () => {
    const fresh = cpuDevice({ runtime: 'native', workers: 1 });
    assert.equal(fresh.kind, 'cpu');
    assert.equal(fresh.describe(), 'CPU, ONNX Runtime (not loaded yet), 1 worker');
    const manifest = folder.add('says', mirror('uint8', 'NHWC', 4, 2), {
      input: plainInput,
      output: { decoder: 'tensors' },
    });
    await fresh.open(manifest);
    assert.match(fresh.describe(), /^CPU, ONNX Runtime \d+\.\d+\.\d+ \(native\), 1 worker$/);
    await fresh.close();
    await assert.rejects(fresh.open(manifest), { code: 'ALPR_WORKER' });
  });

  for (const workers of [0, 65, 1.5, Number.NaN]) {
    it(`refuses ${workers} workers`, () => {
      assert.throws(() => cpuDevice({ runtime: 'auto', workers }), {
        message: `Expected an integer from 1 to 64 for workers but received ${workers}`,
      });
    });
  }
});

/** Rows × columns of lists, row by row, in one list. */
function each(rows: number, columns: number, make: (y: number, x: number) => number[]): number[] {
  return Array.from({ length: rows * columns }, (_, i) => make(Math.floor(i / columns), i % columns)).flat();
}

/** Detections with numbers short enough to compare. */
function rounded(result: import('../../../src/device/device').ViewResult) {
  assert.ok(result.kind === 'detections');
  return result.detections.map(({ box, confidence, label }) => ({
    box: [box.x1, box.y1, box.x2, box.y2].map((value) => Math.round(value * 1000) / 1000),
    confidence: Math.round(confidence * 1000) / 1000,
    label,
  }));
}

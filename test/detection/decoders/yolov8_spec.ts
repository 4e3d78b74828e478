import assert from 'node:assert/strict';
import { decodeDetections, type DecodeOptions } from '../../../src/detection/decode.js';
import type { TensorView } from '../../../src/detection/tensor-view.js';
import type { Yolov8Output } from '../../../src/models/manifest.js';
import { buildOnnxModel } from '../../support/onnx.js';
import { seededRandom } from '../random.js';
import { runOnnx } from '../run-onnx.js';

const OPTIONS: DecodeOptions = {
  inputWidth: 640,
  inputHeight: 640,
  confidenceThreshold: 0.25,
  iouThreshold: 0.45,
  batchIndex: 0,
};
const LABELS = ['car', 'lorry', 'bus'];

/** `rows` of [cx, cy, w, h, scores…] per picture, written in either layout. */
function output(
  layout: Yolov8Output['layout'],
  pictures: number[][][],
): { outputs: Record<string, TensorView>; spec: Yolov8Output } {
  const [anchors, channels] = [pictures[0]!.length, pictures[0]![0]!.length];
  const data = new Float32Array(pictures.length * anchors * channels);
  pictures.forEach((rows, n) =>
    rows.forEach((row, a) =>
      row.forEach((value, c) => {
        data[n * anchors * channels + (layout === 'channels-first' ? c * anchors + a : a * channels + c)] = value;
      }),
    ),
  );
  const inner = layout === 'channels-first' ? [channels, anchors] : [anchors, channels];
  return {
    outputs: { output0: { dims: [pictures.length, ...inner], data } },
    spec: { decoder: 'yolov8', labels: LABELS.slice(0, channels - 4), layout },
  };
}

for (const layout of ['channels-first', 'channels-last'] as const) {
  describe(`YOLOv8 output, ${layout}`, () => {
    const decode = (pictures: number[][][], options: Partial<DecodeOptions> = {}) => {
      const { outputs, spec } = output(layout, pictures);
      return decodeDetections(outputs, spec, { ...OPTIONS, ...options });
    };
    const car = [100, 60, 40, 20, 0.75, 0.25, 0.125];
    const bus = [300, 200, 100, 80, 0.125, 0.25, 0.875];
    const nothing = [500, 500, 50, 50, 0.125, 0.0625, 0.125];

    it('gives corner boxes with the best class, best first', () => {
      assert.deepEqual(decode([[nothing, car, bus]]), [
        { box: { x1: 250, y1: 160, x2: 350, y2: 240 }, confidence: 0.875, classId: 2, label: 'bus' },
        { box: { x1: 80, y1: 50, x2: 120, y2: 70 }, confidence: 0.75, classId: 0, label: 'car' },
      ]);
    });

    it('keeps a score of exactly the threshold', () => {
      assert.equal(decode([[nothing, car, bus]], { confidenceThreshold: 0.75 }).length, 2);
      assert.equal(decode([[nothing, car, bus]], { confidenceThreshold: 0.7500001 }).length, 1);
    });

    it('suppresses the weaker box of the same class, not of another', () => {
      const doubleCar = [102, 60, 40, 20, 0.5, 0.25, 0.125];
      const busThere = [102, 60, 40, 20, 0.25, 0.25, 0.5];
      const labels = (options: Partial<DecodeOptions>) =>
        decode([[doubleCar, car, busThere]], options).map(({ label }) => label);
      assert.deepEqual(labels({}), ['car', 'bus']);
      assert.deepEqual(labels({ classAgnostic: true }), ['car']);
    });

    it('looks at the asked picture of the batch only', () => {
      const pictures = [
        [nothing, car],
        [nothing, nothing],
        [bus, nothing],
      ];
      assert.deepEqual(
        [0, 1, 2].map((batchIndex) => decode(pictures, { batchIndex }).map(({ label }) => label)),
        [['car'], [], ['bus']],
      );
    });

    it('drops rows with a number that is not finite, wherever it stands', () => {
      for (let channel = 0; channel < 7; channel++) {
        for (const value of [NaN, Infinity, -Infinity]) {
          const broken = car.map((number, index) => (index === channel ? value : number));
          assert.deepEqual(
            decode([[broken, bus]]).map(({ label }) => label),
            ['bus'],
            `channel ${channel}: ${value}`,
          );
        }
      }
    });

    it('drops boxes without area', () => {
      assert.deepEqual(
        decode([
          [
            [100, 60, 0, 20, 0.9, 0, 0],
            [100, 60, 5, -2, 0.9, 0, 0],
          ],
        ]),
        [],
      );
    });

    it('refuses another number of classes and hints at the other layout', () => {
      const { outputs, spec } = output(layout, [[car, bus]]);
      const received = layout === 'channels-first' ? '\\[1, 7, 2\\]' : '\\[1, 2, 7\\]';
      assert.throws(() => decodeDetections(outputs, { ...spec, labels: ['car'] }, OPTIONS), {
        code: 'ALPR_DECODE',
        message: new RegExp(
          `^Expected dims .*5.* \\(4 \\+ 1 labels, ${layout}\\) for output "output0" but received ${received}$`,
        ),
      });
      const other = layout === 'channels-first' ? 'channels-last' : 'channels-first';
      assert.throws(() => decodeDetections(outputs, { ...spec, layout: other }, OPTIONS), {
        code: 'ALPR_DECODE',
        message: /the layout looks like the other one$/,
      });
    });
  });
}

describe('YOLOv8 head in an ONNX graph', () => {
  it('gives the boxes that the distances to the sides were computed from', async () => {
    // The graph does what the exported head does at its end: distances l, t, r, b in strides from the cell's centre become cx, cy, w,
    // h in pixels, class logits become scores. The test knows the boxes; the graph computes the tensor.
    const random = seededRandom(3);
    const grid = 20;
    const stride = 32;
    const anchors = grid * grid;
    const distances = new Float32Array(4 * anchors);
    const logits = new Float32Array(2 * anchors).fill(-6);
    const points = new Float32Array(2 * anchors);
    const wanted: number[][] = [];
    for (let cell = 0; cell < anchors; cell++) {
      const [x, y] = [(cell % grid) + 0.5, Math.floor(cell / grid) + 0.5];
      points[cell] = x;
      points[anchors + cell] = y;
      const [l, t, r, b] = [random(), random(), random(), random()].map((value) => 0.05 + value * 0.4) as [
        number,
        number,
        number,
        number,
      ];
      [l, t, r, b].forEach((value, side) => (distances[side * anchors + cell] = value));
      if (cell % 7 === 0) {
        const logit = 1 + (cell / anchors) * 4;
        logits[(cell % 2) * anchors + cell] = logit;
        wanted.unshift([
          (x - l) * stride,
          (y - t) * stride,
          (x + r) * stride,
          (y + b) * stride,
          1 / (1 + Math.exp(-logit)),
          cell % 2,
        ]);
      }
    }
    const split = (name: string, outputs: string[]) => ({
      op: 'Split',
      inputs: [name],
      outputs,
      attributes: { axis: 1 },
    });
    const model = buildOnnxModel({
      inputs: [
        { name: 'distances', type: 'float32', dims: [1, 4, anchors] },
        { name: 'logits', type: 'float32', dims: [1, 2, anchors] },
      ],
      outputs: [{ name: 'output0', type: 'float32', dims: [1, 6, anchors] }],
      initializers: [
        { name: 'points', type: 'float32', dims: [1, 2, anchors], data: points },
        { name: 'stride', type: 'float32', dims: [1], data: [stride] },
        { name: 'half', type: 'float32', dims: [1], data: [0.5] },
      ],
      nodes: [
        split('distances', ['lt', 'rb']),
        { op: 'Sub', inputs: ['points', 'lt'], outputs: ['topLeft'] },
        { op: 'Add', inputs: ['points', 'rb'], outputs: ['bottomRight'] },
        { op: 'Add', inputs: ['topLeft', 'bottomRight'], outputs: ['sum'] },
        { op: 'Mul', inputs: ['sum', 'half'], outputs: ['centre'] },
        { op: 'Sub', inputs: ['bottomRight', 'topLeft'], outputs: ['size'] },
        { op: 'Concat', inputs: ['centre', 'size'], outputs: ['cells'], attributes: { axis: 1 } },
        { op: 'Mul', inputs: ['cells', 'stride'], outputs: ['boxes'] },
        { op: 'Sigmoid', inputs: ['logits'], outputs: ['scores'] },
        { op: 'Concat', inputs: ['boxes', 'scores'], outputs: ['output0'], attributes: { axis: 1 } },
      ],
    });
    const outputs = await runOnnx(model, {
      distances: { type: 'float32', dims: [1, 4, anchors], data: distances },
      logits: { type: 'float32', dims: [1, 2, anchors], data: logits },
    });
    const spec: Yolov8Output = { decoder: 'yolov8', labels: ['a', 'b'], layout: 'channels-first' };
    const found = decodeDetections(outputs, spec, OPTIONS);
    assert.equal(found.length, wanted.length);
    found.forEach(({ box, confidence, classId }, index) => {
      const got = [box.x1, box.y1, box.x2, box.y2, confidence, classId];
      got.forEach((value, column) =>
        assert.ok(Math.abs(value - wanted[index]![column]!) < 1e-3, `${index}: ${got}, ${wanted[index]}`),
      );
    });
  });
});

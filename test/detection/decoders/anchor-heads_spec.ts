import assert from 'node:assert/strict';
import { decodeDetections, type DecodeOptions } from '../../../src/detection/decode.js';
import type { TensorView } from '../../../src/detection/tensor-view.js';
import type { Detection } from '../../../src/detection/types.js';
import type { Yolov4Output, Yolov5Output } from '../../../src/models/manifest.js';
import { buildOnnxModel, type OnnxNode, type OnnxTensor } from '../../support/onnx.js';
import { seededRandom } from '../random.js';
import { runOnnx } from '../run-onnx.js';

type Yolov5 = Yolov5Output & { outputs: string[] };
type Yolov4 = Yolov4Output & { outputs: string[] };

// yolov5m_vehicles: one class, three strides. tiny_yolov4_license_plates: one class, two strides. Anchors as in the networks' own
// configuration files, large stride first for the second.
const VEHICLES: Yolov5 = {
  decoder: 'yolov5',
  labels: ['vehicle'],
  outputs: ['p3', 'p4', 'p5'],
  strides: [8, 16, 32],
  anchors: [
    [
      [10, 13],
      [16, 30],
      [33, 23],
    ],
    [
      [30, 61],
      [62, 45],
      [59, 119],
    ],
    [
      [116, 90],
      [156, 198],
      [373, 326],
    ],
  ],
  activated: false,
  layout: 'NHWC',
};
const PLATES: Yolov4 = {
  decoder: 'yolov4',
  labels: ['license_plate'],
  outputs: ['large', 'small'],
  strides: [32, 16],
  anchors: [
    [
      [81, 82],
      [135, 169],
      [344, 319],
    ],
    [
      [10, 14],
      [23, 27],
      [37, 58],
    ],
  ],
  scaleXY: 1.05,
  activated: false,
  layout: 'NHWC',
};

const OPTIONS: DecodeOptions = {
  inputWidth: 128,
  inputHeight: 96,
  confidenceThreshold: 0.5,
  iouThreshold: 0.45,
  batchIndex: 0,
};

type AnchorOutput = Yolov5 | Yolov4;
type Layout = 'NHWC' | 'NCHW' | 'split';

/** An object to be found: which head, anchor and picture sees it, its box and what the network says of it. */
interface Target {
  picture: number;
  head: number;
  anchor: number;
  cx: number;
  cy: number;
  w: number;
  h: number;
  objectness: number;
  classes: number[];
}

const inverseSigmoid = (p: number): number => -Math.log(1 / p - 1);

/** The raw values [x, y, w, h, objectness, classes…] that by the published formulas must give this target; solved by hand for t. */
function invert(
  output: AnchorOutput,
  target: Target,
  activated: boolean,
): { cell: [number, number]; values: number[] } {
  const stride = output.strides[target.head]!;
  const [aw, ah] = output.anchors[target.head]![target.anchor]!;
  const cell: [number, number] = [Math.floor(target.cx / stride), Math.floor(target.cy / stride)];
  const dx = target.cx / stride - cell[0];
  const dy = target.cy / stride - cell[1];
  const raw = activated ? (p: number) => p : inverseSigmoid;
  const geometry =
    output.decoder === 'yolov5'
      ? // cx/stride = 2σ − 0.5 + cell; w = (2σ)²·aw
        [raw((dx + 0.5) / 2), raw((dy + 0.5) / 2), raw(Math.sqrt(target.w / aw) / 2), raw(Math.sqrt(target.h / ah) / 2)]
      : // cx/stride = s·σ − (s−1)/2 + cell; w = e^t·aw
        [
          raw((dx + (output.scaleXY - 1) / 2) / output.scaleXY),
          raw((dy + (output.scaleXY - 1) / 2) / output.scaleXY),
          Math.log(target.w / aw),
          Math.log(target.h / ah),
        ];
  return { cell, values: [...geometry, raw(target.objectness), ...target.classes.map(raw)] };
}

/** Fills heads of the given layout: background everywhere, the targets where they belong. */
function drawHeads(output: AnchorOutput, targets: Target[], layout: Layout, pictures = 1): Record<string, TensorView> {
  const channels = 5 + output.labels.length;
  const heads: Record<string, TensorView> = {};
  output.outputs.forEach((name, head) => {
    const stride = output.strides[head]!;
    const w = OPTIONS.inputWidth / stride;
    const h = OPTIONS.inputHeight / stride;
    const a = output.anchors[head]!.length;
    const background = output.activated ? 0.001 : -9;
    const data = new Float32Array(pictures * h * w * a * channels).fill(background);
    const put = (n: number, y: number, x: number, anchor: number, channel: number, value: number): void => {
      const flat = anchor * channels + channel;
      if (layout === 'NHWC') data[((n * h + y) * w + x) * a * channels + flat] = value;
      else if (layout === 'NCHW') data[((n * a * channels + flat) * h + y) * w + x] = value;
      else data[(((n * a + anchor) * h + y) * w + x) * channels + channel] = value;
    };
    for (const target of targets.filter((candidate) => candidate.head === head)) {
      const { cell, values } = invert(output, target, output.activated);
      values.forEach((value, channel) => put(target.picture, cell[1], cell[0], target.anchor, channel, value));
    }
    const dims =
      layout === 'NHWC' ? [h, w, a * channels] : layout === 'NCHW' ? [a * channels, h, w] : [a, h, w, channels];
    heads[name] = { dims: [pictures, ...dims], data };
  });
  return heads;
}

function expectDetections(found: Detection[], targets: Target[], labels: string[]): void {
  const wanted = targets
    .map((target) => {
      const best = Math.max(...target.classes);
      const classId = target.classes.indexOf(best);
      return { ...target, classId, confidence: target.objectness * best };
    })
    .sort((a, b) => b.confidence - a.confidence);
  assert.equal(found.length, wanted.length);
  wanted.forEach((target, index) => {
    const { box, confidence, classId, label } = found[index]!;
    const expected = [
      target.cx - target.w / 2,
      target.cy - target.h / 2,
      target.cx + target.w / 2,
      target.cy + target.h / 2,
    ];
    [box.x1, box.y1, box.x2, box.y2].forEach((value, side) => {
      assert.ok(Math.abs(value - expected[side]!) < 0.01, `side ${side}: ${value} instead of ${expected[side]}`);
    });
    assert.ok(Math.abs(confidence - target.confidence) < 1e-5, `${confidence} instead of ${target.confidence}`);
    assert.equal(classId, target.classId);
    assert.equal(label, labels[target.classId]);
  });
}

const target = (
  head: number,
  anchor: number,
  box: number[],
  objectness: number,
  classes: number[],
  picture = 0,
): Target => {
  const [cx, cy, w, h] = box as [number, number, number, number];
  return { picture, head, anchor, cx, cy, w, h, objectness, classes };
};

for (const { name, output } of [
  { name: 'YOLOv5', output: VEHICLES as AnchorOutput },
  { name: 'YOLOv4-tiny', output: PLATES as AnchorOutput },
]) {
  describe(`${name} heads`, () => {
    const lastHead = output.strides.length - 1;
    const one = [
      target(0, 1, [53.7, 40.2, output.anchors[0]![1]![0] * 1.3, output.anchors[0]![1]![1] * 0.8], 0.95, [0.9]),
      target(
        lastHead,
        2,
        [101, 70.5, output.anchors[lastHead]![2]![0] * 0.6, output.anchors[lastHead]![2]![1] * 0.7],
        0.8,
        [0.99],
      ),
    ];
    const layouts: Layout[] = name === 'YOLOv5' ? ['NHWC', 'NCHW', 'split'] : ['NHWC', 'NCHW'];
    for (const layout of layouts) {
      for (const activated of [false, true]) {
        it(`gives back the boxes from which ${activated ? 'activated' : 'raw'} ${layout} heads were computed`, () => {
          const spec: AnchorOutput = { ...output, activated, layout: layout === 'NCHW' ? 'NCHW' : 'NHWC' };
          expectDetections(decodeDetections(drawHeads(spec, one, layout), spec, OPTIONS), one, spec.labels);
        });
      }
    }

    it('looks at the asked picture of a batch only', () => {
      const [first, second] = [
        { ...one[0]!, picture: 0 },
        { ...one[1]!, picture: 2 },
      ];
      const heads = drawHeads(output, [first, second], 'NHWC', 3);
      const found = (batchIndex: number) => decodeDetections(heads, output, { ...OPTIONS, batchIndex });
      expectDetections(found(0), [first], output.labels);
      expectDetections(found(1), [], output.labels);
      expectDetections(found(2), [second], output.labels);
      assert.throws(() => found(3), { code: 'ALPR_DECODE', message: /picture index from 0 to 2 .* received 3/ });
    });

    it('takes heads without a batch axis as one picture', () => {
      const heads = drawHeads(output, one, 'NHWC');
      const bare = Object.fromEntries(
        Object.entries(heads).map(([key, { dims, data }]) => [key, { dims: dims.slice(1), data }]),
      );
      expectDetections(decodeDetections(bare, output, OPTIONS), one, output.labels);
    });

    it('takes the best class and suppresses within a class only', () => {
      const labels = ['car', 'lorry', 'bus'];
      const spec = { ...output, labels };
      const [w, h] = output.anchors[0]![1]!;
      const here = [52, 44, w, h];
      const targets = [
        target(0, 1, here, 0.9, [0.2, 0.95, 0.3]),
        target(0, 0, here, 0.9, [0.1, 0.9, 0.3]),
        target(0, 2, here, 0.9, [0.1, 0.2, 0.7]),
      ];
      // Size limit of YOLOv5: at most four times the anchor, so that anchor 0 can hold it; else it would not be invertible.
      if (w < 4 * output.anchors[0]![0]![0] && h < 4 * output.anchors[0]![0]![1]) {
        const heads = drawHeads(spec, targets, 'NHWC');
        expectDetections(decodeDetections(heads, spec, OPTIONS), [targets[0]!, targets[2]!], labels);
        const agnostic = decodeDetections(heads, spec, { ...OPTIONS, classAgnostic: true });
        expectDetections(agnostic, [targets[0]!], labels);
      } else assert.fail('the anchors of this test do not fit');
    });

    it('keeps a confidence of exactly the threshold and drops the next lower one', () => {
      const spec: AnchorOutput = { ...output, activated: true };
      const exact = target(0, 1, [53, 40, 20, 20], 0.5, [0.75]);
      const heads = drawHeads(spec, [exact], 'NHWC');
      const count = (confidenceThreshold: number) =>
        decodeDetections(heads, spec, { ...OPTIONS, confidenceThreshold }).length;
      assert.equal(count(0.375), 1);
      assert.equal(count(0.3750001), 0);
      // Raw logits: σ(0)·σ(0) = 0.25, without any rounding.
      const raw = drawHeads(output, [target(0, 1, [53, 40, 20, 20], 0.5, [0.5])], 'NHWC');
      assert.equal(decodeDetections(raw, output, { ...OPTIONS, confidenceThreshold: 0.25 }).length, 1);
      assert.equal(decodeDetections(raw, output, { ...OPTIONS, confidenceThreshold: 0.2500001 }).length, 0);
      // σ(40) is 1 in double precision: the confidence is the objectness, and the comparison of logits alone decides.
      const sure = drawHeads(output, [target(0, 1, [53, 40, 20, 20], 0.5, [1 / (1 + Math.exp(-40))])], 'NHWC');
      const data = sure[output.outputs[0]!]!.data as Float32Array;
      data.forEach((value, index) => (data[index] = value > 30 ? 40 : value));
      assert.equal(decodeDetections(sure, output, { ...OPTIONS, confidenceThreshold: 0.5 }).length, 1);
      assert.equal(decodeDetections(sure, output, { ...OPTIONS, confidenceThreshold: 0.5001 }).length, 0);
    });

    it('drops candidates with a value that is not finite and keeps the others', () => {
      for (const value of [NaN, Infinity, -Infinity]) {
        for (let channel = 0; channel < 6; channel++) {
          const heads = drawHeads(output, one, 'NHWC');
          const { cell } = invert(output, one[0]!, false);
          const data = heads[output.outputs[0]!]!.data as Float32Array;
          const w = OPTIONS.inputWidth / output.strides[0]!;
          data[((cell[1] * w + cell[0]) * 3 + one[0]!.anchor) * 6 + channel] = value;
          expectDetections(decodeDetections(heads, output, OPTIONS), [one[1]!], output.labels);
        }
      }
    });

    const wrong: { title: string; change: (heads: Record<string, TensorView>) => void; message: RegExp }[] = [
      {
        title: 'a missing output',
        change: (heads) => delete heads[output.outputs[1]!],
        message: new RegExp(`Expected an output named "${output.outputs[1]}" .* received "${output.outputs[0]}"`),
      },
      {
        title: 'another number of channels',
        change: (heads) => {
          const head = heads[output.outputs[0]!]!;
          const dims = [1, head.dims[1]!, head.dims[2]!, 21];
          heads[output.outputs[0]!] = { dims, data: new Float32Array(dims[1]! * dims[2]! * 21) };
        },
        message: new RegExp(
          `Expected dims \\[N, \\d+, \\d+, 18\\] .* "${output.outputs[0]}" but received \\[1, \\d+, \\d+, 21\\]`,
        ),
      },
      {
        title: 'two heads exchanged',
        change: (heads) => {
          const [a, b] = [output.outputs[0]!, output.outputs[1]!];
          [heads[a], heads[b]] = [heads[b]!, heads[a]!];
        },
        message: /Expected dims .* \(stride \d+, 3 anchors of 5 \+ 1 values, NHWC\) for output/,
      },
      {
        title: 'too little data',
        change: (heads) => (heads[output.outputs[0]!] = { ...heads[output.outputs[0]!]!, data: new Float32Array(5) }),
        message: /Expected \d+ numbers for output .* but received 5/,
      },
    ];
    for (const { title, change, message } of wrong) {
      it(`says what is wrong with ${title}`, () => {
        const heads = drawHeads(output, one, 'NHWC');
        change(heads);
        assert.throws(() => decodeDetections(heads, output, OPTIONS), {
          name: 'DecodeError',
          code: 'ALPR_DECODE',
          message,
        });
      });
    }

    it('agrees with a graph that decodes the same random heads with ONNX operators', async () => {
      const labels = ['a', 'b', 'c'];
      const spec = { ...output, labels };
      const random = seededRandom(11);
      const heads = drawHeads(spec, [], 'NHWC');
      for (const { data } of Object.values(heads)) {
        for (let i = 0; i < data.length; i++) (data as Float32Array)[i] = random() * 6 - 3;
      }
      const expected = await decodeInGraph(spec, heads);
      const found = decodeDetections(heads, spec, { ...OPTIONS, confidenceThreshold: 0.3, iouThreshold: 1 });
      const wanted = expected.filter((row) => row.confidence >= 0.3).sort((a, b) => b.confidence - a.confidence);
      assert.ok(wanted.length > 50, `only ${wanted.length} candidates: the test says nothing`);
      assert.equal(found.length, wanted.length);
      found.forEach((detection, index) => {
        const want = wanted[index]!;
        const { x1, y1, x2, y2 } = detection.box;
        const got = [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1];
        got.forEach((value, side) =>
          assert.ok(
            Math.abs(value - want.box[side]!) <= 1e-3 * Math.max(1, want.box[side]!),
            `${index}: ${value}, ${want.box[side]}`,
          ),
        );
        assert.ok(Math.abs(detection.confidence - want.confidence) < 1e-5);
        assert.equal(detection.classId, want.classId);
      });
    });
  });
}

/** cx, cy, w, h, confidence and class of every anchor, computed by ONNX Runtime from constants of grid, stride and anchors. */
async function decodeInGraph(
  output: AnchorOutput,
  heads: Record<string, TensorView>,
): Promise<{ box: number[]; confidence: number; classId: number }[]> {
  const channels = 5 + output.labels.length;
  const rows: { box: number[]; confidence: number; classId: number }[] = [];
  for (const [head, name] of output.outputs.entries()) {
    const stride = output.strides[head]!;
    const [w, h] = [OPTIONS.inputWidth / stride, OPTIONS.inputHeight / stride];
    const grid: number[] = [];
    const sizes: number[] = [];
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        for (const [aw, ah] of output.anchors[head]!) {
          grid.push(x, y);
          sizes.push(aw, ah);
        }
      }
    }
    const count = grid.length / 2;
    const constant = (label: string, dims: number[], data: number[]): OnnxTensor => ({
      name: label,
      type: 'float32',
      dims,
      data,
    });
    const slice = (from: number, to: number, label: string): { node: OnnxNode; tensors: OnnxTensor[] } => ({
      node: { op: 'Slice', inputs: ['rows', `${label}From`, `${label}To`, 'lastAxis'], outputs: [label] },
      tensors: [
        { name: `${label}From`, type: 'int64', dims: [1], data: [from] },
        { name: `${label}To`, type: 'int64', dims: [1], data: [to] },
      ],
    });
    const parts = [slice(0, 2, 'xy'), slice(2, 4, 'wh'), slice(4, 5, 'obj'), slice(5, channels, 'cls')];
    const scale = output.decoder === 'yolov5' ? 2 : output.scaleXY;
    const shift = output.decoder === 'yolov5' ? 0.5 : (output.scaleXY - 1) / 2;
    const size: OnnxNode[] =
      output.decoder === 'yolov5'
        ? [
            { op: 'Sigmoid', inputs: ['wh'], outputs: ['whS'] },
            { op: 'Mul', inputs: ['whS', 'two'], outputs: ['wh2'] },
            { op: 'Mul', inputs: ['wh2', 'wh2'], outputs: ['factor'] },
          ]
        : [{ op: 'Exp', inputs: ['wh'], outputs: ['factor'] }];
    const model = buildOnnxModel({
      inputs: [{ name: 'rows', type: 'float32', dims: [count, channels] }],
      outputs: [
        { name: 'centre', type: 'float32', dims: [count, 2] },
        { name: 'size', type: 'float32', dims: [count, 2] },
        { name: 'scores', type: 'float32', dims: [count, output.labels.length] },
      ],
      initializers: [
        { name: 'lastAxis', type: 'int64', dims: [1], data: [1] },
        ...parts.flatMap((part) => part.tensors),
        constant('grid', [count, 2], grid),
        constant('sizes', [count, 2], sizes),
        constant('scale', [1], [scale]),
        constant('shift', [1], [shift]),
        constant('stride', [1], [stride]),
        ...(output.decoder === 'yolov5' ? [constant('two', [1], [2])] : []),
      ],
      nodes: [
        ...parts.map((part) => part.node),
        { op: 'Sigmoid', inputs: ['xy'], outputs: ['xyS'] },
        { op: 'Mul', inputs: ['xyS', 'scale'], outputs: ['xyScaled'] },
        { op: 'Sub', inputs: ['xyScaled', 'shift'], outputs: ['xyShifted'] },
        { op: 'Add', inputs: ['xyShifted', 'grid'], outputs: ['xyCells'] },
        { op: 'Mul', inputs: ['xyCells', 'stride'], outputs: ['centre'] },
        ...size,
        { op: 'Mul', inputs: ['factor', 'sizes'], outputs: ['size'] },
        { op: 'Sigmoid', inputs: ['obj'], outputs: ['objS'] },
        { op: 'Sigmoid', inputs: ['cls'], outputs: ['clsS'] },
        { op: 'Mul', inputs: ['objS', 'clsS'], outputs: ['scores'] },
      ],
    });
    const data = heads[name]!.data as Float32Array;
    const result = await runOnnx(model, { rows: { type: 'float32', dims: [count, channels], data } });
    for (let row = 0; row < count; row++) {
      const scores = Array.from(
        output.labels,
        (_, index) => result['scores']!.data[row * output.labels.length + index]!,
      );
      const confidence = Math.max(...scores);
      const pair = (view: TensorView): number[] => [view.data[row * 2]!, view.data[row * 2 + 1]!];
      rows.push({
        box: [...pair(result['centre']!), ...pair(result['size']!)],
        confidence,
        classId: scores.indexOf(confidence),
      });
    }
  }
  return rows;
}

import assert from 'node:assert/strict';
import {
  FormatOrder,
  FormatType,
  type OutputHandle,
  type OutputVstream,
  type Quantisation,
} from '../../../src/device/hailo/library/api.js';
import { namedOutputs, outputNames } from '../../../src/device/hailo/tensors/output-names.js';
import { outputTensor, wishedFormatType } from '../../../src/device/hailo/tensors/output-tensor.js';
import type { ModelOutput } from '../../../src/models/manifest.js';

const WHERE = 'x.hef (model x)';

interface Wish {
  order?: number;
  type?: number;
  shape?: [number, number, number];
  nms?: { classes: number; maxPerClass: number };
  quantisations?: [zeroPoint: number, scale: number][];
  frameSize?: number;
}

function vstream({ order = 1, type = 1, shape, nms, quantisations = [[0, 1]], frameSize }: Wish): OutputVstream {
  const each = { 1: 1, 2: 2, 3: 4 }[type] ?? 1;
  const count = nms ? nms.classes * (1 + 5 * nms.maxPerClass) : (shape ?? [0, 0, 0]).reduce((a, b) => a * b, 1);
  const quantisation = (zeroPoint: number, scale: number): Quantisation => ({ zeroPoint, scale, min: 0, max: 0 });
  const format = { type, order, flags: 0 };
  return {
    handle: 1n as OutputHandle,
    info: {
      name: 'net/out',
      network: 'net/net',
      direction: 'output',
      format,
      ...(nms ? { nms } : {}),
      ...(shape ? { shape: { height: shape[0], width: shape[1], features: shape[2] } } : {}),
      quantisation: quantisation(...(quantisations[0] ?? [0, 0])),
    },
    format,
    frameSize: frameSize ?? count * each,
    quantisations: quantisations.map((pair) => quantisation(...pair)),
  };
}

/** Bytes that begin at a multiple of four, as native memory does. */
function bytes(array: Uint8Array | Uint16Array | Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function read(wish: Wish, array: Uint8Array | Uint16Array | Float32Array): { dims: readonly number[]; data: number[] } {
  const { dims, data } = outputTensor(vstream(wish), WHERE).view(bytes(array));
  return { dims, data: Array.from(data) };
}

describe('Outputs of a HEF', () => {
  const shapes: { title: string; wish: Wish; dims: number[] }[] = [
    { title: 'pictures of features (NHWC)', wish: { shape: [2, 3, 4] }, dims: [1, 2, 3, 4] },
    { title: "LPRNet's 5 x 19 x 11", wish: { shape: [5, 19, 11] }, dims: [1, 5, 19, 11] },
    { title: 'a vector (NC)', wish: { shape: [1, 1, 512], order: FormatOrder.NC }, dims: [1, 512] },
    {
      title: 'pictures of a chip that gives channels first (FCR)',
      wish: { shape: [5, 19, 11], order: 3 },
      dims: [1, 5, 19, 11],
    },
    {
      title: 'pictures of a chip that gives eight channels first (F8CR)',
      wish: { shape: [2, 3, 18], order: 4 },
      dims: [1, 2, 3, 18],
    },
    { title: 'pictures without features (NHW)', wish: { shape: [4, 6, 1], order: FormatOrder.NHW }, dims: [1, 4, 6] },
    { title: 'planes (NCHW)', wish: { shape: [2, 3, 4], order: FormatOrder.NCHW }, dims: [1, 4, 2, 3] },
    {
      title: 'suppressed detections, as libraries from 4.20 call them',
      wish: { nms: { classes: 3, maxPerClass: 2 }, order: 22, type: 3 },
      dims: [3, 11],
    },
    {
      title: 'suppressed detections, as older libraries call them',
      wish: { nms: { classes: 80, maxPerClass: 100 }, order: 9, type: 3 },
      dims: [80, 501],
    },
  ];
  for (const { title, wish, dims } of shapes) {
    it(`have the dims of ${title}`, () => {
      assert.deepEqual(outputTensor(vstream(wish), WHERE).dims, dims);
    });
  }

  it('of bytes become (q − zero point) · scale, for every byte', () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    const { data } = read({ shape: [16, 16, 1], quantisations: [[144, 0.0167389]] }, all);
    assert.deepEqual(
      data,
      Array.from({ length: 256 }, (_, q) => Math.fround((q - 144) * 0.0167389)),
    );
    // Limits of a real file (hailort-c-api §12): a third source for the formula.
    assert.ok(Math.abs(data[0]! - -2.4104) < 1e-5 && Math.abs(data[255]! - 1.85802) < 1e-5, `${data[0]}, ${data[255]}`);
  });

  it('of 16-bit numbers become (q − zero point) · scale', () => {
    const { data } = read(
      { shape: [1, 2, 2], type: 2, quantisations: [[1000, 0.5]] },
      Uint16Array.of(0, 1000, 1001, 65535),
    );
    assert.deepEqual(data, [-500, 0, 0.5, 32267.5]);
  });

  it('with a quantisation per feature use that of the last axis', () => {
    const quantisations: [number, number][] = [
      [10, 1],
      [0, 0.5],
      [100, 0],
    ];
    const expected = [-10, 2, 0, -4, 2.5, 0];
    assert.deepEqual(read({ shape: [1, 2, 3], quantisations }, Uint8Array.of(0, 4, 150, 6, 5, 200)).data, expected);
    assert.deepEqual(
      read({ shape: [1, 2, 3], type: 2, quantisations }, Uint16Array.of(0, 4, 150, 6, 5, 200)).data,
      expected,
    );
  });

  it('of floats are taken as they are', () => {
    const numbers = Float32Array.of(1.5, -2, 3e10, 0);
    assert.deepEqual(read({ shape: [2, 2, 1], type: 3, quantisations: [] }, numbers).data, [...numbers]);
  });

  it('are asked for as the chip gives them, suppressed detections as floats, inputs as bytes', () => {
    const { info } = vstream({ shape: [1, 1, 4] });
    assert.equal(wishedFormatType(info), FormatType.AUTO);
    assert.equal(wishedFormatType(vstream({ nms: { classes: 1, maxPerClass: 1 } }).info), FormatType.FLOAT32);
    assert.equal(wishedFormatType({ ...info, direction: 'input' }), FormatType.UINT8);
  });

  const refused: { title: string; wish: Wish; says: RegExp }[] = [
    {
      title: 'a size that does not add up',
      wish: { shape: [2, 3, 4], frameSize: 23 },
      says: /24 bytes .*\[1, 2, 3, 4\].*gives 23/,
    },
    {
      title: 'no quantisation at all',
      wish: { shape: [1, 1, 2], quantisations: [[0, 0]] },
      says: /scale other than 0/,
    },
    {
      title: 'a zero point that is no number',
      wish: { shape: [1, 1, 2], quantisations: [[NaN, 1]] },
      says: /received NaN and 1/,
    },
    {
      title: 'another count of quantisations than features',
      wish: {
        shape: [1, 1, 3],
        quantisations: [
          [0, 1],
          [0, 1],
        ],
      },
      says: /each of its 3 features .* received 2/,
    },
    { title: 'an unknown order', wish: { shape: [1, 1, 2], order: 2 }, says: /NHWC, NCHW, NHW or NC .* received 2/ },
    { title: 'an unknown type', wish: { shape: [1, 1, 2], type: 7 }, says: /format type 7/ },
    {
      title: 'detections by score',
      wish: { nms: { classes: 1, maxPerClass: 4 }, order: 23, type: 3 },
      says: /by class \(format order 22\).*received order 23/,
    },
  ];
  for (const { title, wish, says } of refused) {
    it(`with ${title} are refused`, () => {
      assert.throws(() => outputTensor(vstream(wish), WHERE), says);
    });
  }
});

describe('Names of outputs', () => {
  const yolo = (outputs: string[] | undefined): ModelOutput => ({
    decoder: 'yolov5',
    ...(outputs ? { outputs } : {}),
    strides: [8],
    anchors: [],
    activated: true,
    layout: 'NHWC',
    labels: ['x'],
  });
  const cases: { title: string; output: ModelOutput; inFile: string[]; names: [string, string][] }[] = [
    {
      title: 'are the whole ones where the manifest says them',
      output: yolo(['net/b', 'net/a']),
      inFile: ['net/a', 'net/b', 'net/c'],
      names: [
        ['net/a', 'net/a'],
        ['net/b', 'net/b'],
      ],
    },
    {
      title: 'fit by the layer alone',
      output: yolo(['b', 'other/a']),
      inFile: ['net/a', 'net/b'],
      names: [
        ['net/a', 'other/a'],
        ['net/b', 'b'],
      ],
    },
    {
      title: 'do not matter where there is one on either side',
      output: { decoder: 'hailo-nms', labels: [], output: 'boxes' },
      inFile: ['yolov8n/yolov8_nms_postprocess'],
      names: [['yolov8n/yolov8_nms_postprocess', 'boxes']],
    },
    {
      title: 'are those of the file where the manifest says none',
      output: { decoder: 'tensors' },
      inFile: ['net/a', 'net/b'],
      names: [
        ['net/a', 'net/a'],
        ['net/b', 'net/b'],
      ],
    },
    {
      title: 'of a reader of character boxes are its detector’s',
      output: { decoder: 'character-boxes', detector: yolo(['q']) as never },
      inFile: ['net/p', 'net/q'],
      names: [['net/q', 'q']],
    },
  ];
  for (const { title, output, inFile, names } of cases) {
    it(title, () => {
      assert.deepEqual([...outputNames(output, inFile, WHERE)].sort(), names);
    });
  }

  it('that are not in the file, or twice, are refused', () => {
    assert.throws(
      () => outputNames(yolo(['x', 'a']), ['net/a', 'net/b'], WHERE),
      /named "x" in x\.hef .* only "net\/a", "net\/b"/,
    );
    assert.throws(
      () => outputNames(yolo(['a', 'b']), ['p/a', 'q/a', 'p/b'], WHERE),
      /named "a" .* several: "p\/a", "q\/a"/,
    );
    assert.equal(outputNames(yolo(['p/a', 'b']), ['p/a', 'q/a', 'p/b'], WHERE).get('p/a'), 'p/a');
  });

  it('are none where the decoder finds its outputs by itself', () => {
    assert.deepEqual(namedOutputs(yolo(undefined)), []);
  });
});

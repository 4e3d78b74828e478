import assert from 'node:assert/strict';
import { FormatOrder, type InputHandle, type InputVstream } from '../../../src/device/hailo/library/api.js';
import { InputFrames } from '../../../src/device/hailo/tensors/input-frame.js';
import { manifestForHef } from '../../../src/device/hailo/tensors/manifest-for-hef.js';
import { toFrame } from '../../../src/image/transform.js';
import type { Manifest } from '../../../src/models/manifest.js';
import { seededRandom } from '../../support/random.js';

function manifest(width: number, height: number, input: Partial<Manifest['input']> = {}): Manifest {
  return {
    manifestVersion: 1,
    name: 'x',
    title: 'x',
    task: 'generic',
    version: '1',
    files: {},
    input: { width, height, colour: 'RGB', layout: 'NHWC', type: 'uint8', fit: 'stretch', ...input },
    output: { decoder: 'tensors' },
    licence: 'MIT',
    source: 'test',
  };
}

function vstream(
  [height, width, features]: [number, number, number],
  { order = FormatOrder.NHWC as number, type = 1, frameSize = height * width * features } = {},
): InputVstream {
  const format = { type, order, flags: 0 };
  return {
    handle: 1n as InputHandle,
    info: {
      name: 'net/in',
      network: 'net/net',
      direction: 'input',
      format,
      shape: { height, width, features },
      quantisation: { zeroPoint: 0, scale: 1, min: 0, max: 255 },
    },
    format,
    frameSize,
  };
}

function picture(width: number, height: number, rgb: (i: number) => number) {
  const buffer = new SharedArrayBuffer(width * height * 3);
  new Uint8Array(buffer).forEach((_, i, all) => (all[i] = rgb(i)));
  return { buffer, width, height };
}

const frames = (model: Manifest, input: InputVstream): InputFrames => InputFrames.of(model, input, 'x.hef');

describe('A manifest for HEFs', () => {
  it('is that of the ONNX file with what differs laid over it, and without what the chip does', () => {
    const onnx = manifest(320, 240, {
      name: 'image',
      layout: 'NCHW',
      type: 'float32',
      colour: 'BGR',
      normalisation: { mean: [1, 2, 3], scale: [1, 1, 1] },
      multipleOf: 32,
      crop: { width: 64, height: 64 },
      fill: [1, 2, 3],
      margin: 0.1,
    });
    const output = { decoder: 'hailo-nms' as const, labels: ['a'] };
    const hef = { input: { width: 640, fit: 'letterbox' as const }, output };
    assert.deepEqual(manifestForHef({ ...onnx, hef }).input, {
      width: 640,
      height: 240,
      colour: 'BGR',
      layout: 'NHWC',
      type: 'uint8',
      batch: false,
      fit: 'letterbox',
      fill: [1, 2, 3],
      margin: 0.1,
    });
    assert.deepEqual(manifestForHef({ ...onnx, hef }).output, output);
    assert.deepEqual(manifestForHef(onnx).output, onnx.output);
    assert.equal(onnx.input.type, 'float32');
  });
});

describe('Input frames for a HEF', () => {
  const random = seededRandom(7);
  const noise = picture(8, 4, () => Math.floor(random() * 256));

  it('are the picture’s own shared bytes where it fits as it is', () => {
    const own = frames(manifest(8, 4), vstream([4, 8, 3]));
    for (const view of [undefined, { box: { x1: 0, y1: 0, x2: 8, y2: 4 } }]) {
      const { bytes, transform } = own.make(noise, view);
      assert.equal(bytes.buffer, noise.buffer);
      assert.equal(bytes.length, 96);
      assert.deepEqual(toFrame(transform, 3, 2), { x: 3, y: 2 });
    }
  });

  it('are the same for networks whose chip takes the channels first (FCR, F8CR): the library turns them', () => {
    for (const order of [FormatOrder.FCR, FormatOrder.F8CR, FormatOrder.RGB888]) {
      const { bytes } = frames(manifest(8, 4), vstream([4, 8, 3], { order })).make(noise, undefined);
      assert.deepEqual([bytes.buffer, bytes.length], [noise.buffer, 96]);
    }
  });

  it('of a longer buffer are the picture alone', () => {
    const longer = { buffer: new SharedArrayBuffer(4096), width: 8, height: 4 };
    assert.equal(frames(manifest(8, 4), vstream([4, 8, 3])).make(longer, undefined).bytes.length, 96);
  });

  const copies = [
    { title: 'of a part', view: { box: { x1: 0, y1: 0, x2: 7, y2: 4 } } },
    { title: 'with a margin', view: { box: { x1: 0, y1: 0, x2: 8, y2: 4 }, margin: 0.1 } },
    { title: 'for a network of blue first', input: { colour: 'BGR' as const } },
  ];
  for (const { title, view, input } of copies) {
    it(`${title} are made, not shared`, () => {
      const { bytes } = frames(manifest(8, 4, input), vstream([4, 8, 3])).make(noise, view);
      assert.notEqual(bytes.buffer, noise.buffer);
      assert.equal(bytes.length, 96);
    });
  }

  it('for a network of blue first have red and blue exchanged', () => {
    const { bytes } = frames(manifest(8, 4, { colour: 'BGR' }), vstream([4, 8, 3])).make(noise, undefined);
    const expected = new Uint8Array(noise.buffer).map((_, i, all) => all[i - (i % 3) + (2 - (i % 3))]!);
    assert.deepEqual([...bytes], [...expected]);
  });

  it('of RGB4 have rows of a multiple of four bytes', () => {
    const source = picture(3, 2, (i) => i + 1);
    const { bytes } = frames(manifest(3, 2), vstream([2, 3, 3], { order: FormatOrder.RGB4, frameSize: 24 })).make(
      source,
      undefined,
    );
    assert.deepEqual([...bytes], [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0, 10, 11, 12, 13, 14, 15, 16, 17, 18, 0, 0, 0]);
  });

  it('of RGB4 are the picture’s own where its rows are such already', () => {
    const input = vstream([4, 8, 3], { order: FormatOrder.RGB4 });
    assert.equal(frames(manifest(8, 4), input).make(noise, undefined).bytes.buffer, noise.buffer);
  });

  /** BT.601, limited range, in floating point: from the luma weights of the standard alone. */
  function exactYuv([r, g, b]: readonly number[]): [number, number, number] {
    const luma = 0.299 * r! + 0.587 * g! + 0.114 * b!;
    const blue = (b! - luma) / (2 * (1 - 0.114));
    const red = (r! - luma) / (2 * (1 - 0.299));
    return [16 + (219 / 255) * luma, 128 + (224 / 255) * blue, 128 + (224 / 255) * red];
  }
  const colours = [
    [255, 255, 255],
    [0, 0, 0],
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [18, 52, 86],
    [200, 100, 50],
    [128, 128, 128],
  ];

  for (const colour of colours) {
    it(`of YUY2 and NV12 show ${colour.join(', ')} within 1 of BT.601 in limited range`, () => {
      const source = picture(4, 2, (i) => colour[i % 3]!);
      const [y, u, v] = exactYuv(colour);
      const near = (received: ArrayLike<number>, expected: number[]): void => {
        assert.equal(received.length, expected.length);
        expected.forEach((value, i) =>
          assert.ok(Math.abs(received[i]! - value) <= 1, `${i}: ${received[i]} for ${value}`),
        );
      };
      const yuy2 = vstream([2, 4, 2], { order: FormatOrder.YUY2 });
      near(
        frames(manifest(4, 2), yuy2).make(source, undefined).bytes,
        [0, 1, 2, 3].flatMap(() => [y, u, y, v]),
      );
      for (const shape of [
        [1, 4, 3],
        [2, 4, 3],
      ] as [number, number, number][]) {
        const nv12 = vstream(shape, { order: FormatOrder.NV12, frameSize: 12 });
        near(frames(manifest(4, 2), nv12).make(source, undefined).bytes, [y, y, y, y, y, y, y, y, u, v, u, v]);
      }
    });
  }

  it('of YUY2 and NV12 place every pixel’s brightness and the mean colour where they belong', () => {
    // Left half red, right half blue, with a bright pixel at x 1, y 1.
    const source = picture(4, 2, (i) => {
      const [x, y, c] = [Math.floor(i / 3) % 4, Math.floor(i / 12), i % 3];
      if (x === 1 && y === 1) return 255;
      return x < 2 ? (c === 0 ? 255 : 0) : c === 2 ? 255 : 0;
    });
    const red = exactYuv([255, 0, 0]);
    const blue = exactYuv([0, 0, 255]);
    const white = exactYuv([255, 255, 255]);
    const mixed2 = exactYuv([255, 127.5, 127.5]);
    const mixed4 = exactYuv([255, 63.75, 63.75]);
    const rounded = (received: Uint8Array, expected: number[]): void =>
      expected.forEach((value, i) =>
        assert.ok(Math.abs(received[i]! - value) <= 1.5, `${i}: ${received[i]} for ${value}`),
      );
    const yuy2 = frames(manifest(4, 2), vstream([2, 4, 2], { order: FormatOrder.YUY2 })).make(source, undefined).bytes;
    const [ry, ru, rv, by, bu, bv] = [...red, ...blue] as [number, number, number, number, number, number];
    rounded(yuy2, [ry, ru, ry, rv, by, bu, by, bv, ry, mixed2[1], white[0], mixed2[2], by, bu, by, bv]);
    const nv12 = frames(manifest(4, 2), vstream([1, 4, 3], { order: FormatOrder.NV12 })).make(source, undefined).bytes;
    rounded(nv12, [ry, ry, by, by, ry, white[0], by, by, mixed4[1], mixed4[2], bu, bv]);
  });

  const refused: { title: string; model: Manifest; input: InputVstream; says: RegExp }[] = [
    { title: 'another width', model: manifest(16, 4), input: vstream([4, 8, 3]), says: /16x4 pixels.*takes 8x4/ },
    { title: 'another height', model: manifest(8, 2), input: vstream([4, 8, 3]), says: /8x2 pixels.*takes 8x4/ },
    { title: 'one channel', model: manifest(8, 4), input: vstream([4, 8, 1]), says: /3 channels .*received 1/ },
    { title: 'floats', model: manifest(8, 4), input: vstream([4, 8, 3], { type: 3 }), says: /Expected bytes .*type 3/ },
    {
      title: 'an order we cannot make',
      model: manifest(8, 4),
      input: vstream([4, 8, 3], { order: 18 }),
      says: /received order 18/,
    },
    {
      title: 'another frame size',
      model: manifest(8, 4),
      input: vstream([4, 8, 3], { frameSize: 128 }),
      says: /96 bytes .*wants 128/,
    },
    {
      title: 'YUY2 of an odd width',
      model: manifest(3, 2),
      input: vstream([2, 3, 2], { order: FormatOrder.YUY2 }),
      says: /even sides .*3x2/,
    },
    {
      title: 'NV12 of an odd height',
      model: manifest(4, 3),
      input: vstream([3, 4, 3], { order: FormatOrder.NV12, frameSize: 18 }),
      says: /even sides .*4x3/,
    },
  ];
  for (const { title, model, input, says } of refused) {
    it(`are refused for ${title}`, () => {
      assert.throws(() => frames(model, input), says);
    });
  }
});

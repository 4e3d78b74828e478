import assert from 'node:assert/strict';
import sharp from 'sharp';
import { FramePool } from '../../src/frame/pool.js';
import { encodeJpeg, encodePng } from '../../src/image/encode.js';
import { paint, psnr } from './reference.js';

const picture = paint(64, 32, (x, y) => [x * 4, y * 8, 128]);
const source = { buffer: picture.pixels.buffer as SharedArrayBuffer, width: 64, height: 32 };

async function decoded(bytes: Buffer) {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, format: (await sharp(bytes).metadata()).format };
}

describe('encodePng', () => {
  it('keeps every byte of a frame', async () => {
    const { data, width, height, format } = await decoded(await encodePng(source));
    assert.deepEqual([width, height, format], [64, 32, 'png']);
    assert.deepEqual(new Uint8Array(data), new Uint8Array(picture.pixels));
  });
});

describe('encodeJpeg', () => {
  it('makes a JPEG that looks like the frame, from memory longer than the picture', async () => {
    const frame = new FramePool().acquire({ cameraId: 'gate', sequence: 0, timestamp: 0, width: 64, height: 32 });
    frame.pixels.set(picture.pixels);
    const { data, width, height, format } = await decoded(await encodeJpeg(frame, { quality: 95 }));
    assert.deepEqual([width, height, format], [64, 32, 'jpeg']);
    assert.equal(psnr(data, picture.pixels) > 35, true);
  });

  it('shows a part of the frame, down to one pixel, and makes that smaller', async () => {
    const area = { x1: 10, y1: 4, x2: 50, y2: 24 };
    const { data, width, height } = await decoded(await encodeJpeg(source, { quality: 95, area }));
    assert.deepEqual([width, height], [40, 20]);
    const cut = paint(40, 20, (x, y) => [(x + 10) * 4, (y + 4) * 8, 128]);
    assert.ok(psnr(data, cut.pixels) > 35);
    const small = await decoded(await encodeJpeg(source, { area, maxWidth: 20 }));
    assert.deepEqual([small.width, small.height], [20, 10]);
    const corner = await decoded(await encodeJpeg(source, { area: { x1: 63, y1: 31, x2: 64, y2: 32 } }));
    assert.deepEqual([corner.width, corner.height], [1, 1]);
  });

  for (const area of [
    { x1: 0, y1: 0, x2: 65, y2: 32 },
    { x1: -1, y1: 0, x2: 64, y2: 32 },
    { x1: 10, y1: 10, x2: 10, y2: 20 },
    { x1: 0.5, y1: 0, x2: 64, y2: 32 },
    { x1: 0, y1: NaN, x2: 64, y2: 32 },
  ]) {
    it(`refuses the area ${Object.values(area).join(', ')}`, async () => {
      await assert.rejects(encodeJpeg(source, { area }), {
        code: 'ALPR_IMAGE_ARGUMENT',
        message: /Expected an area of whole pixels within 64 × 32 but received/,
      });
    });
  }

  it('is smaller at a lower quality', async () => {
    assert.equal(
      (await encodeJpeg(source, { quality: 20 })).length < (await encodeJpeg(source, { quality: 95 })).length,
      true,
    );
  });

  for (const [maxWidth, expected] of [
    [32, [32, 16]],
    [64, [64, 32]],
    [500, [64, 32]],
    [undefined, [64, 32]],
  ] as const) {
    it(`makes 64 × 32 into ${expected.join(' × ')} when the width may be ${maxWidth ?? 'any'}`, async () => {
      const { width, height } = await decoded(await encodeJpeg(source, maxWidth === undefined ? {} : { maxWidth }));
      assert.deepEqual([width, height], expected);
    });
  }

  const refused: [string, () => Promise<Buffer>, RegExp][] = [
    ['quality 0', () => encodeJpeg(source, { quality: 0 }), /from 1 to 100 for quality but received 0/],
    ['quality 101', () => encodeJpeg(source, { quality: 101 }), /received 101/],
    ['a broken quality', () => encodeJpeg(source, { quality: 80.5 }), /received 80.5/],
    ['no width', () => encodeJpeg(source, { maxWidth: 0 }), /from 1 on for maxWidth but received 0/],
    [
      'too little memory',
      () => encodeJpeg({ ...source, height: 40 }),
      /Expected 7680 bytes for a 64 × 40 picture but received 6160/,
    ],
    ['a size of nothing', () => encodePng({ ...source, height: 0 }), /Expected 0 bytes for a 64 × 0 picture/],
    [
      'more columns than JPEG has',
      () => encodeJpeg({ buffer: new SharedArrayBuffer(70000 * 3), width: 70000, height: 1 }),
      /70000 × 1 that can be encoded/,
    ],
  ];
  for (const [name, call, message] of refused) {
    it(`refuses ${name} with a sentence`, async () => {
      await assert.rejects(call(), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'ALPR_IMAGE_ARGUMENT');
        assert.match(error.message, message);
        return true;
      });
    });
  }
});

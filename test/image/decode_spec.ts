import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { FramePool } from '../../src/frame/pool.js';
import { decodeImage, type DecodeOptions } from '../../src/image/decode.js';
import { ImageError, type ImageErrorCode } from '../../src/image/errors.js';

const HEADER = { cameraId: 'gate', sequence: 3, timestamp: 1700000000000 };

/** 40 × 20: top-left red, top-right green, bottom-left blue, bottom-right yellow. */
const WIDTH = 40;
const HEIGHT = 20;
const QUARTERS = { red: [220, 30, 30], green: [30, 200, 40], blue: [40, 50, 210], yellow: [230, 220, 40] } as const;

function quartered(): sharp.Sharp {
  const pixels = Buffer.alloc(WIDTH * HEIGHT * 3);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const [top, bottom] = x < WIDTH / 2 ? (['red', 'blue'] as const) : (['green', 'yellow'] as const);
      pixels.set(QUARTERS[y < HEIGHT / 2 ? top : bottom], (y * WIDTH + x) * 3);
    }
  }
  return sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
}

async function decode(input: Buffer | string, options: DecodeOptions = {}) {
  const frame = await decodeImage(input, HEADER, { pool: new FramePool(), ...options });
  /** Colour at a share of width and height. */
  const at = (x: number, y: number): number[] => {
    const start = (Math.floor(y * frame.height) * frame.width + Math.floor(x * frame.width)) * 3;
    return [...frame.pixels.subarray(start, start + 3)];
  };
  return { frame, at };
}

function assertColour(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  const isNear = expected.every((value, i) => Math.abs(actual[i]! - value) <= tolerance);
  assert.equal(isNear, true, `${actual.join(' ')} is not ${expected.join(' ')} ± ${tolerance}`);
}

async function assertFails(call: Promise<unknown>, code: ImageErrorCode, message: RegExp): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.equal(error instanceof ImageError, true, String(error));
    assert.equal((error as ImageError).code, code);
    assert.match((error as ImageError).message, message);
    return true;
  });
}

/** A PNG that announces a size and holds next to nothing: enough to be asked for its size. */
function pngHeader(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([signature, pngChunk('IHDR', header), pngChunk('IDAT', deflateSync(Buffer.alloc(1000)))]);
}

function pngChunk(name: string, content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const body = Buffer.concat([Buffer.from(name), content]);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** zlib.crc32 came with Node 20.15 only. */
function crc32(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

describe('decodeImage', () => {
  let folder = '';
  before(() => (folder = mkdtempSync(join(tmpdir(), 'alpr-decode-'))));
  after(() => rmSync(folder, { recursive: true }));

  const kinds: { name: string; tolerance: number; make: () => Promise<Buffer> }[] = [
    {
      name: 'a JPEG',
      tolerance: 4,
      make: () => quartered().jpeg({ quality: 98, chromaSubsampling: '4:4:4' }).toBuffer(),
    },
    {
      name: 'a progressive JPEG',
      tolerance: 4,
      make: () => quartered().jpeg({ quality: 98, progressive: true }).toBuffer(),
    },
    { name: 'a PNG', tolerance: 0, make: () => quartered().png().toBuffer() },
    { name: 'a WebP', tolerance: 0, make: () => quartered().webp({ lossless: true }).toBuffer() },
    { name: 'a TIFF', tolerance: 0, make: () => quartered().tiff({ compression: 'lzw' }).toBuffer() },
    { name: 'a GIF', tolerance: 12, make: () => quartered().gif().toBuffer() },
    { name: 'an AVIF', tolerance: 12, make: () => quartered().avif({ quality: 90 }).toBuffer() },
    { name: 'a palette PNG', tolerance: 3, make: () => quartered().png({ palette: true, colours: 8 }).toBuffer() },
    { name: 'a 16-bit PNG', tolerance: 1, make: () => quartered().toColourspace('rgb16').png().toBuffer() },
    { name: 'an opaque PNG with alpha', tolerance: 0, make: () => quartered().ensureAlpha().png().toBuffer() },
    // A round trip through inks of the default profile cannot hold saturated colours.
    {
      name: 'a CMYK JPEG',
      tolerance: 90,
      make: () => quartered().toColourspace('cmyk').jpeg({ quality: 98 }).toBuffer(),
    },
  ];
  for (const { name, tolerance, make } of kinds) {
    it(`reads ${name} as 8-bit RGB`, async () => {
      const { frame, at } = await decode(await make());
      assert.deepEqual([frame.width, frame.height, frame.pixels.length], [WIDTH, HEIGHT, WIDTH * HEIGHT * 3]);
      assertColour(at(0.2, 0.2), QUARTERS.red, tolerance);
      assertColour(at(0.8, 0.2), QUARTERS.green, tolerance);
      assertColour(at(0.2, 0.8), QUARTERS.blue, tolerance);
      assertColour(at(0.8, 0.8), QUARTERS.yellow, tolerance);
    });
  }

  it('scales wide pictures down, as they are the right way up, and leaves others', async () => {
    const wide = await quartered().jpeg({ quality: 95 }).toBuffer();
    const turned = await quartered().jpeg({ quality: 95 }).withMetadata({ orientation: 6 }).toBuffer();
    const sizes: [Buffer, number, number, number][] = [
      [wide, WIDTH, WIDTH, HEIGHT],
      [wide, WIDTH / 4, WIDTH / 4, HEIGHT / 4],
      [turned, HEIGHT, HEIGHT, WIDTH],
      [turned, HEIGHT / 2, HEIGHT / 2, WIDTH / 2],
    ];
    for (const [bytes, maxWidth, width, height] of sizes) {
      const frame = await decodeImage(bytes, { cameraId: 'c', sequence: 0, timestamp: 0 }, { maxWidth });
      assert.deepEqual([frame.width, frame.height], [width, height]);
    }
  });

  it('is strict on demand: a picture whose data ends too early is refused although it has an end marker', async () => {
    const whole = await quartered().jpeg().toBuffer();
    const header = { cameraId: 'c', sequence: 0, timestamp: 0 };
    const cut = Buffer.concat([whole.subarray(0, whole.length - 60), Buffer.from([0xff, 0xd9])]);
    await assert.rejects(decodeImage(cut, header, { strict: true }), /damaged/);
    await decodeImage(whole, header, { strict: true });
  });

  it('gives the frame its camera, number, time and id', async () => {
    const { frame } = await decode(await quartered().png().toBuffer());
    assert.deepEqual(frame.toJSON(), { id: 'gate#3', ...HEADER, width: WIDTH, height: HEIGHT });
  });

  it('reads grey pictures, of 8 and 16 bits and with alpha, as RGB of equal channels', async () => {
    const grey = sharp(Buffer.alloc(600, 100), { raw: { width: 30, height: 20, channels: 1 } });
    const pictures = [
      await grey.clone().toColourspace('b-w').png().toBuffer(),
      await grey.clone().toColourspace('grey16').png().toBuffer(),
      await grey.clone().toColourspace('b-w').jpeg().toBuffer(),
      await sharp(Buffer.from(Array(600).fill([100, 255]).flat()), { raw: { width: 30, height: 20, channels: 2 } })
        .png()
        .toBuffer(),
    ];
    assert.equal((await sharp(pictures[1]).metadata()).depth, 'ushort', 'the test has a 16-bit picture');
    for (const picture of pictures) assertColour((await decode(picture)).at(0.5, 0.5), [100, 100, 100], 1);
  });

  it('shows transparent parts on white', async () => {
    const half = Buffer.from(
      Array.from({ length: 100 }, (_value, i) => (i % 10 < 5 ? [0, 0, 0, 0] : [50, 60, 70, 255])).flat(),
    );
    const { at } = await decode(
      await sharp(half, { raw: { width: 10, height: 10, channels: 4 } })
        .png()
        .toBuffer(),
    );
    assertColour(at(0.2, 0.5), [255, 255, 255], 0);
    assertColour(at(0.8, 0.5), [50, 60, 70], 0);
  });

  // What stands top left and top right of a picture that is stored as above, once it is turned as EXIF says.
  const orientations: [number, keyof typeof QUARTERS, keyof typeof QUARTERS][] = [
    [1, 'red', 'green'],
    [2, 'green', 'red'],
    [3, 'yellow', 'blue'],
    [4, 'blue', 'yellow'],
    [5, 'red', 'blue'],
    [6, 'blue', 'red'],
    [7, 'yellow', 'green'],
    [8, 'green', 'yellow'],
  ];
  for (const [orientation, topLeft, topRight] of orientations) {
    it(`turns a picture of EXIF orientation ${orientation} the right way up`, async () => {
      const { frame, at } = await decode(
        await quartered().withMetadata({ orientation }).jpeg({ quality: 98 }).toBuffer(),
      );
      const expected = orientation < 5 ? [WIDTH, HEIGHT] : [HEIGHT, WIDTH];
      assert.deepEqual([frame.width, frame.height], expected);
      assertColour(at(0.2, 0.2), QUARTERS[topLeft], 12);
      assertColour(at(0.8, 0.2), QUARTERS[topRight], 12);
    });
  }

  for (const format of ['gif', 'webp'] as const) {
    it(`takes the first picture of an animated ${format}`, async () => {
      const pages = Buffer.concat([Buffer.alloc(12 * 8 * 3, 200), Buffer.alloc(12 * 8 * 3, 20)]);
      const raw = { width: 12, height: 16, channels: 3 as const, pageHeight: 8 };
      const animated = await sharp(pages, { raw }).toFormat(format).toBuffer();
      assert.equal((await sharp(animated).metadata()).pages, 2, 'the test has an animation');
      const { frame, at } = await decode(animated);
      assert.deepEqual([frame.width, frame.height], [12, 8]);
      assertColour(at(0.5, 0.9), [200, 200, 200], 3);
    });
  }

  it('reads a picture of one pixel', async () => {
    const one = await sharp(Buffer.from([1, 2, 3]), { raw: { width: 1, height: 1, channels: 3 } })
      .png()
      .toBuffer();
    assert.deepEqual([...(await decode(one)).frame.pixels], [1, 2, 3]);
  });

  it('reads a file anew after it was written over', async () => {
    const path = join(folder, 'snapshot.png');
    for (const value of [10, 240]) {
      writeFileSync(
        path,
        await sharp(Buffer.alloc(300, value), { raw: { width: 10, height: 10, channels: 3 } })
          .png()
          .toBuffer(),
      );
      assertColour((await decode(path)).at(0.5, 0.5), [value, value, value], 0);
    }
  });

  it('takes memory from the pool, and none when it fails', async () => {
    const pool = new FramePool();
    pool.recycle(await decodeImage(await quartered().png().toBuffer(), HEADER, { pool }));
    await assert.rejects(decodeImage(Buffer.from('text'), HEADER, { pool }));
    await decodeImage(await quartered().png().toBuffer(), HEADER, { pool });
    assert.deepEqual([pool.stats().allocated, pool.stats().reused, pool.stats().outstanding], [1, 1, 1]);
  });

  it('forgives stray bytes after the picture, as cheap cameras send them', async () => {
    const jpeg = await quartered().jpeg().toBuffer();
    const { frame } = await decode(Buffer.concat([jpeg, Buffer.from('0000ffd900deadbeef', 'hex')]));
    assert.equal(frame.width, WIDTH);
  });

  it('refuses 20000 × 20000 pixels with both numbers, before it decodes any', async () => {
    await assertFails(
      decode(pngHeader(20000, 20000)),
      'ALPR_IMAGE_TOO_LARGE',
      /at most 64 megapixels.*20000 × 20000 \(400 megapixels\)/,
    );
    const small = await quartered().png().toBuffer();
    await assertFails(decode(small, { maxMegapixels: 0.0005 }), 'ALPR_IMAGE_TOO_LARGE', /at most 0\.0005 .* 40 × 20/);
    assert.equal((await decode(small, { maxMegapixels: 0.0008 })).frame.width, WIDTH, 'exactly the limit passes');
  });

  const bad: { name: string; make: () => Promise<Buffer>; code: ImageErrorCode; message: RegExp }[] = [
    {
      name: 'a JPEG that was cut off',
      make: async () => {
        const noise = Buffer.from(Array.from({ length: 30000 }, (_value, i) => (i * 7919) % 251));
        const jpeg = await sharp(noise, { raw: { width: 100, height: 100, channels: 3 } })
          .jpeg()
          .toBuffer();
        return jpeg.subarray(0, jpeg.length / 2);
      },
      code: 'ALPR_IMAGE_DECODE',
      message: /Expected a whole jpeg picture but received a damaged one of \d+ bytes/,
    },
    {
      name: 'a PNG that was cut off',
      make: async () => {
        const png = await quartered().png().toBuffer();
        return png.subarray(0, png.length - 40);
      },
      code: 'ALPR_IMAGE_DECODE',
      message: /damaged/,
    },
    {
      name: 'the first three bytes of a JPEG',
      make: async () => Buffer.from([0xff, 0xd8, 0xff]),
      code: 'ALPR_IMAGE_DECODE',
      message: /Expected a picture \(JPEG, PNG.*3 bytes/,
    },
    {
      name: 'text',
      make: async () => Buffer.from('The gate is open.\n'),
      code: 'ALPR_IMAGE_DECODE',
      message: /Expected a picture \(JPEG, PNG, WebP.*18 bytes of text/,
    },
    {
      name: 'an SVG drawing',
      make: async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      code: 'ALPR_IMAGE_DECODE',
      message: /received svg/,
    },
    { name: 'nothing', make: async () => Buffer.alloc(0), code: 'ALPR_IMAGE_INPUT', message: /received 0 bytes/ },
  ];
  for (const { name, make, code, message } of bad) {
    it(`says what it expected and what came for ${name}`, async () => assertFails(decode(await make()), code, message));
  }

  it('does not read a file that is far too large', async () => {
    const path = join(folder, 'film.mov');
    writeFileSync(path, '');
    // Sparse: takes no room on the disk.
    truncateSync(path, 512 * 1024 * 1024 + 1);
    await assertFails(
      decode(path),
      'ALPR_IMAGE_TOO_LARGE',
      /at most 512 MiB at "film\.mov" but received a larger file/,
    );
  });

  it('names files by their last part only', async () => {
    const path = join(folder, 'note.jpg');
    writeFileSync(path, 'secret words');
    for (const [input, code, message] of [
      [path, 'ALPR_IMAGE_DECODE', /in file "note\.jpg" but received 12 bytes of text/],
      [join(folder, 'missing.jpg'), 'ALPR_IMAGE_INPUT', /at "missing\.jpg" but received no such file/],
      [folder, 'ALPR_IMAGE_INPUT', /but received a folder/],
    ] as const) {
      await assertFails(decode(input), code, message);
      await decode(input).catch((error: Error) => {
        assert.equal(error.message.includes(tmpdir()), false, error.message);
        assert.equal(error.message.includes('secret'), false, error.message);
      });
    }
  });
});

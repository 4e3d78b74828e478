import type { Box } from '../detection/types.js';
import type { PixelSource } from '../device/device.js';
import { keepingAlive } from '../frame/keep-alive.js';
import { ImageError } from './errors.js';
import { firstLine, loadSharp } from './sharp.js';

export interface JpegOptions {
  /** 1–100. Default 80. */
  quality?: number;
  /** Pixels; wider pictures are made smaller, narrower ones stay as they are. */
  maxWidth?: number;
  /** The part of the picture to encode, in whole pixels within it. Default all of it. */
  area?: Box;
}

/**
 * Encodes a frame, or a part of it, as JPEG, straight from its shared memory.
 * @throws ImageError ALPR_IMAGE_ARGUMENT for a quality, width or area out of range, or a buffer smaller than the picture
 */
export async function encodeJpeg(source: PixelSource, options: JpegOptions = {}): Promise<Buffer> {
  const { quality = 80, maxWidth, area } = options;
  if (!Number.isInteger(quality) || quality < 1 || quality > 100) {
    throw new ImageError(
      'ALPR_IMAGE_ARGUMENT',
      `Expected a whole number from 1 to 100 for quality but received ${quality}`,
    );
  }
  if (maxWidth !== undefined && !(Number.isInteger(maxWidth) && maxWidth >= 1)) {
    throw new ImageError(
      'ALPR_IMAGE_ARGUMENT',
      `Expected a whole number from 1 on for maxWidth but received ${maxWidth}`,
    );
  }
  if (area !== undefined) requireArea(area, source);
  return encode(source, (whole) => {
    const picture = area === undefined ? whole : whole.extract(rectangleOf(area));
    // Both choices are for speed: half the time for a fifth more bytes, and for a picture that is looked at, not measured.
    const sized =
      maxWidth === undefined
        ? picture
        : picture.resize({ width: maxWidth, withoutEnlargement: true, kernel: 'linear' });
    return sized.jpeg({ quality, optimiseCoding: false });
  });
}

/** Encodes a frame as PNG, without loss. @throws ImageError ALPR_IMAGE_ARGUMENT for a buffer smaller than the picture */
export async function encodePng(source: PixelSource): Promise<Buffer> {
  return encode(source, (picture) => picture.png({ compressionLevel: 3 }));
}

function requireArea({ x1, y1, x2, y2 }: Box, { width, height }: PixelSource): void {
  const isWhole = [x1, y1, x2, y2].every(Number.isInteger);
  if (isWhole && x1 >= 0 && y1 >= 0 && x1 < x2 && y1 < y2 && x2 <= width && y2 <= height) return;
  throw new ImageError(
    'ALPR_IMAGE_ARGUMENT',
    `Expected an area of whole pixels within ${width} × ${height} but received ${[x1, y1, x2, y2].join(', ')}`,
  );
}

function rectangleOf({ x1, y1, x2, y2 }: Box): { left: number; top: number; width: number; height: number } {
  return { left: x1, top: y1, width: x2 - x1, height: y2 - y1 };
}

type Picture = ReturnType<ReturnType<typeof loadSharp>>;

async function encode(source: PixelSource, configure: (picture: Picture) => Picture): Promise<Buffer> {
  const { buffer, width, height } = source;
  const bytes = width * height * 3;
  if (!(bytes > 0) || buffer.byteLength < bytes) {
    throw new ImageError(
      'ALPR_IMAGE_ARGUMENT',
      `Expected ${bytes} bytes for a ${width} × ${height} picture but received ${buffer.byteLength}`,
    );
  }
  const sharp = loadSharp();
  try {
    const picture = sharp(Buffer.from(buffer, 0, bytes), {
      raw: { width, height, channels: 3 },
      limitInputPixels: false,
    });
    return await keepingAlive(source, configure(picture).toBuffer());
  } catch (error) {
    throw new ImageError(
      'ALPR_IMAGE_ARGUMENT',
      `Expected a picture of ${width} × ${height} that can be encoded but received: ${firstLine(error)}`,
      { cause: error },
    );
  }
}

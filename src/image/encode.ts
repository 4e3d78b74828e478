import type { PixelSource } from '../device/device.js';
import { keepingAlive } from '../frame/keep-alive.js';
import { ImageError } from './errors.js';
import { firstLine, loadSharp } from './sharp.js';

export interface JpegOptions {
  /** 1–100. Default 80. */
  quality?: number;
  /** Pixels; wider pictures are made smaller, narrower ones stay as they are. */
  maxWidth?: number;
}

/**
 * Encodes a frame as JPEG, straight from its shared memory.
 * @throws ImageError ALPR_IMAGE_ARGUMENT for a quality or width out of range, or a buffer smaller than the picture
 */
export async function encodeJpeg(source: PixelSource, options: JpegOptions = {}): Promise<Buffer> {
  const { quality = 80, maxWidth } = options;
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
  return encode(source, (picture) => {
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

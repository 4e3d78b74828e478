import { ImageError } from './errors.js';
import { firstLine, loadSharp } from './sharp.js';

/**
 * A JPEG no wider than `width` pixels; the given one where it is narrow enough already. Runs in sharp's own threads; the decoder
 * leaves away what will not be seen, so that a large picture costs little more than a small one.
 * @throws ImageError ALPR_IMAGE_DECODE for bytes that are no picture
 */
export async function shrinkJpeg(jpeg: Buffer, width: number): Promise<Buffer> {
  const sharp = loadSharp();
  try {
    const picture = sharp(jpeg);
    const { width: own = 0 } = await picture.metadata();
    if (own <= width) return jpeg;
    return await picture.resize({ width, kernel: 'linear' }).jpeg({ quality: 75, optimiseCoding: false }).toBuffer();
  } catch (error) {
    throw new ImageError('ALPR_IMAGE_DECODE', `Expected a JPEG to make smaller but received: ${firstLine(error)}`, {
      cause: error,
    });
  }
}

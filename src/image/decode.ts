import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Metadata } from 'sharp';
import type { Frame } from '../frame/frame.js';
import { framePool, type FramePool, type NewFrameHeader } from '../frame/pool.js';
import { ImageError } from './errors.js';
import { firstLine, loadSharp } from './sharp.js';

/** What a frame is apart from its pixels and their number. */
export type PictureHeader = Omit<NewFrameHeader, 'width' | 'height'>;

export interface DecodeOptions {
  /** Largest picture, in millions of pixels. Default 64. */
  maxMegapixels?: number | undefined;
  /** Wider pictures (seen the right way up) are scaled down to this, pixels. Below 1/3 of a JPEG its decoder does part of it, which is quicker. */
  maxWidth?: number | undefined;
  /** Also refuses what is damaged without being too short. For pictures of which we do not know whether they are whole. Default false. */
  strict?: boolean | undefined;
  /** Where the pixels live. Default: the process-wide pool. */
  pool?: Pick<FramePool, 'acquire'>;
}

const DEFAULT_MAX_MEGAPIXELS = 64;
/** No camera writes such a file; reading it would only fill the memory. */
const LARGEST_FILE = 512 * 1024 * 1024;
export const EXPECTED_PICTURE = 'Expected a picture (JPEG, PNG, WebP, GIF, TIFF, AVIF)';

/**
 * Decodes a picture into a pooled frame of 8-bit sRGB, the right way up (EXIF orientation applied). Of animations the first
 * picture is taken. Transparent parts become white, as pages and viewers show them: what lies under them is anybody's guess.
 *
 * Damage that still lets all pixels be decoded (stray bytes, as cheap cameras send them) is forgiven; missing pixels are not.
 *
 * @param input the file's bytes, or its path
 * @throws ImageError ALPR_IMAGE_INPUT (no such file, no bytes), ALPR_IMAGE_DECODE (no picture, or damaged),
 *   ALPR_IMAGE_TOO_LARGE, ALPR_IMAGE_LIBRARY
 */
export async function decodeImage(
  input: Buffer | string,
  header: PictureHeader,
  options: DecodeOptions = {},
): Promise<Frame> {
  const sharp = loadSharp();
  const name = typeof input === 'string' ? ` in file "${basename(input)}"` : '';
  const bytes = typeof input === 'string' ? await readPicture(input) : input;
  if (bytes.length === 0) throw new ImageError('ALPR_IMAGE_INPUT', `${EXPECTED_PICTURE}${name} but received 0 bytes`);

  const metadata = await readMetadata(sharp, bytes, name);
  const { width, height } = metadata;
  const maxMegapixels = options.maxMegapixels ?? DEFAULT_MAX_MEGAPIXELS;
  if (width * height > maxMegapixels * 1e6) {
    throw new ImageError(
      'ALPR_IMAGE_TOO_LARGE',
      `Expected at most ${maxMegapixels} megapixels for a picture${name} but received ${width} × ${height} (${Number(((width * height) / 1e6).toFixed(1))} megapixels)`,
    );
  }

  const { maxWidth, strict = false } = options;
  const limits = { limitInputPixels: width * height, sequentialRead: true };
  let image = sharp(bytes, { ...limits, failOn: strict ? 'warning' : 'truncated' }).autoOrient();
  if (maxWidth !== undefined && metadata.autoOrient.width > maxWidth) image = image.resize(maxWidth);
  const decoded = await image
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw new ImageError(
        'ALPR_IMAGE_DECODE',
        `Expected a whole ${metadata.format} picture${name} but received a damaged one of ${bytes.length} bytes: ${firstLine(error)}`,
        { cause: error },
      );
    });
  const { data, info } = decoded;
  if (info.channels !== 3) {
    throw new ImageError('ALPR_IMAGE_DECODE', `Expected 3 colour channels${name} but received ${info.channels}`);
  }
  const frame = (options.pool ?? framePool()).acquire({ ...header, width: info.width, height: info.height });
  frame.pixels.set(data);
  return frame;
}

async function readPicture(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size <= LARGEST_FILE) return await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? firstLine(error);
    const why = { ENOENT: 'no such file', EISDIR: 'a folder', EACCES: 'a file that may not be read' }[code] ?? code;
    throw new ImageError('ALPR_IMAGE_INPUT', `${EXPECTED_PICTURE} at "${basename(path)}" but received ${why}`, {
      cause: error,
    });
  }
  throw new ImageError(
    'ALPR_IMAGE_TOO_LARGE',
    `${EXPECTED_PICTURE} of at most 512 MiB at "${basename(path)}" but received a larger file`,
  );
}

async function readMetadata(sharp: ReturnType<typeof loadSharp>, bytes: Buffer, name: string): Promise<Metadata> {
  let metadata: Metadata | undefined;
  let cause: unknown;
  try {
    metadata = await sharp(bytes, { limitInputPixels: false, failOn: 'none' }).metadata();
  } catch (error) {
    cause = error;
  }
  // Drawings and documents have no pixels of their own, and their renderers read what else they name.
  if (metadata === undefined || metadata.format === 'svg' || metadata.format === 'pdf') {
    const received = metadata?.format ?? describeBytes(bytes);
    throw new ImageError('ALPR_IMAGE_DECODE', `${EXPECTED_PICTURE}${name} but received ${received}`, { cause });
  }
  return metadata;
}

/** Names what came without showing it. */
function describeBytes(bytes: Buffer): string {
  const start = bytes.subarray(0, 512);
  const isText = start.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d);
  return `${bytes.length} bytes of ${isText ? 'text' : 'something else, or a damaged picture'}`;
}

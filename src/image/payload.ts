import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { EXPECTED_PICTURE } from './decode.js';
import { ImageError } from './errors.js';

/** Longer text is never a path, so the file system is not asked. */
const LONGEST_PATH = 4096;

/**
 * The picture in a message's payload, as other nodes send them: Buffer, Uint8Array, ArrayBuffer, base64 text, data URL, or the path of a file.
 * @returns the file's bytes, or its path
 * @throws ImageError ALPR_IMAGE_INPUT that says what came instead (never more of it than its kind and size)
 */
export async function pictureFromPayload(payload: unknown): Promise<Buffer | string> {
  if (Buffer.isBuffer(payload)) return payload;
  if (payload instanceof Uint8Array) return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  if (payload instanceof ArrayBuffer) return Buffer.from(payload);
  if (typeof payload !== 'string') throw inputError(describe(payload));
  const text = payload.trim();
  if (text === '') throw inputError('empty text');
  if (text.startsWith('data:')) return fromDataUrl(text);
  if (text.length <= LONGEST_PATH && !text.includes('\n')) {
    const found = await stat(payload).catch(() => undefined);
    if (found?.isFile() === true) return payload;
    if (found?.isDirectory() === true) throw inputError(`the folder "${basename(payload)}"`);
  }
  const bytes = fromBase64(text);
  if (bytes !== undefined && isPicture(bytes)) return bytes;
  throw inputError(
    looksLikePath(text)
      ? `the path of a file that is not there: "${basename(text)}"`
      : `text of ${text.length} characters that is neither base64, a data URL nor the path of a file`,
  );
}

function fromDataUrl(text: string): Buffer {
  const comma = text.indexOf(',');
  const kind = text.slice(5, comma < 0 ? 80 : Math.min(comma, 80));
  if (comma < 0 || !/;base64$/i.test(text.slice(0, comma))) throw inputError(`a data URL without base64 (${kind})`);
  const bytes = fromBase64(text.slice(comma + 1));
  if (bytes === undefined) throw inputError(`a data URL (${kind}) whose base64 is damaged`);
  return bytes;
}

function fromBase64(text: string): Buffer | undefined {
  // No two parts that take the same characters: megabytes of spaces must not be tried in every way.
  if (!/^[A-Za-z0-9+/_\-\s]+(?:=\s*){0,2}$/.test(text)) return undefined;
  return Buffer.from(text, 'base64');
}

/** Any plain word is base64 of something; only what begins like a picture is taken for one. */
function isPicture(bytes: Buffer): boolean {
  const start = bytes.toString('latin1', 0, 12);
  return (
    start.startsWith('\xff\xd8') ||
    start.startsWith('\x89PNG') ||
    start.startsWith('GIF8') ||
    start.startsWith('II*\0') ||
    start.startsWith('MM\0*') ||
    (start.startsWith('RIFF') && start.endsWith('WEBP')) ||
    start.slice(4, 8) === 'ftyp'
  );
}

function looksLikePath(text: string): boolean {
  return text.length <= LONGEST_PATH && !/\s{2}|\n/.test(text) && /[\\/]|\.[A-Za-z0-9]{1,5}$/.test(text);
}

function describe(payload: unknown): string {
  if (payload === undefined || payload === null) return `${payload}`;
  if (Array.isArray(payload)) return `an array of ${payload.length}`;
  // Its keys would be as many as its numbers.
  if (ArrayBuffer.isView(payload)) return `${payload.byteLength} bytes that are no Buffer or Uint8Array`;
  if (typeof payload === 'object') {
    const keys = Object.keys(payload);
    const shown = keys
      .slice(0, 5)
      .map((key) => (key.length > 30 ? `${key.slice(0, 30)}…` : key))
      .join(', ');
    return keys.length === 0 ? 'an empty object' : `an object with ${shown}${keys.length > 5 ? ', …' : ''}`;
  }
  return `a ${typeof payload}`;
}

function inputError(received: string): ImageError {
  return new ImageError(
    'ALPR_IMAGE_INPUT',
    `${EXPECTED_PICTURE} as Buffer, base64, data URL or file path but received ${received}`,
  );
}

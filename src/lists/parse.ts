import { parseCsv } from './csv.js';
import { parseJson } from './json.js';
import type { ParsedList } from './parsed.js';

/**
 * Reads the bytes of a list: JSON when the name ends in .json or the text begins like it, else CSV. UTF-8, UTF-16 with its
 * mark (Excel's "Unicode text"), and Windows-1252 for what is no UTF-8 (Excel's plain CSV).
 *
 * @throws ListError when nothing of it can be used
 */
export function parseList(bytes: Uint8Array, path: string): ParsedList {
  const text = decode(bytes);
  const isJson = /\.json$/i.test(path) || (!/\.(csv|tsv|txt)$/i.test(path) && /^\uFEFF?\s*[[{]/.test(text));
  return isJson ? parseJson(text) : parseCsv(text);
}

function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

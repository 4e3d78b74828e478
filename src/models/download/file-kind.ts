import type { ModelTarget } from '../locate.js';

/** `\x01HEF`: how every HEF begins (hailort-c-api §9.1). */
const HEF_MAGIC = Buffer.from([0x01, 0x48, 0x45, 0x46]);

/** zip, gzip, 7z. */
const ARCHIVES = ['PK\x03\x04', '\x1f\x8b', '7z\xbc\xaf'];

/** Bytes from the beginning that wrongKind looks at. */
export const KIND_BYTES = 512;

/**
 * Says what a file is that should be a network and is none: the page of a login, an error's text, a pointer of Git LFS, an
 * archive. ONNX has no magic number, so its files are only told from what is known to be something else.
 *
 * @param head the first bytes
 * @returns undefined when it may be what it should be
 */
export function wrongKind(head: Buffer, target: ModelTarget): string | undefined {
  if (head.length === 0) return 'an empty file';
  if (target !== 'onnx' && head.subarray(0, 4).equals(HEF_MAGIC)) return undefined;
  const text = head.toString('latin1').replace(/^(\xef\xbb\xbf)?\s*/, '');
  if (ARCHIVES.some((magic) => text.startsWith(magic))) return 'an archive';
  if (!isText(head)) return target === 'onnx' ? undefined : 'a file that does not begin as a HEF does';
  if (text.startsWith('version https://git-lfs.github.com/')) return 'a pointer of Git LFS, not the file it points to';
  if (/^<(!doctype html|html|head|body|script)/i.test(text)) {
    return 'a web page: the address wants a login, or a portal of this network stands before it';
  }
  return `a text: ${excerpt(text)}`;
}

/** Networks are binary within their first bytes: a text has no byte below 32 but tabs and line ends. */
function isText(head: Buffer): boolean {
  return head.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte !== 127));
}

function excerpt(text: string): string {
  const line = text.replace(/[^\x20-\x7e]+/g, ' ').trim();
  return `"${line.length > 60 ? `${line.slice(0, 60)}…` : line}"`;
}

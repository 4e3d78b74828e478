import { open, type FileHandle } from 'node:fs/promises';
import { extname } from 'node:path';

/** Bytes behind a JPEG's end marker that are forgiven: some cameras fill their files up. */
const tail = 4096;
const mostBoxes = 200;

/**
 * Whether the file has its end, as far as that is told quickly: JPEG and PNG by their last bytes, MP4 and MOV by their index (`moov`), which
 * most writers write last. Undefined for other kinds, and for files that do not begin like their name.
 */
export async function isWhole(path: string, size: number): Promise<boolean | undefined> {
  const extension = extname(path).toLowerCase();
  const check = checks[extension];
  if (!check) return undefined;
  const file = await open(path, 'r');
  try {
    return await check(file, size);
  } finally {
    await file.close();
  }
}

const checks: Record<string, (file: FileHandle, size: number) => Promise<boolean | undefined>> = {
  '.jpg': isWholeJpeg,
  '.jpeg': isWholeJpeg,
  '.png': isWholePng,
  '.mp4': isWholeMp4,
  '.m4v': isWholeMp4,
  '.mov': isWholeMp4,
};

async function isWholeJpeg(file: FileHandle, size: number): Promise<boolean | undefined> {
  if ((await bytesAt(file, 0, 2)).toString('hex') !== 'ffd8') return undefined;
  const end = await bytesAt(file, Math.max(0, size - tail), Math.min(size, tail));
  return end.lastIndexOf(Buffer.from([0xff, 0xd9])) >= 0;
}

async function isWholePng(file: FileHandle, size: number): Promise<boolean | undefined> {
  if ((await bytesAt(file, 0, 4)).toString('latin1') !== '\x89PNG') return undefined;
  return (await bytesAt(file, Math.max(0, size - 12), 12)).includes('IEND');
}

/** Boxes of ISO/IEC 14496-12: size and name, then content; size 1 means that a larger one follows, size 0 the rest of the file. */
async function isWholeMp4(file: FileHandle, size: number): Promise<boolean | undefined> {
  let hasIndex = false;
  let position = 0;
  for (let i = 0; i < mostBoxes && position + 8 <= size; i++) {
    const head = await bytesAt(file, position, 16);
    if (head.length < 8) return false;
    const name = head.toString('latin1', 4, 8);
    if (i === 0 && !/^(ftyp|moov|mdat|wide|free|skip|pnot|styp)$/.test(name)) return undefined;
    const short = head.readUInt32BE(0);
    const length =
      short === 1 && head.length === 16 ? Number(head.readBigUInt64BE(8)) : short === 0 ? size - position : short;
    if (length < 8) return undefined;
    if (name === 'moov' && position + length <= size) hasIndex = true;
    position += length;
  }
  return hasIndex && position <= size;
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

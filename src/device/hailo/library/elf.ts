import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const ELF_MAGIC = '\x7fELF';
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const LOADABLE = 1;
/** Of an entry in the table of parts; 64 bits know no other. */
const PART_SIZE = 56;
const machines: Readonly<Record<number, string>> = {
  3: 'x86, 32 bits',
  40: 'ARM, 32 bits',
  62: 'x64',
  183: 'arm64',
  243: 'RISC-V',
};

/**
 * Why a file cannot be loaded as a shared library into this process, or undefined when nothing speaks against it. Asked first,
 * because the loader's own words are few, and because a library that was cut off kills the process instead of failing.
 *
 * @param arch `process.arch`
 */
export function whyNotLoadable(path: string, arch: string = process.arch): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    return `it cannot be opened (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
  }
  try {
    const info = fstatSync(file);
    if (!info.isFile()) return 'it is no file';
    return whyNotElf(file, info.size, arch);
  } catch (error) {
    return `it cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
  } finally {
    closeSync(file);
  }
}

function whyNotElf(file: number, size: number, arch: string): string | undefined {
  const header = read(file, 0, 64);
  if (header.length < 64 || header.toString('latin1', 0, 4) !== ELF_MAGIC) {
    return size === 0 ? 'it is empty' : 'it is no shared library (text, or a file of another kind)';
  }
  const machine = machines[header.readUInt16LE(18)] ?? `machine ${header.readUInt16LE(18)}`;
  if (header[4] !== CLASS_64 || header[5] !== LITTLE_ENDIAN || (machine !== arch && ['x64', 'arm64'].includes(arch))) {
    return `it was built for another processor (${machine}), this is ${arch}`;
  }
  return end(file, header) > size ? 'it is cut off: copy or install it again' : undefined;
}

/** Where the last part that is mapped into memory ends in the file. */
function end(file: number, header: Buffer): bigint {
  const table = read(file, Number(header.readBigUInt64LE(32)), PART_SIZE * header.readUInt16LE(56));
  let last = 0n;
  for (let offset = 0; offset + PART_SIZE <= table.length; offset += PART_SIZE) {
    if (table.readUInt32LE(offset) !== LOADABLE) continue;
    const partEnd = table.readBigUInt64LE(offset + 8) + table.readBigUInt64LE(offset + 32);
    if (partEnd > last) last = partEnd;
  }
  return last;
}

function read(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, position));
}

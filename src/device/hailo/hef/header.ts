import { closeSync, fstatSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import { HailoError } from '../errors.js';
import { notAHef } from './not-a-hef.js';
import { ProtobufReader } from './protobuf.js';

/** What a HEF says about itself before its network begins (hailort-c-api §9.1). */
export interface HefHeader {
  headerVersion: number;
  /** hw_arch as it is in the file; 0 when it says nothing. */
  architecture: number;
  /** `Hailo-8L`; `unknown (42)` for a number we do not know. */
  architectureName: string;
  /** Of the Dataflow Compiler, `3.29.0`; '' when the file does not say. */
  compilerVersion: string;
  /** Left out when the file does not say, or nonsense. */
  createdAt?: Date;
  formatVersion: number;
  /** Bytes of the part that describes the network. */
  protobufSize: number;
}

const MAGIC = 0x01484546;
/** Where the protobuf part begins, by header version. */
const protobufStarts: readonly number[] = [32, 28, 44, 56];
/** Enough for every header we have seen, a hundred times. */
const READ_AT_MOST = 16 * 1024;
const HEADER_FIELD = 1;
const LATEST_DATE_MS = 8.64e15;

const architectures: Readonly<Record<number, string>> = {
  0: 'Hailo-8 (generic)',
  1: 'Hailo-8',
  2: 'Hailo-8R',
  3: 'Hailo-8L',
  4: 'Hailo-15M',
  5: 'Hailo-10H (HailoRT 4.x)',
  6: 'Hailo-15L',
  103: 'Hailo-15H or Hailo-10H',
  108: 'MARS',
};

/**
 * Reads the header of a HEF, a few KB of the file. The library must not see a file that has not been read here: newer and damaged
 * ones can crash it (hailort-c-api §0.12).
 *
 * @throws HailoError when the file is missing, is no HEF (it says what it is instead) or is cut off
 */
export function readHefHeader(path: string): HefHeader {
  const { bytes, size } = readStart(path);
  const fail = (expected: string, received: string, fix: string): never => {
    const message = `Expected ${expected} for ${path} but received ${received}. ${fix}.`;
    throw new HailoError(message, undefined, { brief: 'fetch HEF again' });
  };
  const other = notAHef(bytes, path);
  if (bytes.length < 12 || bytes.readUInt32BE(0) !== MAGIC) {
    return fail('a HEF (a network compiled for Hailo)', other.what, other.fix);
  }
  const again = 'Fetch or copy the file again';
  const headerVersion = bytes.readUInt32BE(4);
  const protobufSize = bytes.readUInt32BE(8);
  const start = protobufStarts[headerVersion];
  if (start === undefined) {
    return fail(
      `a HEF with a header of version 0 to ${protobufStarts.length - 1}`,
      `version ${headerVersion}`,
      'It is damaged, or made by a compiler that is newer than this package',
    );
  }
  if (start + protobufSize > size) {
    return fail(`at least ${start + protobufSize} bytes`, `${size}: the file is cut off`, again);
  }
  try {
    return parse(bytes.subarray(start, start + protobufSize), headerVersion, protobufSize);
  } catch (error) {
    return fail('a HEF that describes itself', `a damaged one (${(error as Error).message})`, again);
  }
}

/** Names of hw_arch (§9.1). */
export function architectureName(architecture: number): string {
  const known = architectures[architecture];
  if (known !== undefined) return known;
  return architecture >= 100 && architecture <= 106
    ? `a chip without a public name (${architecture})`
    : `unknown (${architecture})`;
}

function parse(protobuf: Buffer, headerVersion: number, protobufSize: number): HefHeader {
  const reader = new ProtobufReader(protobuf);
  const first = reader.next();
  if (first?.field !== HEADER_FIELD || !(first.value instanceof Buffer)) throw new Error('no header where it must be');
  const header: HefHeader = {
    headerVersion,
    architecture: 0,
    architectureName: '',
    compilerVersion: '',
    formatVersion: 0,
    protobufSize,
  };
  const fields = new ProtobufReader(first.value);
  for (let field = fields.next(); field !== undefined; field = fields.next()) {
    const { value } = field;
    if (field.field === 1 && typeof value === 'bigint') header.architecture = small(value, 'architecture');
    if (field.field === 2 && typeof value === 'bigint' && value > 0n && value <= LATEST_DATE_MS) {
      header.createdAt = new Date(Number(value));
    }
    if (field.field === 3 && value instanceof Buffer) header.compilerVersion = compilerVersion(value.toString('utf8'));
    if (field.field === 4 && typeof value === 'bigint') header.formatVersion = small(value, 'format version');
  }
  header.architectureName = architectureName(header.architecture);
  return header;
}

/** `3.29.0`, or since compiler 5 `sdk-version: 5.4.0, …`: the numbers; without any the text as far as it can be shown. */
function compilerVersion(text: string): string {
  const numbers = /\d{1,5}\.\d{1,5}(?:\.\d{1,5})?/.exec(text)?.[0];
  return numbers ?? text.replace(/[^ -~]/g, '?').slice(0, 40);
}

function small(value: bigint, what: string): number {
  if (value > 0xffffffffn) throw new Error(`its ${what} is ${value}`);
  return Number(value);
}

/** @throws HailoError when there is no such file or it cannot be read */
function readStart(path: string): { bytes: Buffer; size: number } {
  const fail = (received: string, fix: string): never => {
    const message = `Expected a HEF at ${path} but received ${received}. ${fix}.`;
    throw new HailoError(message, undefined, { brief: 'fetch HEF again' });
  };
  let info: Stats;
  try {
    info = statSync(path);
  } catch (error) {
    return fail(
      `no file (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
      'Check the path, or fetch the model',
    );
  }
  // Opening a pipe would wait for its other end for ever.
  if (info.isDirectory()) return fail('a folder', 'Name a file in it');
  if (!info.isFile()) return fail('something that is no file', 'Name a file');
  if (info.size === 0) return fail('an empty file', 'Fetch it again');
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(Math.min(READ_AT_MOST, info.size));
      return { bytes: bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0)), size: fstatSync(file).size };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return fail(`a file that cannot be read (${code})`, 'Let the user of Node-RED read it');
  }
}

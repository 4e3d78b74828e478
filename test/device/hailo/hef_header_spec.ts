import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { HailoError } from '../../../src/device/hailo/errors';
import { readHefHeader } from '../../../src/device/hailo/hef/header';
import { seededRandom } from '../../support/random';
import { aboutHef, hefBytes, lengthField, numberField, varint } from './hef-bytes';

describe('Header of a HEF', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'alpr-hef-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  function file(bytes: Uint8Array | string, name = 'model.hef'): string {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  }

  function refusal(path: string): string {
    let message: string | undefined;
    assert.throws(
      () => readHefHeader(path),
      (error: Error) => {
        assert.ok(error instanceof HailoError, error.stack);
        message = error.message;
        return true;
      },
    );
    assert.ok(message!.includes(path), message);
    return message!;
  }

  /** The values that six real files carry (hailort-c-api §9.1). */
  const real = [
    { headerVersion: 1, compiler: '3.29.0', architecture: 1, name: 'Hailo-8' },
    { headerVersion: 1, compiler: '3.29.0', architecture: 1, name: 'Hailo-8' },
    { headerVersion: 2, compiler: '3.31.0', architecture: 1, name: 'Hailo-8' },
    { headerVersion: 3, compiler: 'sdk-version: 5.4.0, x: y', architecture: 103, name: 'Hailo-15H or Hailo-10H' },
    { headerVersion: 3, compiler: 'sdk-version: 5.4.0, a', architecture: 103, name: 'Hailo-15H or Hailo-10H' },
    { headerVersion: 3, compiler: 'sdk-version: 5.4.0', architecture: 103, name: 'Hailo-15H or Hailo-10H' },
  ];
  real.forEach(({ headerVersion, compiler, architecture, name }, index) => {
    it(`is read as of the ${index + 1}. real file: version ${headerVersion}, ${compiler}, ${architecture}`, () => {
      const made = Date.UTC(2024, 4, 6, 7, 8, 9, 10);
      const about = aboutHef({ architecture, createdAt: made, compiler, formatVersion: 2 });
      const path = file(hefBytes({ headerVersion, about, rest: Buffer.alloc(300, 0x12) }));
      assert.deepEqual(readHefHeader(path), {
        headerVersion,
        architecture,
        architectureName: name,
        compilerVersion: /[\d.]+/.exec(compiler)![0],
        createdAt: new Date(made),
        formatVersion: 2,
        protobufSize: 1 + varint(about.length).length + about.length + 300,
      });
    });
  });

  it('of a file that says nothing about itself is that of a generic Hailo-8 without compiler and date', () => {
    const path = file(hefBytes({ headerVersion: 0, about: Buffer.alloc(0) }));
    assert.deepEqual(readHefHeader(path), {
      headerVersion: 0,
      architecture: 0,
      architectureName: 'Hailo-8 (generic)',
      compilerVersion: '',
      formatVersion: 0,
      protobufSize: 2,
    });
  });

  it('skips fields of every kind that it does not know', () => {
    const about = Buffer.concat([
      numberField(9, 2n ** 64n - 1n),
      Buffer.concat([varint((10 << 3) | 1), Buffer.alloc(8, 0xff)]),
      Buffer.concat([varint((11 << 3) | 5), Buffer.alloc(4, 0xff)]),
      lengthField(12, Buffer.alloc(200, 0xff)),
      aboutHef({ architecture: 3, compiler: '3.30.0' }),
    ]);
    const { architecture, compilerVersion } = readHefHeader(file(hefBytes({ about })));
    assert.deepEqual({ architecture, compilerVersion }, { architecture: 3, compilerVersion: '3.30.0' });
  });

  for (const { architecture, name } of [
    { architecture: 2, name: /^Hailo-8R$/ },
    { architecture: 3, name: /^Hailo-8L$/ },
    { architecture: 4, name: /^Hailo-15M$/ },
    { architecture: 5, name: /^Hailo-10H/ },
    { architecture: 6, name: /^Hailo-15L$/ },
    { architecture: 101, name: /without a public name \(101\)/ },
    { architecture: 108, name: /^MARS$/ },
    { architecture: 4_000_000_000, name: /^unknown \(4000000000\)$/ },
  ]) {
    it(`names chip ${architecture}`, () => {
      assert.match(readHefHeader(file(hefBytes({ about: aboutHef({ architecture }) }))).architectureName, name);
    });
  }

  it('gives no date where the number is none', () => {
    const about = numberField(2, 2n ** 64n - 1n);
    assert.equal(readHefHeader(file(hefBytes({ about }))).createdAt, undefined);
  });

  it('shows a compiler without numbers only as far as it is text', () => {
    const about = lengthField(3, Buffer.from(`\x00nightly\n${'x'.repeat(100)}`));
    assert.equal(readHefHeader(file(hefBytes({ about }))).compilerVersion, `?nightly?${'x'.repeat(31)}`);
  });

  const pointer =
    'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n';
  const others: { what: string; bytes: () => Uint8Array | string; name?: string; says: RegExp; fix: RegExp }[] = [
    { what: 'an empty file', bytes: () => '', says: /an empty file/, fix: /Fetch it again/ },
    { what: 'a Git-LFS pointer', bytes: () => pointer, says: /Git-LFS pointer/, fix: /git lfs pull/ },
    { what: 'a web page', bytes: () => '\n<!DOCTYPE html><html>404', says: /web page/, fix: /Open the address/ },
    {
      what: 'an XML answer',
      bytes: () => '<?xml version="1.0"?><Error>AccessDenied</Error>',
      says: /web page/,
      fix: /again/,
    },
    { what: 'a JSON answer', bytes: () => '{"message": "Not Found"}', says: /JSON/, fix: /again/ },
    { what: 'a text', bytes: () => 'This is a text of some length.\n', says: /a text/, fix: /again/ },
    { what: 'a gzip archive', bytes: () => gzipSync('hef'.repeat(50)), says: /gzip/, fix: /Unpack/ },
    { what: 'a zip archive', bytes: () => Buffer.from('PK\x03\x04aaaaaaaaaaaaaaaa'), says: /zip/, fix: /Unpack/ },
    {
      what: 'an ONNX model',
      bytes: () => Buffer.from([8, 8, 0x12, 7, ...Buffer.from('pytorch'), 0, 1]),
      says: /ONNX/,
      fix: /Compile/,
    },
    {
      what: 'an ONNX model by its name',
      bytes: () => Buffer.alloc(40, 0xee),
      name: 'm.ONNX',
      says: /ONNX/,
      fix: /CPU/,
    },
    {
      what: 'a TFLite model',
      bytes: () => Buffer.from('\x1c\0\0\0TFL3\x14\0\x20\0'),
      says: /TensorFlow Lite/,
      fix: /Compile/,
    },
    { what: 'four bytes', bytes: () => Buffer.from([1, 0x48, 0x45, 0x46]), says: /4 bytes/, fix: /again/ },
    { what: 'noise', bytes: () => Buffer.alloc(100, 0xee), says: /another kind/, fix: /again/ },
  ];
  for (const { what, bytes, name, says, fix } of others) {
    it(`is not there: ${what} is told by its name`, () => {
      const message = refusal(file(bytes(), name));
      assert.match(message, says);
      assert.match(message, fix);
    });
  }

  it('is not there: a folder, a missing file and a pipe are told, and nothing waits for the pipe', () => {
    assert.match(refusal(folder), /received a folder/);
    assert.match(refusal(join(folder, 'missing.hef')), /no file \(ENOENT\)/);
    const pipe = join(folder, 'pipe.hef');
    execFileSync('mkfifo', [pipe]);
    assert.match(refusal(pipe), /no file/);
  });

  it('of an unknown version is refused with its number', () => {
    const bytes = hefBytes({});
    bytes.writeUInt32BE(4, 4);
    assert.match(refusal(file(bytes)), /version 0 to 3 for .* received version 4/);
    bytes.writeUInt32BE(0xffffffff, 4);
    assert.match(refusal(file(bytes)), /received version 4294967295/);
  });

  it('of a file that was cut off is refused with both sizes', () => {
    const bytes = hefBytes({ headerVersion: 3, rest: Buffer.alloc(1000, 1) });
    for (const size of [20, 56, 57, 600, bytes.length - 1]) {
      assert.match(
        refusal(file(bytes.subarray(0, size))),
        new RegExp(`${bytes.length} bytes .* received ${size}: .* cut off`),
      );
    }
  });

  const damages: { title: string; about?: Buffer; protobuf?: Buffer }[] = [
    { title: 'a number that never ends', about: Buffer.alloc(30, 0xff) },
    { title: 'a number behind the end', about: Buffer.from([8, 0x80]) },
    { title: 'a text that is longer than the file', about: Buffer.from([0x1a, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x41]) },
    { title: 'a group, which no HEF has', about: Buffer.from([0x0b, 0x0c]) },
    { title: 'field number 0', about: Buffer.from([0, 0]) },
    { title: 'a chip that needs 64 bits', about: numberField(1, 2n ** 40n) },
    { title: 'another first field', protobuf: numberField(2, 5n) },
    { title: 'a first field of another type', protobuf: numberField(1, 5n) },
    { title: 'no field at all', protobuf: Buffer.alloc(0) },
  ];
  for (const { title, about, protobuf } of damages) {
    it(`with ${title} is refused as damaged`, () => {
      const bytes = hefBytes({ ...(about ? { about } : {}), ...(protobuf ? { protobuf } : {}) });
      assert.match(refusal(file(bytes)), /damaged/);
    });
  }

  it('of random bytes, and of a file with flipped ones, is read or refused in words, and never anything else', () => {
    const random = seededRandom(20_240_611);
    const good = hefBytes({
      headerVersion: 2,
      about: aboutHef({ architecture: 1, compiler: '3.29.0', createdAt: 1e12 }),
    });
    let refused = 0;
    for (let round = 0; round < 1500; round++) {
      let bytes: Buffer;
      if (round % 2 === 0) {
        bytes = Buffer.from(good);
        const flips = 1 + Math.floor(random() * 4);
        for (let flip = 0; flip < flips; flip++)
          bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      } else {
        const noise = Buffer.from(Array.from({ length: Math.floor(random() * 90) }, () => Math.floor(random() * 256)));
        bytes = hefBytes({ headerVersion: (round % 4) as 1 | 3, protobuf: noise });
      }
      try {
        const header = readHefHeader(file(bytes));
        assert.ok(Number.isInteger(header.architecture) && header.compilerVersion.length <= 40);
      } catch (error) {
        assert.ok(error instanceof HailoError, `${(error as Error).stack}\n${bytes.toString('hex')}`);
        refused++;
      }
    }
    assert.ok(refused > 700 && refused < 1500, `${refused} refused`);
  });
});

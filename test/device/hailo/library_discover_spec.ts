import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { libraryCandidates, type Surroundings } from '../../../src/device/hailo/library/discover';
import { whyNotLoadable } from '../../../src/device/hailo/library/elf';

function computer(folders: Record<string, string[]>, rest: Surroundings = {}): Surroundings {
  const list = (folder: string): string[] => {
    const names = folders[folder];
    if (!names) throw new Error('ENOENT');
    return names;
  };
  return { env: {}, arch: 'x64', list, isFolder: (path) => path in folders, ...rest };
}

describe('Search for libhailort', () => {
  it('asks the loader first, also where no folder can be read', () => {
    assert.deepEqual(libraryCandidates(undefined, computer({})), { paths: ['libhailort.so'], from: 'search' });
  });

  it('then takes the newest 4.x of all folders, then plain names, then other lines', () => {
    const { paths } = libraryCandidates(
      undefined,
      computer({
        '/usr/lib': ['libhailort.so', 'libhailort.so.4.9.0', 'libhailort.so.5.2.0', 'libhailort.so.4.20.1'],
        '/usr/local/lib': [
          'libhailort.so.4.23.0',
          'libfoo.so',
          'libhailort.so.4.23.0.old',
          'libhailort.so.4',
          'libhailort.so.6.0.0',
        ],
        '/usr/lib/x86_64-linux-gnu': ['libhailort.so.4.20.1', 'libhailortcli.so.4.20.0'],
        '/usr/lib/aarch64-linux-gnu': ['libhailort.so.4.99.0'],
      }),
    );
    assert.deepEqual(paths, [
      'libhailort.so',
      '/usr/local/lib/libhailort.so.4.23.0',
      '/usr/lib/x86_64-linux-gnu/libhailort.so.4.20.1',
      '/usr/lib/libhailort.so.4.20.1',
      '/usr/lib/libhailort.so.4.9.0',
      '/usr/lib/libhailort.so',
      '/usr/local/lib/libhailort.so.6.0.0',
      '/usr/lib/libhailort.so.5.2.0',
    ]);
  });

  it('looks into the folders of the processor', () => {
    const folders = { '/usr/lib/aarch64-linux-gnu': ['libhailort.so.4.23.0'] };
    const { paths } = libraryCandidates(undefined, computer(folders, { arch: 'arm64' }));
    assert.deepEqual(paths, ['libhailort.so', '/usr/lib/aarch64-linux-gnu/libhailort.so.4.23.0']);
    assert.deepEqual(libraryCandidates(undefined, computer(folders, { arch: 'riscv64' })).paths, ['libhailort.so']);
  });

  it('is not made where the user has named a file, be it there or not', () => {
    const surroundings = computer({ '/usr/lib': ['libhailort.so.4.23.0'] }, { env: { ALPR_HAILORT: '/env/lib.so' } });
    assert.deepEqual(libraryCandidates('/opt/my.so', surroundings), { paths: ['/opt/my.so'], from: 'setting' });
    assert.deepEqual(libraryCandidates(undefined, surroundings), { paths: ['/env/lib.so'], from: 'ALPR_HAILORT' });
    assert.deepEqual(libraryCandidates('  ', surroundings), { paths: ['/env/lib.so'], from: 'ALPR_HAILORT' });
  });

  it('in a folder that the user has named begins with the plain name', () => {
    const surroundings = computer({
      '/opt/hailo': ['libhailort.so.4.20.0', 'libhailort.so', 'libhailort.so.4.23.0'],
      '/empty': [],
    });
    assert.deepEqual(libraryCandidates('/opt/hailo', surroundings).paths, [
      '/opt/hailo/libhailort.so',
      '/opt/hailo/libhailort.so.4.23.0',
      '/opt/hailo/libhailort.so.4.20.0',
    ]);
    assert.deepEqual(libraryCandidates('/empty', surroundings).paths, ['/empty/libhailort.so']);
  });
});

describe('A file that is to be loaded', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'alpr-elf-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** The first bytes of a shared library with one loadable part. */
  function elf({ magic = 0x7f, bits = 2, machine = 62, partEnd = 200, size = 200 } = {}): string {
    const bytes = Buffer.alloc(size);
    bytes.set([magic, 0x45, 0x4c, 0x46, bits, 1, 1]);
    bytes.writeUInt16LE(machine, 18);
    bytes.writeBigUInt64LE(64n, 32);
    bytes.writeUInt16LE(56, 54);
    bytes.writeUInt16LE(1, 56);
    bytes.writeUInt32LE(1, 64);
    bytes.writeBigUInt64LE(100n, 64 + 8);
    bytes.writeBigUInt64LE(BigInt(partEnd - 100), 64 + 32);
    const path = join(folder, `lib-${Math.random()}.so`);
    writeFileSync(path, bytes);
    return path;
  }

  it('passes when it is a whole library for this processor', () => {
    assert.equal(whyNotLoadable(elf(), 'x64'), undefined);
    assert.equal(whyNotLoadable(elf({ machine: 183 }), 'arm64'), undefined);
    assert.equal(whyNotLoadable(process.execPath), undefined);
  });

  for (const { title, change, says } of [
    { title: 'another processor', change: { machine: 183 }, says: /another processor \(arm64\), this is x64/ },
    { title: '32 bits', change: { bits: 1, machine: 3 }, says: /another processor \(x86, 32 bits\)/ },
    { title: 'another beginning', change: { magic: 0x7e }, says: /no shared library/ },
    { title: 'its end cut off', change: { partEnd: 5000 }, says: /cut off/ },
  ]) {
    it(`with ${title} is refused with the reason`, () => {
      assert.match(whyNotLoadable(elf(change), 'x64') ?? '', says);
    });
  }

  it('that is a text, empty, a folder or missing is refused with the reason', () => {
    const text = join(folder, 'text.so');
    writeFileSync(text, 'GROUP ( libhailort.so.4.23.0 )\n');
    const empty = join(folder, 'empty.so');
    writeFileSync(empty, '');
    mkdirSync(join(folder, 'folder.so'));
    assert.match(whyNotLoadable(text) ?? '', /no shared library \(text/);
    assert.match(whyNotLoadable(empty) ?? '', /empty/);
    assert.match(whyNotLoadable(join(folder, 'folder.so')) ?? '', /no file/);
    assert.match(whyNotLoadable(join(folder, 'missing.so')) ?? '', /ENOENT/);
  });

  it('never makes the check fail, whatever its bytes are', () => {
    for (let seed = 0; seed < 200; seed++) {
      const path = join(folder, 'random.so');
      const bytes = Buffer.alloc(64 + (seed % 140), (seed * 37) & 255);
      bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
      bytes.writeUInt16LE(62, 18);
      bytes.writeBigUInt64LE(BigInt(seed) ** 7n, 32);
      writeFileSync(path, bytes);
      const reason = whyNotLoadable(path, 'x64');
      assert.ok(reason === undefined || reason.length > 5);
    }
  });
});

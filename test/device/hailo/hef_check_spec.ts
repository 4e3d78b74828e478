import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HailoError } from '../../../src/device/hailo/errors';
import { checkHefFile } from '../../../src/device/hailo/hef/check';
import type { Architecture, LibraryVersion } from '../../../src/device/hailo/library/api';
import { aboutHef, hefBytes } from './hef-bytes';

const version = (text: string): LibraryVersion => {
  const [major, minor, revision] = text.split('.').map(Number);
  return { major: major!, minor: minor!, revision: revision! };
};

describe('Check of a HEF before the library sees it', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'alpr-hef-check-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  interface Hef {
    headerVersion?: number;
    architecture?: number;
    compiler?: string;
  }

  function hef({ headerVersion = 1, architecture = 1, compiler = '3.29.0' }: Hef): string {
    const path = join(folder, 'model.hef');
    writeFileSync(path, hefBytes({ headerVersion, about: aboutHef({ architecture, compiler }) }));
    return path;
  }

  function refusal(what: Hef, library: string, device?: Architecture): string {
    const path = hef(what);
    let message = '';
    assert.throws(
      () => checkHefFile(path, { library: version(library), ...(device ? { device } : {}) }),
      (error: Error) => {
        assert.ok(error instanceof HailoError, error.stack);
        message = error.message;
        return true;
      },
    );
    assert.ok(message.includes(path), message);
    return message;
  }

  const passes = (what: Hef, library: string, device?: Architecture): void => {
    const header = checkHefFile(hef(what), { library: version(library), ...(device ? { device } : {}) });
    assert.equal(header.headerVersion, what.headerVersion ?? 1);
  };

  for (const { library, newest } of [
    { library: '4.17.0', newest: 1 },
    { library: '4.18.0', newest: 1 },
    { library: '4.19.0', newest: 1 },
    { library: '4.20.0', newest: 2 },
    { library: '4.20.1', newest: 2 },
    { library: '4.21.0', newest: 3 },
    { library: '4.23.0', newest: 3 },
    { library: '5.0.0', newest: 3 },
    { library: '5.2.0', newest: 3 },
  ]) {
    it(`lets header versions up to ${newest} through to HailoRT ${library}`, () => {
      for (let headerVersion = 0; headerVersion <= 3; headerVersion++) {
        if (headerVersion <= newest) passes({ headerVersion }, library);
        else assert.match(refusal({ headerVersion }, library), /Install HailoRT 4\.2[01] or newer/);
      }
    });
  }

  for (const architecture of [0, 4, 5, 6, 100, 103, 108, 77]) {
    it(`keeps a HEF for chip ${architecture} from HailoRT 4.x`, () => {
      const message = refusal({ architecture }, '4.23.0');
      assert.match(message, /for Hailo-8, 8R or 8L/);
      assert.match(message, /compiled for this chip/);
    });
  }

  for (const architecture of [1, 2, 3]) {
    it(`lets a HEF for chip ${architecture} through to HailoRT 4.x and to a Hailo-8`, () => {
      passes({ architecture }, '4.20.0');
      passes({ architecture }, '4.23.0', 'hailo8');
      passes({ architecture }, '4.23.0', 'hailo8-a0');
      passes({ architecture }, '4.23.0', 'other');
    });
  }

  it('keeps all but files for Hailo-8L from a Hailo-8L', () => {
    passes({ architecture: 3 }, '4.23.0', 'hailo8l');
    for (const architecture of [1, 2]) {
      assert.match(refusal({ architecture }, '4.23.0', 'hailo8l'), /a Hailo-8L runs .* hailo8l: use that file/is);
    }
  });

  it('keeps files of compiler 5 from HailoRT 4.x, which can crash on them, but not from 5.x', () => {
    for (const compiler of ['5.0.0', 'sdk-version: 5.4.0, x', '10.1.0']) {
      assert.match(refusal({ compiler }, '4.23.0'), /compiler 3\.x .*can crash/);
      passes({ compiler }, '5.2.0');
    }
    for (const compiler of ['3.33.1', '', 'nightly']) passes({ compiler }, '4.23.0');
  });

  it('lets files for Hailo-10H through to HailoRT 5.x', () => {
    passes({ architecture: 103, headerVersion: 3, compiler: 'sdk-version: 5.4.0' }, '5.2.0', 'hailo10h');
    assert.match(refusal({ architecture: 103 }, '5.2.0', 'hailo8'), /a HEF that a Hailo-8 runs/);
  });

  it('says of a file that is none what it is, before anything about versions', () => {
    const path = join(folder, 'pointer.hef');
    writeFileSync(path, 'version https://git-lfs.github.com/spec/v1\n');
    assert.throws(() => checkHefFile(path, { library: version('4.23.0') }), /git lfs pull/);
  });
});

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ListEntry } from '../../src/lists/entry.js';
import { PlateStore } from '../../src/lists/store.js';

const allow = (plate: string, name?: string): ListEntry => ({
  plate,
  rule: 'allow',
  ...(name === undefined ? {} : { name }),
});

describe('The store of added plates', () => {
  let folder = '';
  let file = '';
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-store-'));
    file = path.join(folder, 'added.json');
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('keeps what was added for the next start, one entry per plate', async () => {
    const store = new PlateStore(file);
    await store.load();
    assert.deepEqual(await store.add([allow('ab-1'), allow('CD2')]), ['AB1', 'CD2']);
    await store.add([allow('AB 1', 'renamed')]);
    const again = new PlateStore(file);
    await again.load();
    assert.deepEqual(again.entries, [allow('AB 1', 'renamed'), allow('CD2')]);
    assert.deepEqual(await again.remove(['ab1', 'XY9', 'AB-1']), ['AB1']);
    assert.deepEqual(await again.clear(), ['CD2']);
    await store.load();
    assert.deepEqual(store.entries, []);
    assert.deepEqual(fs.readdirSync(folder), ['added.json'], 'no temporary file stays');
  });

  it('is readable by its owner only', async function () {
    if (process.platform === 'win32') {
      console.log('      skipped: Windows has no such modes');
      this.skip();
    }
    const store = new PlateStore(file);
    await store.add([allow('AB1')]);
    assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  });

  it('writes nothing without a file', async () => {
    const store = new PlateStore('');
    await store.load();
    await store.add([allow('AB1')]);
    assert.equal(store.entries.length, 1);
    assert.deepEqual(fs.readdirSync(folder), []);
  });

  it('takes changes that come at once one after the other', async () => {
    const store = new PlateStore(file);
    await Promise.all(Array.from({ length: 20 }, (_, index) => store.add([allow(`AB${index}`)])));
    const again = new PlateStore(file);
    await again.load();
    assert.equal(again.entries.length, 20);
  });

  it('changes nothing when it cannot write', async () => {
    const store = new PlateStore(path.join(folder, 'no such folder', 'added.json'));
    await store.load();
    await assert.rejects(store.add([allow('AB1')]), { code: 'ALPR_LIST_STORE', message: /nothing was changed/ });
    assert.deepEqual(store.entries, []);
  });

  it('leaves a file alone that it cannot read, until it was put right', async () => {
    const broken = '[{"plate":"AB1","rule":"allow"},{"plate":"CD2","rule":"alow"}]';
    fs.writeFileSync(file, broken);
    const store = new PlateStore(file);
    await assert.rejects(store.load(), { code: 'ALPR_LIST_STORE', message: /entry 2, rule/ });
    await assert.rejects(store.add([allow('EF3')]), { code: 'ALPR_LIST_STORE' });
    assert.equal(fs.readFileSync(file, 'utf8'), broken);
    fs.writeFileSync(file, broken.replace('alow', 'allow'));
    await store.load();
    await store.add([allow('EF3')]);
    assert.equal(store.entries.length, 3);
  });
});

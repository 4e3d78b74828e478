import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileStates } from '../../src/models/download/inventory.js';
import { recordPath, writeRecord } from '../../src/models/download/record.js';
import { downloadFolder } from '../../src/models/folder.js';
import { locateModelFile } from '../../src/models/locate.js';
import type { ModelFile } from '../../src/models/manifest.js';
import { hefBytes, ModelPlace, sha256 } from '../support/pulled-model.js';

const bytes = hefBytes(1000);
const other = hefBytes(1000, 5);
const known = { sha256: sha256(bytes), size: bytes.length };

describe('locateModelFile', () => {
  let place: ModelPlace;
  let beside = '';
  beforeEach(() => {
    place = new ModelPlace();
    mkdirSync(place.downloads);
    beside = join(place.manifests, 'remote.hailo8.hef');
  });
  afterEach(() => place.remove());

  const locate = (file: Partial<ModelFile> = known) => locateModelFile(place.manifest(file), 'hailo8');
  const state = async (file: Partial<ModelFile> = known) => {
    const [found] = await fileStates(place.manifest(file));
    return [found!.state, found!.path, found!.size, found!.checkedAgainst];
  };
  const record = (of: Buffer) =>
    writeRecord(place.file, { sha256: sha256(of), size: of.length, url: 'http://x/', fetched: '2026-01-02T00:00:00Z' });

  it('takes the file beside the manifest before the downloaded one', async () => {
    writeFileSync(place.file, bytes);
    assert.equal(await locate(), place.file);
    assert.deepEqual(await state(), ['downloaded', place.file, 1000, 'manifest']);
    writeFileSync(beside, bytes);
    assert.equal(await locate(), beside);
    assert.deepEqual(await state(), ['shipped', beside, 1000, 'manifest']);
  });

  it('takes the downloaded one where the one beside the manifest is damaged', async () => {
    writeFileSync(beside, 'version https://git-lfs.github.com/spec/v1\n');
    assert.equal((await state())[0], 'damaged');
    await assert.rejects(
      locate(),
      /^ModelError: Expected 1000 bytes for .*manifests.* but received 43: it is cut off or another file$/,
    );
    writeFileSync(place.file, bytes);
    assert.equal(await locate(), place.file);
    assert.equal((await state())[0], 'downloaded');
  });

  it('looks in a folder that it is given instead', async () => {
    const elsewhere = join(place.root, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'remote.hailo8.hef'), bytes);
    const found = await locateModelFile(place.manifest(known), 'hailo8', { downloads: elsewhere });
    assert.equal(found, join(elsewhere, 'remote.hailo8.hef'));
  });

  it('names both places and the command when the file is missing, but no credentials', async () => {
    const url = 'https://ann:secret@example.org/a.hef?key=secret';
    const both = `${beside} or ${place.file}`;
    const help = 'it can be fetched from https://example.org/a.hef?…, or with: alpr models pull remote';
    await assert.rejects(locate({ ...known, url }), {
      code: 'ALPR_MODEL',
      message: `Expected the file of model remote at ${both} but found none; ${help}`,
    });
    assert.deepEqual(await state(), ['missing', undefined, 1000, undefined]);
    assert.deepEqual(await state({}), ['missing', undefined, undefined, undefined]);
  });

  it('says what is wrong with a downloaded file', async () => {
    writeFileSync(place.file, other);
    await assert.rejects(locate(), new RegExp(`Expected sha256 ${known.sha256} for ${place.file} \\(model remote\\)`));
    assert.deepEqual(await state(), ['damaged', place.file, 1000, undefined]);
    writeFileSync(place.file, bytes.subarray(0, 10));
    await assert.rejects(locate(), /Expected 1000 bytes for .* but received 10/);
    rmSync(place.file);
    mkdirSync(place.file);
    await assert.rejects(locate(), /but received a folder/);
  });

  it('sees a change of a file that it has read before', async () => {
    writeFileSync(place.file, bytes);
    await locate();
    writeFileSync(place.file, other);
    await assert.rejects(locate(), /Expected sha256/);
  });

  describe('where the manifest has no checksum', () => {
    it('takes a file that was put there by hand as it is', async () => {
      writeFileSync(place.file, other);
      assert.equal(await locate({}), place.file);
      assert.deepEqual(await state({}), ['downloaded', place.file, 1000, 'nothing']);
    });

    it('wants a fetched file to be as it was', async () => {
      writeFileSync(place.file, bytes);
      await record(bytes);
      assert.equal(await locate({}), place.file);
      assert.deepEqual(await state({}), ['downloaded', place.file, 1000, 'download']);
      writeFileSync(place.file, other);
      await assert.rejects(
        locate({}),
        /Expected sha256 [0-9a-f]{64}, as fetched, .* if you put it there yourself, delete .*hef\.download$/,
      );
      assert.equal((await state({}))[0], 'damaged');
    });

    it('wants the size all the same, where there is one', async () => {
      writeFileSync(place.file, bytes.subarray(1));
      await assert.rejects(locate({ size: 1000 }), /Expected 1000 bytes .* but received 999/);
    });

    for (const text of ['', '{', 'null', '{"sha256":"x","size":1}', '{"sha256":5}']) {
      it(`does without a record that cannot be read: ${JSON.stringify(text)}`, async () => {
        writeFileSync(place.file, bytes);
        writeFileSync(recordPath(place.file), text);
        assert.equal(await locate({}), place.file);
      });
    }
  });
});

describe('downloadFolder', () => {
  it('is what the environment says, else in Node-RED’s folder', () => {
    assert.equal(downloadFolder(undefined, {}), join(homedir(), '.node-red', 'alpr-models'));
    assert.equal(downloadFolder('', {}), join(homedir(), '.node-red', 'alpr-models'));
    assert.equal(downloadFolder('/data', {}), join(resolve('/data'), 'alpr-models'));
    assert.equal(downloadFolder('/data', { ALPR_MODEL_FOLDER: '/models' }), resolve('/models'));
    assert.equal(downloadFolder('/data', { ALPR_MODEL_FOLDER: ' ' }), join(resolve('/data'), 'alpr-models'));
  });
});

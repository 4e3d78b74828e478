import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ListedPlates } from '../../src/privacy/listed-plates.js';

describe('the known plates of privacy', () => {
  const open: ListedPlates[] = [];
  let folder: string;
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-listed-'))));
  afterEach(() => open.splice(0).forEach((listed) => listed.close()));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  async function list(plates: string, file = '', reports: string[] = []): Promise<ListedPlates> {
    const listed = new ListedPlates(plates, file, (message) => reports.push(message));
    open.push(listed);
    await listed.started;
    return listed;
  }

  it('are known however they are written, and nothing else is', async () => {
    const listed = await list('AB 123 CD, xy-999-zz\nM·AB 12;  \n');
    for (const plate of ['AB123CD', 'ab-123-cd', 'XY999ZZ', 'MAB12']) assert.ok(listed.has(plate), plate);
    for (const plate of ['AB123CE', 'AB123C', 'M', '', '--', 'x'.repeat(5000)]) assert.ok(!listed.has(plate), plate);
  });

  it('are known with one O for 0 or I for 1, and with no other character', async () => {
    const listed = await list('OA12345');
    assert.deepEqual(['0A12345', 'OAI2345', '0AI2345', 'QA12345', 'DA12345'].map((plate) => listed.has(plate)), [true, true, false, false, false]); // prettier-ignore
  });

  it('of a file count as long as they are valid there, whatever their rule', async () => {
    const file = path.join(folder, 'plates.csv');
    fs.writeFileSync(file, 'plate,rule,validUntil\nAB123CD,allow,\nXY999ZZ,deny,\nMK55OLD,allow,2020-01-01\n');
    const listed = await list('QQ777QQ', file);
    const known = ['AB123CD', 'XY999ZZ', 'MK55OLD', 'QQ777QQ'].map((plate) => listed.has(plate));
    assert.deepEqual(known, [true, true, false, true]);
  });

  it('are only those of the dialog while the file cannot be read, which is reported without a plate', async () => {
    const reports: string[] = [];
    const listed = await list('QQ777QQ', path.join(folder, 'none.csv'), reports);
    assert.deepEqual([listed.has('QQ777QQ'), listed.has('AB123CD')], [true, false]);
    assert.equal(reports.length, 1);
    assert.match(reports[0]!, /Expected a list of plates at .*none\.csv but received no such file/);
  });

  const wrong: [string, string, RegExp][] = [
    ['nothing', ' ,;\n', /Expected known plates \(a list, a file, or both\) for this privacy but received none$/],
    ['a wildcard', 'AB123CD, SECRET*', /received 1 that are none: entry 2, plate: .* received one with \*/],
    ['only signs', 'AB123CD\n---', /entry 2, plate/],
    ['a novel', 'SECRET'.repeat(20), /entry 1, plate/],
  ];
  for (const [title, plates, message] of wrong) {
    it(`are refused for ${title}; the error shows no plate`, () => {
      assert.throws(
        () => new ListedPlates(plates, '', () => undefined),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'ALPR_CONFIG');
          assert.match(error.message, message);
          assert.ok(!/SECRET|AB123CD/.test(error.message), error.message);
          return true;
        },
      );
    });
  }
});

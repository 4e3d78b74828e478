import assert from 'node:assert/strict';
import { ListError } from '../../src/lists/errors.js';
import { PlateSet } from '../../src/lists/plate-set.js';

describe('A set of plates', () => {
  it('knows plates however they are written, and no others', () => {
    const set = new PlateSet('AB-123 CD\n\n  m kt 4827 ; ö xy 1,\r\nZZ9');
    assert.equal(set.size, 4);
    for (const plate of ['AB123CD', 'ab 123-cd', 'MKT4827', 'ÖXY1', 'zz9']) assert.ok(set.has(plate), plate);
    for (const plate of ['AB123C', 'AB123CDE', 'A8123CD', 'AB123CO', '', ' ', '-']) assert.ok(!set.has(plate), plate);
  });

  it('is empty where nothing is given', () => {
    for (const nothing of ['', ' \n ;', []]) assert.equal(new PlateSet(nothing).size, 0);
    assert.equal(new PlateSet().has('AB1'), false);
  });

  const refused: [string, string | unknown[], RegExp][] = [
    ['a wildcard', 'AB1\nSECRET*', /for plate 2 of the list but received one with a wildcard$/],
    ['signs only', 'AB1;--', /for plate 2 of the list but received 0 of them$/],
    ['something longer than a plate', 'X'.repeat(21), /Expected a plate of 1 to 20 letters .* received 21 of them$/],
    ['a number', ['AB1', 12], /for plate 2 of the list but received number$/],
    ['null', [null], /for plate 1 of the list but received null$/],
    ['more than anybody knows', Array.from({ length: 10_001 }, (_, n) => `A${n}`), /at most 10000 plates .* 10001$/],
  ];
  for (const [what, plates, reason] of refused) {
    it(`refuses ${what}, keeps what it had, and names no plate`, () => {
      const set = new PlateSet('OLD1');
      assert.throws(
        () => set.replace(plates),
        (error: ListError) => reason.test(error.message) && !error.message.includes('SECRET'),
      );
      assert.ok(set.has('OLD1'));
    });
  }

  it('takes others instead', () => {
    const set = new PlateSet('OLD1');
    set.replace(['NEW 1']);
    assert.deepEqual([set.has('OLD1'), set.has('NEW1')], [false, true]);
  });
});

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { formatsPage, withTable } from '../../../scripts/formats-table.js';
import {
  countryFormats,
  countryOf,
  formatsOf,
  knownCodes,
  readFormats,
} from '../../../src/reading/formats/catalogue.js';
import { matchFormats } from '../../../src/reading/formats/match.js';
import { expandPattern, sizeOf } from '../../../src/reading/formats/pattern.js';
import { fitsOne } from '../../../src/reading/formats/resolve.js';
import { packageRoot } from '../../support/node-red-process.js';
import { seededRandom } from '../../support/random.js';

describe('Plate formats', () => {
  it('know more than forty countries, each with a source, and patterns that can be read', () => {
    assert.ok(new Set(countryFormats.map(({ code }) => countryOf(code))).size >= 90);
    assert.equal(new Set(countryFormats.map(({ code }) => code)).size, countryFormats.length);
    for (const country of countryFormats) {
      assert.match(country.code, /^[A-Z]{2}(-[A-Z]{2,3})?$/);
      assert.ok(country.name !== '' && country.source !== '');
      const share = formatsOf(country).reduce((sum, { shapes, probability }) => {
        const size = [...shapes.values()].flat().reduce((all, shape) => all + sizeOf(shape), 0);
        return sum + probability * size;
      }, 0);
      assert.ok(Math.abs(share - 1) < 1e-9, country.code);
    }
  });

  it('are listed in docs/formats.md and in the dialog as they are', () => {
    const page = fs.readFileSync(formatsPage, 'utf8');
    const cells = (text: string): string[] =>
      text.split('\n').map((line) => line.replace(/\s+/g, ' ').replace(/-+/g, '-'));
    assert.deepEqual(cells(page), cells(withTable(page)), 'run node --import tsx scripts/formats-table.ts');
    const dialog = fs.readFileSync(path.join(packageRoot, 'nodes', 'lprnet-read', 'lprnet-read.html'), 'utf8');
    const [, list = ''] = /formatCodes = \(([^)]*)\)/.exec(dialog) ?? [];
    assert.deepEqual(list.match(/[A-Z]{2}(-[A-Z]+)?/g), knownCodes());
  });

  const examples: Record<string, { good: string; bad: string }> = {
    GB: { good: 'LM73KXR A123BCD ABC123D AIZ1234', bad: 'LMI3KXR LM73KIR LM73KQR IM73KXR LM7EKXR' },
    DE: { good: 'MKT4827 BA1 BIX1234E HHAB123H KÄX12', bad: 'B0123 MKT48271 ABCDE1234 1ABC BAB0123' },
    FR: { good: 'AB123CD 123AB75 1234ABC2A', bad: 'OB123CD AB123IU AB12CD' },
    IT: { good: 'AB123CD', bad: 'AQ123CD AB123IO' },
    ES: { good: '1234BCD M1234AB', bad: '1234ABC 1234QRS' },
    NL: { good: '32LBD6 BD12GH 12BDGH G123HJ', bad: '32LAD6 ABC123' },
    PL: { good: 'WA12345 WPI1234A KR1AC23', bad: 'WA1234 W12345' },
    RO: { good: 'B123ABC CJ12ABC', bad: 'XX12ABC CJ12AIC' },
    RU: { good: 'A123BC77 K999XX199 CT123477', bad: 'D123BC77 A123BC877' },
    UA: { good: 'AA1234BB', bad: 'DA1234BB' },
    KZ: { good: '123ABC02 123AB17', bad: '123ABC21' },
    UZ: { good: '01A123BC 95123ABC', bad: '02A123BC 01AB123C' },
    TR: { good: '34ABC123 06A1234 81AB123', bad: '82AB123 34QAB123 34ABC12345' },
    IE: { good: '131D12345 07OY1', bad: '13XX123 131D012' },
    CH: { good: 'ZH123456 SO1', bad: 'XX123 ZH0123' },
    CZ: { good: '1AB2345 3E61234', bad: '1GB2345 0AB2345' },
    BR: { good: 'ABC1234 BRA2E19', bad: 'ABC12D4 AB12345' },
    AR: { good: 'AB123CD ABC123', bad: 'AB12CDE' },
    CL: { good: 'BBKJ28 AB1234', bad: 'ABKJ28' },
    MX: { good: 'ABC123A ABC1234 A12BCD', bad: 'ABI1234' },
    'US-CA': { good: '1ABC234', bad: 'ABC1234 11BC234' },
    US: { good: '1ABC234 ABC1234 ABC123', bad: 'LUVBUGS GO4IT2' },
    CA: { good: 'ABCD123 A12BCD AB123C', bad: 'ABCDE12' },
    AU: { good: 'AB12CD 1AB2CD 1ABC234 123ABC', bad: 'AB1CD2' },
    NZ: { good: 'ABC123 AB1234', bad: 'ABCD12' },
    CN: { good: '京PL3N67 PL3N67 粤AD12345', bad: '京PL3O67 I12345 京1L3N67' },
    TW: { good: 'ABC1234 123ABC 1234AB', bad: 'ABI1234' },
    JP: { good: '3301234 33A1234 5001', bad: 'AB1234' },
    KR: { good: '12가3456 123허4567 123456', bad: '1A3456' },
    VN: { good: '51G38472 34A35837 66V134567 80NG12345 23MD100726', bad: '51O38472 51GJ38472 01A12345' },
    TH: { good: '1กข2345 กข1234 12345', bad: 'AB1234' },
    ID: { good: 'B1234ABC AB12CD', bad: 'C1234AB B0123AB' },
    MY: { good: 'WXY1234 ABC1', bad: 'WOY1234 ABC0123' },
    PH: { good: 'ABC1234 ABC123', bad: 'A12345' },
    IN: { good: 'MH02BY9142 DL1CAB1234 22BH1234A', bad: 'XX02BY9142 MH02BY914223' },
    IL: { good: '1234567 12345678', bad: 'A234567' },
    EG: { good: '1234 123سصط', bad: 'ABC123 0123' },
    AE: { good: 'A12345 AA123', bad: 'ABC123' },
    SA: { good: '1234ABD', bad: '1234ABC' },
    ZA: { good: 'BB12CDGP BCD123GP CA123456', bad: 'AB12CDGP BB12CDXX' },
  };
  for (const [code, { good, bad }] of Object.entries(examples)) {
    it(`of ${code} take ${good} and not ${bad}`, () => {
      const countries = readFormats(code);
      for (const text of good.split(' ')) assert.ok(fitsOne(text, countries), text);
      for (const text of bad.split(' ')) assert.ok(!fitsOne(text, countries), text);
    });
  }

  it('never change a text that fits, whatever country it is of', () => {
    const random = seededRandom(11);
    const pick = <T>(list: ArrayLike<T>): T => list[Math.floor(random() * list.length)]!;
    for (let count = 0; count < 3000; count++) {
      const country = pick(countryFormats);
      const shape = pick([...pick(formatsOf(country)).shapes.values()].flat());
      const text = shape.map((characters) => pick([...characters])).join('');
      const [match] = matchFormats(text, [country]);
      assert.deepEqual([match?.text, match?.changes, match?.cost], [text, [], 0], `${country.code} ${text}`);
      // One look-alike read wrongly is found again, or the text means something else in the same country.
      const places = [...text].flatMap((from, index) => ('O0I1'.includes(from) ? [index] : []));
      if (places.length === 0) continue;
      const index = pick(places);
      const other = { O: '0', '0': 'O', I: '1', '1': 'I' }[text[index]!]!;
      const misread = text.slice(0, index) + other + text.slice(index + 1);
      const [found] = matchFormats(misread, [country]);
      assert.ok(found !== undefined && (found.text === text || fitsOne(found.text, [country])), misread);
      assert.ok(found.changes.length <= 1 || found.cost <= 0.3 * found.changes.length + 1e-9);
      for (const { from, to, index: at } of found.changes) assert.deepEqual([misread[at], found.text[at]], [from, to]);
    }
  });

  it('exchange what looks alike by position', () => {
    const one = (text: string, code: string): string[] => {
      const [match] = matchFormats(text, readFormats(code));
      return match === undefined
        ? []
        : [match.text, ...match.changes.map(({ index, from, to }) => `${index}${from}${to}`)];
    };
    assert.deepEqual(one('LM731XR', 'GB'), []);
    assert.deepEqual(one('LMO3KXR', 'GB'), ['LM03KXR', '2O0']);
    assert.deepEqual(one('01A1Z3BC', 'UZ'), ['01A123BC', '4Z2']);
    assert.deepEqual(one('8RA2E1G', 'BR'), ['BRA2E16', '08B', '6G6']);
    assert.deepEqual(one('AB1Z3456', 'BR'), []);
  });

  it('are chosen by codes, a country for all its states', () => {
    const codes = (text: string): string[] => readFormats(text).map(({ code }) => code);
    assert.deepEqual(codes(' de,AT;ch us-ca '), ['DE', 'AT', 'CH', 'US-CA']);
    assert.deepEqual(codes(''), []);
    assert.equal(codes('US').length, 52);
    assert.deepEqual(codes('US-CA, US'), [...new Set(['US-CA', ...codes('US')])]);
    assert.throws(
      () => readFormats('DE, Bavaria'),
      /Expected codes of countries such as DE or US-CA for formats but received BAVARIA/,
    );
  });

  it('name the pattern that cannot be read', () => {
    for (const pattern of ['AB9', 'A{2', '[AB', '(A|9', 'A)', '<AB', 'a'])
      assert.throws(() => expandPattern(pattern), /Expected .* at character \d+ of the pattern/, pattern);
    assert.deepEqual(
      expandPattern('A?(1|2[XY])<AB|C>', 'X').map((shape) => shape.join()),
      [...['1,A,B', '1,C', '2,XY,A,B', '2,XY,C', 'X,1,A,B', 'X,1,C', 'X,2,XY,A,B', 'X,2,XY,C']],
    );
    assert.throws(() => expandPattern('A?A?A?A?A?A?A?A?A?A?A?A?A?A?'), /at most 5000 shapes/);
  });
});

import assert from 'node:assert/strict';
import { parseCsv } from '../../src/lists/csv.js';
import { problemText } from '../../src/lists/errors.js';
import { parseJson } from '../../src/lists/json.js';
import { parseList } from '../../src/lists/parse.js';

const plates = (list: { entries: { plate: string }[] }): string[] => list.entries.map(({ plate }) => plate);
const problems = (list: { problems: Parameters<typeof problemText>[0][] }): string[] => list.problems.map(problemText);

describe('A list in CSV', () => {
  const separators: [string, string][] = [
    ['semicolons', ';'],
    ['commas', ','],
    ['tabs', '\t'],
  ];
  for (const [title, separator] of separators) {
    it(`is read with ${title} between its columns`, () => {
      const text = 'Plate;Rule;Name;Tags;Valid until\nAB 12;allow;Bakery;staff|van;2026-12-31\n'.replaceAll(
        ';',
        separator,
      );
      assert.deepEqual(parseCsv(text), {
        entries: [{ plate: 'AB 12', name: 'Bakery', tags: ['staff', 'van'], rule: 'allow', validUntil: '2026-12-31' }],
        problems: [],
        ignored: [],
      });
    });
  }

  it('is read with a byte order mark, any line ends, empty lines and headings in any case', () => {
    const list = parseCsv('\uFEFFRULE,pLaTe,valid_until\r\nallow,AB1,\r\rdeny,AB2,\n\n\nalert,AB3,2030-01-01');
    assert.deepEqual(plates(list), ['AB1', 'AB2', 'AB3']);
    assert.deepEqual(problems(list), []);
  });

  it('takes quoted cells with separators, doubled quotes and line breaks', () => {
    const list = parseCsv('plate,rule,name,tags,note\nAB1,allow,"Smith, ""Jo""","a,b","one\ntwo"\nAB2,deny,,,\n');
    assert.deepEqual(list.entries, [
      { plate: 'AB1', name: 'Smith, "Jo"', tags: ['a', 'b'], rule: 'allow', note: 'one\ntwo' },
      { plate: 'AB2', rule: 'deny' },
    ]);
  });

  it('names a bad row by its line and field and takes the rest, also behind cells with line breaks', () => {
    const list = parseCsv(
      ['plate;rule;valid until;note', 'AB1;allow;;"a', 'b"', 'AB2;maybe;2026-02-30;', 'AB3;deny;;', '+;alert;;'].join(
        '\n',
      ),
    );
    assert.deepEqual(plates(list), ['AB1', 'AB3']);
    assert.deepEqual(problems(list), [
      'line 4, rule: Expected allow, alert or deny but received "maybe"',
      'line 4, validUntil: Expected a date like 2026-12-31 or 2026-12-31T18:00 but received "2026-02-30"',
      'line 6, plate: Expected a plate of 1 to 20 letters and digits but received none of them',
    ]);
  });

  it('names a row with a cell too many, which would move its rule', () => {
    const list = parseCsv('plate,name,rule\nAB1,Smith, Jo,allow\nAB2,Miller,deny\n');
    assert.deepEqual(plates(list), ['AB2']);
    assert.deepEqual(problems(list), ['line 2: Expected 3 columns but received 4']);
  });

  it('loses one row to a quote that is never closed, not the rest', () => {
    const list = parseCsv('plate;rule;name\nAB1;allow;"Smith\nAB2;deny;Miller\nAB3;allow;Jones\n');
    assert.deepEqual(plates(list), ['AB2', 'AB3']);
    assert.deepEqual(problems(list), ['line 2: Expected a closing quote but received none']);
  });

  it('loses two rows to two quotes that close each other in the wrong place', () => {
    const list = parseCsv('plate;rule;name\nAB1;allow;"Smith\nAB2;deny;"Miller\nAB3;allow;Jones\n');
    assert.deepEqual(plates(list), ['AB3']);
    assert.deepEqual(
      problems(list).map((text) => text.split(':')[0]),
      ['line 2', 'line 3'],
    );
  });

  it('says which columns mean nothing', () => {
    assert.deepEqual(parseCsv('plate,rule,flat,valid\nAB1,allow,3,x\n').ignored, ['flat', 'valid']);
  });

  it('takes the line with which Excel names the separator', () => {
    const list = parseCsv('sep=;\nplate;rule;name\nAB1;allow;Smith, Jo\nAB2;never;\n');
    assert.deepEqual(plates(list), ['AB1']);
    assert.deepEqual(
      problems(list).map((text) => text.split(',')[0]),
      ['line 4'],
    );
  });

  const refused: [string, string, RegExp][] = [
    ['no heading', 'AB1,allow\nAB2,deny\n', /in line 1 of a CSV list but received none of them$/],
    ['no column for the rule', 'plate,name\nAB1,x\n', /plate and rule .* received plate, name$/],
    ['two columns for the plate', 'plate,licence plate,rule\nA,B,allow\n', /received plate twice$/],
    ['nothing in it', ' \n\n', /received an empty list$/],
  ];
  for (const [title, text, expected] of refused) {
    it(`is refused with ${title}`, () => {
      assert.throws(() => parseCsv(text), { code: 'ALPR_LIST_FILE', message: expected });
    });
  }

  it('is read in reasonable time when every line has lost a quote', () => {
    const text = `plate;rule;name\n${'AB1;allow;"x\n'.repeat(20_000)}`;
    assert.equal(parseCsv(text).problems.length, 20_000);
  });
});

describe('A list in JSON', () => {
  it('is an array of entries, or an object that has one', () => {
    const entries = [{ plate: 'AB1', rule: 'allow', tags: ['x'] }];
    assert.deepEqual(parseJson(JSON.stringify(entries)).entries, entries);
    assert.deepEqual(parseJson(`\uFEFF${JSON.stringify({ entries })}`).entries, entries);
  });

  it('names bad entries by their number and takes the rest', () => {
    const list = parseJson(
      '[{"plate":"AB1","rule":"allow"}, "AB2", {"plate":"AB3"}, {"plate":"AB4","rule":"deny","Rule":"allow"}]',
    );
    assert.deepEqual(plates(list), ['AB1']);
    assert.deepEqual(problems(list), [
      'entry 2: Expected an object with plate and rule but received text',
      'entry 3, rule: Expected allow, alert or deny but received nothing',
      'entry 4, rule: Expected rule once but received it twice',
    ]);
  });

  it('is refused with line and column where it is no JSON, and does not quote from it', () => {
    assert.throws(
      () => parseJson('[\n  {"plate": "SECRET1", "rule": "allow"},\n  {"plate" "SECRET2"}\n]'),
      (error: Error) => /something else in line 3, column 1\d$/.test(error.message) && !/SECRET/.test(error.message),
    );
    assert.throws(() => parseJson('[{"plate":'), { code: 'ALPR_LIST_FILE' });
  });

  it('is refused where it is no list', () => {
    assert.throws(() => parseJson('{"plates": []}'), {
      message: /Expected a JSON array of entries but received an object/,
    });
  });

  it('takes nothing from the prototype of an entry', () => {
    assert.deepEqual(parseJson('[{"__proto__": {"plate": "AB1", "rule": "allow"}}]').entries, []);
  });
});

describe('The bytes of a list', () => {
  const csv = 'plate;rule;name\nGÖ1;allow;Müller\n';
  const encodings: [string, Buffer][] = [
    ['UTF-8', Buffer.from(csv)],
    ['UTF-16, little end first', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(csv, 'utf16le')])],
    ['UTF-16, big end first', Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(csv, 'utf16le').swap16()])],
    ['Windows-1252', Buffer.from(csv, 'latin1')],
  ];
  for (const [title, bytes] of encodings) {
    it(`are read in ${title}`, () => {
      assert.deepEqual(parseList(bytes, 'list.csv').entries, [{ plate: 'GÖ1', name: 'Müller', rule: 'allow' }]);
    });
  }

  it('are JSON by the name of the file or by what they begin with', () => {
    const json = Buffer.from(' [{"plate":"AB1","rule":"deny"}]');
    assert.equal(parseList(json, '/x/list.JSON').entries.length, 1);
    assert.equal(parseList(json, '/x/list').entries.length, 1);
    assert.throws(() => parseList(json, '/x/list.csv'), { code: 'ALPR_LIST_FILE' });
  });
});

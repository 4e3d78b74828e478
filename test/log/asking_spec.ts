import assert from 'node:assert/strict';
import type { PlateEvent } from '../../src/events/plate-event.js';
import { csvCell } from '../../src/log/csv.js';
import { serverProblem } from '../../src/log/open.js';
import { afterPrefix } from '../../src/log/pattern.js';
import { exportQuery, forgetQuery, searchQuery, statisticsQuery, visitsQuery } from '../../src/log/query.js';
import { foldedKey } from '../../src/log/keys.js';
import { entryOf } from '../../src/log/visit.js';
import { event, NOON } from './events.js';

const query = { code: 'ALPR_LOG_QUERY' };

describe('Questions to a log', () => {
  it('are understood in all the ways in which messages ask them', () => {
    assert.deepEqual(searchQuery('ab 12').filter.plate, {
      column: 'normalised',
      like: '%AB12%',
      prefix: '',
      exact: undefined,
    });
    assert.deepEqual(searchQuery({ plate: 'B?8*', lookAlikes: true }).filter.plate, {
      ...{ column: 'folded', like: '8_8%', prefix: '8', exact: undefined },
    });
    for (const nothing of [undefined, null, {}, 1_795_000_000_000, true, '']) {
      assert.deepEqual(searchQuery(nothing), {
        ...{ filter: {}, limit: 50, offset: 0, order: 'newest', pictures: false, total: false },
      });
    }
    const times = { from: '2026-11-20T12:00:00Z', to: new Date(NOON + 1), tag: ' Van, ' };
    assert.deepEqual(searchQuery(times).filter, { from: NOON, to: NOON + 1, tag: 'van' });
    assert.deepEqual(searchQuery({ last: '90m' }, NOON).filter, { from: NOON - 5_400_000 });
    assert.deepEqual(forgetQuery('ab-1'), { plate: 'ab-1', lookAlikes: false });
  });

  const wrong: [string, () => unknown, RegExp][] = [
    ['a field that is none', () => searchQuery({ plates: 'A' }), /Expected some of plate, .* but received plates/],
    ['a list', () => searchQuery(['A']), /Expected an object or a plate in msg.payload but received a list of 1/],
    ['only wildcards', () => searchQuery('*?'), /Expected letters or digits of a plate for plate/],
    ['a time that is none', () => searchQuery({ from: 'yesterday' }), /for from but received "yesterday"/],
    [
      'the end before the beginning',
      () => searchQuery({ from: 2, to: 1 }),
      /Expected a time after from for to but received 1/,
    ],
    ['a duration that is none', () => searchQuery({ last: '1 week' }), /for last but received "1 week"/],
    ['too many rows', () => searchQuery({ limit: 10_001 }), /whole number from 1 to 10000 for limit/],
    ['too many pictures', () => searchQuery({ limit: 201, pictures: true }), /whole number from 1 to 200 for limit/],
    ['an order that is none', () => visitsQuery({ order: 'newest' }), /Expected one of recent visits dwell for order/],
    ['a time zone that is none', () => statisticsQuery({ timeZone: 'Mars' }), /time zone such as .* received "Mars"/],
    ['a separator that is none', () => exportQuery({ separator: '|' }), /Expected one of , ; for separator/],
    ['a number for a camera', () => searchQuery({ camera: 1 }), /Expected text for camera but received 1/],
    ['to forget nothing', () => forgetQuery({}), /Expected the text of a plate for plate but received nothing/],
    [
      'to forget many',
      () => forgetQuery('AB*'),
      /a whole plate without wildcards for plate but received something else$/,
    ],
    ['to forget signs', () => forgetQuery(' - '), /Expected the text of a plate for plate but received/],
  ];
  for (const [title, ask, message] of wrong) {
    it(`are refused with the field's name: ${title}`, () => assert.throws(ask, { ...query, message }));
  }

  it('end a range behind every text with its beginning', () => {
    assert.deepEqual(['A', 'AB9', 'A\u{10ffff}', '\u{10ffff}', '', '\ud7ff'].map(afterPrefix), [
      'B',
      'AB:',
      'B',
      undefined,
      undefined,
      '\ue000',
    ]);
  });

  it('take look-alikes for each other as lists of plates do', () => {
    // Stored with every visit: if this changes, stored rows must be brought up to date by a migration.
    assert.equal(foldedKey('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'), 'A8C0EF6H1JK1MN0P0R5TUVWXY20123456789');
  });
});

describe('Events on their way into a log', () => {
  const all = { events: 'all' as const, pictures: true };
  const refused: [string, unknown, RegExp][] = [
    ['nothing', undefined, /Expected a plate event in msg.payload but received nothing/],
    ['text, which is not shown', 'AB12', /received a text$/],
    [
      'a miss',
      { code: 'blurred', reason: 'blurred 63 < 100', plate: 'X' },
      /received a miss: connect the first output/,
    ],
    ['a step that is none', event({ event: 'seen' as PlateEvent['event'] }), /msg.payload.event but received "seen"/],
    ['no id', event({ id: '' }), /Expected text in msg.payload.id/],
    ['no plate', event({ plate: '', normalised: '' }), /Expected text in msg.payload.plate/],
    [
      'a time that is none',
      event({ lastSeen: NaN }),
      /Expected ms since 1970 in msg.payload.lastSeen but received NaN/,
    ],
    [
      'a picture that is none',
      event({ images: { plate: 7 as unknown as Uint8Array } }),
      /a JPEG in msg.payload.images.plate/,
    ],
  ];
  for (const [title, payload, message] of refused) {
    it(`are refused: ${title}`, () => {
      assert.throws(() => entryOf(payload, all), { code: 'ALPR_LOG_EVENT', message });
    });
  }

  it('lose what is not stored: candidates, characters, boxes, the frame', () => {
    const images = { frame: Buffer.from('FRAME-BYTES'), plate: Buffer.from('p') };
    const text = JSON.stringify(entryOf(event({ images }), all));
    for (const gone of ['CANDIDATE7', 'FRAME', 'characters', 'box']) assert.ok(!text.includes(gone), gone);
  });

  it('are left out as the settings say', () => {
    const finals = { events: 'final' as const, pictures: false };
    assert.equal(entryOf(event({ event: 'provisional' }), finals), undefined);
    assert.equal(entryOf(event({ event: 'left' }), finals)!.updateOnly, true);
    assert.deepEqual(entryOf(event({ images: { plate: Buffer.from('p') } }), finals)!.pictures, []);
    assert.equal(entryOf(event({ event: 'provisional' }), all)!.updateOnly, false);
    assert.deepEqual(entryOf(event({ images: { plate: Buffer.alloc(2_000_000) } }), all)!.pictures, [], 'no thumbnail');
  });

  it('of hashed plates are stored as they are, and like no other', () => {
    const { visit } = entryOf(event({ plate: 'k1:0ab9', normalised: 'k1:0ab9', hashed: true }), all)!;
    assert.deepEqual([visit.plate, visit.normalised, visit.folded, visit.hashed], ['k1:0ab9', 'K10AB9', '', 1]);
  });

  it('may come as JSON, with pictures in base64', () => {
    const images = { plate: Buffer.from('jpeg').toString('base64') } as unknown as NonNullable<PlateEvent['images']>;
    const { pictures } = entryOf(JSON.parse(JSON.stringify(event({ images }))), all)!;
    assert.equal(Buffer.from(pictures[0]!.jpeg).toString(), 'jpeg');
  });
});

describe('Cells of an export', () => {
  const cells: [string | number | undefined, string][] = [
    ['AB12', 'AB12'],
    [undefined, ''],
    [-0.5, '-0.5'],
    ['=HYPERLINK("http://x")', '"\'=HYPERLINK(""http://x"")"'],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    [' =1', "' =1"],
    ['\t=1', '"\'\t=1"'],
    ['\r\n=1', '"\'\r\n=1"'],
    ['\uff1d1', "'\uff1d1"],
    ['a;b', '"a;b"'],
    ['a,b', '"a,b"'],
    ['say "so"', '"say ""so"""'],
    ['two\nlines', '"two\nlines"'],
  ];
  for (const [value, cell] of cells) {
    it(`${JSON.stringify(value)} becomes ${JSON.stringify(cell)}`, () => assert.equal(csvCell(value, ','), cell));
  }
});

describe('Addresses of servers', () => {
  it('are taken without a password, and never shown with one', () => {
    for (const good of [
      'postgres://u@h/d',
      'postgresql://h/d?sslmode=require',
      'libsql://h',
      'https://h',
      'http://h:8080',
    ]) {
      assert.equal(serverProblem(good), undefined, good);
    }
    for (const bad of ['', 'plates.db', 'mysql://h/d', 'postgres://u:hunter2@h/d', 'libsql://h?authToken=hunter2']) {
      const problem = serverProblem(bad);
      assert.match(problem ?? '', /^Expected .+/, bad);
      assert.ok(!problem!.includes('hunter2'));
    }
  });
});

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { openLibsqlFile } from '../../src/log/backends/libsql-file.js';
import { openLibsqlServer } from '../../src/log/backends/libsql-server.js';
import { openPostgres } from '../../src/log/backends/postgres.js';
import { exportQuery, forgetQuery, searchQuery, statisticsQuery, visitsQuery } from '../../src/log/query.js';
import type { Visit } from '../../src/log/sql/find.js';
import type { Backend } from '../../src/log/sql/sql.js';
import { SqlStore } from '../../src/log/store.js';
import { entryOf } from '../../src/log/visit.js';
import { findLibsqlServer, startLibsqlServer, type LibsqlServer } from '../support/libsql-server.js';
import { findPostgres, startPostgres } from '../support/postgres-server.js';
import { DAY, entry, event, HOUR, NOON } from './events.js';
import { temporaryFolder } from './temporary.js';

/** The same log in every database: one text of tests. */
interface Place {
  /** Opens it as it is. */
  open(folder: string): Promise<Backend>;
  /** Makes it empty. */
  empty?(): Promise<void> | void;
  release?(): Promise<void> | void;
}

const TABLES = ['alpr_visits', 'alpr_thumbnails', 'alpr_meta', 'alpr_counters'];

/** How each of them is made ready; text says why it cannot be. */
const places: Record<string, () => Promise<Place | string>> = {
  'a file': () => Promise.resolve({ open: (folder) => openLibsqlFile(path.join(folder, 'a.db'), '') }),
  'an encrypted file': () =>
    Promise.resolve({ open: (folder) => openLibsqlFile(path.join(folder, 'a.db'), 'a long “key”') }),
  PostgreSQL: async () => {
    const bin = findPostgres();
    if (bin === undefined) return 'PostgreSQL is not installed';
    const server = await startPostgres(bin);
    return {
      open: () => openPostgres(server.url, server.password),
      empty: () => void server.query(`DROP TABLE IF EXISTS ${TABLES.join(', ')}`),
      release: () => server.remove(),
    };
  },
  'a libSQL server': async () => {
    const program = findLibsqlServer();
    if (program === undefined) return 'no libSQL server (sqld) could be installed';
    let server: LibsqlServer | undefined;
    return {
      open: () => openLibsqlServer(server!.url, ''),
      empty: async () => {
        await server?.stop();
        server = await startLibsqlServer(program);
      },
      release: () => server?.stop(),
    };
  },
};

for (const [title, prepare] of Object.entries(places)) {
  describe(`A log in ${title}`, function () {
    this.timeout(60_000);
    const folder = temporaryFolder();
    let place: Place | undefined;
    let store: SqlStore;

    before(async function () {
      this.timeout(180_000);
      const prepared = await prepare();
      if (typeof prepared !== 'string') place = prepared;
      else if (process.env['CI'] !== undefined && title === 'PostgreSQL') throw new Error(prepared);
      else {
        console.log(`      Skipped: ${prepared}`);
        this.skip();
      }
    });
    after(() => place?.release?.());
    beforeEach(async () => {
      await place!.empty?.();
      store = new SqlStore(() => place!.open(folder.path()));
    });
    afterEach(() => store.close());

    const found = async (given: unknown): Promise<Visit[]> => (await store.search(searchQuery(given, NOON))).rows;
    const plates = async (given: unknown): Promise<string[]> => (await found(given)).map(({ plate }) => plate);

    it('gives back what was stored, and nothing else of the event', async () => {
      const known = {
        rule: 'allow' as const,
        name: 'Baker',
        tags: ['Van', 'early, bird'],
        plate: 'ab-12 cde',
        exact: true,
      };
      const images = { plate: Buffer.from([0xff, 0xd8, 0, 1, 2, 255]), vehicle: Buffer.from('vehicle') };
      await store.write([
        entry({
          ...{
            id: 'one',
            plate: 'AB12 CDE',
            region: 'gb',
            direction: 'in',
            zone: 'drive',
            known,
            supersedes: 'AB12 COE',
          },
          vehicle: { label: 'car', box: { x1: 0, y1: 0, x2: 1, y2: 1 }, confidence: 1 },
          images,
        }),
      ]);
      const [visit] = await found({ pictures: true });
      assert.deepEqual(
        {
          ...visit,
          images: Object.entries(visit!.images!)
            .map(([kind, jpeg]) => [kind, [...jpeg]])
            .sort(),
        },
        {
          ...{ id: 'one', event: 'final', camera: 'gate', plate: 'AB12 CDE', normalised: 'AB12CDE', confidence: 0.9 },
          ...{ reads: 4, agreeing: 3, region: 'gb', direction: 'in', zone: 'drive', vehicle: 'car', frames: 12 },
          known: { rule: 'allow', name: 'Baker', plate: 'AB12CDE', tags: ['van', 'early bird'] },
          ...{ firstSeen: NOON, lastSeen: NOON + 5000, dwellMs: 5000, supersedes: 'AB12 COE' },
          images: [
            ['plate', [0xff, 0xd8, 0, 1, 2, 255]],
            ['vehicle', [...Buffer.from('vehicle')]],
          ],
        },
      );
    });

    it('keeps one row per visit, whatever order its events come in and however often', async () => {
      const provisional = entry({ id: 'v', event: 'provisional', plate: 'AB12 C0E', lastSeen: NOON + 1000, reads: 1 });
      const known = { rule: 'allow' as const, name: 'Baker' };
      const final = entry({ id: 'v', plate: 'AB12 CDE', lastSeen: NOON + 3000, reads: 4, known });
      const corrected = entry({ id: 'v', plate: 'AB12 CDF', lastSeen: NOON + 4000, supersedes: 'AB12 CDE', reads: 9 });
      const left = entry({
        id: 'v',
        event: 'left',
        plate: 'AB12 CDF',
        lastSeen: NOON + 9000,
        direction: 'out',
        reads: 9,
      });
      await store.write([provisional, final]);
      assert.deepEqual(
        (await found({})).map(({ plate, event: step, known: rule }) => [plate, step, rule?.name]),
        [['AB12 CDE', 'final', 'Baker']],
      );
      await store.write([final, provisional, final, corrected, left, left, provisional, final, corrected]);
      const visits = await found({});
      assert.equal(visits.length, 1);
      const { plate, event: step, lastSeen, dwellMs, supersedes, direction, known: rule, reads } = visits[0]!;
      assert.deepEqual([plate, step, lastSeen, dwellMs], ['AB12 CDF', 'left', NOON + 9000, 9000]);
      assert.deepEqual([supersedes, direction, reads], ['AB12 CDE', 'out', 9]);
      assert.equal(rule, undefined, 'what a list said of the other plate does not hold for this one');
      assert.deepEqual(await plates('12CDE'), [], 'the earlier text is not found');
    });

    it('keeps what a list said when the visit ends without it', async () => {
      const known = { rule: 'deny' as const, tags: ['x'] };
      await store.write([entry({ id: 'v', known }), entry({ id: 'v', event: 'left', lastSeen: NOON + 9000 })]);
      assert.deepEqual((await found({}))[0]!.known, { rule: 'deny', tags: ['x'] });
    });

    it('ends visits that are there and no others, when only finals are wanted', async () => {
      const options = { events: 'final' as const, pictures: false };
      const left = (id: string): ReturnType<typeof entryOf> =>
        entryOf(event({ id, event: 'left', lastSeen: NOON + 60_000 }), options);
      await store.write([entryOf(event({ id: 'a' }), options)!, left('a')!, left('b')!]);
      assert.deepEqual(
        (await found({})).map(({ id, event: step, dwellMs }) => [id, step, dwellMs]),
        [['a', 'left', 60_000]],
      );
    });

    it('finds plates by a part, by wildcards, as a whole and by look-alikes', async () => {
      const all = ['AB12 CDE', 'B-12 XY', 'LM73 KXR', 'Ö-AB 1', 'LN73 KXR', '京A12345', '8O0 81'];
      await store.write(all.map((plate) => entry({ plate, normalised: plate.replaceAll(/[ -]/g, '') })));
      const cases: [unknown, string[]][] = [
        ['b12', ['AB12 CDE', 'B-12 XY']],
        ['12', ['AB12 CDE', 'B-12 XY', '京A12345']],
        ['3 kx', ['LM73 KXR', 'LN73 KXR']],
        ['B12*', ['B-12 XY']],
        ['b*', ['B-12 XY']],
        ['*KXR', ['LM73 KXR', 'LN73 KXR']],
        ['L?73K*', ['LM73 KXR', 'LN73 KXR']],
        ['?B12CDE', ['AB12 CDE']],
        [{ plate: 'b12', exact: true }, []],
        [{ plate: 'B 12 xy', exact: true }, ['B-12 XY']],
        [{ plate: 'öab', lookAlikes: false }, ['Ö-AB 1']],
        [{ plate: 'OAB', lookAlikes: true }, ['Ö-AB 1']],
        [{ plate: '800 B1', lookAlikes: true }, ['8O0 81']],
        [{ plate: 'BOQ', lookAlikes: true }, ['8O0 81']],
        [{ plate: 'ABI2', lookAlikes: true }, ['AB12 CDE']],
        ['京', ['京A12345']],
        ['京A123', ['京A12345']],
        ['ZZZ', []],
      ];
      for (const [given, expected] of cases) {
        assert.deepEqual((await plates(given)).sort(), [...expected].sort(), JSON.stringify(given));
      }
    });

    it('finds visits by time, camera, direction, zone, rule and tag', async () => {
      await store.write([
        entry({ plate: 'A1', firstSeen: NOON - DAY, lastSeen: NOON - DAY, camera: 'gate' }),
        entry({ plate: 'B2', firstSeen: NOON - HOUR, lastSeen: NOON, camera: 'yard', direction: 'in' }),
        entry({
          plate: 'C3',
          firstSeen: NOON,
          lastSeen: NOON,
          zone: 'drive',
          known: { rule: 'alert', tags: ['100%'] },
        }),
        entry({ plate: 'D4', firstSeen: NOON + 1, lastSeen: NOON + 1, known: { rule: 'allow', tags: ['100x', 'b'] } }),
      ]);
      const cases: [object, string[]][] = [
        [{ from: NOON - HOUR, to: NOON }, ['B2']],
        [{ from: '2026-11-20T12:00:00Z' }, ['D4', 'C3']],
        [{ last: '60m' }, ['D4', 'C3', 'B2']],
        [{ last: '2d', to: NOON - 2 * HOUR }, ['A1']],
        [{ camera: 'yard' }, ['B2']],
        [{ direction: 'in' }, ['B2']],
        [{ zone: 'drive' }, ['C3']],
        [{ rule: 'allow' }, ['D4']],
        [{ tag: '100%' }, ['C3']],
        [{ tag: 'B' }, ['D4']],
        [{ order: 'oldest' }, ['A1', 'B2', 'C3', 'D4']],
      ];
      for (const [given, expected] of cases) assert.deepEqual(await plates(given), expected, JSON.stringify(given));
    });

    it('gives long answers page by page', async () => {
      await store.write(
        Array.from({ length: 25 }, (_, n) => entry({ plate: `P${n}`, firstSeen: NOON + n, lastSeen: NOON + n })),
      );
      const page = (offset: number) => store.search(searchQuery({ limit: 10, offset, total: true }));
      const pages = [await page(0), await page(10), await page(20)];
      assert.deepEqual(
        pages.map(({ rows, more, total }) => [rows.length, more, total]),
        [
          [10, true, 25],
          [10, true, 25],
          [5, false, 25],
        ],
      );
      assert.equal(new Set(pages.flatMap(({ rows }) => rows.map(({ id }) => id))).size, 25);
    });

    it('sums up the visits of each plate', async () => {
      await store.write([
        entry({ plate: 'A1', firstSeen: NOON, lastSeen: NOON + 10_000 }),
        entry({ plate: 'A1', firstSeen: NOON + HOUR, lastSeen: NOON + HOUR + 50_000, camera: 'yard' }),
        entry({ plate: 'B2', firstSeen: NOON, lastSeen: NOON + 2 * HOUR }),
      ]);
      const of = async (order: string) => (await store.visits(visitsQuery({ order }))).rows;
      assert.deepEqual(
        (await of('visits')).map(({ plate, visits, dwellMs, longestDwellMs, averageDwellMs, cameras }) => {
          return [plate, visits, dwellMs, longestDwellMs, averageDwellMs, cameras];
        }),
        [
          ['A1', 2, 60_000, 50_000, 30_000, 2],
          ['B2', 1, 2 * HOUR, 2 * HOUR, 2 * HOUR, 1],
        ],
      );
      assert.deepEqual(
        (await of('dwell')).map(({ plate }) => plate),
        ['B2', 'A1'],
      );
      assert.deepEqual(
        (await of('recent')).map(({ plate, lastSeen }) => [plate, lastSeen]),
        [
          ['B2', NOON + 2 * HOUR],
          ['A1', NOON + HOUR + 50_000],
        ],
      );
    });

    it('counts per hour, day, camera and rule in a time zone, summer time included', async () => {
      const at = (time: string, plate: string, camera: string, rule?: 'allow' | 'unknown') =>
        entry({
          ...{ plate, camera, firstSeen: Date.parse(time), lastSeen: Date.parse(time) + 2000 },
          ...(rule === undefined ? {} : { known: { rule } }),
        });
      await store.write([
        at('2026-03-28T22:59:59Z', 'A1', 'gate', 'allow'),
        at('2026-03-28T23:30:00Z', 'A1', 'gate', 'unknown'),
        // Summer time begins in Berlin: 01:00 UTC is 03:00.
        at('2026-03-29T00:59:00Z', 'B2', 'gate', 'unknown'),
        at('2026-03-29T01:00:00Z', 'A1', 'yard', 'unknown'),
        at('2026-03-29T22:10:00Z', 'C3', 'yard'),
      ]);
      const sums = await store.statistics(statisticsQuery({ timeZone: 'Europe/Berlin', top: 1 }));
      assert.deepEqual([sums.visits, sums.plates, sums.averageDwellMs, sums.unknownShare], [5, 3, 2000, 0.75]);
      assert.deepEqual(sums.perDay, { '2026-03-28': 1, '2026-03-29': 3, '2026-03-30': 1 });
      assert.deepEqual(sums.perHour, {
        '2026-03-28T23': 1,
        '2026-03-29T00': 1,
        '2026-03-29T01': 1,
        '2026-03-29T03': 1,
        '2026-03-30T00': 1,
      });
      assert.deepEqual(
        [sums.perHourOfDay[0], sums.perHourOfDay[1], sums.perHourOfDay[3], sums.perHourOfDay[23]],
        [2, 1, 1, 1],
      );
      assert.deepEqual(
        [sums.perCamera, sums.perRule],
        [
          { gate: 3, yard: 2 },
          { unknown: 3, allow: 1 },
        ],
      );
      assert.deepEqual(sums.top, [{ plate: 'A1', normalised: 'A1', visits: 3 }]);
      const kathmandu = await store.statistics(statisticsQuery({ timeZone: 'Asia/Kathmandu', plate: 'C3' }));
      assert.deepEqual(
        [kathmandu.visits, kathmandu.perHour, kathmandu.unknownShare],
        [1, { '2026-03-30T03': 1 }, null],
      );
    });

    it('writes a CSV file with what fits', async () => {
      await store.write(
        Array.from({ length: 2500 }, (_, n) =>
          entry({ plate: `${n % 2 === 0 ? 'AA' : 'BB'}${n}`, firstSeen: NOON - (n % 7), lastSeen: NOON }),
        ),
      );
      const file = folder.path('out', 'plates.csv');
      const exported = await store.export({ ...exportQuery({ plate: 'AA*' }), path: file });
      assert.deepEqual(exported, { path: file, visits: 1250 });
      const lines = fs.readFileSync(file, 'utf8').trimEnd().split('\r\n');
      assert.equal(lines.length, 1251);
      assert.equal(new Set(lines).size, 1251, 'no row is there twice');
      assert.match(lines[1]!, /,AA\d+,AA\d+,0\.9,2026-11-20T11:59:59\.994Z,/);
    });

    it('forgets one plate: its visits, its pictures, its former readings, and no other', async () => {
      const picture = { plate: Buffer.from('jpeg') };
      await store.write([
        entry({ plate: 'AB12 CDE', images: picture }),
        entry({ plate: 'AB-12-CDE', images: picture }),
        entry({ plate: 'AB12 CDF', known: { rule: 'allow', plate: 'AB12 CDE', distance: 0.5 } }),
        entry({ id: 'corrected', plate: 'ZZ99 ZZZ', supersedes: 'ab12 cde', images: picture }),
        entry({ plate: 'A812 CDE' }),
      ]);
      const forgot = await store.forget(forgetQuery('ab12cde'));
      assert.deepEqual([forgot.visits, forgot.thumbnails, forgot.corrections], [3, 2, 1]);
      assert.deepEqual((await plates({})).sort(), ['A812 CDE', 'ZZ99 ZZZ']);
      const corrected = (await found({ plate: 'ZZ', pictures: true }))[0]!;
      assert.equal(corrected.supersedes, undefined);
      assert.equal(corrected.images?.plate?.toString(), 'jpeg');
      assert.deepEqual((await store.forget(forgetQuery({ plate: 'AB12CDE', lookAlikes: true }))).visits, 1);
      assert.deepEqual(await plates({}), ['ZZ99 ZZZ']);
      assert.equal((await store.health()).forgotten, 4);
    });

    it('deletes what is too old: pictures first, then visits', async () => {
      const picture = { plate: Buffer.from('jpeg') };
      const at = (plate: string, days: number) =>
        entry({ plate, firstSeen: NOON - days * DAY, lastSeen: NOON - days * DAY, images: picture });
      await store.write([
        at('A1', 1),
        at('B2', 5),
        at('C3', 20),
        ...Array.from({ length: 2100 }, (_, n) => at(`D${n}`, 40)),
      ]);
      const erased = await store.retain({ keepMs: 30 * DAY, thumbnailMs: 3 * DAY, maxBytes: 0 }, NOON);
      assert.deepEqual(erased, { visits: 2100, thumbnails: 2102 });
      const left = await found({ pictures: true });
      assert.deepEqual(
        left.map(({ plate, images }) => [plate, images !== undefined]),
        [
          ['A1', true],
          ['B2', false],
          ['C3', false],
        ],
      );
      const { visits, expired } = await store.health();
      assert.deepEqual([visits, expired], [3, 2100]);
      assert.deepEqual(await store.retain({ keepMs: 0, thumbnailMs: 0, maxBytes: 0 }, NOON), {
        visits: 0,
        thumbnails: 0,
      });
    });

    it('deletes the oldest when there is too much', async () => {
      const picture = { plate: Buffer.alloc(20_000, 7) };
      const entries = Array.from({ length: 400 }, (_, n) =>
        entry({ plate: `P${n}`, firstSeen: NOON + n, lastSeen: NOON + n, images: picture }),
      );
      // Bytes that no database packs.
      for (const [n, { pictures }] of entries.entries()) pictures[0]!.jpeg = noise(n);
      await store.write(entries.slice(0, 200));
      await store.write(entries.slice(200));
      const { visits } = await store.retain({ keepMs: 0, thumbnailMs: 0, maxBytes: 4_000_000 }, NOON);
      const left = await found({ limit: 1000, order: 'oldest' });
      assert.ok(visits > 150 && visits < 320, `${visits} were deleted`);
      assert.equal(left.length, 400 - visits);
      assert.equal(left[0]!.plate, `P${visits}`, 'the newest are left');
    });

    it('takes text that databases are known to stumble over', async () => {
      const plate = "A'B;--\u0000\ud800🚗\\%_";
      await store.write([entry({ plate, normalised: 'AB', camera: '"; DROP TABLE alpr_visits; --', id: "i'd" })]);
      const [visit] = await found({ camera: '"; DROP TABLE alpr_visits; --' });
      assert.equal(visit!.plate, "A'B;--\ufffd🚗\\%_");
      assert.deepEqual(await plates("A'B"), [visit!.plate]);
    });

    it('is whole when two make it at the same time', async () => {
      const other = new SqlStore(() => place!.open(folder.path()));
      await Promise.all([store.write([entry({ plate: 'A1' })]), other.write([entry({ plate: 'B2' })])]);
      assert.deepEqual((await plates({})).sort(), ['A1', 'B2']);
      assert.equal((await other.health()).visits, 2);
      await other.close();
    });
  });
}

function noise(seed: number): Uint8Array {
  const bytes = new Uint8Array(20_000);
  let state = seed * 2654435761 + 1;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

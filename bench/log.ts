/**
 * How fast a log of plates takes events, and how long questions take with a million visits in it. Run: npx tsx bench/log.ts
 * (`npx tsx bench/log.ts 100000` for fewer). Nothing else should use the disk meanwhile.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FileStore } from '../src/log/file-store.js';
import { openLog } from '../src/log/open.js';
import { forgetQuery, searchQuery, statisticsQuery, visitsQuery } from '../src/log/query.js';
import type { PlateEvent } from '../src/events/plate-event.js';
import { entryOf, type Entry } from '../src/log/visit.js';
import { seededRandom } from '../test/support/random.js';
import { printTable } from './table.js';

const VISITS = Number(process.argv[2] ?? 1_000_000);
const PLATES = 100_000;
const REPEATS = 5;
const START = Date.UTC(2026, 0);

const random = seededRandom(5);
const pick = (from: string): string => from[Math.floor(random() * from.length)]!;
const fill = (pattern: string): string =>
  [...pattern].map((sign) => pick(sign === 'L' ? 'ABCDEFGHIJKLMNOPQRSTUVWXYZ' : '0123456789')).join('');
const plates = Array.from({ length: PLATES }, () => fill('LLDDLLL'));

let made = 0;
function event(images?: PlateEvent['images']): PlateEvent {
  const plate = plates[Math.floor(random() * PLATES)]!;
  const firstSeen = START + made * 20_000;
  return {
    ...{ version: 1, event: 'final', id: `00000000-0000-4000-8000-${String(made++).padStart(12, '0')}` },
    ...{ camera: `camera ${made % 4}`, plate, normalised: plate, confidence: 0.93, characters: [], candidates: [] },
    ...{
      reads: 5,
      agreeing: 4,
      box: { x1: 0, y1: 0, x2: 1, y2: 1 },
      firstSeen,
      lastSeen: firstSeen + 8000,
      frames: 60,
    },
    ...(images === undefined ? {} : { images }),
  };
}
const options = { events: 'all' as const, pictures: true };
const entry = (): Entry => entryOf(event(), options)!;
const user = { retention: { keepMs: 0, thumbnailMs: 0, maxBytes: 0 }, onChange: () => undefined };

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Events through the queue, as the node gives them. */
async function bursts(folder: string): Promise<void> {
  const rows: string[][] = [];
  const jpeg = { plate: Buffer.alloc(6000, 7) };
  for (const key of ['', 'a key']) {
    const handle = openLog({ file: path.join(folder, `burst${key}.db`), key }, user);
    await handle.log.look();
    for (const [title, images] of [
      ['', undefined],
      [', picture of 6 kB', jpeg],
    ] as const) {
      const all = Array.from({ length: 10_000 }, () => event(images));
      const ms = await timed(() => Promise.all(all.map((one) => handle.log.append(one, options))));
      const each = await timed(async () => {
        for (let n = 0; n < 100; n++) await handle.log.append(event(images), options);
      });
      const place = `${key === '' ? 'plain' : 'encrypted'}${title}`;
      rows.push([place, String(Math.round(10_000_000 / ms)), (each / 100).toFixed(1)]);
    }
    await handle.close();
  }
  printTable('Events', ['file', 'burst of 10 000, per second', 'one after the other, ms each'], rows);
}

async function questions(folder: string): Promise<void> {
  for (const key of ['', 'a key']) {
    const file = path.join(folder, `long${key}.db`);
    const store = new FileStore({ path: file, key });
    made = 0;
    const filling = await timed(async () => {
      for (let n = 0; n < VISITS; n += 5000) await store.write(Array.from({ length: 5000 }, entry));
    });
    const known = plates[7]!;
    const asked: Record<string, () => Promise<unknown>> = {
      'the latest 50': () => store.search(searchQuery({})),
      'a common part (A1)': () => store.search(searchQuery('A1')),
      'a rare part (five characters)': () => store.search(searchQuery(known.slice(1, 6))),
      'a part that is nowhere': () => store.search(searchQuery('0QQQ0')),
      'by look-alikes': () => store.search(searchQuery({ plate: known.slice(0, 6), lookAlikes: true })),
      'a whole plate': () => store.search(searchQuery({ plate: known, exact: true })),
      'a rare part of one day': () =>
        store.search(searchQuery({ plate: known.slice(1, 5), from: START + 864e5, to: START + 2 * 864e5 })),
      'statistics of all': () => store.statistics(statisticsQuery({})),
      'statistics of a week': () =>
        store.statistics(statisticsQuery({ from: START + 7 * 864e5, to: START + 14 * 864e5 })),
      'visits per plate': () => store.visits(visitsQuery({ order: 'visits' })),
      'rows and size': () => store.health(),
    };
    const rows: string[][] = [];
    for (const [title, ask] of Object.entries(asked)) {
      const times: number[] = [];
      for (let n = 0; n < REPEATS; n++) times.push(await timed(ask));
      times.sort((a, b) => a - b);
      rows.push([title, times[REPEATS >> 1]!.toFixed(1), times.at(-1)!.toFixed(1)]);
    }
    rows.push(['forget one plate', (await timed(() => store.forget(forgetQuery(known)))).toFixed(1), '']);
    const { visits, bytes } = await store.health();
    await store.close();
    const title = `${key === '' ? 'Plain' : 'Encrypted'}: ${visits} visits of ${PLATES} plates, ${Math.round(bytes / 1e6)} MB`;
    printTable(
      `${title}, ${Math.round((VISITS * 1000) / filling)} per second to fill`,
      ['question', 'median, ms', 'longest, ms'],
      rows,
    );
  }
}

async function main(): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-bench-'));
  try {
    await bursts(folder);
    await questions(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

void main();

/**
 * How long a list of plates takes to build, what it weighs, and how long one lookup takes. Run: npx tsx bench/list.ts
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { normalisePlate } from '../src/reading/normalise.js';
import type { ListEntry } from '../src/lists/entry.js';
import { parseList } from '../src/lists/parse.js';
import { PlateList, type DistanceLimits } from '../src/lists/plate-list.js';
import { seededRandom } from '../test/support/random.js';
import { printTable } from './table.js';

const ENTRIES = 100_000;
const LOOKUPS = 5000;
const WARM_UP = 500;

const random = seededRandom(5);
const pick = (from: string): string => from[Math.floor(random() * from.length)]!;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const DIGITS = '0123456789';
const fill = (pattern: string): string =>
  [...pattern].map((sign) => (sign === 'L' ? pick(LETTERS) : sign === 'D' ? pick(DIGITS) : sign)).join('');

/** Plates of several countries, and the worst that may happen: one district whose numbers are all taken. */
const kinds: Record<string, () => string> = {
  mixed: () => fill(pick('0123') === '0' ? 'LLDDLLL' : pick('01') === '0' ? 'DLLLDDD' : 'B-LL DDDD'),
  'one district': () => fill('B-LL DDDD'),
  dense: (
    (next) => () =>
      `AB${String(next++).padStart(5, '0')}`
  )(0),
};

const LOOK_ALIKES: Record<string, string> = { O: '0', '0': 'O', I: '1', '1': 'I', B: '8', '8': 'B', S: '5', '5': 'S' };

/** A plate with one misread character: a look-alike where it has one. */
function misread(plate: string): string {
  const characters = [...normalisePlate(plate)];
  const similar = characters.findIndex((character) => character in LOOK_ALIKES);
  const index = similar < 0 ? Math.floor(random() * characters.length) : similar;
  characters[index] = similar < 0 ? pick(LETTERS) : LOOK_ALIKES[characters[index]!]!;
  return characters.join('');
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function memory(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function lookups(list: PlateList, plates: readonly string[]): { p50: number; p99: number; max: number; found: number } {
  const times: number[] = [];
  let found = 0;
  for (const [index, plate] of plates.entries()) {
    const started = performance.now();
    const match = list.match(plate, 0);
    const time = performance.now() - started;
    if (index < WARM_UP) continue;
    times.push(time);
    if (match !== undefined) found++;
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(share * times.length))]!;
  return { p50: at(0.5), p99: at(0.99), max: times.at(-1)!, found: found / times.length };
}

/** In a function, so that the next list does not find the memory of this one in use. */
function measure(kind: string, distance: number, entries: ListEntry[], questions: Record<string, string[]>): void {
  const limits: DistanceLimits = { allow: distance, alert: distance, deny: distance };
  const before = memory();
  const started = performance.now();
  const list = new PlateList(entries, limits);
  const built = performance.now() - started;
  const weight = (memory() - before) / 1024 / 1024;
  builds.push([kind, String(distance), `${built.toFixed(0)} ms`, `${weight.toFixed(1)} MiB`]);
  for (const [question, plates] of Object.entries(questions)) {
    const { p50, p99, max, found } = lookups(list, plates);
    const times = [p50, p99, max].map((time) => time.toFixed(4));
    rows.push([kind, String(distance), question, ...times, `${(100 * found).toFixed(0)} %`]);
  }
}

const rows: string[][] = [];
const builds: string[][] = [];
for (const [kind, make] of Object.entries(kinds)) {
  const entries: ListEntry[] = Array.from({ length: ENTRIES }, () => ({ plate: make(), rule: 'allow' }));
  const sample = Array.from({ length: LOOKUPS + WARM_UP }, () => entries[Math.floor(random() * ENTRIES)]!.plate);
  const questions: Record<string, string[]> = {
    listed: sample,
    misread: sample.map(misread),
    absent: sample.map(() => fill('LLLDLDLL')),
    'of the same kind': sample.map(() => (kind === 'dense' ? fill('AC9DDDD') : make())),
  };
  for (const distance of [0, 0.5, 1, 2]) {
    measure(kind, distance, entries, questions);
  }
}
/** A file of that many rows, as it is read when it changes. */
function measureFiles(): string[][] {
  const plates = Array.from({ length: ENTRIES }, () => kinds['mixed']!());
  const row = (plate: string, index: number): string => `${plate};allow;guest ${index};residents|van;2030-12-31`;
  const csv = Buffer.from(`plate;rule;name;tags;valid until\n${plates.map(row).join('\n')}\n`);
  const json = Buffer.from(JSON.stringify(plates.map((plate) => ({ plate, rule: 'allow', tags: ['van'] }))));
  return Object.entries({ 'list.csv': csv, 'list.json': json }).map(([name, bytes]) => {
    const started = performance.now();
    const { entries } = parseList(bytes, name);
    const time = performance.now() - started;
    return [name, `${(bytes.length / 1024 / 1024).toFixed(1)} MiB`, String(entries.length), `${time.toFixed(0)} ms`];
  });
}

printTable('Reading a file', ['file', 'size', 'entries', 'time'], measureFiles());
printTable(
  `A list of ${ENTRIES} plates: beyond the entries themselves`,
  ['plates', 'distance', 'build', 'memory'],
  builds,
);
printTable('One lookup, ms', ['plates', 'distance', 'looked up', '50 %', '99 %', 'max', 'found'], rows);

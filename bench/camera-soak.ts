import { runSoak, type Resources, type SoakResult } from '../test/support/camera-soak/soak.js';
import { printTable, slope } from './table.js';

export interface CameraSoakOptions {
  /** RTSP cameras; one more speaks MJPEG over HTTP. */
  cameras: number;
  minutes: number;
  seed: number;
  /** Waits between attempts are shorter by this factor; 1: as they are. */
  hurry: number;
  /** Only these faults, by their names. */
  only?: string[] | undefined;
}

/** Faults of all kinds, in another order each round, until the time is over; prints what they did and what is left behind. */
export async function cameraSoak({ cameras, minutes, seed, hurry, only }: CameraSoakOptions): Promise<void> {
  const waits = hurry === 1 ? '' : `, waits between attempts ${hurry} times shorter`;
  console.log(`${cameras} RTSP cameras and one over HTTP, ${minutes} minutes, seed ${seed}${waits}`);
  const durationMs = minutes * 60_000;
  const print = (line: string): void => console.log(`  ${line}`);
  const result = await runSoak({ cameras, fps: 8, seed, hurry, durationMs, only, print });
  for (const line of result.skipped) console.log(`  left out: ${line}`);
  printFaults(result);
  printResources(result);
  printMemory(result);
  const problems = problemsOf(result);
  console.log(problems.length === 0 ? 'Nothing else grew, nothing was lost.' : `Not well: ${problems.join('; ')}`);
  if (problems.length > 0) process.exitCode = 1;
}

function printFaults({ faults }: SoakResult): void {
  const names = [...new Set(faults.map(({ name }) => name))];
  const rows = names.map((name) => {
    const these = faults.filter((fault) => fault.name === name);
    const outages = these.map(({ outageMs }) => outageMs / 1000);
    return [name, String(these.length), String(these.length), Math.max(...outages), these[0]!.seen.slice(0, 60)];
  });
  const longest = faults.reduce((worst, fault) => (fault.outageMs > worst.outageMs ? fault : worst));
  // One that is not seen, or that does not pass, ends the soak with an error.
  printTable('Faults', ['', 'injected', 'recovered', 'longest outage s', 'seen as'], rows);
  console.log(
    `${faults.length} faults, ${faults.length} recovered; longest outage ${(longest.outageMs / 1000).toFixed(1)} s (${longest.name})`,
  );
}

/** Before, in the middle of the time, after. */
function momentsOf({ before, middle, after }: SoakResult): { name: string; at: Resources }[] {
  const moments = { before, middle, after };
  return Object.entries(moments).flatMap(([name, at]) => (at === undefined ? [] : [{ name, at }]));
}

function printResources(result: SoakResult): void {
  const moments = momentsOf(result);
  const rows = Object.keys(counted).map((name) => [name, ...moments.map(({ at }) => counted[name]!(at))]);
  const header = ['', ...moments.map(({ name }) => name)];
  printTable('While no camera runs, after a garbage collection', header, rows);
}

/** What grows with every fault differs from what fills up and stays: the second half of the time tells them apart. */
function printMemory(result: SoakResult): void {
  const moments = momentsOf(result).map(({ at }) => at);
  const growths = moments.slice(1).map((to, index) => {
    const from = moments[index]!;
    const faults = to.faults - from.faults;
    const grown = (to.rss - from.rss) / 2 ** 20;
    return `${signed(grown)} MB in ${faults} faults (${signed(grown / Math.max(1, faults), 2)} MB per fault)`;
  });
  console.log(`RSS while no camera runs: ${growths.join(' in the first half, then ')}`);
  const { rss } = result;
  const half = Math.floor(rss.length / 2);
  const slopes = [rss.slice(0, half), rss.slice(half)].map((points) => `${signed(slope(points), 1)} MB per minute`);
  const highest = Math.max(...rss.map(({ y }) => y));
  console.log(
    `RSS while faults happen: slope ${slopes.join(' in the first half, then ')}; highest ${highest.toFixed(0)} MB`,
  );
}

const signed = (value: number, digits = 0): string => `${value < 0 ? '' : '+'}${value.toFixed(digits)}`;
const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

const counted: Record<string, (resources: Resources) => string> = {
  'RSS MB': ({ rss }) => megabytes(rss),
  '  heap of the main thread': ({ memory }) => megabytes(memory.heap),
  '  external to it': ({ memory }) => megabytes(memory.external),
  '  free frames': ({ memory }) => megabytes(memory.frames),
  '  programs and libraries': ({ memory }) => megabytes(memory.files),
  '  rest: threads, networks, kept by malloc': ({ memory }) => megabytes(memory.rest),
  "in malloc's arenas (glibc), frames too": ({ memory }) => megabytes(memory.arenas),
  'heap in use MB': ({ heap }) => megabytes(heap),
  'frames out': ({ pool }) => String(pool.outstanding),
  'open files': ({ descriptors }) => String(descriptors),
  threads: ({ threads }) => String(threads),
  'threads begun so far': ({ begun }) => String(begun),
  processes: ({ children }) => String(children.length),
  sockets: ({ resources }) => String(resources['TCPSocketWrap'] ?? 0),
};

function problemsOf({ before, after, childrenLive, ...result }: SoakResult): string[] {
  const grown = (['descriptors', 'threads'] as const).filter((key) => after[key] > before[key]);
  return [
    ...grown.map((key) => `${after[key] - before[key]} more ${key}`),
    ...(childrenLive.after.length === childrenLive.before.length ? [] : [`children: ${childrenLive.after.join(' ')}`]),
    ...(after.pool.outstanding > before.pool.outstanding ? [`${after.pool.outstanding} frames are out`] : []),
    ...(result.zombies > 0 ? [`${result.zombies} zombies`] : []),
    ...(result.lostVisits > 0 ? [`${result.lostVisits} visits are not in the log`] : []),
    ...(result.orphans.length > 0 ? [`${result.orphans.length} programs outlived Node-RED`] : []),
    ...result.backwards,
    ...result.uncaught,
    ...result.leaks.map((where) => `password in ${where}`),
  ];
}

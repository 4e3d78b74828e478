import { runSoak, type Resources, type SoakResult } from '../test/support/camera-soak/soak.js';
import { printTable, slope } from './table.js';

export interface CameraSoakOptions {
  /** RTSP cameras; one more speaks MJPEG over HTTP. */
  cameras: number;
  minutes: number;
  seed: number;
  /** Waits between attempts are shorter by this factor; 1: as they are. */
  hurry: number;
}

/** Faults of all kinds, in another order each round, until the time is over; prints what they did and what is left behind. */
export async function cameraSoak({ cameras, minutes, seed, hurry }: CameraSoakOptions): Promise<void> {
  const waits = hurry === 1 ? '' : `, waits between attempts ${hurry} times shorter`;
  console.log(`${cameras} RTSP cameras and one over HTTP, ${minutes} minutes, seed ${seed}${waits}`);
  const durationMs = minutes * 60_000;
  const result = await runSoak({ cameras, fps: 8, seed, hurry, durationMs, print: (line) => console.log(`  ${line}`) });
  for (const line of result.skipped) console.log(`  left out: ${line}`);
  printFaults(result);
  printResources(result);
  const later = result.rss.slice(Math.floor(result.rss.length / 3));
  const problems = problemsOf(result);
  console.log(
    `RSS while faults happen: slope ${slope(later).toFixed(2)} MB per minute over the last ${later.length} of ${result.rss.length} faults`,
  );
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

function printResources({ before, after }: SoakResult): void {
  const rows = Object.keys(counted).map((name) => [name, counted[name]!(before), counted[name]!(after)]);
  printTable('While no camera runs, after a garbage collection', ['', 'before', 'after'], rows);
}

const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

const counted: Record<string, (resources: Resources) => string> = {
  'RSS MB': ({ rss }) => megabytes(rss),
  'of it free frames MB': ({ pool }) => megabytes(pool.freeBytes),
  'heap MB': ({ heap }) => megabytes(heap),
  'frames out': ({ pool }) => String(pool.outstanding),
  'open files': ({ descriptors }) => String(descriptors),
  threads: ({ threads }) => String(threads),
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

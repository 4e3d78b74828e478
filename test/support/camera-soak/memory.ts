import { readFileSync } from 'node:fs';
import type { Measured } from './probe.js';

/** What a resident set consists of, bytes. All but `arenas` add up to the resident set. */
export interface MemoryKinds {
  /** Of the main thread, as large as V8 holds it. */
  heap: number;
  /** What JavaScript of the main thread holds outside of it: buffers. */
  external: number;
  /** Unused pixels, kept for the next frames. */
  frames: number;
  /** Programs and libraries. */
  files: number;
  /** Other threads, networks, and what the C library keeps of memory that was given back to it. */
  rest: number;
  /** Where glibc's malloc takes from: most of `rest`, and of what else is smaller than a page or two. */
  arenas: number;
}

/** By kind of mapping, bytes, as /proc tells it. */
interface Mappings {
  files: number;
  arenas: number;
}

/** glibc's arenas but the first lie in pieces that begin at multiples of this, on 64-bit machines. */
const ARENA_BYTES = 64n << 20n;

export function memoryKinds(pid: number, { rss, heapTotal, external, pool }: Measured): MemoryKinds {
  const { files, arenas } = mappings(readFileSync(`/proc/${pid}/smaps`, 'utf8'));
  const known = { heap: heapTotal, external, frames: pool.freeBytes, files };
  const rest = rss - Object.values(known).reduce((sum, bytes) => sum + bytes, 0);
  return { ...known, rest, arenas };
}

function mappings(smaps: string): Mappings {
  const sums: Mappings = { files: 0, arenas: 0 };
  let kind: keyof Mappings | undefined;
  for (const line of smaps.split('\n')) {
    const mapping = /^([0-9a-f]+)-[0-9a-f]+ \S+ \S+ \S+ \d+\s*(.*)$/.exec(line);
    if (mapping) kind = kindOf(mapping[1]!, mapping[2]!);
    const resident = /^Rss:\s+(\d+) kB/.exec(line);
    if (resident && kind !== undefined) sums[kind] += Number(resident[1]) * 1024;
  }
  return sums;
}

function kindOf(start: string, name: string): keyof Mappings | undefined {
  if (name.startsWith('/')) return 'files';
  if (name === '[heap]') return 'arenas';
  return name === '' && BigInt(`0x${start}`) % ARENA_BYTES === 0n ? 'arenas' : undefined;
}

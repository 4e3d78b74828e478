import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What Linux's /proc tells of a process. */
export interface ProcessFacts {
  pid: number;
  parent: number;
  /** `ffmpeg`, `node` …, at most 15 characters. */
  name: string;
  /** `Z`: it has ended and nobody has asked how. */
  state: string;
  threads: number;
  /** Resident set, bytes. */
  rss: number;
  /** CPU time of all its threads since it started, s. */
  cpu: number;
}

/** /proc counts in hundredths of a second and pages of 4 KiB on every Linux that Node.js runs on. */
const ticksPerSecond = 100;
const pageBytes = 4096;

/** @returns undefined when there is no such process (any more), or no /proc */
export function processFacts(pid: number): ProcessFacts | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  const end = stat.lastIndexOf(')');
  const fields = stat.slice(end + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    pid,
    parent: field(4),
    name: stat.slice(stat.indexOf('(') + 1, end),
    state: fields[0]!,
    threads: field(20),
    rss: field(24) * pageBytes,
    cpu: (field(14) + field(15)) / ticksPerSecond,
  };
}

/** Children, their children and so on; zombies too. */
export function descendants(pid: number): ProcessFacts[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => processFacts(Number(name)) ?? []);
  const found: ProcessFacts[] = [];
  for (let parents = new Set([pid]); parents.size > 0;) {
    const children = all.filter(({ parent }) => parents.has(parent));
    found.push(...children);
    parents = new Set(children.map((child) => child.pid));
  }
  return found;
}

/** Number of open file descriptors of a process. */
export function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Its arguments, as `ps` shows them to everybody; empty when it has ended. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** Whether the process has a TCP connection to this port of this machine. */
export function isConnectedTo(pid: number, port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const lines = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1);
  const sockets = lines.flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    return fields[2]!.endsWith(`:${hex}`) ? `socket:[${fields[9]}]` : [];
  });
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => sockets.includes(linkOf(`/proc/${pid}/fd/${fd}`)));
  } catch {
    return false;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Every version has layouts or codes of its own (hailort-c-api §4, §5). */
export type StubVersion = '4.19.0' | '4.20.0' | '4.23.0' | '5.2.0';
export const stubVersions: readonly StubVersion[] = ['4.19.0', '4.20.0', '4.23.0', '5.2.0'];

export interface BuildOptions {
  version: StubVersion;
  /** This function is not exported. */
  missingSymbol?: string | undefined;
  /** With AddressSanitizer and UndefinedBehaviorSanitizer; the process that loads it must have libasan preloaded. */
  sanitize?: boolean | undefined;
}

const cache = join(__dirname, '..', '..', '..', '.cache', 'hailort-stub');
const warnings = ['-std=gnu11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror'];

/** What to tell the reader of a test run when the stub cannot be built; undefined where it can. */
export function compilerMissing(): string | undefined {
  const result = spawnSync('gcc', ['--version']);
  return result.status === 0 ? undefined : 'gcc is not installed: the stub of libhailort cannot be built';
}

/** For `before(function () { skipWithoutCompiler(this); … })`: skips with a printed reason, and fails in CI. */
export function skipWithoutCompiler(context: { skip(): void }): void {
  const reason = compilerMissing();
  if (reason === undefined) return;
  if (process.env.CI) throw new Error(`${reason}; install gcc (Debian: apt install gcc libc6-dev)`);
  console.log(`    skipped: ${reason}`);
  context.skip();
}

/** Path of a built library in the cache; compiled once per version, flags and sources. */
export function buildLibrary({ version, missingSymbol, sanitize = false }: BuildOptions): string {
  const [major, minor, revision] = version.split('.');
  const hidden = missingSymbol === undefined ? '' : `${missingSymbol}; `;
  const exported = `{ global: hailo_*; stub_*; local: ${hidden}*; };\n`;
  const flags = [
    ...(sanitize ? ['-O1', '-g', '-fsanitize=address,undefined', '-fno-omit-frame-pointer'] : ['-O2', '-g1']),
    '-shared',
    '-fPIC',
    '-fvisibility=hidden',
    '-pthread',
    `-DSTUB_MAJOR=${major}`,
    `-DSTUB_MINOR=${minor}`,
    `-DSTUB_REVISION=${revision}`,
    `-Wl,-soname,libhailort.so.${version}`,
    // The library owns threads, as the real one: it must never be unmapped.
    '-Wl,-z,nodelete',
  ];
  const sources = sourceFiles().filter((file) => !file.endsWith('driver.c'));
  return cached(`libhailort-${version}`, sources, [...flags, exported], (output) => {
    const map = `${output}.map`;
    writeFileSync(map, exported);
    return [...flags, `-Wl,--version-script=${map}`, ...codeOf(sources), '-o', output, '-ldl', '-lm'];
  });
}

/** The C program of driver.c, which takes the path of a library and goes through a whole life with it. */
export function buildDriver(sanitize: boolean): string {
  const sources = sourceFiles().filter((file) => /(driver\.c|layout\.h|status\.h)$/.test(file));
  const flags = [
    ...(sanitize ? ['-O1', '-g', '-fsanitize=address,undefined', '-fno-omit-frame-pointer'] : ['-O1', '-g']),
    '-pthread',
    '-DSTUB_MAJOR=4',
    '-DSTUB_MINOR=23',
    '-DSTUB_REVISION=0',
  ];
  return cached('driver', sources, flags, (output) => [...flags, ...codeOf(sources), '-o', output, '-ldl']);
}

function sourceFiles(): string[] {
  return readdirSync(__dirname)
    .filter((name) => /\.[ch]$/.test(name))
    .sort()
    .map((name) => join(__dirname, name));
}

function codeOf(files: string[]): string[] {
  return files.filter((file) => file.endsWith('.c'));
}

function cached(name: string, sources: string[], flags: string[], command: (output: string) => string[]): string {
  const hash = createHash('sha256');
  for (const text of [...flags, ...warnings, ...sources.map((file) => readFileSync(file))]) hash.update(text);
  const result = join(cache, `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(result)) return result;
  mkdirSync(cache, { recursive: true });
  // Under another name first: two test processes may build at the same time.
  const temporary = `${result}.${process.pid}`;
  execFileSync('gcc', [...warnings, ...command(temporary)], { stdio: ['ignore', 'inherit', 'inherit'] });
  renameSync(temporary, result);
  return result;
}

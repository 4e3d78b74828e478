import { isMainThread } from 'node:worker_threads';

/**
 * Keeps libhailort quiet: unless told otherwise it writes `hailort.log` into the current folder and into the home folder as soon as
 * it is loaded, and prints to stderr (hailort-c-api §10.5). It reads these variables when it is loaded, from the process's
 * environment; a worker thread's `process.env` is only a copy, so the main thread must call this before any thread loads the
 * library. What the user has set stays: with HAILORT_LOGGER_PATH set to a folder the reasons behind a status can be read there.
 */
export function prepareHailoEnvironment(env: Record<string, string | undefined> = process.env): void {
  if (!isMainThread) return;
  env['HAILORT_LOGGER_PATH'] ??= 'NONE';
  env['HAILORT_CONSOLE_LOGGER_LEVEL'] ??= 'critical';
}

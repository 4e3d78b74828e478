import { isAbsolute } from 'node:path';
import { openLibsqlServer } from './backends/libsql-server.js';
import { openPostgres } from './backends/postgres.js';
import { LogError } from './errors.js';
import { FileStore } from './file-store.js';
import { PlateLog, type LogTiming, type LogUser } from './plate-log.js';
import { SqlStore, type Store } from './store.js';

/** Where a log is. */
export type LogPlace =
  /** An absolute path; the key encrypts the file, '' for none. */
  | { file: string; key: string }
  /** `postgres://`, `libsql://`, `https://` or `http://`, without a password in it; password or token, '' for none. */
  | { url: string; secret: string };

/** A user's hold on a log. */
export interface LogHandle {
  readonly log: PlateLog;
  /** Lets go; the last one closes the log. @returns events that could not be written in the end, and are lost */
  close(): Promise<number>;
}

interface Shared {
  log: PlateLog;
  secret: string;
}

const logs = new Map<string, Shared>();

/**
 * The log at a place: everybody who names the same place shares one, with one thread or one set of connections. It is opened in the
 * background; trouble shows in `log.trouble` and in what is asked of it.
 *
 * @throws LogError when the place makes no sense, or is in use with another key or password
 */
export function openLog(place: LogPlace, user: LogUser, timing?: LogTiming): LogHandle {
  const name = 'file' in place ? place.file : place.url;
  const secret = 'file' in place ? place.key : place.secret;
  let shared = logs.get(name);
  if (shared === undefined) {
    shared = { log: new PlateLog(storeOf(place), timing), secret };
    logs.set(name, shared);
  } else if (shared.secret !== secret) {
    throw new LogError(
      'ALPR_LOG_WRONG_KEY',
      `Expected one key or password for ${name} but received another one: another node uses the same log`,
    );
  }
  const { log } = shared;
  log.join(user);
  let closing: Promise<number> | undefined;
  return {
    log,
    close: () => {
      closing ??= leave(name, log, user);
      return closing;
    },
  };
}

async function leave(name: string, log: PlateLog, user: LogUser): Promise<number> {
  log.leave(user);
  if (log.users > 0) return 0;
  // Who opens it from now on gets a new one; the old one still writes what waits.
  if (logs.get(name)?.log === log) logs.delete(name);
  return log.close();
}

function storeOf(place: LogPlace): Store {
  if ('file' in place) {
    if (!isAbsolute(place.file)) {
      throw new LogError('ALPR_LOG_FOLDER', `Expected an absolute path of a log but received ${place.file}`);
    }
    return new FileStore({ path: place.file, key: place.key });
  }
  const { url, secret } = place;
  const problem = serverProblem(url);
  if (problem !== undefined) throw new LogError('ALPR_LOG_SERVER', problem);
  return new SqlStore(() => (/^postgres/.test(url) ? openPostgres(url, secret) : openLibsqlServer(url, secret)));
}

/** What is wrong with a server's address; undefined when nothing. Says nothing of a password in it. */
export function serverProblem(url: string): string | undefined {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return 'Expected an address such as postgres://user@host/database or libsql://host for server';
  }
  if (!['postgres:', 'postgresql:', 'libsql:', 'https:', 'http:'].includes(parsed.protocol)) {
    return `Expected postgres://, libsql://, https:// or http:// for server but received ${parsed.protocol}//`;
  }
  if (parsed.password !== '' || parsed.searchParams.has('password') || parsed.searchParams.has('authToken')) {
    return 'Expected the password in its own field, where it is kept encrypted, but received it in the address';
  }
  return undefined;
}

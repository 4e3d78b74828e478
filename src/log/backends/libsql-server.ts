import type { Client } from '@libsql/client' with { 'resolution-mode': 'import' };
import { LogError } from '../errors.js';
import { numberIn } from '../sql/schema.js';
import type { Backend, Row, Size, SqlValue, Statement } from '../sql/sql.js';
import { plainRow } from './libsql-file.js';
import { libsqlError } from './libsql-error.js';

/** Requests that take longer are given up. */
const TIMEOUT_MS = 30_000;

/**
 * A libSQL server (Turso, sqld) over HTTP. Such a server lets nobody tidy up its files: what is deleted cannot be found any more,
 * but its bytes stay until the server uses them again.
 *
 * @param url `libsql://`, `https://` or `http://`
 * @param token '' for none
 * @throws LogError
 */
export async function openLibsqlServer(url: string, token: string): Promise<Backend> {
  const { createClient } = await import('@libsql/client/http');
  const fetchInTime = (request: Request): Promise<Response> =>
    fetch(request, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const client = createClient({ url, fetch: fetchInTime, ...(token === '' ? {} : { authToken: token }) });
  const server = new LibsqlServer(client, url);
  await server.all('SELECT 1 AS one');
  return server;
}

class LibsqlServer implements Backend {
  readonly dialect = 'libsql';

  constructor(
    private readonly client: Client,
    private readonly where: string,
  ) {}

  all(sql: string, args: SqlValue[] = []): Promise<Row[]> {
    return this.#guard(async () => (await this.client.execute({ sql, args })).rows.map(plainRow));
  }

  batch(statements: Statement[]): Promise<number[]> {
    return this.#guard(async () =>
      (await this.client.batch(statements, 'write')).map(({ rowsAffected }) => rowsAffected),
    );
  }

  async size(): Promise<Size> {
    const pages = numberIn((await this.all('PRAGMA page_count'))[0], 'page_count');
    const free = numberIn((await this.all('PRAGMA freelist_count'))[0], 'freelist_count');
    const page = numberIn((await this.all('PRAGMA page_size'))[0], 'page_size');
    return { bytes: pages * page, live: (pages - free) * page };
  }

  tidy(): Promise<boolean> {
    return Promise.resolve(false);
  }

  close(): Promise<void> {
    this.client.close();
    return Promise.resolve();
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      throw serverError(thrown, this.where);
    }
  }
}

function serverError(thrown: unknown, where: string): LogError {
  const { code, message = String(thrown), cause } = thrown as { code?: string; message?: string; cause?: unknown };
  const status = (cause as { status?: number } | undefined)?.status;
  if (status === 401 || status === 403 || /HTTP status (401|403)|AUTH/i.test(`${message} ${code ?? ''}`)) {
    return new LogError('ALPR_LOG_LOGIN', `Expected ${where} to take the token but received ${message}`, {
      cause: thrown,
    });
  }
  const away = status !== undefined || code === undefined || code === 'SERVER_ERROR' || code === 'HRANA_CLOSED_ERROR';
  if (!away) return libsqlError(thrown, where, false);
  const reason = (cause as { code?: string } | undefined)?.code ?? message;
  return new LogError('ALPR_LOG_SERVER', `Expected an answer from ${where} but received ${reason}`, { cause: thrown });
}

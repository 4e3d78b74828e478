import type { Pool, PoolClient } from 'pg';
import { LogError, type LogErrorCode } from '../errors.js';
import { numberIn } from '../sql/schema.js';
import type { Backend, Row, Size, SqlValue, Statement } from '../sql/sql.js';

const CONNECT_TIMEOUT_MS = 10_000;
/** Statistics over years take a while. */
const QUERY_TIMEOUT_MS = 120_000;
/** One writes, the others answer questions. */
const CONNECTIONS = 3;

/**
 * A PostgreSQL server. Connections that break are replaced with the next call.
 *
 * @param url `postgres://user@host:5432/database`, with options such as `?sslmode=require`; without password
 * @param password '' for none
 * @throws LogError
 */
export async function openPostgres(url: string, password: string): Promise<Backend> {
  const { Pool } = await import('pg');
  const full = new URL(url);
  if (password !== '') full.password = encodeURIComponent(password);
  const pool = new Pool({
    connectionString: full.href,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    allowExitOnIdle: true,
    application_name: 'node-red plate-log',
  });
  // An idle connection that breaks is no error of anybody's; the pool takes it out.
  pool.on('error', ignore);
  // Between two statements nobody listens: a server that ends just then would end the whole process. The call fails by itself.
  pool.on('connect', (client) => client.on('error', ignore));
  const database = new Postgres(pool, url);
  try {
    await database.all('SELECT 1 AS one');
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

class Postgres implements Backend {
  readonly dialect = 'postgres';

  constructor(
    private readonly pool: Pool,
    private readonly where: string,
  ) {}

  async all(sql: string, args: SqlValue[] = []): Promise<Row[]> {
    try {
      return (await this.pool.query<Row>(numbered(sql), args.map(value))).rows;
    } catch (thrown) {
      throw postgresError(thrown, this.where);
    }
  }

  async batch(statements: Statement[]): Promise<number[]> {
    let client: PoolClient | undefined;
    let broken: Error | undefined;
    try {
      client = await this.pool.connect();
      // Whatever the server's own setting is: committed means on disk.
      await client.query('BEGIN; SET LOCAL synchronous_commit TO on');
      const changes: number[] = [];
      for (const { sql, args } of statements) {
        changes.push((await client.query(numbered(sql), args.map(value))).rowCount ?? 0);
      }
      await client.query('COMMIT');
      return changes;
    } catch (thrown) {
      broken = thrown as Error;
      await client?.query('ROLLBACK').then(
        () => (broken = undefined),
        () => undefined,
      );
      throw postgresError(thrown, this.where);
    } finally {
      client?.release(broken);
    }
  }

  async size(): Promise<Size> {
    const [row] = await this.all(
      `SELECT pg_total_relation_size('alpr_visits') + pg_total_relation_size('alpr_thumbnails') AS bytes,
        (SELECT COALESCE(SUM(pg_column_size(v.*)), 0) FROM alpr_visits v) +
        (SELECT COALESCE(SUM(pg_column_size(t.jpeg)), 0) FROM alpr_thumbnails t) AS live`,
    );
    return { bytes: numberIn(row, 'bytes'), live: numberIn(row, 'live') };
  }

  async tidy(thoroughly: boolean): Promise<boolean> {
    // FULL writes new files and drops the old ones; without it, the room is used again by the next rows.
    for (const table of ['alpr_visits', 'alpr_thumbnails']) {
      await this.all(`VACUUM ${thoroughly ? '(FULL, ANALYZE)' : '(ANALYZE)'} ${table}`);
    }
    return thoroughly;
  }

  async close(): Promise<void> {
    await this.pool.end().catch(ignore);
  }
}

function ignore(): void {}

/** `?` → `$1`, `$2`, … */
function numbered(sql: string): string {
  let number = 0;
  return sql.replace(/\?/g, () => `$${++number}`);
}

/** pg knows bytes as Buffers. */
function value(given: SqlValue): unknown {
  if (!(given instanceof Uint8Array)) return given;
  return Buffer.from(given.buffer, given.byteOffset, given.byteLength);
}

/** By SQLSTATE, of which the first two characters are a class (PostgreSQL documentation, appendix A), else by the system's code. */
function postgresError(thrown: unknown, where: string): LogError {
  if (thrown instanceof LogError) return thrown;
  const { code = '', message = String(thrown) } = thrown as { code?: string; message?: string };
  const told = (kind: LogErrorCode, expected: string): LogError =>
    new LogError(kind, `Expected ${expected} but received ${message === '' ? code : message}`, { cause: thrown });
  if (/^(28|42501|3D000)/.test(code) || /password must be a string|SASL/i.test(message)) {
    return told('ALPR_LOG_LOGIN', `${where} to let this user in (check user, password, database and rights)`);
  }
  if (code === '53100') return told('ALPR_LOG_DISK_FULL', `room on the disk of ${where}`);
  if (/^(40|55P03)/.test(code)) return told('ALPR_LOG_LOCKED', `${where} to be free`);
  // Ours or the system's codes (ECONNREFUSED), lost connections without any, and a server that starts, ends or is full.
  if (/^(08|53|57|58)/.test(code) || !/^[0-9A-Z]{5}$/.test(code)) {
    return told('ALPR_LOG_SERVER', `an answer from ${where}`);
  }
  return told('ALPR_LOG', `an answer from ${where}`);
}

import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { csvHead, csvRow } from './csv.js';
import { LogError } from './errors.js';
import type { ExportQuery } from './query.js';
import { nextVisits } from './sql/find.js';
import type { Sql } from './sql/sql.js';

/** Rows that are in memory at a time. */
const ROWS_AT_ONCE = 1000;

export interface Exported {
  path: string;
  visits: number;
}

/**
 * Writes visits, the oldest first, into a CSV file that only we may read. The file appears when it is whole; one of that name is
 * left alone unless `overwrite` is set.
 * @throws LogError
 */
export async function exportVisits(sql: Sql, query: ExportQuery & { path: string }): Promise<Exported> {
  const { filter, path, separator, overwrite } = query;
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  let visits = 0;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(csvHead(separator));
      let after: { firstSeen: number; number: number } | undefined;
      do {
        const next = await nextVisits(sql, filter, after, ROWS_AT_ONCE);
        await file.writeFile(next.visits.map((visit) => csvRow(visit, separator)).join(''));
        visits += next.visits.length;
        after = next.last;
      } while (after !== undefined);
      await file.sync();
    } finally {
      await file.close();
    }
    if (overwrite) await rename(temporary, path);
    else await appear(temporary, path);
    return { path, visits };
  } catch (cause) {
    await unlink(temporary).catch(() => undefined);
    if (cause instanceof LogError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const fix = code === 'EEXIST' ? 'there is such a file; name another one or set overwrite' : message;
    throw new LogError('ALPR_LOG_EXPORT', `Expected to write ${path} but received ${fix}`, { cause });
  }
}

/** Under its name, unless there is something of that name: a link, unlike a rename, replaces nothing. */
async function appear(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
    await unlink(temporary);
  } catch (error) {
    // Memory cards and network drives know no links.
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
    if (await there(path)) throw Object.assign(new Error('file exists'), { code: 'EEXIST' });
    await rename(temporary, path);
  }
}

function there(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

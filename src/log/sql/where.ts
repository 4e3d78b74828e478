import { afterPrefix, type PlatePattern } from '../pattern.js';
import type { VisitFilter } from '../query.js';
import type { SqlValue } from './sql.js';

/** The conditions of a filter, ready for a statement. */
export interface Where {
  /** `WHERE …`, or '' for all rows. */
  sql: string;
  args: SqlValue[];
}

/** @param more further conditions, whose values come last */
export function where(filter: VisitFilter, ...more: { sql: string; args: SqlValue[] }[]): Where {
  const conditions: { sql: string; args: SqlValue[] }[] = [];
  const add = (sql: string, ...args: SqlValue[]): void => void conditions.push({ sql, args });
  if (filter.plate !== undefined) conditions.push(...plate(filter.plate));
  if (filter.from !== undefined) add('first_seen >= ?', filter.from);
  if (filter.to !== undefined) add('first_seen < ?', filter.to);
  for (const column of ['camera', 'direction', 'zone', 'rule'] as const) {
    if (filter[column] !== undefined) add(`${column} = ?`, filter[column]);
  }
  if (filter.tag !== undefined) add("tags LIKE ? ESCAPE '!'", `%,${filter.tag.replace(/[!%_]/g, '!$&')},%`);
  conditions.push(...more);
  if (conditions.length === 0) return { sql: '', args: [] };
  return {
    sql: `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`,
    args: conditions.flatMap(({ args }) => args),
  };
}

function plate({ column, like, prefix, exact }: PlatePattern): { sql: string; args: SqlValue[] }[] {
  if (exact !== undefined) return [{ sql: `${column} = ?`, args: [exact] }];
  const conditions = [{ sql: `${column} LIKE ?`, args: [like] }];
  const end = afterPrefix(prefix);
  if (prefix !== '' && end !== undefined) {
    conditions.push({ sql: `${column} >= ? AND ${column} < ?`, args: [prefix, end] });
  }
  return conditions;
}

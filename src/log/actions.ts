import { join, resolve } from 'node:path';
import { LogError, shown } from './errors.js';
import type { PlateLog } from './plate-log.js';
import { exportQuery, forgetQuery, searchQuery, statisticsQuery, visitsQuery } from './query.js';

/** What a message may ask of a log. */
export const ACTIONS = ['search', 'visits', 'statistics', 'export', 'forget', 'vacuum', 'status'] as const;
export type Action = (typeof ACTIONS)[number];

export interface Folders {
  /** Where relative paths begin. */
  base: string;
  /** Where exports without a path go. */
  exports: string;
}

/**
 * Does what a message asks for.
 * @param given its parameters: an object, or a plate for those that want one
 * @returns what to answer, with the action's name in `action`
 * @throws LogError
 */
export async function act(
  log: PlateLog,
  action: string,
  given: unknown,
  folders: Folders,
): Promise<Record<string, unknown>> {
  const known = ACTIONS.find((name) => name === action);
  if (known === undefined) {
    throw new LogError(
      'ALPR_LOG_QUERY',
      `Expected one of ${ACTIONS.join(', ')} in msg.action but received ${shown(action)}`,
    );
  }
  return { action: known, ...(await answers[known](log, given, folders)) };
}

const answers: Record<Action, (log: PlateLog, given: unknown, folders: Folders) => Promise<object>> = {
  search: async (log, given) => renamed(await log.search(searchQuery(given)), 'visits'),
  visits: async (log, given) => renamed(await log.visits(visitsQuery(given)), 'plates'),
  statistics: (log, given) => log.statistics(statisticsQuery(given)),
  export: (log, given, { base, exports }) => {
    const query = exportQuery(given);
    const name = `plates-${new Date().toISOString().replace(/[:.]/g, '-')}.csv`;
    const path = query.path === undefined ? join(exports, name) : resolve(base, query.path);
    return log.export({ ...query, path });
  },
  forget: (log, given) => log.forget(forgetQuery(given)),
  vacuum: (log) => log.vacuum(),
  status: (log) => log.look(),
};

function renamed<T extends { rows: unknown }>({ rows, ...rest }: T, name: string): object {
  return { [name]: rows, ...rest };
}

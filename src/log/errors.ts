/** What kind of trouble; the end of the code is what a status line shows. */
export type LogErrorCode =
  /** Another process holds the database. */
  | 'ALPR_LOG_LOCKED'
  /** No room left where the database lies. */
  | 'ALPR_LOG_DISK_FULL'
  /** Reading or writing failed for another reason. */
  | 'ALPR_LOG_DISK'
  /** The folder or the file may not be read or written. */
  | 'ALPR_LOG_FOLDER'
  /** The key is wrong, or the file is no database. */
  | 'ALPR_LOG_WRONG_KEY'
  | 'ALPR_LOG_DAMAGED'
  /** Written by a later version of this package. */
  | 'ALPR_LOG_NEWER'
  /** The server cannot be reached, or goes away. */
  | 'ALPR_LOG_SERVER'
  /** The thread that works with the file ended; another one takes over. */
  | 'ALPR_LOG_THREAD'
  /** The server refuses user, password, token or rights. */
  | 'ALPR_LOG_LOGIN'
  /** More events wait than may. */
  | 'ALPR_LOG_BUSY'
  | 'ALPR_LOG_CLOSED'
  /** No plate event, or one that makes no sense. */
  | 'ALPR_LOG_EVENT'
  /** Something that was asked for makes no sense. */
  | 'ALPR_LOG_QUERY'
  | 'ALPR_LOG_EXPORT'
  /** Whatever else a database says. */
  | 'ALPR_LOG';

/** Trouble that may pass by itself: events wait for it in memory. */
const PASSING: ReadonlySet<LogErrorCode> = new Set([
  'ALPR_LOG_LOCKED',
  'ALPR_LOG_DISK_FULL',
  'ALPR_LOG_DISK',
  'ALPR_LOG_SERVER',
  'ALPR_LOG_THREAD',
]);

/** Trouble with the database as a whole, not with what was asked of it. */
const WHOLE: ReadonlySet<LogErrorCode> = new Set([
  ...PASSING,
  'ALPR_LOG_FOLDER',
  'ALPR_LOG_WRONG_KEY',
  'ALPR_LOG_DAMAGED',
  'ALPR_LOG_NEWER',
  'ALPR_LOG_LOGIN',
]);

/** An error of the log. Messages hold no plates and no passwords: they end up in log files. */
export class LogError extends Error {
  constructor(
    readonly code: LogErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'LogError';
  }
}

/** True for trouble that may pass by itself. */
export function isPassing(error: unknown): boolean {
  return PASSING.has(codeOf(error) as LogErrorCode);
}

/** True for trouble with the database as a whole: whatever else is asked of it fails the same way. */
export function isWhole(error: unknown): boolean {
  return WHOLE.has(codeOf(error) as LogErrorCode);
}

/** The code of an error, also of one that came from a worker thread and lost its class. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** A value as an error shows it. Not for plates: errors end up in logs, and those are personal data. */
export function shown(value: unknown): string {
  if (value === undefined || value === '') return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

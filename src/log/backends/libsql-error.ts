import { LogError, type LogErrorCode } from '../errors.js';

/**
 * An error of libSQL in our words.
 * @param where the database as a person knows it, without password: a path or an address
 */
export function libsqlError(thrown: unknown, where: string, withKey: boolean): LogError {
  if (thrown instanceof LogError) return thrown;
  const { code, extendedCode, message } = thrown as { code?: string; extendedCode?: string; message?: string };
  const [kind, text] = told(code ?? '', `${extendedCode ?? ''} ${message ?? ''}`, withKey);
  return new LogError(kind, `Expected ${text(where)} but received ${shortMessage(message ?? String(thrown))}`, {
    cause: thrown,
  });
}

type Told = [LogErrorCode, (where: string) => string];

function told(code: string, details: string, withKey: boolean): Told {
  if (/SQLITE_(BUSY|LOCKED)/.test(code)) {
    return ['ALPR_LOG_LOCKED', (where) => `${where} to be free: another program holds it, close that one;`];
  }
  if (code === 'SQLITE_FULL' || /ENOSPC|disk is full/i.test(details)) {
    return ['ALPR_LOG_DISK_FULL', (where) => `room on the disk of ${where}: make some, or keep less;`];
  }
  if (code === 'SQLITE_NOTADB') {
    const key = withKey
      ? 'wrong key or not a database: check the key in the node (a log made without a key needs none)'
      : 'not a database, or one with a key: enter its key in the node';
    return ['ALPR_LOG_WRONG_KEY', (where) => `a log of plates in ${where} (${key});`];
  }
  if (code === 'SQLITE_CORRUPT') {
    const fix = 'nothing was changed; take a copy back, or try `sqlite3 … .recover`, or set another file';
    return ['ALPR_LOG_DAMAGED', (where) => `a whole log of plates in ${where} (${fix});`];
  }
  if (/SQLITE_(READONLY|CANTOPEN|PERM|AUTH)/.test(code)) {
    return ['ALPR_LOG_FOLDER', (where) => `to read and write ${where} and its folder: check their rights;`];
  }
  if (code === 'SQLITE_IOERR') return ['ALPR_LOG_DISK', (where) => `to read and write ${where}: check the disk;`];
  return ['ALPR_LOG', (where) => `an answer from ${where}`];
}

/** Without what was in a statement: it may be a plate. */
function shortMessage(message: string): string {
  const line = message.replace(/\s+/g, ' ').trim();
  return line.length <= 160 ? line : `${line.slice(0, 159)}…`;
}

import { ModelError } from '../errors.js';

/**
 * What went wrong, coarsely: `offline` no way to the server, `broken` the connection broke off or stalled, `server` the server
 * said no, `wrong-file` it sent something else, `disk` writing failed, `aborted` the caller stopped it.
 */
export type DownloadReason = 'offline' | 'broken' | 'server' | 'wrong-file' | 'disk' | 'aborted';

/** A model file could not be fetched. Messages never hold credentials: addresses in them went through shownUrl. */
export class DownloadError extends ModelError {
  /** Another try may help. */
  readonly again: boolean;
  /** ms that the server asked to wait before it. */
  readonly waitMs: number;

  constructor(
    readonly reason: DownloadReason,
    message: string,
    options: ErrorOptions & { again?: boolean; waitMs?: number } = {},
  ) {
    super(message, options);
    this.name = 'DownloadError';
    this.again = options.again === true;
    this.waitMs = options.waitMs ?? 0;
  }
}

/**
 * An error of the file system in plain words.
 * @param path what was written
 * @param wanted bytes that were to be written in all, when known
 */
export function diskError(error: unknown, path: string, wanted?: number): DownloadError {
  if (error instanceof DownloadError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  const why: Record<string, string> = {
    ENOSPC: `the disk is full: make room${wanted === undefined ? '' : ` for ${wanted} bytes`}, or choose another folder`,
    EDQUOT: "this user's share of the disk is used up: make room, or choose another folder",
    EACCES: 'this user may not write there: change the permissions of the folder, or choose another one',
    EPERM: 'this user may not write there: change the permissions of the folder, or choose another one',
    EROFS: 'the file system can only be read: choose another folder',
    EEXIST: 'there is a file of the name of the folder: move it away, or choose another folder',
    ENOTDIR: 'part of the path is a file and no folder: choose another folder',
    EISDIR: 'there is a folder of that name: move it away',
    EFBIG: 'this file system or the limits of this user (ulimit) do not allow a file so large',
    ENOENT: 'the folder is gone: choose another one',
  };
  const reason = why[code] ?? 'the disk failed';
  return new DownloadError('disk', `Expected to write ${path} but ${reason} (${code})`, { cause: error });
}

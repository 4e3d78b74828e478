/** What goes into a statement in place of a `?`. */
export type SqlValue = string | number | null | Uint8Array;

export interface Statement {
  sql: string;
  args: SqlValue[];
}

export type Row = Record<string, unknown>;

/** Which of the databases: their SQL differs in a few words. */
export type Dialect = 'file' | 'libsql' | 'postgres';

/**
 * One database, as the log talks to it. Statements have `?` for their values in every dialect, and no `?` elsewhere. Both
 * methods reject with a LogError.
 */
export interface Sql {
  readonly dialect: Dialect;
  /** Rows of one query. Whole numbers are numbers, bytes Uint8Arrays. */
  all(sql: string, args?: SqlValue[]): Promise<Row[]>;
  /** All statements or none of them, on disk when it resolves. @returns how many rows each one changed */
  batch(statements: Statement[]): Promise<number[]>;
  close(): Promise<void>;
}

/** A connected database, and what each kind does in its own way. */
export interface Backend extends Sql {
  size(): Promise<Size>;
  /**
   * Gives back the room of what was deleted.
   * @param thoroughly so that nothing of it can be read in the database's files any more, as far as that is in our power
   * @returns whether nothing of it is left there
   */
  tidy(thoroughly: boolean): Promise<boolean>;
}

export interface Size {
  /** That the log takes on disk. */
  bytes: number;
  /** That visits and pictures take of them. */
  live: number;
}

export function statement(sql: string, ...args: SqlValue[]): Statement {
  return { sql, args };
}

/** `?, ?, ?` */
export function marks(count: number): string {
  return Array<string>(count).fill('?').join(', ');
}

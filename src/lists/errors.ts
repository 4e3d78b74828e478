/** What is wrong with a list of plates, its file, or what was asked of it. */
export class ListError extends Error {
  constructor(
    readonly code: 'ALPR_LIST_FILE' | 'ALPR_LIST_STORE' | 'ALPR_LIST_ENTRY' | 'ALPR_LIST_ACTION' | 'ALPR_PLATE',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ListError';
  }
}

/** A value as an error shows it. Not for plates and names: errors end up in logs, and those are personal data. */
export function shown(value: unknown): string {
  if (value === undefined || value === '') return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Something about a row of a list that keeps it from being used. */
export interface RowProblem {
  /** Where: `line 7` of a CSV file, `entry 3` of a JSON file or of a message. Left out for what concerns the whole. */
  place?: string;
  /** As in `ListEntry`; left out when the row itself is broken. */
  field?: string;
  /** `Expected … but received …` */
  reason: string;
}

export function problemText({ place, field, reason }: RowProblem): string {
  const where = [place, field].filter((part) => part !== undefined).join(', ');
  return where === '' ? reason : `${where}: ${reason}`;
}

const NAMED = 5;

/** Up to five problems in one line, and how many more there are. */
export function problemsText(problems: readonly RowProblem[]): string {
  const named = problems.slice(0, NAMED).map(problemText).join('; ');
  return problems.length > NAMED ? `${named}; and ${problems.length - NAMED} more` : named;
}

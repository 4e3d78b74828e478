/** One thing the doctor looked at. */
export interface Finding {
  /** Stable name, for tests and filters: `driver`, `device-node`, `library`, … */
  id: string;
  level: 'ok' | 'info' | 'warning' | 'error';
  /** What was found, one sentence. */
  title: string;
  /** What to do about it, one line; only when there is something to do. */
  fix?: string;
}

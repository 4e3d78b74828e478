/** An error that a flow's Catch node can tell apart by `error.code`. */
export class AlprNodeError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AlprNodeError';
    this.code = code;
  }
}

/** More messages arrive than the node can work off. */
export function busyError(limit: number): AlprNodeError {
  return new AlprNodeError('ALPR_BUSY', `Expected at most ${limit} waiting messages but received one more: dropped`);
}

/** Whatever was thrown, as an Error; never throws itself. */
export function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  let text: string;
  try {
    text = typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? String(thrown));
  } catch {
    text = Object.prototype.toString.call(thrown);
  }
  return new AlprNodeError('ALPR_ERROR', text === '' ? 'Unknown error' : text, { cause: thrown });
}

/** A value as it appears in an error message: short, and safe for anything a flow may carry. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (Buffer.isBuffer(value)) return `a Buffer of ${value.length} bytes`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

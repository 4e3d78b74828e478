/** What goes to a worker. */
export interface WorkerRequest<Job> {
  id: number;
  job: Job;
}

/** An error's parts that survive the way between threads. */
export interface PlainError {
  name: string;
  message: string;
  code?: string;
  stack?: string;
}

/** What comes back: one per request. */
export type WorkerReply<Result> = { id: number; result: Result } | { id: number; error: PlainError };

/** Structured clone drops `code` and own classes of errors, so they travel as plain objects. */
export function toPlainError(value: unknown): PlainError {
  if (!(value instanceof Error)) return { name: 'Error', message: String(value) };
  const plain: PlainError = { name: value.name, message: value.message };
  const code = (value as { code?: unknown }).code;
  if (typeof code === 'string') plain.code = code;
  if (value.stack !== undefined) plain.stack = value.stack;
  return plain;
}

/** The error as the other thread threw it: name, message, code and stack. */
export function fromPlainError(plain: PlainError): Error {
  const error = new Error(plain.message);
  error.name = plain.name;
  if (plain.stack !== undefined) error.stack = plain.stack;
  if (plain.code !== undefined) Object.assign(error, { code: plain.code });
  return error;
}

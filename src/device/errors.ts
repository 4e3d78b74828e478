/** A worker thread ended or refused while it had work; the next request gets a fresh one. */
export class WorkerError extends Error {
  readonly code = 'ALPR_WORKER';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'WorkerError';
  }
}

/** No library that can run networks loads on this machine; the message lists what was tried and what to do. */
export class RuntimeError extends Error {
  readonly code = 'ALPR_RUNTIME';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RuntimeError';
  }
}

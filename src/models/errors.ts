/** A model or its manifest is missing, damaged or not what it says it is. */
export class ModelError extends Error {
  readonly code = 'ALPR_MODEL';
  /** What is wrong or what to do, in at most 19 characters, for the status under a node. */
  readonly brief: string | undefined;

  constructor(message: string, { brief, ...options }: ErrorOptions & { brief?: string } = {}) {
    super(message, options);
    this.name = 'ModelError';
    this.brief = brief;
  }
}

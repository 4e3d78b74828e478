/** A model or its manifest is missing, damaged or not what it says it is. */
export class ModelError extends Error {
  readonly code = 'ALPR_MODEL';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ModelError';
  }
}

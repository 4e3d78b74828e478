/** A network's output does not look the way its manifest says. The message names the output, what was expected and what came. */
export class DecodeError extends Error {
  readonly code = 'ALPR_DECODE';

  constructor(message: string) {
    super(message);
    this.name = 'DecodeError';
  }
}

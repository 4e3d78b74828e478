/**
 * A status other than success from libhailort, or a file, library or device that cannot be used. `message` is a sentence with
 * what to do; `status` is hailo_status where there is one.
 */
export class HailoError extends Error {
  readonly code = 'ALPR_HAILO';

  constructor(
    message: string,
    readonly status?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'HailoError';
  }
}

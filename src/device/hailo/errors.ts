export interface HailoErrorOptions extends ErrorOptions {
  /** What is wrong or what to do, in at most 19 characters: all that the status under a node has room for. */
  brief?: string | undefined;
}

/**
 * A status other than success from libhailort, or a file, library or device that cannot be used. `message` is a sentence with
 * what to do; `status` is hailo_status where there is one.
 */
export class HailoError extends Error {
  readonly code = 'ALPR_HAILO';
  readonly brief: string | undefined;

  constructor(
    message: string,
    readonly status?: number,
    { brief, ...options }: HailoErrorOptions = {},
  ) {
    super(message, options);
    this.name = 'HailoError';
    this.brief = brief;
  }
}

export type ImageErrorCode =
  /** Neither bytes, base64, data URL nor a file's path. */
  | 'ALPR_IMAGE_INPUT'
  /** Bytes that are no picture we can read, or a damaged one. */
  | 'ALPR_IMAGE_DECODE'
  /** A picture of more pixels than allowed. */
  | 'ALPR_IMAGE_TOO_LARGE'
  /** Sizes, boxes or buffers that cannot be worked with. */
  | 'ALPR_IMAGE_ARGUMENT'
  /** The picture library itself could not be loaded. */
  | 'ALPR_IMAGE_LIBRARY';

/** What goes wrong with pictures; `code` says which kind, for people who catch it. */
export class ImageError extends Error {
  readonly code: ImageErrorCode;

  constructor(code: ImageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ImageError';
    this.code = code;
  }
}

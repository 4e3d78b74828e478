const defaultMegapixels = 64;
const defaultTimeoutMs = 10_000;

/** Bytes of the largest picture file that is taken: three a pixel, as only noise needs them, and 32 MiB at most. */
export function largestPicture(maxMegapixels = defaultMegapixels): number {
  return Math.min(32 * 1024 * 1024, Math.max(1024 * 1024, Math.ceil(maxMegapixels * 3e6)));
}

/** ms without a picture until the camera counts as lost. */
export function timeoutOf({ timeoutMs }: { timeoutMs?: number | undefined }): number {
  return timeoutMs ?? defaultTimeoutMs;
}

/** `10 s`, `0.3 s`. */
export function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

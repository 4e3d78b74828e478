/** What keeps an outbox from taking, keeping or delivering a message. */
export class OutboxError extends Error {
  constructor(
    readonly code: 'ALPR_OUTBOX_DISK' | 'ALPR_OUTBOX_FULL' | 'ALPR_OUTBOX_MESSAGE' | 'ALPR_OUTBOX_LOCKED',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'OutboxError';
  }
}

/** The reason of the system without the path, which stands in our text. */
export function systemReason(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'that the disk is full';
  return code === undefined ? String(message) : `${code} (${String(message).replace(/^\w+: /, '')})`;
}

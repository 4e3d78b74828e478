/** The mark that a message carries on its way, and by which an answer is known. */
export interface OutboxMark {
  /** Id of the outbox node. */
  node: string;
  /** Of the message in the outbox; the same at every attempt, also after a restart. */
  id: number;
  /** 1 for the first. */
  attempt: number;
}

export type Incoming =
  | { kind: 'message' }
  | { kind: 'answer'; id: number; answer: 'delivered' | 'failed' | 'refused' }
  | { kind: 'action'; action: 'clear' | 'retry' };

/** The receiver says that this message is wrong in itself: sending it again cannot help. Other errors may pass. */
const REFUSING = new Set([400, 413, 415, 422]);

/**
 * What a message at the outbox's input is: one to keep, the answer to one that was sent (from a complete or catch node, or from the
 * http request node itself), or an order.
 */
export function classify(msg: Record<string, unknown>, node: string): Incoming {
  const mark = msg['_alprOutbox'] as Partial<OutboxMark> | undefined | null;
  // Of another outbox: for this one it is a message like others.
  if (typeof mark === 'object' && mark !== null && mark.node === node && typeof mark.id === 'number') {
    return { kind: 'answer', id: mark.id, answer: answerOf(msg) };
  }
  const { action } = msg;
  if (action === 'clear' || action === 'retry') return { kind: 'action', action };
  return { kind: 'message' };
}

function answerOf({ error, statusCode }: Record<string, unknown>): 'delivered' | 'failed' | 'refused' {
  if (error !== undefined && error !== null) return 'failed';
  // Of the http request node: a number, or the code of an error like ECONNREFUSED.
  if (statusCode === undefined) return 'delivered';
  const code = Number(statusCode);
  if (code >= 200 && code < 300) return 'delivered';
  return REFUSING.has(code) ? 'refused' : 'failed';
}

import { OutboxError } from './errors.js';
import type { Message } from './kept-message.js';
import { DELIVERY_HEADER, SIGNATURE_HEADER, signatureOf } from './signature.js';

/**
 * The message with its payload as the text (or bytes) that the http request node sends as they are, and the headers of a signed
 * webhook. Other headers stay.
 *
 * @param id of the delivery
 * @param seconds since the epoch
 * @throws OutboxError `ALPR_OUTBOX_MESSAGE` for a form, whose bytes the request node makes up itself
 */
export function signedForWebhook(message: Message, id: number, secret: string, seconds: number): Message {
  const headers = isRecord(message['headers']) ? { ...message['headers'] } : {};
  const type = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  const { payload } = message;
  if (isRecord(payload) && typeof type === 'string' && /^(multipart|application\/x-www-form)/i.test(type)) {
    throw new OutboxError(
      'ALPR_OUTBOX_MESSAGE',
      `Expected text, bytes or JSON as payload of a signed webhook but received a form (${type})`,
    );
  }
  const body =
    typeof payload === 'string' || payload instanceof Uint8Array ? payload : JSON.stringify(inBase64(payload));
  if (type === undefined && typeof payload === 'object') headers['content-type'] = 'application/json';
  headers[SIGNATURE_HEADER] = signatureOf(body ?? '', secret, Math.floor(seconds));
  headers[DELIVERY_HEADER] = String(id);
  return { ...message, headers, payload: body ?? '' };
}

/** Pictures in an object as base64, as plate events have them in JSON. */
function inBase64(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(inBase64);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, inBase64(entry)]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

import { createHmac, timingSafeEqual } from 'node:crypto';

/** Carries `t=<seconds since the epoch>,v1=<HMAC-SHA-256 in hexadecimal>`. */
export const SIGNATURE_HEADER = 'X-Plateflow-Signature';
/** The same at every attempt to deliver a message: receivers keep it to take each only once. */
export const DELIVERY_HEADER = 'X-Plateflow-Delivery';

/** A receiver with a clock of its own: how far it may be away, seconds. */
const TOLERANCE_SECONDS = 300;

/**
 * Value of the signature header: HMAC-SHA-256 (RFC 2104) over the time, a full stop and the very bytes of the body. The time is
 * in it so that a signed request that somebody recorded cannot be sent again later.
 *
 * @param seconds since the epoch, whole
 */
export function signatureOf(body: string | Uint8Array, secret: string, seconds: number): string {
  return `t=${seconds},v1=${digest(body, secret, String(seconds)).toString('hex')}`;
}

/**
 * Whether a header is the signature of this body by this secret, not older (or newer) than the tolerance. The comparison takes the
 * same time wherever the two differ. Several `v1` are allowed, as while a secret is being changed.
 */
export function isSigned(
  body: string | Uint8Array,
  header: string | undefined,
  secret: string,
  { nowSeconds = Date.now() / 1000, toleranceSeconds = TOLERANCE_SECONDS } = {},
): boolean {
  const fields = (header ?? '').split(',').map((field) => field.trim());
  const time = fields.find((field) => field.startsWith('t='))?.slice(2) ?? '';
  if (secret === '' || !/^\d{1,12}$/.test(time)) return false;
  if (Math.abs(nowSeconds - Number(time)) > toleranceSeconds) return false;
  const expected = digest(body, secret, time);
  return fields
    .filter((field) => /^v1=[0-9a-f]{64}$/i.test(field))
    .some((field) => timingSafeEqual(Buffer.from(field.slice(3), 'hex'), expected));
}

function digest(body: string | Uint8Array, secret: string, time: string): Buffer {
  return createHmac('sha256', secret).update(`${time}.`).update(body).digest();
}

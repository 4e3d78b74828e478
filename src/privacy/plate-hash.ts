import { createHmac, hkdfSync } from 'node:crypto';
import { ConfigError } from '../frame/config-error.js';
import { normalisePlate } from '../reading/normalise.js';

/** Characters of a key; a plain word could be found by trying words, and with it every plate. */
export const LEAST_KEY_LENGTH = 16;
const DAY_MS = 86_400_000;
const MAX_ROTATION_DAYS = 3650;
/** 16 characters of base32 are 80 bits: among a billion plates two with the same hash are one chance in two million. */
const HASH_LENGTH = 16;
/** RFC 4648. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** Days of rotation whose keys are kept at hand: today's, and yesterday's for visits that began before midnight. */
const KEPT_KEYS = 4;

/**
 * Plates as keyed hashes: HMAC-SHA-256 of the normalised plate, the first 80 bits as base32. A key made new for each period of
 * so many days (HKDF-SHA-256, RFC 5869, from the master key and the period's number) gives a plate another hash in each, so
 * that visits of different periods cannot be linked without the master key. Whoever has that can hash all plates there are.
 */
export class PlateHasher {
  readonly #keys = new Map<number, Buffer>();
  readonly #master: string;

  /**
   * @param key the master key, any text
   * @param rotationDays days that a hash stays the same, whole numbers; 0: for ever. Periods begin at midnight UTC.
   * @throws ConfigError without a key, for one that is too short, for days out of range
   */
  constructor(
    key: unknown,
    private readonly rotationDays: number,
  ) {
    if (typeof key !== 'string' || key.trim().length < LEAST_KEY_LENGTH) {
      const received = typeof key === 'string' && key.trim() !== '' ? `${key.trim().length}` : 'none';
      throw new ConfigError(`Expected a key of at least ${LEAST_KEY_LENGTH} characters but received ${received}`);
    }
    if (!Number.isInteger(rotationDays) || rotationDays < 0 || rotationDays > MAX_ROTATION_DAYS) {
      throw new ConfigError(
        `Expected a whole number from 0 to ${MAX_ROTATION_DAYS} for days of rotation but received ${rotationDays}`,
      );
    }
    this.#master = key.trim();
  }

  /**
   * The hash of a plate at a time. The same however the plate is written: capitals, spaces and signs do not count.
   *
   * @param at ms since the epoch
   */
  hash(plate: string, at: number): string {
    const digest = createHmac('sha256', this.#keyOf(this.#periodOf(at)))
      .update(normalisePlate(plate), 'utf8')
      .digest();
    return base32(digest).slice(0, HASH_LENGTH);
  }

  #periodOf(at: number): number {
    if (this.rotationDays === 0 || !Number.isFinite(at)) return 0;
    return Math.floor(at / (this.rotationDays * DAY_MS));
  }

  #keyOf(period: number): Buffer {
    const known = this.#keys.get(period);
    if (known !== undefined) return known;
    const info = `plateflow plate hash 1, ${this.rotationDays} days, period ${period}`;
    const key = Buffer.from(hkdfSync('sha256', this.#master, '', info, 32));
    this.#keys.set(period, key);
    if (this.#keys.size > KEPT_KEYS) {
      for (const oldest of this.#keys.keys()) {
        this.#keys.delete(oldest);
        break;
      }
    }
    return key;
  }
}

/** RFC 4648 without padding. */
function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32[(value >> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + BASE32[(value << (5 - bits)) & 31];
}

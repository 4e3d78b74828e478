import { ConfigError } from '../frame/config-error.js';
import type { PlateEvent, PlateMiss } from '../events/plate-event.js';
import { PlateHasher } from './plate-hash.js';

/**
 * What leaves plate-out. `plain`: everything. `hash`: keyed hashes instead of plates. `listed-only`: plates of a list; of the
 * others nothing. `hash-unless-listed`: plates of a list as they are, the others as hashes.
 */
export const privacyModes = ['plain', 'hash', 'listed-only', 'hash-unless-listed'] as const;
export type PrivacyMode = (typeof privacyModes)[number];

export interface PrivacySettings {
  mode: PrivacyMode;
  /** Master key of the modes with hashes. */
  key?: unknown;
  /** Days that a hash stays the same; 0: for ever. */
  rotationDays: number;
  /** Whether a plate is on the list; needed by the modes with a list. While this cannot be said, the answer is no. */
  isListed?: ((plate: string) => boolean) | undefined;
}

/** Takes out of events and misses what must not be known. Pure but for the keys it derives once per period. */
export class EventPrivacy {
  readonly #hasher: PlateHasher | undefined;
  readonly #isListed: (plate: string) => boolean;

  /** @throws ConfigError when a mode lacks what it needs: nothing may leave the node then */
  constructor(private readonly settings: PrivacySettings) {
    const { mode, key, rotationDays, isListed } = settings;
    if (!privacyModes.includes(mode)) {
      throw new ConfigError(`Expected one of ${privacyModes.join(', ')} for privacy but received ${typeof mode}`);
    }
    if (mode === 'hash' || mode === 'hash-unless-listed') this.#hasher = new PlateHasher(key, rotationDays);
    if ((mode === 'listed-only' || mode === 'hash-unless-listed') && isListed === undefined) {
      throw new ConfigError(`Expected known plates for privacy ${mode} but received none`);
    }
    this.#isListed = mode === 'plain' ? () => true : mode === 'hash' ? () => false : isListed!;
  }

  /** Whether frames, with all that can be seen in them, stay in the node. */
  get hides(): boolean {
    return this.settings.mode !== 'plain';
  }

  /** Whether pictures are ever let out. */
  get allowsPictures(): boolean {
    return this.settings.mode !== 'hash';
  }

  /** The event as it may leave the node; undefined when it may not. */
  event(event: PlateEvent): PlateEvent | undefined {
    if (!this.hides) return event;
    if (this.#isListed(event.plate)) return this.#listed(event);
    if (this.#hasher === undefined) return undefined;
    const hash = this.#hasher.hash(event.plate, event.firstSeen);
    const { images, imageViews, supersedes, ...rest } = event;
    return {
      ...rest,
      plate: hash,
      normalised: hash,
      hashed: true,
      characters: [],
      candidates: [],
      ...(supersedes === undefined ? {} : { supersedes: this.#hasher.hash(supersedes, event.firstSeen) }),
    };
  }

  /** The miss as it may leave the node: where, when and why always do, the text as in `event`. */
  miss(miss: PlateMiss): PlateMiss {
    const { plate, ...rest } = miss;
    if (plate === undefined || this.#isListed(plate)) return miss;
    if (this.#hasher === undefined) return rest;
    return { ...rest, plate: this.#hasher.hash(plate, miss.timestamp), hashed: true };
  }

  /** A plate of the list, without other plates: what it was once taken for, other readings, what stands around it. */
  #listed(event: PlateEvent): PlateEvent {
    const { images, imageViews, supersedes, ...rest } = event;
    const hash = (text: string): string | undefined =>
      this.#isListed(text) ? text : this.#hasher?.hash(text, event.firstSeen);
    const before = supersedes === undefined ? undefined : hash(supersedes);
    const candidates = event.candidates.filter(({ text }) => this.#isListed(text));
    const { plate } = images ?? {};
    const { timestamp, plateBox, plate: view } = imageViews ?? {};
    return {
      ...rest,
      candidates,
      ...(before === undefined ? {} : { supersedes: before }),
      ...(plate === undefined ? {} : { images: { plate } }),
      ...(plate === undefined || view === undefined || timestamp === undefined || plateBox === undefined
        ? {}
        : { imageViews: { timestamp, plateBox, plate: view } }),
    };
  }
}

import type { Box, Plate } from '../detection/types.js';
import type { EventImages, ImageViews } from './plate-event.js';

/** Pictures of one view, and what they show. */
export interface Pictures {
  images: EventImages;
  imageViews: ImageViews;
}

/** What is to be photographed: a plate that was read better than before, in the frame that was given. */
export interface PictureRequest {
  plate: Box;
  vehicle?: Box;
  /** Puts the pictures where the events take them from. Not called: the ones before stay. */
  store(pictures: Pictures): void;
}

/** The sight of one vehicle that was best to read so far. */
export interface BestView {
  score: number;
  pictures?: Pictures;
}

/** From this sharpness (variance of the Laplacian) on, more of it does not make a picture better (reading/vote.ts). */
const SHARP = 200;
const LEAST_SHARPNESS = 0.05;
/** A view must be this much better than the last one to be worth another encoding. */
const CLEARLY_BETTER = 1.2;

/** The best views of the vehicles in front of one camera, with a limit to what their pictures take. */
export class ViewShelf {
  /** Least recent first. */
  readonly #kept = new Map<BestView, number>();
  #bytes = 0;
  #requests: PictureRequest[] = [];

  /** @param budget bytes of pictures; beyond it the oldest are forgotten */
  constructor(private readonly budget: number = 16 * 1024 * 1024) {}

  /** Bytes of the pictures that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** Notes a reading; a request follows when it is clearly better than what its owner has. */
  offer(owner: { view?: BestView }, plate: Plate, vehicle: Box | undefined): void {
    const score = readability(plate);
    const before = owner.view?.score ?? 0;
    if (!(score > before * CLEARLY_BETTER)) return;
    const view: BestView = owner.view ?? { score };
    // Noted even if it cannot be encoded: what failed is not tried again with every frame.
    view.score = score;
    owner.view = view;
    this.#kept.set(view, this.#kept.get(view) ?? 0);
    this.#requests.push({
      plate: plate.box,
      ...(vehicle === undefined ? {} : { vehicle }),
      store: (pictures) => this.#store(view, pictures),
    });
  }

  /** What was asked for since the last call. */
  takeRequests(): PictureRequest[] {
    const requests = this.#requests;
    this.#requests = [];
    return requests;
  }

  /** The view is nobody's any more. Events that were made from it keep their pictures. */
  release(view: BestView | undefined): void {
    if (view === undefined) return;
    this.#bytes -= this.#kept.get(view) ?? 0;
    this.#kept.delete(view);
  }

  #store(view: BestView, pictures: Pictures): void {
    view.pictures = pictures;
    // Released while it was being encoded: an event of this very frame takes it, then it is forgotten.
    if (!this.#kept.has(view)) return;
    this.release(view);
    const bytes = Object.values(pictures.images).reduce((sum, picture: Uint8Array) => sum + picture.length, 0);
    this.#kept.set(view, bytes);
    this.#bytes += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.budget || oldest === view) break;
      this.release(oldest);
      delete oldest.pictures;
    }
  }
}

/** Of two views the one that was better to read, if it has pictures. */
export function betterView(one: BestView | undefined, other: BestView | undefined): BestView | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return other.score > one.score ? other : one;
}

/** How well a plate could be read: sharpness × size × confidence, above 0 for every reading. */
function readability({ box, sharpness, textConfidence, confidence }: Plate): number {
  const sharp = sharpness === undefined ? 1 : Math.min(1, Math.max(LEAST_SHARPNESS, sharpness / SHARP));
  const size = Math.sqrt(Math.max(1, (box.x2 - box.x1) * (box.y2 - box.y1)));
  return sharp * size * Math.max(0.01, textConfidence ?? confidence);
}

import type { Box, Corners, Plate } from '../detection/types.js';
import { boundsOf, platePoints } from './shape.js';
import type { Cut } from './drawing.js';

/** Plates shown at the edge, and the largest picture of one, pixels (TAPPAS shows them at 300 × 75). */
const MOST_PLATES = 5;
const PICTURE_WIDTH = 300;
const MOST_HEIGHT = 110;
/** A plate at the frame's edge may go on behind it, and one read otherwise is not well to see: they count for so much less. */
const EDGE_FACTOR = 0.2;
const OTHER_TEXT_FACTOR = 0.3;
const EDGE = 0.01;
/** A picture is taken again when plate and reading are together so much better. */
const BETTER = 1.15;
/** What readers are shown around a plate, and people like to see, share of its size. */
const MARGIN = 0.06;

/** One plate to be shown at the edge. */
export interface LastPlate {
  text: string;
  /** 0..1, where it is known. */
  confidence: number | undefined;
  settled: boolean;
  picture: CutPicture;
}

/** 8-bit RGB in memory that workers fill and read. */
export interface CutPicture {
  pixels: SharedArrayBuffer;
  width: number;
  height: number;
}

/** A plate that was read, and what tells it apart from others. */
export interface ReadPlate {
  plate: Plate;
  /** The track's key; undefined where nothing is tracked. */
  track: number | undefined;
  text: string;
  confidence: number | undefined;
  settled: boolean;
}

interface Kept extends LastPlate {
  key: string;
  quality: number;
  /** Until the picture has been cut out. */
  pending: Promise<void> | undefined;
}

/** What one drawing needs, and must give back by `done`. */
export interface Strip {
  /** The newest first. */
  plates: readonly LastPlate[];
  cuts: Cut[];
  /** Pictures that earlier drawings are cutting out just now; never rejects. */
  ready: Promise<unknown>;
  /** The drawing is done; without success its pictures are empty and go. */
  done(success: boolean): void;
}

/** The last plates that one camera has read, each with a picture of it cut from the frame that was best so far. */
export class LastPlates {
  /** The newest first. */
  #kept: Kept[] = [];
  /** Drawings at work with a picture. */
  readonly #users = new Map<SharedArrayBuffer, number>();
  readonly #retired = new Set<SharedArrayBuffer>();
  readonly #free: SharedArrayBuffer[] = [];

  /** @param known texts of tracks whose plates are not looked at in this frame any more, by their track */
  see(
    frame: { width: number; height: number },
    reads: readonly ReadPlate[],
    known: ReadonlyMap<number, Omit<ReadPlate, 'plate' | 'track'>>,
  ): Strip {
    const cuts: Cut[] = [];
    let finish: () => void = () => undefined;
    const pending = new Promise<void>((resolve) => (finish = resolve));
    const waiting = this.#kept.map((one) => one.pending);
    const fresh: Kept[] = [];
    for (const read of reads) {
      const kept = this.#entryOf(read);
      const quality = qualityOf(read, frame);
      if (kept !== undefined) {
        kept.key = keyOf(read);
        update(kept, read);
      }
      if (kept !== undefined && quality < kept.quality * BETTER) continue;
      const picture = this.#pictureFor(read.plate);
      if (picture === undefined) continue;
      if (kept !== undefined) this.#retire(kept.picture.pixels);
      const entry: Kept = kept ?? { ...textOf(read), key: '', quality, pending, picture };
      Object.assign(entry, { key: keyOf(read), quality, pending, picture });
      if (kept === undefined) this.#kept.unshift(entry);
      cuts.push({ corners: cornersOf(read.plate), ...picture });
      fresh.push(entry);
    }
    for (const kept of this.#kept) {
      const later = [...known].find(([track]) => trackKey(track) === kept.key)?.[1];
      if (later !== undefined) update(kept, later);
    }
    const used = new Set(this.#kept.map(({ picture }) => picture.pixels));
    for (const pixels of used) this.#users.set(pixels, (this.#users.get(pixels) ?? 0) + 1);
    for (const gone of this.#kept.splice(MOST_PLATES)) this.#retire(gone.picture.pixels);
    return {
      plates: this.#kept.map(({ text, confidence, settled, picture }) => ({ text, confidence, settled, picture })),
      cuts,
      ready: Promise.all(waiting),
      done: (success) => {
        for (const entry of fresh) {
          // A later drawing may have taken a better picture by now.
          if (entry.pending !== pending) continue;
          entry.pending = undefined;
          if (!success) this.#drop(entry);
        }
        for (const pixels of used) this.#release(pixels);
        finish();
      },
    };
  }

  /** Forgets all of them. */
  clear(): void {
    for (const gone of this.#kept.splice(0)) this.#retire(gone.picture.pixels);
  }

  /** The same track, or the same text again: a vehicle that was lost and found is no second one. */
  #entryOf(read: ReadPlate): Kept | undefined {
    const key = keyOf(read);
    return this.#kept.find((one) => one.key === key) ?? this.#kept.find((one) => one.text === read.text);
  }

  #pictureFor(plate: Plate): CutPicture | undefined {
    const { width, height } = sizeOf(plate);
    if (!(width >= 1 && height >= 1)) return undefined;
    const scale = Math.min(PICTURE_WIDTH / width, MOST_HEIGHT / height);
    return {
      pixels: this.#free.pop() ?? new SharedArrayBuffer(PICTURE_WIDTH * MOST_HEIGHT * 3),
      width: Math.max(1, Math.round(width * scale)),
      height: Math.max(1, Math.round(height * scale)),
    };
  }

  #drop(entry: Kept): void {
    const index = this.#kept.indexOf(entry);
    if (index < 0) return;
    this.#kept.splice(index, 1);
    this.#retire(entry.picture.pixels);
  }

  /** Nobody shows it any more; its memory is used again once the drawings that still do are done. */
  #retire(pixels: SharedArrayBuffer): void {
    if (this.#users.has(pixels)) this.#retired.add(pixels);
    else this.#give(pixels);
  }

  #release(pixels: SharedArrayBuffer): void {
    const left = (this.#users.get(pixels) ?? 1) - 1;
    if (left > 0) {
      this.#users.set(pixels, left);
      return;
    }
    this.#users.delete(pixels);
    if (this.#retired.delete(pixels)) this.#give(pixels);
  }

  #give(pixels: SharedArrayBuffer): void {
    if (this.#free.length < MOST_PLATES) this.#free.push(pixels);
  }
}

function textOf({ text, confidence, settled }: Omit<ReadPlate, 'plate' | 'track'>) {
  return { text, confidence, settled };
}

/** What is settled is not replaced by a single reading. */
function update(kept: Kept, read: Omit<ReadPlate, 'plate' | 'track'>): void {
  if (!kept.settled || read.settled) Object.assign(kept, textOf(read));
}

function keyOf({ track, text }: ReadPlate): string {
  return track === undefined ? `text ${text}` : trackKey(track);
}

function trackKey(track: number): string {
  return `track ${track}`;
}

/** How well a plate is to be seen: wide, read as what it is shown as, and all of it. */
function qualityOf({ plate, text }: ReadPlate, frame: { width: number; height: number }): number {
  const { x1, y1, x2, y2 } = boundsOf(platePoints(plate));
  const [x, y] = [frame.width * EDGE, frame.height * EDGE];
  const isWhole = x1 >= x && y1 >= y && x2 <= frame.width - x && y2 <= frame.height - y;
  const isSame = plate.text === undefined || plate.text === text;
  const factor = (isWhole ? 1 : EDGE_FACTOR) * (isSame ? 1 : OTHER_TEXT_FACTOR);
  return sizeOf(plate).width * (plate.textConfidence ?? 0.5) * factor;
}

/** Of the plate as its reader sees it, in frame pixels, margin included. */
function sizeOf(plate: Plate): { width: number; height: number } {
  const [a, b, c, d] = cornersOf(plate);
  const side = (p: { x: number; y: number }, q: { x: number; y: number }): number => Math.hypot(p.x - q.x, p.y - q.y);
  return { width: (side(a, b) + side(d, c)) / 2, height: (side(a, d) + side(b, c)) / 2 };
}

/** Corners a little outside of the plate's. */
function cornersOf(plate: Plate): Corners {
  const points = platePoints(plate);
  const bounds: Box = boundsOf(points);
  const [x, y] = [(bounds.x1 + bounds.x2) / 2, (bounds.y1 + bounds.y2) / 2];
  const grown = (i: number) => ({
    x: x + (points[2 * i]! - x) * (1 + 2 * MARGIN),
    y: y + (points[2 * i + 1]! - y) * (1 + 2 * MARGIN),
  });
  return [grown(0), grown(1), grown(2), grown(3)];
}

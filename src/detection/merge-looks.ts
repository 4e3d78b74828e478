import { iou } from './boxes.js';
import { suppressDetections } from './nms.js';
import type { Detection } from './types.js';

/** Two finds of one plate overlap by more than this (IoU). */
export const SAME_PLATE = 0.4;
/** A find of which more than this share lies in another one is a piece of that plate. */
export const PIECE = 0.6;

/** Looks are asked for finds down to this share of the wanted confidence, so that the one can confirm the other. */
export const DOUBTFUL = 2 / 3;
/** What one look alone has seen must be surer than wanted by this. */
const ALONE = 0.1;
/** px in the fine look's input: wider plates have better corners in the coarse one, where they are half as wide. */
const WIDE = 80;
/** px in the fine look's input: narrower plates are too small for the coarse look to confirm. */
const NARROW = 40;

export interface MergeLooksOptions {
  /** 0..1: the wanted one. The looks' finds go down to `DOUBTFUL` times it. */
  confidence: number;
  /** Pixels of the fine look's input per pixel of the frame. */
  scale: number;
}

/**
 * Merges what a network found at two sizes of one picture. At the fine one plates wider than a quarter of the picture come in pieces or not at
 * all, at the coarse one narrow plates are missed. A find that both have is kept when either is sure; others must be surer.
 *
 * @returns best first; box and corners as the look has them that suits the plate's width
 */
export function mergeLooks(
  fine: readonly Detection[],
  coarse: readonly Detection[],
  { confidence, scale }: MergeLooksOptions,
): Detection[] {
  const merged = [
    ...fine.map((find) => ({ find, other: partner(find, coarse), isCoarse: false })),
    ...coarse.map((find) => ({ find, other: partner(find, fine), isCoarse: true })),
  ].flatMap(({ find, other, isCoarse }): Detection[] => {
    const width = (find.box.x2 - find.box.x1) * scale;
    if (other === undefined) {
      const needed = !isCoarse && width < NARROW ? confidence : Math.min(1, confidence + ALONE);
      return find.confidence >= needed ? [find] : [];
    }
    const surest = Math.max(find.confidence, other.confidence);
    const suits = width > WIDE === isCoarse ? find : other;
    return surest >= confidence ? [{ ...suits, confidence: surest }] : [];
  });
  return suppressDetections(merged, { iouThreshold: SAME_PLATE, containedShare: PIECE, classAgnostic: true });
}

/** The other look's surest find of the same plate. */
function partner(find: Detection, others: readonly Detection[]): Detection | undefined {
  let best: Detection | undefined;
  for (const other of others) {
    if (iou(find.box, other.box) <= SAME_PLATE) continue;
    if (best === undefined || other.confidence > best.confidence) best = other;
  }
  return best;
}

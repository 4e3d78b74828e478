import type { Box } from '../detection/types.js';
import type { Frame } from './frame.js';

/** The pixels to work on, and how much finer they are than those of the frame that boxes are told in. */
export interface Sight {
  frame: Frame;
  /** Pixels of it per pixel of the message's frame; 1 where it is that frame. */
  scaleX: number;
  scaleY: number;
}

/**
 * Looks at the larger picture of the frame's moment where there is one, else at the frame itself. The picture is held until `use`
 * has settled.
 * @param needed false: the frame will do, and nothing is decoded; `at hand`: nothing is decoded either, but a picture that somebody
 *   else has looked at in this frame is taken
 */
export async function lookCloser<Result>(
  frame: Frame,
  needed: boolean | 'at hand',
  use: (sight: Sight) => Promise<Result>,
): Promise<Result> {
  const detail = needed === false ? undefined : await detailOf(frame, needed === 'at hand');
  if (detail === undefined) return use({ frame, scaleX: 1, scaleY: 1 });
  detail.lease.retain();
  try {
    return await use({ frame: detail, scaleX: detail.width / frame.width, scaleY: detail.height / frame.height });
  } finally {
    detail.lease.release();
  }
}

/** A part of the message's frame in the pixels that are looked at. */
export function closer({ x1, y1, x2, y2 }: Box, { scaleX, scaleY }: Omit<Sight, 'frame'>): Box {
  return { x1: x1 * scaleX, y1: y1 * scaleY, x2: x2 * scaleX, y2: y2 * scaleY };
}

/** The other way round, for what was found there. */
export function wayBack({ scaleX, scaleY }: Omit<Sight, 'frame'>): Omit<Sight, 'frame'> {
  return { scaleX: 1 / scaleX, scaleY: 1 / scaleY };
}

/**
 * Does something to the frame's larger picture before anybody sees it, such as painting over what is not to be seen. Where that
 * fails, nobody sees the picture.
 */
export function prepareDetail(frame: Frame, prepare: (detail: Frame) => void): void {
  const { lease } = frame;
  const { detail } = lease;
  if (detail === undefined) return;
  let prepared: Frame | undefined;
  lease.detail = async (atHand) => {
    const found = await detail(atHand);
    if (found === undefined || found === prepared) return found;
    prepare(found);
    prepared = found;
    return found;
  };
}

async function detailOf(frame: Frame, atHand: boolean): Promise<Frame | undefined> {
  try {
    return await frame.lease.detail?.(atHand);
  } catch {
    return undefined;
  }
}

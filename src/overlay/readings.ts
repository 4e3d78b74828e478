import type { Plate, PlateVote } from '../detection/types.js';

/** What is shown of a plate's text. */
export interface KnownText {
  text: string;
  /** 0..1. */
  confidence: number | undefined;
  settled: boolean;
}

/**
 * A settled vote stands above the single reading; before that, what was read in this very frame is shown. What was held
 * back is no reading: its text, if it has one, is shown with the reason in debug mode only.
 */
export function textOfPlate(plate: Plate): KnownText | undefined {
  if (plate.held) return undefined;
  if (plate.vote?.settled) return textOfVote(plate.vote);
  if (plate.text !== undefined && plate.text !== '') {
    return { text: plate.text, confidence: plate.textConfidence, settled: false };
  }
  return textOfVote(plate.vote);
}

/** What a track's readings say together. */
export function textOfVote(vote: PlateVote | undefined): KnownText | undefined {
  if (!vote || vote.text === '') return undefined;
  return { text: vote.text, confidence: vote.confidence, settled: vote.settled };
}

/** `✓ AB12CDE 98%`; the tick says that it is settled. */
export function shownText({ text, confidence, settled }: KnownText): string {
  return `${settled ? '✓ ' : ''}${text}${percent(confidence)}`;
}

/** ` 98%`, or nothing where it is not known. A probability that rounds to certainty is shown as 99%: none is certain. */
export function percent(confidence: number | undefined): string {
  return confidence === undefined || !Number.isFinite(confidence)
    ? ''
    : ` ${Math.min(99, Math.round(confidence * 100))}%`;
}

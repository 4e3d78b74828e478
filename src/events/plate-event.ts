import type { Box, Candidate, Character, Corners, MissCode } from '../detection/types.js';

/**
 * One step of a visit. `provisional`: first acceptable reading, may still change. `final`: once per visit (again only as a
 * correction, with `supersedes`). `left`: the vehicle is gone; only for tracked vehicles that had one of the others.
 */
export interface PlateEvent {
  event: 'provisional' | 'final' | 'left';
  /** The visit's: the same for all its events. */
  id: string;
  /** Camera id. */
  camera: string;
  plate: string;
  /** 0..1: the vote's for tracked plates, else the reading's. */
  confidence: number;
  characters: Character[];
  candidates: Candidate[];
  /** Readings that took part in the vote. */
  reads: number;
  /** How many of them read this text. */
  agreeing: number;
  region?: string;
  trackId?: number;
  vehicle?: { label: string; box: Box; confidence: number };
  /** The plate's, in pixels of the frame; the vehicle's when the plate itself was not seen in a frame known here. */
  box: Box;
  corners?: Corners;
  /** ms since the epoch. */
  firstSeen: number;
  lastSeen: number;
  /** Frames that the vehicle (or plate) was seen in. */
  frames: number;
  /** A corrected `final`: the text that this visit's `final` had before. */
  supersedes?: string;
}

/** A vehicle or plate that gave no event, and why (design §7). */
export interface PlateMiss {
  /** Camera id. */
  camera: string;
  code: MissCode;
  /** For people, with the number: `blurred 63 < 100`. */
  reason: string;
  value?: number;
  limit?: number;
  /** What was read, where something was. */
  plate?: string;
  trackId?: number;
  box: Box;
  /** ms since the epoch. */
  timestamp: number;
  /** Misses of this camera so far per code, this one included. */
  counts: Partial<Record<MissCode, number>>;
}

import type { Box, Candidate, Character, Corners, MissCode } from '../detection/types.js';

/**
 * One step of a visit. `provisional`: first acceptable reading, may still change. `final`: once per visit (again only as a
 * correction, with `supersedes`). `left`: the vehicle is gone; only for tracked vehicles that had one of the others.
 */
export interface PlateEvent {
  /** Of this format (docs/events.md); a later one may add fields without a new number. */
  version: 1;
  event: 'provisional' | 'final' | 'left';
  /** The visit's: the same for all its events. */
  id: string;
  /** Camera id. */
  camera: string;
  /** As it was read. */
  plate: string;
  /** As it is compared: capital letters and digits only (reading/normalise.ts). */
  normalised: string;
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
  /** Which way it went: over the line of plate-out's settings, or by how its box moved and grew. Missing while unknown. */
  direction?: Direction;
  /** The zone of plate-out's settings that the plate was last seen in. */
  zone?: string;
  /** What a list of known plates says; set by plate-list. */
  known?: KnownPlate;
  /** `plate` and `normalised` are keyed hashes, `characters` and `candidates` are empty (privacy settings). */
  hashed?: true;
  /** JPEGs, when they were asked for: the crop that was best to read, its vehicle, the whole frame. */
  images?: EventImages;
  /** What they show: they are of the frame that was best to read, `box` is of the latest. */
  imageViews?: ImageViews;
}

export type Direction = 'in' | 'out' | 'left' | 'right';

export interface EventImages {
  plate?: Uint8Array;
  vehicle?: Uint8Array;
  frame?: Uint8Array;
}

export interface ImageViews {
  /** ms since the epoch: of the frame that the pictures are of. */
  timestamp: number;
  /** Plate and vehicle in that frame, in its pixels. */
  plateBox: Box;
  vehicleBox?: Box;
  plate?: ImageView;
  vehicle?: ImageView;
  frame?: ImageView;
}

export interface ImageView {
  /** The part of the frame that the picture shows, in pixels of the frame. */
  area: Box;
  /** Of the JPEG, in pixels. */
  width: number;
  height: number;
}

/** The entry of a list that a plate was found as, or that there is none. */
export interface KnownPlate {
  /** `unknown`: on no list. */
  rule: 'allow' | 'deny' | 'alert' | 'unknown';
  /** The entry's plate, name and tags. */
  plate?: string;
  name?: string;
  tags?: string[];
  /** Edits between entry and reading, where look-alikes cost less than one; 0 is the same text. */
  distance?: number;
  exact?: boolean;
  /** Another entry is as near; the strictest counted. */
  ambiguous?: boolean;
  note?: string;
  validFrom?: string;
  validUntil?: string;
  /** What plate-list makes of it, why (for programs and for people). */
  verdict?: 'allowed' | 'alert' | 'not-allowed';
  code?: string;
  reason?: string;
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
  /** `plate` is a keyed hash (privacy settings). */
  hashed?: true;
  trackId?: number;
  box: Box;
  /** ms since the epoch. */
  timestamp: number;
  /** Misses of this camera so far per code, this one included. */
  counts: Partial<Record<MissCode, number>>;
}

/**
 * The vocabulary of every room: boxes, vehicles, plates. All coordinates are pixels of the frame, x right, y down,
 * x2/y2 exclusive, floats, clamped to the picture (design §3). Plain objects, so that Node-RED can copy and show them.
 */
export interface Box {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

export interface Point {
  x: number;
  y: number;
}

/** Top-left, top-right, bottom-right, bottom-left as the plate's reader sees them. */
export type Corners = [Point, Point, Point, Point];

/** What a detector found, before anybody gave it a meaning. `classId` indexes the manifest's labels. */
export interface Detection {
  box: Box;
  confidence: number;
  classId: number;
  label: string;
  corners?: Corners;
}

/** One character with the probability the network gave it (0..1). */
export interface Character {
  text: string;
  confidence: number;
}

/** A whole reading and how probable it is (0..1): as the network says, or after a vote. */
export interface Candidate {
  text: string;
  confidence: number;
}

/** What a reader read from one crop. */
export interface Reading {
  text: string;
  /** 0..1: how probable it is that the whole text is right, as the first candidate has it; 0 for an empty reading (never NaN). */
  confidence: number;
  characters: Character[];
  candidates: Candidate[];
  /** Number of text lines seen: 1 or 2; 0 for an empty reading. */
  lines: number;
}

/** What a reading was read from: how far it can be trusted. */
export interface ReadingQuality {
  /** Variance of the Laplacian; left out when nobody measured it. */
  sharpness?: number;
  /** The plate's, in pixels of the picture that it was read from. */
  width: number;
  height: number;
  /** Its middle. Where it is left out, every reading counts as another view of the plate. */
  x?: number;
  y?: number;
  /** ms since the epoch: the frame's. */
  timestamp: number;
}

/** One reading in a vote. */
export interface RatedReading {
  reading: Reading;
  quality: ReadingQuality;
}

/** Every way in which a vehicle or plate can fail to become an event (design §7). */
export type MissCode =
  | 'no-plate'
  | 'small'
  | 'blurred'
  | 'position'
  | 'plate-confidence'
  | 'confidence'
  | 'length'
  | 'format'
  | 'unread'
  | 'duplicate'
  | 'disagreement';

/** Why something was held back; `reason` is for people and carries the numbers: `blurred 63 < 100`. */
export interface Miss {
  code: MissCode;
  reason: string;
  value?: number;
  limit?: number;
}

/** What all readings of one track say together. */
export interface PlateVote {
  text: string;
  /** 0..1: how probable it is that the whole text is right, after all readings. */
  confidence: number;
  characters: Character[];
  candidates: Candidate[];
  /** Readings that took part. */
  reads: number;
  /** How many of them read exactly this text; O and 0, I and 1 count as the same. */
  agreeing: number;
  /** Enough readings from different views agree: the vehicle need not be read again. */
  settled: boolean;
}

export interface Vehicle {
  box: Box;
  label: string;
  confidence: number;
  trackId?: number;
  /** What is known of the track's plate so far; set by the tracker. */
  plate?: PlateVote;
  /** Settled, but worth another look (now much larger, or out of sight for a while); set by the tracker. */
  reread?: boolean;
  /** Why there is no plate on it in this frame. */
  held?: Miss;
}

export interface Plate {
  box: Box;
  corners?: Corners;
  /** The detector's. */
  confidence: number;
  /** Index into msg.vehicles. */
  vehicle?: number;
  trackId?: number;
  /** Variance of the Laplacian, TAPPAS's definition. */
  sharpness?: number;
  /** Why it goes no further. Plates held back stay in the list: overlay and plate-out show them. */
  held?: Miss;
  text?: string;
  /** 0..1: how probable it is that the whole text is right. */
  textConfidence?: number;
  characters?: Character[];
  candidates?: Candidate[];
  /** Country or state (ISO 3166) that the text is clearly of. */
  region?: string;
  /** The track's vote after this reading (or, for a settled track, the one that stands). */
  vote?: PlateVote;
  /** As on a vehicle, in flows that track plates. */
  reread?: boolean;
}

/** A track that will not come back; the tracker announces it once. */
export interface DepartedTrack {
  trackId: number;
  label: string;
  /** Where it was last seen. */
  box: Box;
  /** ms since the epoch. */
  firstSeen: number;
  lastSeen: number;
  /** Frames it was seen in. */
  frames: number;
  plate?: PlateVote;
}

/** Milliseconds per stage, summed over retries; keys are stage names. */
export type Timings = Record<string, number>;

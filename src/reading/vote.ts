import { foldLookAlikes, lookAlike } from '../detection/look-alikes.js';
import type { Candidate, Character, PlateVote, RatedReading } from '../detection/types.js';
import { Profile, type Column, type Spoken } from './profile.js';

/** From this sharpness (variance of the Laplacian) on, blur no longer costs a reading weight; twice the blur gate's default. */
const SHARP = 200;
/** px, square root of the plate's area: about 100 × 22. Larger plates are not read any better. */
const LARGE = 47;
const LEAST_FACTOR = 0.25;
/** A look-alike read in a character's place still counts this much for its confidence. */
const LOOK_ALIKE_CREDIT = 0.75;
/** A settled vote has no character whose rival comes closer than this factor. */
const CLEAR_LEAD = 1.5;
const MAX_CANDIDATES = 5;

/**
 * How much a reading counts, 1/16..1: less when the plate was blurred (sharpness below 200) or small (below about 100 × 22 px).
 * The characters' own confidences come in per character, in `votePlate`.
 */
export function weighReading({ quality }: RatedReading): number {
  const { sharpness, width, height } = quality;
  const sharp = sharpness === undefined ? 1 : limit(sharpness / SHARP);
  const large = limit(Math.sqrt(Math.max(0, width) * Math.max(0, height)) / LARGE);
  return sharp * large;
}

/**
 * What several readings of one plate say together, character by character.
 *
 * The readings are aligned, so their lengths may differ. At every place each reading speaks for its character, or for there
 * being none, with its weight times the square of the character's confidence: a network that is wrong is usually unsure.
 * The vote's character confidence is the weighted mean of what the readings that have this character gave it, with 0 for
 * the others (look-alikes O/0, I/1 count three quarters); the vote's confidence is the mean over its characters, so for
 * one reading it is the reading's own.
 *
 * `agreeing` counts readings of exactly this text, look-alikes taken as the same. Settled: enough of them
 * agree, confidence is high enough, and no character is a toss-up with another that does not look like it.
 *
 * @returns undefined when there is no text in any reading
 */
export function votePlate(
  readings: readonly RatedReading[],
  rule: { settleReads: number; settleConfidence: number },
): PlateVote | undefined {
  const ballots = readings.map(toBallot).filter((ballot) => ballot.characters.length > 0);
  if (ballots.length === 0) return undefined;
  const profile = new Profile();
  for (const ballot of heaviestTextFirst(ballots)) profile.add(ballot.characters, ballot.spoken, ballot.gapEvidence);

  const allWeight = ballots.reduce((sum, { weight }) => sum + weight, 0);
  const characters: Character[] = [];
  let clear = true;
  for (const column of profile.columns) {
    const { text, support, lead } = winner(column);
    if (text !== '') characters.push({ text, confidence: Math.min(1, support / allWeight) });
    clear &&= lead >= CLEAR_LEAD;
  }
  const text = characters.map((character) => character.text).join('');
  const confidence = characters.reduce((sum, character) => sum + character.confidence, 0) / (characters.length || 1);
  const folded = foldLookAlikes(text);
  const agreeing = ballots.reduce((count, ballot) => count + (foldLookAlikes(ballot.text) === folded ? 1 : 0), 0);
  return {
    text,
    confidence,
    characters,
    candidates: poolCandidates(text, ballots),
    reads: ballots.length,
    agreeing,
    settled: text !== '' && clear && agreeing >= rule.settleReads && confidence >= rule.settleConfidence,
  };
}

/** The vote that ships, in the shape that a Tracker takes. */
export const plateVoting = { weigh: weighReading, vote: votePlate };

interface Ballot {
  text: string;
  weight: number;
  characters: string[];
  /** Per character. */
  spoken: Spoken[];
  gapEvidence: number;
  candidates: readonly Candidate[];
}

function toBallot(rated: RatedReading): Ballot {
  const { reading } = rated;
  const weight = weighReading(rated);
  const confidences = reading.characters.map(({ confidence }) => probability(confidence));
  const mean = confidences.reduce((sum, value) => sum + value, 0) / (confidences.length || 1);
  const characters = reading.characters.map((character) => character.text);
  const text = characters.join('');
  return {
    text,
    weight,
    characters,
    spoken: confidences.map((value) => ({ evidence: weight * value * value, support: weight * value })),
    gapEvidence: weight * mean * mean,
    candidates: reading.candidates.length > 0 ? reading.candidates : [{ text, confidence: mean }],
  };
}

/** The alignment is best when it starts from the text with most behind it. */
function heaviestTextFirst(ballots: readonly Ballot[]): Ballot[] {
  const behind = new Map<string, number>();
  for (const { text, gapEvidence } of ballots) behind.set(text, (behind.get(text) ?? 0) + gapEvidence);
  return [...ballots].sort((a, b) => behind.get(b.text)! - behind.get(a.text)! || (a.text < b.text ? -1 : 1));
}

/**
 * The character with most evidence ('' when there rather is none), what supports it, and by what factor it leads its
 * strongest rival that does not look like it.
 */
function winner(column: Column): { text: string; support: number; lead: number } {
  let text = '';
  let most = 0;
  for (const [character, { evidence }] of column.characters) {
    if (text === '' || evidence > most) {
      text = character;
      most = evidence;
    }
  }
  if (column.gap > most) return { text: '', support: 0, lead: column.gap / Math.max(most, Number.MIN_VALUE) };
  let rival = column.gap;
  let support = 0;
  for (const [character, spoken] of column.characters) {
    if (character === text) support += spoken.support;
    else if (lookAlike(character, text)) support += LOOK_ALIKE_CREDIT * spoken.support;
    else rival = Math.max(rival, spoken.evidence);
  }
  return { text, support, lead: most / Math.max(rival, Number.MIN_VALUE) };
}

/** The readings' own candidates, pooled by weight. The voted text comes first, whatever its share. */
function poolCandidates(voted: string, ballots: readonly Ballot[]): Candidate[] {
  const shares = new Map<string, number>([[voted, 0]]);
  let all = 0;
  for (const { weight, candidates } of ballots) {
    for (const { text, confidence } of candidates) {
      const share = weight * probability(confidence);
      shares.set(text, (shares.get(text) ?? 0) + share);
      all += share;
    }
  }
  const pooled = [...shares].map(([text, share]) => ({ text, confidence: all > 0 ? share / all : 0 }));
  pooled.sort((a, b) => Number(b.text === voted) - Number(a.text === voted) || b.confidence - a.confidence);
  return pooled.slice(0, MAX_CANDIDATES);
}

/** Confidence from outside: a NaN must not eat the vote. */
function probability(value: number): number {
  return value >= 0 && value <= 1 ? value : value > 1 ? 1 : 0;
}

function limit(factor: number): number {
  return Math.min(1, Math.max(LEAST_FACTOR, Number.isFinite(factor) ? factor : LEAST_FACTOR));
}

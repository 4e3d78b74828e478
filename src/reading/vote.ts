import { foldLookAlikes } from '../detection/look-alikes.js';
import type { Candidate, Character, PlateVote, RatedReading } from '../detection/types.js';
import { Profile, type Column } from './profile.js';
import { countSights, groupSights, leastTelling, sharesOf, weighReading } from './sights.js';

/** A reader that is wrong about a character mistakes it for about so many others; how many matters little. */
const ALTERNATIVES = 5;
/** No character counts as surer or less sure than this: one reading must not decide alone. */
const SUREST = 0.999;
const LEAST_SURE = 1e-4;
/** The same for a whole text. */
const SUREST_TEXT = 0.9999;
const LEAST_SURE_TEXT = 1e-6;
const MAX_CANDIDATES = 5;

/**
 * What several readings of one plate say together, character by character.
 *
 * The readings are aligned, so their lengths may differ. At every place each reading speaks for its character, or for there being none,
 * with the logarithm of its odds against any one of five others, ln(5 p / (1 − p)), times the reading's share (`sharesOf`: less for a
 * blurred or small plate, and for readings of the same sight). p is the character's probability, raised to the power that makes the
 * characters' product the probability of the whole text, since that is the one that is honest. What was read is then as probable as
 * e^evidence against all others and the unseen of the five (naive Bayes); look-alikes (O/0, I/1) speak for each other. A character's
 * confidence is that probability; the vote's is their product over all places, so one reading has its own.
 *
 * `agreeing` counts readings of exactly this text, look-alikes taken as the same. Settled: they come from enough different sights, and
 * the confidence is high enough.
 *
 * @returns undefined when there is no text in any reading
 */
export function votePlate(
  readings: readonly RatedReading[],
  rule: { settleReads: number; settleConfidence: number },
): PlateVote | undefined {
  const told = readings.filter(({ reading }) => reading.characters.length > 0);
  if (told.length === 0) return undefined;
  const sights = groupSights(told);
  const shares = sharesOf(told, sights);
  const ballots = told.map((rated, index) => toBallot(rated, shares[index]!));
  const profile = new Profile();
  for (const ballot of strongestTextFirst(ballots)) profile.add(ballot.characters, ballot.evidence, ballot.gapEvidence);

  const characters: Character[] = [];
  let confidence = 1;
  for (const column of profile.columns) {
    const { text, probability } = winner(column);
    confidence *= probability;
    if (text !== '') characters.push({ text, confidence: probability });
  }
  const text = characters.map((character) => character.text).join('');
  if (text === '') confidence = 0;
  const folded = foldLookAlikes(text);
  const agreeing = [...ballots.keys()].filter((index) => foldLookAlikes(ballots[index]!.text) === folded);
  const agreeingSights = countSights(
    agreeing.map((index) => told[index]!),
    agreeing.map((index) => sights[index]!),
  );
  return {
    text,
    confidence,
    characters,
    candidates: poolCandidates(text, confidence, told),
    reads: told.length,
    agreeing: agreeing.length,
    settled: text !== '' && agreeingSights >= rule.settleReads && confidence >= rule.settleConfidence,
  };
}

/** The vote that ships, in the shape that a Tracker takes. */
export const plateVoting = { vote: votePlate, leastTelling };

interface Ballot {
  text: string;
  characters: string[];
  /** Per character. */
  evidence: number[];
  gapEvidence: number;
}

function toBallot({ reading }: RatedReading, share: number): Ballot {
  const confidences = reading.characters.map(({ confidence }) => between(confidence, LEAST_SURE, SUREST));
  const whole = Math.log(between(reading.confidence, LEAST_SURE_TEXT, SUREST_TEXT));
  const product = confidences.reduce((sum, confidence) => sum + Math.log(confidence), 0);
  const logs = confidences.map((confidence) => Math.log(confidence) * (whole / product));
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const evidenceOf = (log: number): number => share * logOdds(Math.min(SUREST, Math.exp(log)));
  const characters = reading.characters.map((character) => character.text);
  return {
    text: characters.join(''),
    characters,
    evidence: logs.map(evidenceOf),
    gapEvidence: evidenceOf(mean),
  };
}

/** Against any one of the alternatives; what is less sure than they are says nothing. */
function logOdds(probability: number): number {
  return Math.max(0, Math.log((ALTERNATIVES * probability) / (1 - probability)));
}

/** The alignment is best when it starts from the text with most behind it. */
function strongestTextFirst(ballots: readonly Ballot[]): Ballot[] {
  const behind = new Map<string, number>();
  for (const { text, gapEvidence } of ballots) behind.set(text, (behind.get(text) ?? 0) + gapEvidence);
  return [...ballots].sort((a, b) => behind.get(b.text)! - behind.get(a.text)! || (a.text < b.text ? -1 : 1));
}

/** The character with most evidence, '' when there rather is none, and how probable it is. */
function winner(column: Column): { text: string; probability: number } {
  const together = new Map<string, { text: string; own: number; evidence: number }>();
  for (const [text, own] of column.characters) {
    const key = foldLookAlikes(text);
    const known = together.get(key);
    if (known === undefined) together.set(key, { text, own, evidence: own });
    else {
      known.evidence += own;
      if (own > known.own) [known.text, known.own] = [text, own];
    }
  }
  let best = { text: '', evidence: column.gap };
  for (const candidate of together.values()) if (candidate.evidence >= best.evidence) best = candidate;
  const unseen = Math.max(0, ALTERNATIVES - together.size);
  let others = unseen * Math.exp(-best.evidence);
  if (best.text !== '') others += Math.exp(column.gap - best.evidence);
  for (const candidate of together.values()) {
    if (candidate !== best) others += Math.exp(candidate.evidence - best.evidence);
  }
  return { text: best.text, probability: 1 / (1 + others) };
}

/** The voted text, then what else was read: the readings' own candidates, which share what the vote's confidence leaves. */
function poolCandidates(voted: string, confidence: number, readings: readonly RatedReading[]): Candidate[] {
  const shares = new Map<string, number>();
  let all = 0;
  for (const rated of readings) {
    const { reading } = rated;
    const candidates = reading.candidates.length > 0 ? reading.candidates : [reading];
    for (const candidate of candidates) {
      if (candidate.text === voted || candidate.text === '') continue;
      const share = weighReading(rated) * between(candidate.confidence, 0, 1);
      shares.set(candidate.text, (shares.get(candidate.text) ?? 0) + share);
      all += share;
    }
  }
  const others = [...shares].map(([text, share]) => ({
    text,
    confidence: all > 0 ? ((1 - confidence) * share) / all : 0,
  }));
  others.sort((a, b) => b.confidence - a.confidence);
  return [...(voted === '' ? [] : [{ text: voted, confidence }]), ...others].slice(0, MAX_CANDIDATES);
}

/** Confidence from outside: a NaN must not eat the vote. */
function between(value: number, least: number, most: number): number {
  return value >= least ? Math.min(value, most) : least;
}

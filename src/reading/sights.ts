import type { RatedReading, ReadingQuality } from '../detection/types.js';

/** From this sharpness (variance of the Laplacian) on, blur no longer costs a reading weight; twice the blur gate's default. */
const SHARP = 200;
/** px, square root of the plate's area: about 100 × 22. Larger plates are not read any better. */
const LARGE = 47;
const LEAST_FACTOR = 0.25;

/** A plate that moved by this share of its height is seen on other pixels. */
const MOVED = 0.25;
/** The same for its size (square root of the areas), and for its sharpness: the light, the focus or the angle is another. */
const RESIZED = 1.1;
const REFOCUSED = 1.3;

/**
 * How alike readings of one sight err (0: as if each were another, 1: all as one), and those of different sights of the same plate. From
 * drawn sequences that stand and that move (docs/accuracy.md).
 */
const ALIKE_IN_SIGHT = 0.7;
const ALIKE_BETWEEN_SIGHTS = 0.2;

/** ms after which a sight that has not changed counts towards settling once more; its confidence gains nothing by it. */
const SIGHT_AGAIN_MS = 1000;

/**
 * How much a reading counts, 1/16..1: less when the plate was blurred (sharpness below 200) or small (below about 100 × 22 px).
 * How sure it is comes in per character, in `votePlate`.
 */
export function weighReading({ quality }: RatedReading): number {
  const { sharpness, width, height } = quality;
  const sharp = sharpness === undefined ? 1 : limit(sharpness / SHARP);
  const large = limit(Math.sqrt(Math.max(0, width) * Math.max(0, height)) / LARGE);
  return sharp * large;
}

/**
 * Which readings saw the same: a vehicle that stands gives one sight, however many frames, and the same misreading in each.
 *
 * @returns per reading the number of its sight, from 0 on. Where nobody says where the plate was, every reading is a sight.
 */
export function groupSights(readings: readonly RatedReading[]): number[] {
  const firsts: ReadingQuality[] = [];
  return readings.map(({ quality }) => {
    // The latest first: that is where a vehicle most likely still is.
    for (let sight = firsts.length - 1; sight >= 0; sight--) if (sameSight(firsts[sight]!, quality)) return sight;
    return firsts.push(quality) - 1;
  });
}

function sameSight(a: ReadingQuality, b: ReadingQuality): boolean {
  if (a.x === undefined || a.y === undefined || b.x === undefined || b.y === undefined) return false;
  const size = Math.sqrt((a.width * a.height) / (b.width * b.height));
  const isMeasured = a.sharpness !== undefined && b.sharpness !== undefined && a.sharpness > 0 && b.sharpness > 0;
  const sharpness = isMeasured ? a.sharpness! / b.sharpness! : 1;
  return (
    Math.hypot(a.x - b.x, a.y - b.y) < MOVED * Math.min(a.height, b.height) &&
    within(size, RESIZED) &&
    within(sharpness, REFOCUSED)
  );
}

const within = (factor: number, limit: number): boolean => factor < limit && factor > 1 / limit;

/**
 * Each reading's share in the evidence, so that they sum to the number of independent readings that they are worth: n that err alike by r
 * are worth n / (1 + (n − 1) r) (the design effect of samples in clusters, Kish 1965), first within each sight, then between them.
 * Within that, by weight.
 */
export function sharesOf(readings: readonly RatedReading[], sights: readonly number[]): number[] {
  const weights = readings.map(weighReading);
  const groups = new Map<number, { readings: number; weight: number }>();
  for (const [index, sight] of sights.entries()) {
    const group = groups.get(sight) ?? { readings: 0, weight: 0 };
    group.readings++;
    group.weight += weights[index]!;
    groups.set(sight, group);
  }
  let worth = 0;
  let weight = 0;
  for (const group of groups.values()) {
    const ownWorth = worthOf(group.readings, ALIKE_IN_SIGHT);
    worth += ownWorth;
    weight += (ownWorth * group.weight) / group.readings;
  }
  const whole = worthOf(worth, ALIKE_BETWEEN_SIGHTS);
  return sights.map((sight, index) => {
    const group = groups.get(sight)!;
    const sightWeight = (worthOf(group.readings, ALIKE_IN_SIGHT) * group.weight) / group.readings;
    return whole * (sightWeight / weight) * (weights[index]! / group.weight);
  });
}

function worthOf(count: number, alike: number): number {
  return count / (1 + (count - 1) * alike);
}

/** How many different sights these readings are, where one that stays counts again every second. */
export function countSights(readings: readonly RatedReading[], sights: readonly number[]): number {
  return countingReadings(readings, sights).size;
}

/** Indices of the readings that count as a sight: the first of each, and of one that stays the next after every second. */
function countingReadings(readings: readonly RatedReading[], sights: readonly number[]): Set<number> {
  const counted = new Map<number, number>();
  const counting = new Set<number>();
  for (const [index, sight] of sights.entries()) {
    const { timestamp } = readings[index]!.quality;
    const before = counted.get(sight);
    if (before !== undefined && Math.abs(timestamp - before) < SIGHT_AGAIN_MS) continue;
    counted.set(sight, timestamp);
    counting.add(index);
  }
  return counting;
}

/**
 * The reading that can best be done without: the lightest of the sight that has most. Those that count as a sight stay as long as there
 * are others: at 30 fps the last 32 are one second, and a vehicle that stands would never be settled. @returns its index; -1 for none
 */
export function leastTelling(readings: readonly RatedReading[]): number {
  const sights = groupSights(readings);
  const sizes = new Map<number, number>();
  for (const sight of sights) sizes.set(sight, (sizes.get(sight) ?? 0) + 1);
  const most = Math.max(...sizes.values());
  const largest = [...readings.keys()].filter((index) => sizes.get(sights[index]!) === most);
  const counting = countingReadings(readings, sights);
  const spare = largest.filter((index) => !counting.has(index));
  let least = -1;
  let weight = Infinity;
  for (const index of spare.length > 0 ? spare : largest) {
    const own = weighReading(readings[index]!);
    if (own >= weight) continue;
    least = index;
    weight = own;
  }
  return least;
}

function limit(factor: number): number {
  return Math.min(1, Math.max(LEAST_FACTOR, Number.isFinite(factor) ? factor : LEAST_FACTOR));
}

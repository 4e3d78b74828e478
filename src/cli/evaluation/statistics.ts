/**
 * Value below which that share of the values lies, interpolated between neighbours (the usual definition, R's type 7).
 * @returns undefined for no values
 */
export function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  return below === undefined || above === undefined ? undefined : below + (above - below) * (place - Math.floor(place));
}

export function median(values: readonly number[]): number | undefined {
  return quantile(values, 0.5);
}

const Z_95 = 1.959964;

/** Wilson's interval (1927) that holds a share with 95 %, from so many successes; [0, 1] when nothing was tried. */
export function wilson(successes: number, tries: number): [low: number, high: number] {
  if (tries === 0) return [0, 1];
  const share = successes / tries;
  const z2 = Z_95 ** 2 / tries;
  const middle = share + z2 / 2;
  const reach = Z_95 * Math.sqrt((share * (1 - share) + z2 / 4) / tries);
  return [Math.max(0, (middle - reach) / (1 + z2)), Math.min(1, (middle + reach) / (1 + z2))];
}

/**
 * Two-sided sign test (exact McNemar): how probable a split at least as uneven as `a` to `b` is where both sides are as good.
 * @returns 0..1; 1 when there is nothing to compare
 */
export function signTest(a: number, b: number): number {
  const tries = a + b;
  let logTerm = -tries * Math.LN2;
  let sum = 0;
  for (let k = 0; k <= Math.min(a, b); k++) {
    sum += Math.exp(logTerm);
    logTerm += Math.log((tries - k) / (k + 1));
  }
  return Math.min(1, 2 * sum);
}

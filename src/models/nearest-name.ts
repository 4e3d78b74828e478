/**
 * The name that was probably meant: the one with the fewest typing errors (Levenshtein distance, letter case ignored),
 * or undefined when even that one needs more than half of its letters changed.
 */
export function nearestName(typed: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Infinity;
  for (const name of names) {
    const errors = editDistance(typed.toLowerCase(), name.toLowerCase());
    if (errors < fewest && errors <= Math.max(1, name.length / 2)) {
      fewest = errors;
      best = name;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (previous[j] as number) + 1, (row[j - 1] as number) + 1));
    }
    previous = row;
  }
  return previous[b.length] as number;
}

import type { CtcSteps } from './ctc-steps.js';

/** A sequence of classes and the logarithm of its probability: the sum over all paths that collapse to it (Graves 2006). */
export interface CtcHypothesis {
  classes: number[];
  logProbability: number;
}

/** Classes with a confidence each: the highest probability that the class has in one of its steps. */
export interface CtcAlignment {
  classes: number[];
  confidences: number[];
}

/** Part of the steps: from `first` up to, not including, `last`. */
export interface StepRange {
  first: number;
  last: number;
}

/** Characters less likely than one in a thousand at a step do not extend a prefix there: most steps have one or two that are. */
const EXTENSION_FLOOR = Math.log(1e-3);

/**
 * Greedy decoding: the best class of every step, repeats collapsed, blanks dropped. A blank between two equal characters
 * keeps both.
 */
export function ctcGreedy(ctc: CtcSteps, range: StepRange): CtcAlignment {
  const { classes, blank, logProbabilities } = ctc;
  const found: CtcAlignment = { classes: [], confidences: [] };
  let previous = blank;
  for (let step = range.first; step < range.last; step++) {
    const at = step * classes;
    let best = 0;
    for (let index = 1; index < classes; index++) {
      if (logProbabilities[at + index]! > logProbabilities[at + best]!) best = index;
    }
    if (best !== blank) {
      const probability = Math.exp(logProbabilities[at + best]!);
      const last = found.classes.length - 1;
      if (best !== previous) {
        found.classes.push(best);
        found.confidences.push(probability);
      } else if (probability > found.confidences[last]!) {
        found.confidences[last] = probability;
      }
    }
    previous = best;
  }
  return found;
}

/** A prefix of the text: a node of a tree, so that the same prefix reached on two ways is the same object. */
interface Prefix {
  parent: Prefix | undefined;
  symbol: number;
  children: Map<number, Prefix>;
  /** Logarithm of the probability of all paths to it that end in a blank, and of those that do not. */
  blankEnd: number;
  symbolEnd: number;
  nextBlankEnd: number;
  nextSymbolEnd: number;
  /** The step for which next… holds. */
  touched: number;
}

/**
 * Prefix beam search (Hannun, Maas, Jurafsky and Ng 2014, without a language model), on logarithms. Where greedy decoding
 * takes the one best path, this adds up all paths of a text.
 *
 * @param width prefixes kept after each step, 1 or more.
 * @returns at most `width` texts, the most probable first. The probabilities of all possible texts sum to 1; what was pruned is
 *   missing from the sum, so with a narrow beam each is a lower bound (`ctcLogProbability` gives the exact value).
 */
export function ctcBeamSearch(ctc: CtcSteps, range: StepRange, width: number): CtcHypothesis[] {
  const { classes, blank, logProbabilities } = ctc;
  const root = newPrefix(undefined, -1);
  root.blankEnd = 0;
  let beam: Prefix[] = [root];

  for (let step = range.first; step < range.last; step++) {
    const at = step * classes;
    const symbols: number[] = [];
    for (let symbol = 0; symbol < classes; symbol++) {
      if (symbol !== blank && logProbabilities[at + symbol]! >= EXTENSION_FLOOR) symbols.push(symbol);
    }
    const reached: Prefix[] = [];
    for (const prefix of beam) {
      const total = logAdd(prefix.blankEnd, prefix.symbolEnd);
      touch(prefix, step, reached);
      prefix.nextBlankEnd = logAdd(prefix.nextBlankEnd, total + logProbabilities[at + blank]!);
      if (prefix.parent !== undefined) {
        const again = prefix.symbolEnd + logProbabilities[at + prefix.symbol]!;
        prefix.nextSymbolEnd = logAdd(prefix.nextSymbolEnd, again);
      }
      for (const symbol of symbols) {
        // The same character once more needs a blank before it; without one it is the last one going on.
        const before = symbol === prefix.symbol ? prefix.blankEnd : total;
        if (before === -Infinity) continue;
        const child = extend(prefix, symbol);
        touch(child, step, reached);
        child.nextSymbolEnd = logAdd(child.nextSymbolEnd, before + logProbabilities[at + symbol]!);
      }
    }
    for (const prefix of reached) {
      prefix.blankEnd = prefix.nextBlankEnd;
      prefix.symbolEnd = prefix.nextSymbolEnd;
    }
    beam = best(reached, width);
  }
  return beam.map((prefix) => ({
    classes: spell(prefix),
    logProbability: logAdd(prefix.blankEnd, prefix.symbolEnd),
  }));
}

function newPrefix(parent: Prefix | undefined, symbol: number): Prefix {
  return {
    parent,
    symbol,
    children: new Map(),
    blankEnd: -Infinity,
    symbolEnd: -Infinity,
    nextBlankEnd: -Infinity,
    nextSymbolEnd: -Infinity,
    touched: -1,
  };
}

function extend(prefix: Prefix, symbol: number): Prefix {
  let child = prefix.children.get(symbol);
  if (child === undefined) {
    child = newPrefix(prefix, symbol);
    prefix.children.set(symbol, child);
  }
  return child;
}

function touch(prefix: Prefix, step: number, reached: Prefix[]): void {
  if (prefix.touched === step) return;
  prefix.touched = step;
  prefix.nextBlankEnd = -Infinity;
  prefix.nextSymbolEnd = -Infinity;
  reached.push(prefix);
}

function best(prefixes: Prefix[], width: number): Prefix[] {
  const ranked = prefixes.map((prefix) => ({ prefix, total: logAdd(prefix.blankEnd, prefix.symbolEnd) }));
  ranked.sort((a, b) => b.total - a.total);
  return ranked.slice(0, width).map(({ prefix }) => prefix);
}

function spell(prefix: Prefix): number[] {
  const classes: number[] = [];
  for (let node = prefix; node.parent !== undefined; node = node.parent) classes.push(node.symbol);
  return classes.reverse();
}

/** log(e^a + e^b) without leaving the logarithms. */
export function logAdd(a: number, b: number): number {
  if (a === -Infinity) return b;
  if (b === -Infinity) return a;
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
}

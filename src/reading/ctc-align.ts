import type { CtcAlignment, StepRange } from './ctc.js';
import type { CtcSteps } from './ctc-steps.js';

/**
 * Logarithm of the exact probability of a sequence of classes: the forward algorithm of CTC (Graves 2006, §4.1). −Infinity when
 * the steps are too few for it.
 */
export function ctcLogProbability(ctc: CtcSteps, range: StepRange, sequence: readonly number[]): number {
  const { classes, blank, logProbabilities } = ctc;
  const states = withBlanks(sequence, blank);
  let scores = new Float64Array(states.length);
  let next = new Float64Array(states.length);
  scores[0] = 1;
  let logScale = 0;
  for (let step = range.first; step < range.last; step++) {
    // Plain probabilities, scaled to sum to 1 after every step: no logarithms inside, and nothing becomes too small.
    let total = 0;
    for (let state = 0; state < states.length; state++) {
      // Before the first step nothing but the start has a score, and it may stay on the blank or enter the first character.
      let sum = scores[state]!;
      if (state > 0) sum += scores[state - 1]!;
      if (step > range.first && maySkip(states, state, blank)) sum += scores[state - 2]!;
      next[state] = sum === 0 ? 0 : sum * Math.exp(logProbabilities[step * classes + states[state]!]!);
      total += next[state]!;
    }
    if (total === 0) return -Infinity;
    logScale += Math.log(total);
    for (let state = 0; state < states.length; state++) next[state]! /= total;
    [scores, next] = [next, scores];
  }
  const last = states.length - 1;
  return logScale + Math.log(scores[last]! + (last === 0 ? 0 : scores[last - 1]!));
}

/**
 * Gives each class of a sequence its confidence: along the sequence's most probable path (Viterbi), the highest probability
 * that the class has in one of its steps. For the sequence that greedy decoding finds this is greedy's own confidence.
 *
 * @returns confidence 0 for every class when the steps are too few for the sequence.
 */
export function ctcAlign(ctc: CtcSteps, range: StepRange, sequence: readonly number[]): CtcAlignment {
  const { classes, blank, logProbabilities } = ctc;
  const states = withBlanks(sequence, blank);
  const steps = range.last - range.first;
  const confidences = sequence.map(() => 0);
  // moves[step][state]: how many states back the best path came from.
  const moves = new Uint8Array(steps * states.length);
  let scores = new Float64Array(states.length).fill(-Infinity);
  scores[0] = 0;
  for (let step = 0; step < steps; step++) {
    const next = new Float64Array(states.length).fill(-Infinity);
    for (let state = 0; state < states.length; state++) {
      let move = 0;
      if (state > 0 && scores[state - 1]! > scores[state]!) move = 1;
      if (step > 0 && maySkip(states, state, blank) && scores[state - 2]! > scores[state - move]!) move = 2;
      const before = scores[state - move]!;
      if (before === -Infinity) continue;
      next[state] = before + logProbabilities[(range.first + step) * classes + states[state]!]!;
      moves[step * states.length + state] = move;
    }
    scores = next;
  }

  let state = states.length - 1;
  if (state > 0 && scores[state - 1]! > scores[state]!) state--;
  if (scores[state] === -Infinity) return { classes: [...sequence], confidences };
  for (let step = steps - 1; step >= 0; step--) {
    if (state % 2 === 1) {
      const character = (state - 1) / 2;
      const probability = Math.exp(logProbabilities[(range.first + step) * classes + states[state]!]!);
      if (probability > confidences[character]!) confidences[character] = probability;
    }
    state -= moves[step * states.length + state]!;
  }
  return { classes: [...sequence], confidences };
}

/** blank, first, blank, second, … blank. */
function withBlanks(sequence: readonly number[], blank: number): number[] {
  const states = [blank];
  for (const symbol of sequence) states.push(symbol, blank);
  return states;
}

/** From one character to the next without a blank between them: only when they differ. */
function maySkip(states: readonly number[], state: number, blank: number): boolean {
  return state >= 2 && states[state] !== blank && states[state] !== states[state - 2];
}

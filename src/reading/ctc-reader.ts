import type { Character, Reading } from '../detection/types.js';
import type { TensorView } from '../detection/tensor-view.js';
import type { CtcOutput } from '../models/manifest.js';
import { ctcAlign, ctcLogProbability } from './ctc-align.js';
import { openCtc, type CtcSteps } from './ctc-steps.js';
import { ctcBeamSearch, ctcGreedy, logAdd, type CtcAlignment, type CtcHypothesis, type StepRange } from './ctc.js';
import { makeReading, type CandidateOptions } from './reading.js';

/** A whole text: one hypothesis per line. */
interface WholeText {
  text: string;
  logProbability: number;
  /** The most probable way to divide it into lines. */
  lines: CtcHypothesis[];
}

/**
 * Reads a CTC output, greedily (`beamWidth` 1) or by beam search. Where the two differ the text is the beam's: it is the one
 * whose paths together are most probable, and each of its characters gets the confidence it has along the text's own best path.
 * A candidate's confidence is the exact CTC probability of its text, whatever the width of the beam; over all possible texts these
 * sum to 1. Lines are decoded apart, so that a character ending one does not merge with the same character beginning the next.
 *
 * @throws DecodeError when the output's shape does not fit the manifest.
 */
export function readCtc(
  outputs: Record<string, TensorView>,
  output: CtcOutput,
  batchIndex: number,
  options: CandidateOptions,
  batchSize?: number | undefined,
): Reading {
  const ctc = openCtc(outputs, output, batchIndex, batchSize);
  const half = Math.floor(ctc.steps / 2);
  const ranges: StepRange[] =
    output.lines === 2
      ? [
          { first: 0, last: half },
          { first: half, last: ctc.steps },
        ]
      : [{ first: 0, last: ctc.steps }];
  const spell = (classes: readonly number[]): string =>
    classes.map((index) => output.alphabet[index < output.blank ? index : index - 1]!).join('');

  const greedy = ranges.map((range) => ctcGreedy(ctc, range));
  const texts = combineLines(
    ranges.map((range, line) => lineHypotheses(ctc, range, greedy[line]!, options.beamWidth)),
    spell,
    options.beamWidth,
  );
  const chosen = texts[0]!.lines.map((hypothesis, line) =>
    spell(hypothesis.classes) === spell(greedy[line]!.classes)
      ? greedy[line]!
      : ctcAlign(ctc, ranges[line]!, hypothesis.classes),
  );
  const characters = chosen.flatMap((line): Character[] =>
    line.classes.map((index, position) => ({ text: spell([index]), confidence: line.confidences[position]! })),
  );
  const candidates = texts.map(({ text, logProbability }) => ({
    text,
    confidence: Math.min(1, Math.exp(logProbability)),
  }));
  const lines = chosen.filter((line) => line.classes.length > 0).length;
  return makeReading(characters, lines, candidates, options.maxCandidates);
}

/** The beam's texts of one line and greedy's, each with its exact probability, best first. */
function lineHypotheses(ctc: CtcSteps, range: StepRange, greedy: CtcAlignment, beamWidth: number): CtcHypothesis[] {
  const found = beamWidth > 1 ? ctcBeamSearch(ctc, range, beamWidth).map(({ classes }) => classes) : [];
  const key = greedy.classes.join();
  if (!found.some((classes) => classes.join() === key)) found.push(greedy.classes);
  return found
    .map((classes) => ({ classes, logProbability: ctcLogProbability(ctc, range, classes) }))
    .sort((a, b) => b.logProbability - a.logProbability);
}

function combineLines(
  lines: CtcHypothesis[][],
  spell: (classes: readonly number[]) => string,
  width: number,
): WholeText[] {
  let texts: WholeText[] = [{ text: '', logProbability: 0, lines: [] }];
  for (const hypotheses of lines) {
    const strongest = new Map<string, number>();
    const byText = new Map<string, WholeText>();
    for (const start of texts) {
      for (const hypothesis of hypotheses) {
        const text = start.text + spell(hypothesis.classes);
        const logProbability = start.logProbability + hypothesis.logProbability;
        const whole = { text, logProbability, lines: [...start.lines, hypothesis] };
        const known = byText.get(text);
        if (known === undefined) {
          byText.set(text, whole);
          strongest.set(text, logProbability);
          continue;
        }
        // The same text divided otherwise: the probabilities add up, the better division gives the characters.
        if (logProbability > strongest.get(text)!) {
          known.lines = whole.lines;
          strongest.set(text, logProbability);
        }
        known.logProbability = logAdd(known.logProbability, logProbability);
      }
    }
    texts = [...byText.values()].sort((a, b) => b.logProbability - a.logProbability).slice(0, Math.max(width, 1));
  }
  return texts;
}

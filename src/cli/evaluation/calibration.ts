/** One answer: how sure it was (0..1), and whether it was right. */
export interface SureAnswer {
  confidence: number;
  right: boolean;
}

/** The answers whose confidence lies in [from, to); the last bin includes 1. */
export interface ReliabilityBin {
  from: number;
  to: number;
  answers: number;
  /** Mean of their confidences, and the share that was right; equal where the confidence is honest. */
  confidence: number;
  right: number;
}

export interface Calibration {
  answers: number;
  /** Over all answers. */
  confidence: number;
  right: number;
  /** Mean distance of confidence and share right over the bins, weighed by their answers (Naeini et al. 2015). 0 is best. */
  expectedCalibrationError: number;
  /** Without empty ones. */
  bins: ReliabilityBin[];
}

/** Finer where a reader's answers are: most of them are surer than 0.9. */
const EDGES = [0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1];

/** Whether 0.9 is right nine times of ten. @returns undefined for no answers */
export function calibrationOf(answers: readonly SureAnswer[]): Calibration | undefined {
  if (answers.length === 0) return undefined;
  const bins = EDGES.slice(1).flatMap((to, index): ReliabilityBin[] => {
    const from = EDGES[index]!;
    const inside = answers.filter(({ confidence }) => confidence >= from && (confidence < to || to === 1));
    return inside.length === 0 ? [] : [{ from, to, answers: inside.length, ...meansOf(inside) }];
  });
  const distances = bins.map((bin) => bin.answers * Math.abs(bin.confidence - bin.right));
  const expectedCalibrationError = distances.reduce((sum, distance) => sum + distance, 0) / answers.length;
  return { answers: answers.length, ...meansOf(answers), expectedCalibrationError, bins };
}

function meansOf(answers: readonly SureAnswer[]): { confidence: number; right: number } {
  const confidence = answers.reduce((sum, answer) => sum + answer.confidence, 0) / answers.length;
  return { confidence, right: answers.filter(({ right }) => right).length / answers.length };
}

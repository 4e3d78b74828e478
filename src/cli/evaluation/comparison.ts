import type { Kind, SourceOutcomes } from './groups.js';
import { isRight, type LabelOutcome } from './outcome.js';
import { signTest } from './statistics.js';

/** A label that one side got right and the other did not: its text, or without one its box. */
export interface Difference {
  source: string;
  file: string;
  /** Index of the label in its picture. */
  label: number;
  right: 'first' | 'second';
  expected?: string;
  /** What each side read there; '' for nothing. */
  first: string;
  second: string;
}

/** Both sides over all labels of a kind. */
export interface Comparison {
  kind: Kind;
  labels: number;
  both: number;
  firstOnly: number;
  secondOnly: number;
  /** 0..1: how probable so uneven a split is by chance (two-sided sign test). */
  chance: number;
  differences: Difference[];
}

/** @param second outcomes of the same pictures in the same order */
export function compare(first: readonly SourceOutcomes[], second: readonly SourceOutcomes[]): Comparison[] {
  return (['plates', 'text', 'vehicles'] as const).flatMap((kind): Comparison[] => {
    let labels = 0;
    let both = 0;
    const differences: Difference[] = [];
    for (const [at, source] of first.entries()) {
      if (source.kind !== kind) continue;
      for (const [index, { file, labels: firsts }] of source.outcomes.entries()) {
        const seconds = second[at]!.outcomes[index]!.labels;
        for (const [label, one] of firsts.entries()) {
          const other = seconds[label]!;
          const [isFirst, isSecond] = [isGood(one), isGood(other)];
          labels++;
          if (isFirst && isSecond) both++;
          if (isFirst === isSecond) continue;
          differences.push({
            ...{ source: source.name, file, label, right: isFirst ? 'first' : 'second' },
            ...(one.expected === undefined ? {} : { expected: one.expected }),
            ...{ first: one.read?.text ?? '', second: other.read?.text ?? '' },
          });
        }
      }
    }
    if (labels === 0) return [];
    const firstOnly = differences.filter(({ right }) => right === 'first').length;
    const secondOnly = differences.length - firstOnly;
    return [{ kind, labels, both, firstOnly, secondOnly, chance: signTest(firstOnly, secondOnly), differences }];
  });
}

function isGood(label: LabelOutcome): boolean {
  return label.expected === undefined ? label.found : isRight(label);
}

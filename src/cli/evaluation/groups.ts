import type { LabelledSource } from '../labels.js';
import { figuresOf, type Figures } from './figures.js';
import type { LabelOutcome, PictureOutcome } from './outcome.js';

export type Kind = LabelledSource['kind'];

/** The outcomes of one source's pictures. */
export interface SourceOutcomes {
  name: string;
  kind: Kind;
  outcomes: PictureOutcome[];
}

/** Figures of some of the pictures or labels. */
export interface Row extends Figures {
  /** What they have in common: all of one source, one region of it, one region over sources, lines, width, or all of a kind. */
  group: 'source' | 'source region' | 'region' | 'lines' | 'width' | 'all';
  kind: Kind;
  name: string;
  region?: string;
}

/** px; what is narrow is hard to read. */
const WIDTHS = [0, 40, 80, 120, Infinity];

/** The source as a whole, and each region of it where there are several. */
export function sourceRows({ name, kind, outcomes }: SourceOutcomes): Row[] {
  const detects = kind !== 'text';
  const regions = regionsOf(outcomes);
  const whole: Row = { group: 'source', kind, name, ...figuresOf(outcomes, detects) };
  if (regions.length <= 1) return [regions[0] ? { ...whole, region: regions[0] } : whole];
  const parts = regions.map((region): Row => {
    const part = outcomes.filter((outcome) => outcome.region === region);
    return { group: 'source region', kind, name, region: region || 'none', ...figuresOf(part, detects) };
  });
  return [whole, ...parts];
}

/** Over all sources of a kind: regions of several sources, one line and two, widths, everything. */
export function summaryRows(sources: readonly SourceOutcomes[]): Row[] {
  return (['plates', 'text', 'vehicles'] as const).flatMap((kind): Row[] => {
    const detects = kind !== 'text';
    const lists = sources.filter((source) => source.kind === kind).map((source) => source.outcomes);
    const outcomes = lists.flat();
    if (outcomes.length === 0) return [];
    const row = (group: Row['group'], name: string, some: PictureOutcome[]): Row[] =>
      some.length === 0 ? [] : [{ group, kind, name, ...figuresOf(some, detects) }];
    const labelled = (group: Row['group'], name: string, fits: (label: LabelOutcome) => boolean): Row[] =>
      row(group, name, onlyLabels(outcomes, fits));
    const isShared = (region: string): boolean =>
      lists.filter((list) => list.some((outcome) => outcome.region === region)).length > 1;
    const regions = regionsOf(outcomes).filter((region) => region !== '' && isShared(region));
    return [
      ...regions.flatMap((region) =>
        row(
          'region',
          region,
          outcomes.filter((outcome) => outcome.region === region),
        ).map((one) => ({ ...one, region })),
      ),
      ...[1, 2].flatMap((count) =>
        labelled('lines', count === 1 ? 'one line' : 'two lines', ({ lines }) => lines === count),
      ),
      ...WIDTHS.slice(1).flatMap((to, index) => {
        const from = WIDTHS[index]!;
        const name = to === Infinity ? `${from} px and wider` : from === 0 ? `below ${to} px` : `${from} to ${to} px`;
        return kind === 'vehicles' ? [] : labelled('width', name, ({ width }) => width >= from && width < to);
      }),
      ...row('all', 'all', outcomes),
    ];
  });
}

function regionsOf(outcomes: readonly PictureOutcome[]): string[] {
  return [...new Set(outcomes.map(({ region }) => region))].sort();
}

/** The pictures with such labels, and no others in them. What was found besides belongs to no group of labels. */
function onlyLabels(outcomes: readonly PictureOutcome[], fits: (label: LabelOutcome) => boolean): PictureOutcome[] {
  return outcomes.flatMap((outcome) => {
    const labels = outcome.labels.filter(fits);
    return labels.length === 0 ? [] : [{ ...outcome, labels, finds: null }];
  });
}

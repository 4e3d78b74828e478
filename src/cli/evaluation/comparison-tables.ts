import path from 'node:path';
import type { Comparison, Difference } from './comparison.js';
import type { Row } from './groups.js';
import { markdown, nameOf, share } from './tables.js';

/** Differences that are listed per kind and side; all of them are in the JSON. */
const LISTED = 20;

/** Two runs over the same pictures side by side: A, B, and how much more B has. */
export function comparisonReport(
  first: readonly Row[],
  second: readonly Row[],
  comparisons: readonly Comparison[],
): string {
  const pairs = first.map((row, index): Pair => [row, second[index]!]);
  const sections = [
    columns('boxes', pairs, [
      ['recall', ({ detection: d }) => d && [d.matched, d.labels]],
      ['precision', ({ detection: d }) => d && [d.finds === null ? null : d.matched, d.finds]],
      ['corner error', ({ detection: d }) => d && [d.cornerError ?? null, 1]],
    ]),
    columns('text', pairs, [
      ['exact, O=0 I=1', ({ reading: r }) => r && [r.exactMerged, r.crops]],
      ['character errors', ({ reading: r }) => r && [r.edits, r.characters]],
      ['calibration error', ({ reading: r, calibration: c }) => r && [c?.expectedCalibrationError ?? null, 1]],
    ]),
    columns('pictures without plates', pairs, [
      ['plates found', ({ falsePlates: f }) => f && [f.found, f.pictures]],
      ['and read', ({ falsePlates: f }) => f && [f.read, f.pictures]],
    ]),
    timeTable(pairs),
    ...comparisons.map(differenceText),
  ];
  return sections.filter((section) => section !== '').join('\n');
}

type Pair = [first: Row, second: Row];
type Column = [name: string, of: (row: Row) => [part: number | null, whole: number | null] | undefined];

function columns(title: string, pairs: readonly Pair[], wanted: readonly Column[]): string {
  const body = pairs.flatMap(([first, second]) => {
    const cells = wanted.flatMap(([, of]) => {
      const [one, other] = [of(first), of(second)];
      return one === undefined || other === undefined ? [] : [share(...one), share(...other), gain(one, other)];
    });
    return cells.length === 0 ? [] : [[nameOf(first), first.kind, ...cells]];
  });
  if (body.length === 0) return '';
  const heading = wanted.flatMap(([name]) => [`${name} %: A`, 'B', 'B − A']);
  return markdown([[title, 'kind', ...heading], ...body], 2);
}

function gain(one: [number | null, number | null], other: [number | null, number | null]): string {
  const [before, after] = [one, other].map(([part, whole]) =>
    part === null || !whole ? undefined : (100 * part) / whole,
  );
  if (before === undefined || after === undefined) return '-';
  return `${after >= before ? '+' : '−'}${Math.abs(after - before).toFixed(1)}`;
}

function timeTable(pairs: readonly Pair[]): string {
  const body = pairs
    .filter(([{ group }]) => group === 'all')
    .flatMap(([first, second]) =>
      Object.keys(first.ms).map((stage) => {
        const [one, other] = [first.ms[stage], second.ms[stage]];
        return [first.kind, stage, one?.toFixed(1) ?? '-', other?.toFixed(1) ?? '-'];
      }),
    );
  return body.length === 0 ? '' : markdown([['ms per picture, median', 'stage', 'A', 'B'], ...body], 2);
}

function differenceText(comparison: Comparison): string {
  const { kind, labels, both, firstOnly, secondOnly, chance, differences } = comparison;
  const lines = [
    `${kind}: of ${labels} labels both right ${both}, only A ${firstOnly}, only B ${secondOnly}` +
      ` (so uneven by chance: p = ${chance.toPrecision(2)})`,
  ];
  for (const [right, title] of [
    ['first', 'only A right'],
    ['second', 'only B right'],
  ] as const) {
    const some = differences.filter((difference) => difference.right === right);
    if (some.length === 0) continue;
    lines.push(`  ${title}:`, ...some.slice(0, LISTED).map((difference) => `    ${differenceLine(difference)}`));
    if (some.length > LISTED) lines.push(`    and ${some.length - LISTED} more (--json lists all)`);
  }
  return `${lines.join('\n')}\n`;
}

function differenceLine({ source, file, label, expected, first, second }: Difference): string {
  const place = `${source}/${path.basename(file)}${label === 0 ? '' : ` #${label + 1}`}`;
  return expected === undefined ? `${place}  box` : `${place}  ${expected}  A ${first || '-'}  B ${second || '-'}`;
}

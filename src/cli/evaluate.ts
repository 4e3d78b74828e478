import fs from 'node:fs';
import path from 'node:path';
import type { Pipeline } from '../stages/pipeline.js';
import { numberOption, parseCommand, UsageError, type OptionValues } from './arguments.js';
import { compare } from './evaluation/comparison.js';
import { comparisonReport } from './evaluation/comparison-tables.js';
import { sourceRows, summaryRows, type Row, type SourceOutcomes } from './evaluation/groups.js';
import { measureSource } from './evaluation/measure.js';
import { contactSheet, worstOf } from './evaluation/sheet.js';
import { report } from './evaluation/tables.js';
import { readLabels, type LabelledSource } from './labels.js';
import { Progress } from './progress.js';
import { openSession, sessionHelp, sessionOptions, type Session } from './session.js';

/** Failures on the sheet. */
const WORST = 20;

export const evaluateHelp = `alpr evaluate <labels.csv|labels.jsonl|folder>… [options]   Measures the networks on labelled pictures

  --split NAME            train, val, test or all (default test)
  --limit N               at most so many pictures per source
  --own-formats           take each plate crop for one of its label's region (instead of --formats)
  --find-plates           look for the plate in each plate crop first, as in loose crops; one without a find is read as it is
  --compare-vehicle-model NAME, --compare-plate-model NAME, --compare-text-model NAME
                          the same pictures with other models too (B), beside the first (A), and what only one of them reads
  --sheet FILE.jpg        the worst ${WORST} as one picture: misread and sure of it first, then not read, then not found
  --json                  one line of JSON per row instead of tables (docs/accuracy.md)
${sessionHelp}`;

const MODELS = ['vehicle', 'plate', 'text'] as const;
const SHIPPED = { vehicle: 'plateflow-vehicle', plate: 'plateflow-plate', text: 'plateflow-reader' };

/** Exit code 0, or 1 when a picture could not be opened. */
export async function runEvaluate(args: string[]): Promise<number> {
  const { values, targets } = parseCommand(args, {
    ...sessionOptions,
    split: { type: 'string' },
    limit: { type: 'string' },
    json: { type: 'boolean' },
    'own-formats': { type: 'boolean' },
    'find-plates': { type: 'boolean' },
    sheet: { type: 'string' },
    'compare-vehicle-model': { type: 'string' },
    'compare-plate-model': { type: 'string' },
    'compare-text-model': { type: 'string' },
  });
  if (targets.length === 0) throw new UsageError('Expected at least one labels file or folder');
  const sheet = sheetOption(values);
  const sources = chosenSources(targets, values);
  const progress = new Progress(
    'evaluate',
    sources.reduce((sum, { pictures }) => sum + pictures.length, 0),
  );
  const runs = [values, comparedValues(values)].filter((run) => run !== undefined);
  const sessions: Session[] = [];
  const pipelines: Pipeline[] = [];
  try {
    for (const run of runs) {
      const session = openSession(run);
      sessions.push(session);
      pipelines.push(await session.open({ minSharpness: 0 }));
    }
    const results: SourceOutcomes[][] = runs.map(() => []);
    for (const source of sources) {
      const outcomes = await measureSource(source, pipelines, {
        ownFormats: values['own-formats'] === true,
        findPlates: values['find-plates'] === true,
        onPicture: () => progress.advance(),
        onError: (file, error) =>
          process.stderr.write(`${file}: ${error instanceof Error ? error.message : String(error)}\n`),
      });
      for (const [run, list] of outcomes.entries()) {
        results[run]!.push({ name: source.name, kind: source.kind, outcomes: list });
      }
    }
    progress.finish();
    const text = values['json'] === true ? jsonLines(results) : tables(results, sessions[0]!, runs);
    process.stdout.write(text);
    if (sheet !== undefined) fs.writeFileSync(sheet, await contactSheet(worstOf(results[0]!, WORST)));
    return results[0]!.some(({ outcomes }) => outcomes.some(({ error }) => error !== undefined)) ? 1 : 0;
  } finally {
    progress.finish();
    for (const pipeline of pipelines) await pipeline.close();
    for (const session of sessions) await session.close();
  }
}

/** Refused before the pictures are looked at, not after. */
function sheetOption(values: OptionValues): string | undefined {
  const sheet = values['sheet'];
  if (typeof sheet !== 'string') return undefined;
  if (!/\.jpe?g$/i.test(sheet))
    throw new UsageError(`Expected a file that ends in .jpg for --sheet but received '${sheet}'`);
  if (!fs.existsSync(path.dirname(sheet))) {
    throw new UsageError(`Expected a folder that exists for --sheet but received '${path.dirname(sheet)}'`);
  }
  return sheet;
}

function chosenSources(targets: readonly string[], values: OptionValues): LabelledSource[] {
  const split = String(values['split'] ?? 'test');
  const limit = numberOption(values, 'limit', 1, 1e9) ?? Infinity;
  const ofSplit = targets
    .flatMap((target) => readLabels(target))
    .map((source): LabelledSource => {
      return { ...source, pictures: source.pictures.filter((picture) => split === 'all' || picture.split === split) };
    });
  if (ofSplit.every(({ pictures }) => pictures.length === 0)) {
    throw new UsageError(`Expected pictures with split '${split}' but the labels have none`);
  }
  // Without the vehicle network only those tell something that have nothing in them: whether plates are found there.
  const usable = ofSplit.map(({ pictures, ...source }): LabelledSource => {
    const blind = source.kind === 'vehicles' && values['mode'] === 'plates';
    const looked = blind ? pictures.filter(({ labels }) => labels.length === 0) : pictures;
    return { ...source, pictures: looked.slice(0, limit) };
  });
  const filled = usable.filter(({ pictures }) => pictures.length > 0);
  if (filled.length === 0) throw new UsageError('Expected --mode cascade: these labels are vehicles');
  return filled;
}

/** The command line with the other models in place of the first; undefined where none was named. */
function comparedValues(values: OptionValues): OptionValues | undefined {
  const others = MODELS.flatMap((model) => {
    const name = values[`compare-${model}-model`];
    return name === undefined ? [] : [[`${model}-model`, name] as const];
  });
  return others.length === 0 ? undefined : { ...values, ...Object.fromEntries(others) };
}

function rowsOf(sources: readonly SourceOutcomes[]): Row[] {
  return [...sources.flatMap(sourceRows), ...summaryRows(sources)];
}

/** Rows of the first models, those of the second with `run: "B"`, and what only one of them got right. */
function jsonLines([first = [], second]: SourceOutcomes[][]): string {
  const lines: object[] = rowsOf(first);
  if (second !== undefined) {
    lines.push(...rowsOf(second).map((row) => ({ ...row, run: 'B' })));
    lines.push(...compare(first, second).map((comparison) => ({ group: 'comparison', ...comparison })));
  }
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

function tables([first = [], second]: SourceOutcomes[][], { device }: Session, runs: OptionValues[]): string {
  const names = runs.map((run) => MODELS.map((model) => String(run[`${model}-model`] ?? SHIPPED[model])).join(', '));
  const heading = `device: ${device.describe()}\n`;
  if (second === undefined) return `${heading}models: ${names[0]}\n\n${report(rowsOf(first))}`;
  const both = comparisonReport(rowsOf(first), rowsOf(second), compare(first, second));
  return `${heading}A: ${names[0]}\nB: ${names[1]}\n\n${both}`;
}

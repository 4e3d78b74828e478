import type { Frame } from '../frame/frame.js';
import { framePool } from '../frame/pool.js';
import { decodeImage } from '../image/decode.js';
import type { Network } from '../device/device.js';
import { knownCodes, readFormats } from '../reading/formats/catalogue.js';
import { readPlates, type ReadOptions } from '../stages/read.js';
import { detectVehicles } from '../stages/vehicle-detect.js';
import type { Pipeline } from '../stages/pipeline.js';
import { numberOption, parseCommand, UsageError } from './arguments.js';
import {
  emptyDetectionScore,
  emptyReadingScore,
  scoreDetections,
  scoreReading,
  type DetectionScore,
  type ReadingScore,
} from './evaluation.js';
import { readLabels, type LabelledPicture, type LabelledSource } from './labels.js';
import { Progress } from './progress.js';
import { openSession, sessionHelp, sessionOptions, type Session } from './session.js';

export const evaluateHelp = `alpr evaluate <labels.csv|labels.jsonl|folder>… [options]   Measures the networks on labelled pictures

  --split NAME            train, val, test or all (default test)
  --limit N               at most so many pictures per source
  --own-formats           take each plate crop for one of its label's region (instead of --formats)
  --json                  one line per source instead of the table
${sessionHelp}`;

type SourceScore =
  | { name: string; kind: 'text'; reading: ReadingScore; failures: number }
  | { name: string; kind: 'plates' | 'vehicles'; detection: DetectionScore; failures: number };

/** Exit code 0, or 1 when a picture could not be opened. */
export async function runEvaluate(args: string[]): Promise<number> {
  const { values, targets } = parseCommand(args, {
    ...sessionOptions,
    split: { type: 'string' },
    limit: { type: 'string' },
    json: { type: 'boolean' },
    'own-formats': { type: 'boolean' },
  });
  if (targets.length === 0) throw new UsageError('Expected at least one labels file or folder');
  const split = String(values['split'] ?? 'test');
  const limit = numberOption(values, 'limit', 1, 1e9) ?? Infinity;
  const sources = targets.flatMap((target) => readLabels(target));
  for (const source of sources) {
    const chosen = source.pictures.filter((picture) => split === 'all' || picture.split === split);
    source.pictures = chosen.slice(0, limit);
  }
  const filled = sources.filter(({ pictures }) => pictures.length > 0);
  if (filled.length === 0) throw new UsageError(`Expected pictures with split '${split}' but the labels have none`);

  const session = openSession(values);
  const progress = new Progress(
    'evaluate',
    filled.reduce((sum, { pictures }) => sum + pictures.length, 0),
  );
  const scores: SourceScore[] = [];
  try {
    const pipeline = await session.open({ minSharpness: 0 });
    for (const source of filled) {
      const score = await evaluateSource(source, pipeline, progress, values['own-formats'] === true);
      scores.push(score);
      if (values['json'] === true) process.stdout.write(`${JSON.stringify(score)}\n`);
    }
    progress.finish();
    if (values['json'] !== true) process.stdout.write(table(scores, session));
    await pipeline.close();
  } finally {
    progress.finish();
    await session.close();
  }
  return scores.some(({ failures }) => failures > 0) ? 1 : 0;
}

async function evaluateSource(
  source: LabelledSource,
  pipeline: Pipeline,
  progress: Progress,
  ownFormats: boolean,
): Promise<SourceScore> {
  const { name, kind } = source;
  const reading = emptyReadingScore();
  const detection = emptyDetectionScore();
  let failures = 0;
  const one = async (picture: LabelledPicture): Promise<void> => {
    try {
      const frame = await decodeImage(picture.file, { cameraId: name, sequence: 0, timestamp: 0 });
      const formats = ownFormats ? formatsOfRegion(picture.region) : pipeline.options.read.formats;
      if (kind === 'text') scoreReading(reading, picture.text ?? '', await readCrop(frame, pipeline, formats));
      else scoreDetections(detection, picture.labels, await findIn(frame, kind, pipeline));
      framePool().recycle(frame);
    } catch (error) {
      failures++;
      process.stderr.write(`${picture.file}: ${error instanceof Error ? error.message : String(error)}\n`);
    }
    progress.advance();
  };
  // A few pictures at once keep all workers busy; scores are sums, so their order does not matter.
  const queue = [...source.pictures];
  const lane = async (): Promise<void> => {
    for (let picture = queue.shift(); picture !== undefined; picture = queue.shift()) await one(picture);
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
  return kind === 'text' ? { name, kind, reading, failures } : { name, kind, detection, failures };
}

/** The picture is the crop: it is read as it is, with the stage that lprnet-read uses. */
async function readCrop(frame: Frame, pipeline: Pipeline, formats: ReadOptions['formats']): Promise<string> {
  const box = { x1: 0, y1: 0, x2: frame.width, y2: frame.height };
  const options = { ...pipeline.options.read, minConfidence: 0, minLength: 0, formats };
  const { plates } = await readPlates(frame, [{ box, confidence: 1 }], pipeline.reader, options);
  return plates[0]?.text ?? '';
}

/** None for what is no country: "EU", "MIX". */
function formatsOfRegion(region = ''): ReadOptions['formats'] {
  return knownCodes().includes(region) ? readFormats(region) : [];
}

async function findIn(frame: Frame, kind: 'plates' | 'vehicles', pipeline: Pipeline) {
  if (kind === 'plates') {
    const { plates } = await pipeline.process(frame);
    return plates.filter((plate) => plate.held?.code !== 'plate-confidence');
  }
  const network: Network | undefined = pipeline.vehicles;
  if (network === undefined) throw new UsageError('Expected --mode cascade: these labels are vehicles');
  return (await detectVehicles(frame, network, pipeline.options.vehicles)).vehicles;
}

function table(scores: SourceScore[], session: Session): string {
  const lines = [`device: ${session.device.describe()}`, ''];
  const percent = (part: number, whole: number): string => (whole === 0 ? '-' : ((100 * part) / whole).toFixed(1));
  const row = (cells: (string | number)[]): string => `| ${cells.join(' | ')} |`;
  const detections = scores.filter((score) => score.kind !== 'text');
  if (detections.length > 0) {
    lines.push(row(['boxes', 'kind', 'pictures', 'labels', 'recall %', 'precision %', 'texts', 'texts exact %']));
    lines.push(row(['---', '---', '--:', '--:', '--:', '--:', '--:', '--:']));
    for (const { name, kind, detection: d } of detections) {
      const cells = [name, kind, d.pictures, d.labels, percent(d.matched, d.labels), percent(d.matched, d.finds)];
      lines.push(row([...cells, d.texts, percent(d.textsExact, d.texts)]));
    }
    lines.push('');
  }
  const readings = scores.filter((score) => score.kind === 'text');
  if (readings.length > 0) {
    lines.push(row(['text', 'crops', 'exact %', 'exact, O=0 I=1 %', 'character errors %']));
    lines.push(row(['---', '--:', '--:', '--:', '--:']));
    for (const { name, reading: r } of readings) {
      const errors = percent(r.edits, r.characters);
      lines.push(row([name, r.crops, percent(r.exact, r.crops), percent(r.exactMerged, r.crops), errors]));
    }
    lines.push('');
  }
  return lines.join('\n');
}

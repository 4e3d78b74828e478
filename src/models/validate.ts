import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DetectorOutput, Manifest, ModelOutput } from './manifest.js';
import { ModelError } from './errors.js';
import { SCHEMA_FILE, shippedModelsFolder } from './folder.js';
import { type Fail, type Schema, checkSchema } from './schema.js';

let schema: Schema | undefined;

/**
 * Checks a manifest as it was read from JSON against models/manifest.schema.json and the rules that tie fields together.
 *
 * @param json the parsed file
 * @param where named in errors: the file
 * @throws ModelError naming file and field: `models/x.json: output.anchors[1]: Expected … but received …`
 */
export function validateManifest(json: unknown, where: string): Manifest {
  const fail: Fail = (path, expected, received) => {
    const field = path === '' ? '' : `${path}: `;
    throw new ModelError(`${where}: ${field}Expected ${expected} but received ${show(received)}`);
  };
  schema ??= JSON.parse(readFileSync(join(shippedModelsFolder(), SCHEMA_FILE), 'utf8')) as Schema;
  checkSchema(json, schema, schema, '', fail);
  const manifest = { ...(json as Manifest & { $schema?: string }) };
  delete manifest.$schema;
  checkFiles(manifest, fail);
  checkInput(manifest, fail);
  checkOutput(manifest.output, 'output', fail);
  checkTask(manifest, fail);
  return manifest;
}

function checkFiles({ files }: Manifest, fail: Fail): void {
  if (!files.onnx && Object.keys(files.hef ?? {}).length === 0) fail('files', 'at least one of onnx, hef', files);
}

function checkInput({ input }: Manifest, fail: Fail): void {
  const { multipleOf, crop } = input;
  if (multipleOf !== undefined) {
    if (input.width % multipleOf !== 0) fail('input.width', `a multiple of ${multipleOf} (multipleOf)`, input.width);
    if (input.height % multipleOf !== 0) fail('input.height', `a multiple of ${multipleOf} (multipleOf)`, input.height);
  }
  if (crop !== undefined) {
    if (multipleOf === undefined) fail('input.crop', 'none, because without multipleOf there is one size only', crop);
    for (const side of ['width', 'height'] as const) {
      if (crop[side] % multipleOf !== 0)
        fail(`input.crop.${side}`, `a multiple of ${multipleOf} (multipleOf)`, crop[side]);
    }
  }
  if (input.normalisation && input.type !== 'float32') {
    fail('input.normalisation', 'none, because input.type is uint8', input.normalisation);
  }
}

function checkTask({ task, output }: Manifest, fail: Fail): void {
  const reads = ['ctc', 'slots', 'character-boxes'].includes(output.decoder);
  if (task === 'text' && !reads)
    fail('output.decoder', 'one of ctc, slots, character-boxes for a text model', output.decoder);
  if ((task === 'vehicles' || task === 'plates') && (reads || output.decoder === 'tensors')) {
    fail('output.decoder', `the decoder of a detector for a ${task} model`, output.decoder);
  }
}

function checkOutput(output: ModelOutput, path: string, fail: Fail): void {
  switch (output.decoder) {
    case 'corner-detector':
      if (output.labels.length !== 1) fail(`${path}.labels`, 'one label (the decoder has no classes)', output.labels);
      return;
    case 'yolov5':
    case 'yolov4':
      checkHeads(output, path, fail);
      return;
    case 'end-to-end':
      checkColumns(output.columns, `${path}.columns`, fail);
      return;
    case 'ctc':
      if (output.blank > output.alphabet.length) {
        fail(`${path}.blank`, `a class index from 0 to ${output.alphabet.length}`, output.blank);
      }
      return;
    case 'slots':
      if (output.pad >= output.alphabet.length) {
        fail(`${path}.pad`, `a class index from 0 to ${output.alphabet.length - 1}`, output.pad);
      }
      return;
    case 'character-boxes':
      checkOutput(output.detector, `${path}.detector`, fail);
      return;
    case 'yolov8':
    case 'tensors':
      return;
  }
}

function checkHeads(output: DetectorOutput & { decoder: 'yolov5' | 'yolov4' }, path: string, fail: Fail): void {
  const heads = output.outputs.length;
  if (output.strides.length !== heads) fail(`${path}.strides`, `${heads} strides, one per output`, output.strides);
  if (output.anchors.length !== heads)
    fail(`${path}.anchors`, `${heads} lists of anchors, one per output`, output.anchors);
}

function checkColumns(columns: string[], path: string, fail: Fail): void {
  for (const name of ['x1', 'y1', 'x2', 'y2', 'confidence']) {
    if (!columns.includes(name)) fail(path, `a column ${name}`, columns);
  }
  if (new Set(columns).size !== columns.length) fail(path, 'each column once', columns);
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}

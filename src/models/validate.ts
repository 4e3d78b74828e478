import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAlphabets } from './alphabet.js';
import type { DetectorOutput, Manifest, ModelFile, ModelOutput } from './manifest.js';
import { ModelError } from './errors.js';
import { SCHEMA_FILE, shippedModelsFolder } from './folder.js';
import { type Fail, type Schema, checkSchema } from './schema.js';

let schema: Schema | undefined;

/**
 * Checks a manifest as it was read from JSON against models/manifest.schema.json and the rules that tie fields together.
 *
 * @param json the parsed file
 * @param where named in errors: the file
 * @param directory the manifest's folder; alphabets that are in a file of their own are read from it
 * @throws ModelError naming file and field: `models/x.json: output.anchors[1]: Expected … but received …`
 */
export function validateManifest(json: unknown, where: string, directory?: string): Manifest {
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
  checkHef(manifest, fail);
  loadAlphabets(manifest, directory, fail);
  for (const [path, output] of outputsOf(manifest)) {
    checkOutput(output, path, fail);
    checkTask(manifest.task, output, path, fail);
  }
  return manifest;
}

/** What the ONNX file gives, and what the HEFs give where that differs. */
function outputsOf({ output, hef }: Manifest): [path: string, output: ModelOutput][] {
  return [['output', output], ...(hef?.output ? [['hef.output', hef.output] as [string, ModelOutput]] : [])];
}

function hasHefs({ files }: Manifest): boolean {
  return Object.keys(files.hef ?? {}).length > 0;
}

function checkFiles(manifest: Manifest, fail: Fail): void {
  const { files, description } = manifest;
  if (!files.onnx && !hasHefs(manifest)) fail('files', 'at least one of onnx, hef', files);
  const entries: [string, ModelFile | undefined][] = [
    ['onnx', files.onnx],
    ...Object.entries(files.hef ?? {}).map(([target, file]): [string, ModelFile] => [`hef.${target}`, file]),
  ];
  for (const [name, file] of entries) {
    if (file !== undefined && file.sha256 === undefined && file.url === undefined && description === undefined) {
      fail(`files.${name}`, 'a sha256, a url, or a description of the model that says where the file is from', file);
    }
  }
}

/** A chip is fed bytes, channels last, in one size; its compiler put normalisation, and often suppression, into the HEF. */
function checkHef(manifest: Manifest, fail: Fail): void {
  const { files, hef, input, output } = manifest;
  if (hef !== undefined && !hasHefs(manifest)) fail('hef', 'none, because files.hef names no file', hef);
  if (files.onnx) {
    if (usesHailoNms(output)) {
      fail('output.decoder', "another one, because HailoRT's NMS is not in an ONNX file (hef.output?)", 'hailo-nms');
    }
    return;
  }
  const why = 'because the model has HEF files only';
  if (input.layout !== 'NHWC') fail('input.layout', `NHWC, ${why}`, input.layout);
  if (input.type !== 'uint8') fail('input.type', `uint8, ${why}`, input.type);
  if (input.multipleOf !== undefined)
    fail('input.multipleOf', `none, ${why} and those have one size`, input.multipleOf);
  if (hef !== undefined) fail('hef', `none, ${why}: input and output are theirs`, hef);
}

function usesHailoNms(output: ModelOutput): boolean {
  return output.decoder === 'character-boxes' ? usesHailoNms(output.detector) : output.decoder === 'hailo-nms';
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

function checkTask(task: Manifest['task'], output: ModelOutput, path: string, fail: Fail): void {
  const reads = ['ctc', 'slots', 'character-boxes'].includes(output.decoder);
  if (task === 'text' && !reads)
    fail(`${path}.decoder`, 'one of ctc, slots, character-boxes for a text model', output.decoder);
  if ((task === 'vehicles' || task === 'plates') && (reads || output.decoder === 'tensors')) {
    fail(`${path}.decoder`, `the decoder of a detector for a ${task} model`, output.decoder);
  }
}

function checkOutput(output: ModelOutput, path: string, fail: Fail): void {
  if ('labels' in output) checkKeep(output, `${path}.keep`, fail);
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
    case 'hailo-nms':
    case 'tensors':
      return;
  }
}

function checkHeads(output: DetectorOutput & { decoder: 'yolov5' | 'yolov4' }, path: string, fail: Fail): void {
  const { outputs, strides, anchors } = output;
  const heads = outputs?.length ?? strides.length;
  if (strides.length !== heads) fail(`${path}.strides`, `${heads} strides, one per output`, strides);
  if (anchors.length !== heads) {
    fail(`${path}.anchors`, `${heads} lists of anchors, one per ${outputs ? 'output' : 'stride'}`, anchors);
  }
  if (outputs === undefined && new Set(strides).size !== strides.length) {
    fail(`${path}.strides`, 'each stride once, because no outputs are named', strides);
  }
}

function checkKeep({ labels, keep }: DetectorOutput, path: string, fail: Fail): void {
  for (const [index, label] of (keep ?? []).entries()) {
    if (!labels.includes(label)) fail(`${path}[${index}]`, 'one of the labels', label);
  }
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

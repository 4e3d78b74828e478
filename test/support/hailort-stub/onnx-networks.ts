import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest, ModelInput } from '../../../src/models/manifest.js';
import { writeHef } from './hef-file.js';

/** How numbers of an ONNX output become a HEF's: as they are, or bytes with `q = real / scale + zeroPoint`, rounded and clamped. */
export type Encoding = 'float32' | { zeroPoint: number; scale: number };

/** An ONNX network as the backend runs it: one picture of bytes in, channels last, one output of rank 3 out. */
export interface OnnxNetwork {
  onnxFile: string;
  input: { name: string; width: number; height: number };
  output: { name: string; rows: number; columns: number };
  encode: Encoding;
}

export interface OnnxHefOptions {
  /** What the models' names get behind them. Default '-hailo'; '' lets them take the place of the shipped ones, so that flows need no change. */
  suffix?: string;
  /** Side of the plate detector's input, a multiple of 32. Default 512, as in its manifest. */
  plateSize?: number;
  /** hw_arch, default 1 (Hailo-8); 3 for a Hailo-8L. */
  architecture?: number;
}

const models = join(__dirname, '..', '..', '..', 'models');
const TYPE = { UINT8: 1, FLOAT32: 3 };
const NHW = 5;

/** The shipped networks by the name that their HEFs give to the backend. */
export function shippedOnnxNetworks({ plateSize = 512 }: OnnxHefOptions = {}): Record<string, OnnxNetwork> {
  return {
    'plateflow-vehicle': detector('plateflow-vehicle', 416, 5),
    'plateflow-plate': detector('plateflow-plate', plateSize, 13),
    'plateflow-reader': {
      onnxFile: join(models, 'plateflow-reader.onnx'),
      input: { name: 'image', width: 160, height: 48 },
      output: { name: 'logits', rows: 80, columns: 75 },
      // Logits of the samples' plates and of other pictures lie between −37 and 15; the few below −35 mean never, as −35 does.
      encode: { zeroPoint: 175, scale: 0.2 },
    },
  };
}

/** One row per cell of the strides 8, 16 and 32. */
function detector(name: string, side: number, columns: number): OnnxNetwork {
  const rows = [8, 16, 32].reduce((sum, stride) => sum + (side / stride) ** 2, 0);
  return {
    onnxFile: join(models, `${name}.onnx`),
    input: { name: 'image', width: side, height: side },
    output: { name: 'detections', rows, columns },
    encode: 'float32',
  };
}

/**
 * Writes HEFs of the three shipped networks, which a stub with `startOnnxBackend` computes, and their manifests: a folder that
 * hailo-device's model folder can name.
 * @returns names of the models
 */
export function writeOnnxHefs(folder: string, options: OnnxHefOptions = {}): string[] {
  const { suffix = '-hailo', architecture = 1 } = options;
  mkdirSync(folder, { recursive: true });
  return Object.entries(shippedOnnxNetworks(options)).map(([shipped, network]) => {
    const name = `${shipped}${suffix}`;
    const file = `${shipped}.${architecture === 3 ? 'hailo8l' : 'hailo8'}.hef`;
    writeOnnxHef(join(folder, file), shipped, network, architecture);
    const manifest = manifestFor(shipped, name, network, folder, file, architecture);
    writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(manifest, null, 2)}\n`);
    return name;
  });
}

/** @param onnx the network's name for the backend, and in the HEF */
export function writeOnnxHef(
  file: string,
  onnx: string,
  { input, output, encode }: OnnxNetwork,
  architecture = 1,
): void {
  const tensor = { name: 'output_layer1', height: output.rows, width: output.columns, features: 1, order: NHW };
  const numbers = encode === 'float32' ? { type: TYPE.FLOAT32 } : { type: TYPE.UINT8, ...encode };
  writeHef(
    file,
    {
      name: onnx,
      inputs: [{ name: 'input_layer1', height: input.height, width: input.width, features: 3 }],
      outputs: [{ ...tensor, ...numbers }],
      compute: { onnx },
    },
    { architecture },
  );
}

function manifestFor(
  shipped: string,
  name: string,
  { input: { width, height } }: OnnxNetwork,
  folder: string,
  file: string,
  architecture: number,
): Manifest {
  const manifest = JSON.parse(readFileSync(join(models, `${shipped}.json`), 'utf8')) as Manifest & { $schema?: string };
  delete manifest.$schema;
  const input: ModelInput = { ...manifest.input, width, height };
  for (const key of ['name', 'multipleOf', 'crop'] as const) delete input[key];
  const output = { ...manifest.output };
  if ('output' in output) delete output.output;
  const bytes = readFileSync(join(folder, file));
  const entry = { file, sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };
  return {
    ...manifest,
    name,
    title: `${manifest.title} as a HEF`,
    files: { hef: architecture === 3 ? { hailo8l: entry } : { hailo8: entry } },
    input,
    output,
  };
}

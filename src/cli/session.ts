import { acquireDevice } from '../device/shared.js';
import { Catalogue } from '../models/catalogue.js';
import type { Device } from '../device/device.js';
import { Pipeline, type PipelineOptions } from '../stages/pipeline.js';
import { choiceOption, numberOption, type OptionValues } from './arguments.js';

/** Options that every sub-command which runs networks takes. */
export const sessionOptions = {
  runtime: { type: 'string' },
  workers: { type: 'string' },
  models: { type: 'string' },
  'vehicle-model': { type: 'string' },
  'plate-model': { type: 'string' },
  'text-model': { type: 'string' },
  mode: { type: 'string' },
  'vehicle-confidence': { type: 'string' },
  'plate-confidence': { type: 'string' },
  'plate-size': { type: 'string' },
  'vehicle-size': { type: 'string' },
  'second-look': { type: 'string' },
  'min-sharpness': { type: 'string' },
  'min-confidence': { type: 'string' },
} as const;

export const sessionHelp = `  --mode cascade|plates   vehicles first, or plates in the whole frame only (default cascade)
  --vehicle-model NAME, --plate-model NAME, --text-model NAME
  --models FOLDER         more manifests
  --vehicle-confidence X, --plate-confidence X, --min-confidence X   0..1
  --vehicle-size PX, --plate-size PX                                 network input, whole frame
  --second-look never|unsure|always                                  (default unsure)
  --min-sharpness X       hold back blurred plates (default 0 for pictures, 100 for videos)
  --runtime auto|native|wasm, --workers N`;

/** A device and the models a command line asked for; close it in the end. */
export interface Session {
  device: Device;
  open(defaults: { minSharpness: number }): Promise<Pipeline>;
  close(): Promise<void>;
}

export function openSession(values: OptionValues): Session {
  const workers = numberOption(values, 'workers', 1, 64);
  const shared = acquireDevice({
    backend: 'auto',
    runtime: choiceOption(values, 'runtime', ['auto', 'native', 'wasm'], 'auto'),
    ...(workers === undefined ? {} : { workers }),
  });
  const folder = values['models'];
  const catalogue = new Catalogue(typeof folder === 'string' ? [folder] : []);
  const cascade = choiceOption(values, 'mode', ['cascade', 'plates'], 'cascade') === 'cascade';
  const sharpness = numberOption(values, 'min-sharpness', 0, 1e6);
  // Before anything is opened: what was typed wrongly must not look like a picture that cannot be read.
  const options = pipelineOptions(values, cascade);
  const model = (option: string, fallback: string) => catalogue.get(String(values[option] ?? fallback));
  return {
    device: shared.device,
    async open({ minSharpness }) {
      const models = {
        vehicles: cascade ? model('vehicle-model', 'plateflow-vehicle') : undefined,
        plates: model('plate-model', 'plateflow-plate'),
        text: model('text-model', 'plateflow-reader'),
      };
      const gate = { ...options.gate, minSharpness: sharpness ?? minSharpness };
      return Pipeline.open(shared.device, models, { ...options, gate });
    },
    close: () => shared.release(),
  };
}

function pipelineOptions(values: OptionValues, cascade: boolean): PipelineOptions {
  const confidence = (name: string) => numberOption(values, name, 0, 1);
  const size = (name: string) => numberOption(values, name, 32, 4096);
  return {
    vehicles: cascade ? { confidence: confidence('vehicle-confidence'), inputSize: size('vehicle-size') } : undefined,
    plates: {
      where: 'auto',
      frameEvery: 5,
      confidence: confidence('plate-confidence'),
      inputSize: size('plate-size'),
    },
    gate: { minSharpness: 0, minWidth: 0, minHeight: 0 },
    read: {
      minConfidence: confidence('min-confidence') ?? 0.5,
      minLength: 3,
      secondLook: choiceOption(values, 'second-look', ['never', 'unsure', 'always'], 'unsure'),
      candidates: 3,
    },
  };
}

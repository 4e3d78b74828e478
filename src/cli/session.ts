import { acquireDevice, type DeviceSettings } from '../device/shared.js';
import { Catalogue } from '../models/catalogue.js';
import type { Device } from '../device/device.js';
import { readFormats } from '../reading/formats/catalogue.js';
import type { CountryFormats } from '../reading/formats/format.js';
import { Pipeline, type PipelineOptions } from '../stages/pipeline.js';
import { READ_DEFAULTS } from '../stages/read.js';
import { choiceOption, numberOption, UsageError, type OptionValues } from './arguments.js';

/** Options that every sub-command which runs networks takes. */
export const sessionOptions = {
  backend: { type: 'string' },
  'hailo-library': { type: 'string' },
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
  'plate-looks': { type: 'string' },
  'vehicle-size': { type: 'string' },
  'second-look': { type: 'string' },
  'min-sharpness': { type: 'string' },
  'min-confidence': { type: 'string' },
  formats: { type: 'string' },
} as const;

export const sessionHelp = `  --mode cascade|plates   vehicles first, or plates in the whole frame only (default cascade)
  --vehicle-model NAME, --plate-model NAME, --text-model NAME
  --models FOLDER         more manifests
  --vehicle-confidence X, --plate-confidence X, --min-confidence X   0..1
  --vehicle-size PX, --plate-size PX                                 network input, whole frame
  --plate-looks auto|one|two                                         at the whole frame; two: also at half the size (default auto:
                                                                     two for pictures, one for videos and cameras)
  --second-look never|unsure|always                                  (default unsure)
  --formats CODES         countries whose plates are expected, such as DE,AT or US-CA (default any)
  --min-sharpness X       hold back blurred plates (default 0 for pictures, 100 for videos)
  --backend auto|cpu|hailo   models with a HEF on a Hailo where one answers; the CPU only; a Hailo only (default auto)
  --hailo-library PATH    libhailort.so, or its folder (default: searched for)
  --runtime auto|native|wasm, --workers N   for the CPU`;

/** A device and the models a command line asked for; close it in the end. */
export interface Session {
  device: Device;
  open(defaults: { minSharpness: number }): Promise<Pipeline>;
  close(): Promise<void>;
}

export function openSession(values: OptionValues): Session {
  const shared = acquireDevice(deviceSettings(values));
  const folder = values['models'];
  const catalogue = new Catalogue(typeof folder === 'string' ? [folder] : []);
  const cascade = choiceOption(values, 'mode', ['cascade', 'plates'], 'cascade') === 'cascade';
  const sharpness = numberOption(values, 'min-sharpness', 0, 1e6);
  // Before anything is opened: what was typed wrongly must not look like a picture that cannot be read.
  const options = pipelineOptions(values, cascade);
  let told = false;
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
      const pipeline = await Pipeline.open(shared.device, models, { ...options, gate });
      const description = shared.device.describe();
      // Not a word where no model could run on a Hailo.
      if (!told && description.includes('; no Hailo: ')) process.stderr.write(`${description}\n`);
      told = true;
      return pipeline;
    },
    close: () => shared.release(),
  };
}

function deviceSettings(values: OptionValues): DeviceSettings {
  const backend = choiceOption(values, 'backend', ['auto', 'cpu', 'hailo'], 'auto');
  const workers = numberOption(values, 'workers', 1, 64);
  const library = values['hailo-library'];
  if (library !== undefined && backend === 'cpu') {
    throw new UsageError('Expected the back end auto or hailo for --hailo-library but received --backend cpu');
  }
  return {
    backend,
    runtime: choiceOption(values, 'runtime', ['auto', 'native', 'wasm'], 'auto'),
    ...(workers === undefined ? {} : { workers }),
    ...(typeof library === 'string' ? { hailo: { library } } : {}),
  };
}

function formatsOption(values: OptionValues): CountryFormats[] {
  try {
    return readFormats(String(values['formats'] ?? ''));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function pipelineOptions(values: OptionValues, cascade: boolean): PipelineOptions {
  const confidence = (name: string) => numberOption(values, name, 0, 1);
  const size = (name: string) => numberOption(values, name, 32, 4096);
  return {
    vehicles: cascade ? { confidence: confidence('vehicle-confidence'), inputSize: size('vehicle-size') } : undefined,
    plates: {
      where: 'auto',
      frameEvery: 5,
      looks: choiceOption<'auto' | 'one' | 'two'>(values, 'plate-looks', ['auto', 'one', 'two'], 'auto'),
      confidence: confidence('plate-confidence'),
      inputSize: size('plate-size'),
    },
    gate: { minSharpness: 0, minWidth: 0, minHeight: 0 },
    read: {
      ...READ_DEFAULTS,
      minConfidence: confidence('min-confidence') ?? READ_DEFAULTS.minConfidence,
      secondLook: choiceOption(values, 'second-look', ['never', 'unsure', 'always'], READ_DEFAULTS.secondLook),
      formats: formatsOption(values),
    },
  };
}

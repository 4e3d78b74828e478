import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { acquireDevice, type DeviceSettings } from '../device/shared.js';
import { Catalogue } from '../models/catalogue.js';
import type { Manifest, ModelFile } from '../models/manifest.js';
import type { DeviceProvider, ModelSummary } from './device-handle.js';

/** The real device of a hailo-device config node; devices with equal settings are shared by all of them. */
export function deviceProvider(settings: DeviceSettings, modelDirectory: string): DeviceProvider {
  const folders = modelDirectory === '' ? [] : [modelDirectory];
  return {
    acquire: async () => acquireDevice(settings),
    // Read anew each time: a model dropped into the folder is there without a restart.
    manifest: async (model) => new Catalogue(folders).get(model),
    models: () => listModels(folders),
  };
}

/** What the model pickers show: the shipped models and those of extra folders. */
export async function listModels(folders: readonly string[] = []): Promise<ModelSummary[]> {
  return new Catalogue(folders).list().map((manifest) => ({
    name: manifest.name,
    title: manifest.title,
    task: manifest.task,
    description: manifest.description,
    available: isAvailable(manifest),
    thresholds: manifest.thresholds,
    input: { width: manifest.input.width, height: manifest.input.height },
  }));
}

function isAvailable({ directory, files }: Manifest): boolean {
  const entries = [files.onnx, ...Object.values(files.hef ?? {})];
  return entries.some((entry: ModelFile | undefined) => {
    return entry !== undefined && directory !== undefined && existsSync(join(directory, entry.file));
  });
}

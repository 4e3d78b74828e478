import { statSync } from 'node:fs';
import { join } from 'node:path';
import { acquireDevice, type DeviceSettings } from '../device/shared.js';
import { Catalogue } from '../models/catalogue.js';
import type { ModelTarget } from '../models/locate.js';
import type { Manifest } from '../models/manifest.js';
import type { DeviceProvider, ModelSummary } from './device-handle.js';
import { modelFolders, type ModelFolders } from './model-pulls.js';

/**
 * The real device of a hailo-device config node; devices with equal settings are shared by all of them.
 * @param modelDirectory more manifests; '' for none
 * @param userDir Node-RED's `settings.userDir`: downloads are kept in it
 */
export function deviceProvider(settings: DeviceSettings, modelDirectory: string, userDir?: string): DeviceProvider {
  const folders = modelFolders(modelDirectory, userDir);
  return {
    folders,
    acquire: async () => acquireDevice(settings),
    // Read anew each time: a model dropped into the folder is there without a restart.
    manifest: async (model) => new Catalogue(folders.extra, folders).get(model),
    models: () => listModels(folders),
  };
}

/** What the model pickers show: the shipped models and those of extra folders. */
export async function listModels(folders: ModelFolders = modelFolders('')): Promise<ModelSummary[]> {
  return new Catalogue(folders.extra, folders).list().map((manifest) => {
    const targets = presentTargets(manifest);
    return {
      name: manifest.name,
      title: manifest.title,
      task: manifest.task,
      description: manifest.description,
      available: targets.length > 0,
      targets,
      thresholds: manifest.thresholds,
      input: { width: manifest.input.width, height: manifest.input.height },
    };
  });
}

/** Asked for every model whenever a dialog opens, so it looks for names only; `listModelFiles` checks what is in the files. */
function presentTargets({ directory, downloads, files }: Manifest): ModelTarget[] {
  const entries = { onnx: files.onnx, ...files.hef };
  return (Object.keys(entries) as ModelTarget[]).filter((target) => {
    const file = entries[target]?.file;
    return (
      file !== undefined && [directory, downloads].some((folder) => folder !== undefined && isFile(join(folder, file)))
    );
  });
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

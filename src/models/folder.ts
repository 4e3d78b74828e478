import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { ModelError } from './errors.js';

/** The JSON Schema of manifests; lies beside the shipped models. */
export const SCHEMA_FILE = 'manifest.schema.json';

/** In the package's `models/`: manifests of other people's networks, whose files do not come with the package. */
export const FIELD_FOLDER = 'field';

/**
 * The package's own `models/` folder: two levels above the source, three above the compiled file.
 * @throws ModelError when the package lacks it
 */
export function shippedModelsFolder(): string {
  const candidates = [join(__dirname, '..', '..', 'models'), join(__dirname, '..', '..', '..', 'models')];
  for (const folder of candidates) {
    if (existsSync(join(folder, SCHEMA_FILE))) return folder;
  }
  throw new ModelError(
    `Expected the package's models folder (with ${SCHEMA_FILE}) at ${candidates.join(' or ')} but found none: ` +
      'the installation is incomplete, install the package again',
  );
}

/**
 * Where `alpr models pull` puts files: the environment's ALPR_MODEL_FOLDER, else `alpr-models` in Node-RED's folder of
 * settings and flows, so that what the command fetched is there for the nodes.
 *
 * @param userDir Node-RED's `settings.userDir` where one runs; the usual `~/.node-red` when left out
 */
export function downloadFolder(userDir?: string, environment: NodeJS.ProcessEnv = process.env): string {
  const chosen = environment['ALPR_MODEL_FOLDER'];
  if (chosen !== undefined && chosen.trim() !== '') return resolve(chosen);
  return join(userDir === undefined || userDir === '' ? join(homedir(), '.node-red') : resolve(userDir), 'alpr-models');
}

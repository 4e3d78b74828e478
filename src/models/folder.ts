import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ModelError } from './errors.js';

/** The JSON Schema of manifests; lies beside the shipped models. */
export const SCHEMA_FILE = 'manifest.schema.json';

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

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from './manifest.js';
import { ModelError } from './errors.js';
import { downloadFolder, FIELD_FOLDER, SCHEMA_FILE, shippedModelsFolder } from './folder.js';
import { loadManifest } from './load.js';
import { nearestName } from './nearest-name.js';

/** A file or folder that could not be used; the others still are. */
export interface CatalogueProblem {
  path: string;
  error: ModelError;
}

/**
 * All models known here: those shipped with the package, the networks of the field (manifests only, their files are fetched or put
 * beside them by the user) and those in extra folders. A model in an extra folder takes the place of a shipped one of the same
 * name, so that a better network can be dropped in.
 */
export class Catalogue {
  private readonly manifests = new Map<string, Manifest>();
  private readonly found: CatalogueProblem[] = [];
  private readonly downloads: string;

  /**
   * @param extraFolders folders of manifests (*.json) with their models; later ones win
   * @param options.downloads folder of downloaded model files, handed on in `manifest.downloads`; default downloadFolder()
   * @throws ModelError only when the package's own folder is missing
   */
  constructor(extraFolders: readonly string[] = [], options: { downloads?: string } = {}) {
    this.downloads = options.downloads ?? downloadFolder();
    const shipped = shippedModelsFolder();
    for (const folder of [shipped, join(shipped, FIELD_FOLDER), ...extraFolders]) this.addFolder(folder);
  }

  /** What could not be read, for a status or a log. */
  get problems(): readonly CatalogueProblem[] {
    return this.found;
  }

  /** The models, sorted by name; of one task when it is given. */
  list(task?: Manifest['task']): Manifest[] {
    const all = [...this.manifests.values()].filter((manifest) => task === undefined || manifest.task === task);
    return all.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * @throws ModelError when there is no such model: names the ones that there are, and broken manifests that may be it
   */
  get(name: string): Manifest {
    const manifest = this.manifests.get(name);
    if (manifest) return manifest;
    const names = [...this.manifests.keys()].sort();
    const near = nearestName(name, names);
    const guess = near === undefined ? '' : ` Did you mean ${near}?`;
    const broken = this.found.map((problem) => ` Not usable: ${problem.error.message}.`).join('');
    throw new ModelError(`Expected one of the models ${names.join(', ')} but received "${name}".${guess}${broken}`);
  }

  private addFolder(folder: string): void {
    let files: string[];
    try {
      files = readdirSync(folder).sort();
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      const problem = new ModelError(`Expected a folder of models at ${folder} but received ${reason}`, {
        cause: error,
      });
      this.found.push({ path: folder, error: problem });
      return;
    }
    const here = new Map<string, string>();
    for (const file of files) {
      if (file.endsWith('.json') && file !== SCHEMA_FILE) this.addFile(join(folder, file), here);
    }
  }

  private addFile(path: string, here: Map<string, string>): void {
    try {
      const manifest = { ...loadManifest(path), downloads: this.downloads };
      const twin = here.get(manifest.name);
      if (twin !== undefined) {
        throw new ModelError(
          `${path}: name: Expected a name of its own but received "${manifest.name}", as in ${twin}`,
        );
      }
      here.set(manifest.name, path);
      this.manifests.set(manifest.name, manifest);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      this.found.push({ path, error });
    }
  }
}

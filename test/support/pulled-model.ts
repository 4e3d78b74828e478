import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Catalogue } from '../../src/models/catalogue.js';
import type { Manifest, ModelFile } from '../../src/models/manifest.js';

/** Bytes that begin as a HEF does; never the same twice in a row, so that a shifted or doubled piece shows. */
export function hefBytes(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = state >>> 16;
  }
  bytes.set([0x01, 0x48, 0x45, 0x46]);
  return bytes;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A folder of manifests and one of downloads, for one test. */
export class ModelPlace {
  readonly root = mkdtempSync(join(tmpdir(), 'alpr-pull-'));
  readonly manifests = join(this.root, 'manifests');
  readonly downloads = join(this.root, 'downloads');

  constructor() {
    mkdirSync(this.manifests);
  }

  /** A model named `remote` with a HEF for Hailo-8 named remote.hailo8.hef. */
  manifest(file: Partial<ModelFile>, files: Manifest['files'] = {}): Manifest {
    const entry: ModelFile = { file: 'remote.hailo8.hef', ...file };
    return {
      ...new Catalogue().get('plateflow-plate'),
      name: 'remote',
      files: { hef: { hailo8: entry }, ...files },
      directory: this.manifests,
      downloads: this.downloads,
    };
  }

  get file(): string {
    return join(this.downloads, 'remote.hailo8.hef');
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

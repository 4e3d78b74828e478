import { fileEntry, filePlaces, inspectModelFile, type ModelTarget, modelTargets } from '../locate.js';
import type { Manifest, ModelFile } from '../manifest.js';

/** `shipped`: it lies beside its manifest. `downloaded`: in the folder of downloads. `damaged`: it is there, but is not what it should be. */
export type FileState = 'shipped' | 'downloaded' | 'missing' | 'damaged';

/** How a file's bytes could be checked: against the manifest, against what was recorded when it was fetched, or not at all. */
export type CheckedAgainst = 'manifest' | 'download' | 'nothing';

export interface ModelFileState {
  target: ModelTarget;
  entry: ModelFile;
  state: FileState;
  /** Of the file that is there, of the damaged one too. */
  path?: string;
  /** Bytes of the file that is there; else as the manifest says. */
  size?: number;
  checkedAgainst?: CheckedAgainst;
  /** What is wrong, one sentence; only when damaged. */
  problem?: string;
}

/** The state of every file that a manifest names; each is read and checked where it has changed since the last time. */
export async function fileStates(manifest: Manifest): Promise<ModelFileState[]> {
  const states: ModelFileState[] = [];
  for (const target of modelTargets) {
    const entry = fileEntry(manifest, target);
    if (entry !== undefined) states.push(await stateOf(manifest, target, entry));
  }
  return states;
}

async function stateOf(manifest: Manifest, target: ModelTarget, entry: ModelFile): Promise<ModelFileState> {
  let worst: ModelFileState = { target, entry, state: 'missing', ...sized(entry.size) };
  for (const { path, downloaded } of filePlaces(manifest, entry)) {
    const found = await inspectModelFile(manifest, entry, path);
    if (found.state === 'good') {
      const { size, checkedAgainst } = found;
      return { target, entry, state: downloaded ? 'downloaded' : 'shipped', path, size, checkedAgainst };
    }
    if (found.state === 'damaged' && worst.state === 'missing') {
      const problem = found.error.message;
      worst = { target, entry, state: 'damaged', path, ...sized(found.size ?? entry.size), problem };
    }
  }
  return worst;
}

function sized(size: number | undefined): { size?: number } {
  return size === undefined ? {} : { size };
}

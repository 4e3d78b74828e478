import type { ModelOutput } from '../../../models/manifest.js';
import { HailoError } from '../errors.js';

/** The outputs that a manifest's decoder asks for by name; none where it takes the only or first one. */
export function namedOutputs(output: ModelOutput): string[] {
  if (output.decoder === 'character-boxes') return namedOutputs(output.detector);
  if ('outputs' in output) return [...(output.outputs ?? [])];
  return 'output' in output && output.output !== undefined ? [output.output] : [];
}

/**
 * The name under which the decoder looks for each of a HEF's outputs. HEFs call them `network/layer`; manifests may say the
 * whole name or the layer alone. Where the manifest names one output and the HEF has one, they belong together whatever their names.
 *
 * @returns by the HEF's name; outputs that nobody asks for are missing
 * @throws HailoError when a named output is not in the HEF, or two fit
 */
export function outputNames(output: ModelOutput, inFile: readonly string[], where: string): Map<string, string> {
  const wanted = namedOutputs(output);
  if (wanted.length === 0) return new Map(inFile.map((name) => [name, name]));
  const [onlyWanted, onlyThere] = [wanted[0] as string, inFile[0]];
  if (wanted.length === 1 && inFile.length === 1 && onlyThere !== undefined) return new Map([[onlyThere, onlyWanted]]);
  const names = new Map<string, string>();
  for (const name of wanted) {
    const found = inFile.includes(name) ? [name] : inFile.filter((full) => layerOf(full) === layerOf(name));
    if (found.length !== 1) {
      const received = found.length === 0 ? `only ${list(inFile)}` : `several: ${list(found)}`;
      throw new HailoError(`Expected one output named "${name}" in ${where} but received ${received}`);
    }
    names.set(found[0] as string, name);
  }
  return names;
}

function layerOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function list(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

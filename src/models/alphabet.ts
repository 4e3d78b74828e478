import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AlphabetFile, Manifest, ModelOutput } from './manifest.js';
import type { Fail } from './schema.js';

/**
 * Puts the characters of alphabet files into a manifest that the schema has passed, so that everything after it sees a list.
 *
 * @param directory the manifest's folder; undefined where there is none, then a file is refused
 */
export function loadAlphabets(manifest: Manifest, directory: string | undefined, fail: Fail): void {
  manifest.output = withAlphabet(manifest.output, 'output', directory, fail);
  const { hef } = manifest;
  if (hef?.output) manifest.hef = { ...hef, output: withAlphabet(hef.output, 'hef.output', directory, fail) };
}

function withAlphabet(output: ModelOutput, path: string, directory: string | undefined, fail: Fail): ModelOutput {
  if (output.decoder !== 'ctc' && output.decoder !== 'slots') return output;
  const given = output.alphabet as string[] | AlphabetFile;
  if (Array.isArray(given)) return output;
  const field = `${path}.alphabet`;
  if (directory === undefined)
    return fail(field, 'a list of characters, as the folder of the file is not known', given);
  return { ...output, alphabet: readAlphabet(join(directory, given.file), `${field}.file`, given.append ?? [], fail) };
}

function readAlphabet(path: string, field: string, append: string[], fail: Fail): string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return fail(field, `a readable text file at ${path}`, (error as NodeJS.ErrnoException).code ?? String(error));
  }
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const empty = lines.indexOf('');
  if (empty >= 0) fail(field, 'one character per line', `an empty line ${empty + 1} in ${path}`);
  if (lines.length === 0) fail(field, 'one character per line', `an empty file ${path}`);
  return [...lines, ...append];
}

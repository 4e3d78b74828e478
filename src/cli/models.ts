import { Catalogue } from '../models/catalogue.js';
import { fileStates, type ModelFileState } from '../models/download/inventory.js';
import { readRecord } from '../models/download/record.js';
import { shownUrl } from '../models/download/shown-url.js';
import { downloadFolder } from '../models/folder.js';
import type { ModelTarget } from '../models/locate.js';
import type { HefTarget, Manifest } from '../models/manifest.js';
import { parseCommand, UsageError, type OptionValues } from './arguments.js';
import { chipHere, pullModels } from './models-pull.js';
import { byteText, table } from './table.js';

export const modelsHelp = `alpr models list [options]              The networks there are, and which of their files are here
alpr models pull <name>… [options]      Fetches files; what broke off goes on where it stopped
alpr models verify [<name>…] [options]  Reads the files that are here and compares them with their checksums

  --target T              pull: onnx (for the CPU), hailo8, hailo8l, hailo8r or all
                          (default: for the Hailo chip found here, else onnx, else hailo8)
  --all                   list: files for every chip, not only for the one found here
  --json                  list: {folder, models: [{name, title, task, licence, files: [{target, file, state, …}]}]}
  --force                 pull: fetch it again although it is here
  --folder FOLDER         the folder of downloads
                          (default ALPR_MODEL_FOLDER, else alpr-models in ~/.node-red)
  --models FOLDER         more manifests
  --library PATH          libhailort.so, or its folder, to ask which chip is here (default: searched for)

Proxies are taken from HTTPS_PROXY, HTTP_PROXY and NO_PROXY, certificates of a company's own from NODE_EXTRA_CA_CERTS.
Exit code 0: done; 1: something could not be fetched, or is damaged.`;

/** @returns exit code 0, or 1 when something could not be fetched or is damaged */
export async function runModels(args: string[]): Promise<number> {
  const { values, targets } = parseCommand(args, {
    target: { type: 'string' },
    all: { type: 'boolean' },
    json: { type: 'boolean' },
    force: { type: 'boolean' },
    folder: { type: 'string' },
    models: { type: 'string' },
    library: { type: 'string' },
  });
  const [action, ...names] = targets;
  if (action === 'pull') return pullModels(openCatalogue(values), names, values);
  if (action === 'verify') return verify(openCatalogue(values), names);
  if (action === 'list') return list(openCatalogue(values), names, values);
  const received = action === undefined ? 'nothing' : `'${action}'`;
  throw new UsageError(`Expected one of list, pull, verify but received ${received}`);
}

/** The models there are; what is wrong with manifests is said at once. */
function openCatalogue({ folder, models }: OptionValues): Catalogue {
  const downloads = typeof folder === 'string' ? folder : downloadFolder();
  if (downloads === '') throw new UsageError('Expected a folder for --folder but received nothing');
  const catalogue = new Catalogue(typeof models === 'string' ? [models] : [], { downloads });
  for (const { error } of catalogue.problems) process.stderr.write(`${error.message}\n`);
  return catalogue;
}

async function list(catalogue: Catalogue, names: string[], values: OptionValues): Promise<number> {
  if (names.length > 0) throw new UsageError(`Expected options only but received '${names[0]}'`);
  const chip = values['all'] === true ? [] : (await chipHere(values['library'])).targets;
  const models = await Promise.all(
    catalogue.list().map(async (manifest) => ({ manifest, files: await fileStates(manifest) })),
  );
  const folder = models[0]?.manifest.downloads ?? '';
  if (values['json'] === true) {
    process.stdout.write(`${JSON.stringify({ folder, models: models.map(describe) }, undefined, 2)}\n`);
    return 0;
  }
  const rows = models.flatMap(({ manifest, files }) =>
    files
      .filter(({ target, state }) => isOfInterest(target, state, chip))
      .map((file) => [
        manifest.name,
        manifest.task,
        file.target,
        byteText(file.size),
        stateText(file),
        manifest.licence,
      ]),
  );
  process.stdout.write(`${table([['name', 'task', 'for', 'size', 'state', 'licence'], ...rows])}\n`);
  process.stdout.write(`\nDownloads: ${folder}\n`);
  if (chip.length > 0) process.stdout.write('Files for chips that are not here: alpr models list --all\n');
  return 0;
}

/** Files for chips that are not here are left out, unless they are here all the same. */
function isOfInterest(target: ModelTarget, state: string, chip: readonly HefTarget[]): boolean {
  return chip.length === 0 || target === 'onnx' || chip[0] === target || state !== 'missing';
}

function stateText({ state, entry, checkedAgainst }: ModelFileState): string {
  if (state === 'missing') return entry.url === undefined ? 'missing, no address' : 'missing';
  return checkedAgainst === 'nothing' ? `${state}, no checksum` : state;
}

function describe({ manifest, files }: { manifest: Manifest; files: ModelFileState[] }): object {
  const { name, title, task, licence } = manifest;
  const listed = files.map(({ entry, ...rest }) => {
    return { ...rest, file: entry.file, ...(entry.url === undefined ? {} : { url: shownUrl(entry.url) }) };
  });
  return { name, title, task, licence, files: listed };
}

async function verify(catalogue: Catalogue, names: string[]): Promise<number> {
  const manifests = names.length === 0 ? catalogue.list() : names.map((name) => catalogue.get(name));
  let failures = 0;
  for (const manifest of manifests) {
    const states = (await fileStates(manifest)).filter(({ state }) => state !== 'missing');
    if (states.length === 0 && names.length > 0) {
      failures++;
      process.stderr.write(`${manifest.name}: Expected a file of it to be here but found none\n`);
    }
    for (const file of states) {
      const said = await verdict(file);
      const line = `${manifest.name} ${file.target}: ${said}\n`;
      if (file.state === 'damaged') {
        failures++;
        process.stderr.write(line);
      } else process.stdout.write(line);
    }
  }
  return failures === 0 ? 0 : 1;
}

async function verdict({ state, path = '', problem = '', checkedAgainst }: ModelFileState): Promise<string> {
  if (state === 'damaged') return `damaged: ${problem}`;
  if (checkedAgainst === 'manifest') return `ok  ${path}`;
  if (checkedAgainst === 'nothing') return `not checked, its maker publishes no checksum  ${path}`;
  const fetched = (await readRecord(path))?.fetched.slice(0, 10);
  return `as fetched${fetched === undefined ? '' : ` on ${fetched}`}, its maker publishes no checksum  ${path}`;
}

import { hefTargets } from '../device/hailo/hef-choice.js';
import { lookAtHailo } from '../device/hailo/look.js';
import type { Catalogue } from '../models/catalogue.js';
import { pullModelFile, type PullProgress } from '../models/download/pull.js';
import { fileEntry, type ModelTarget, modelTargets } from '../models/locate.js';
import type { HefTarget, Manifest } from '../models/manifest.js';
import { choiceOption, UsageError, type OptionValues } from './arguments.js';
import { Progress } from './progress.js';
import { byteText } from './table.js';

/** How often somebody who reads a log hears of a download, ms. */
const LOG_EVERY = 10_000;

/** @returns exit code 0, or 1 when at least one file could not be fetched */
export async function pullModels(catalogue: Catalogue, names: string[], values: OptionValues): Promise<number> {
  if (names.length === 0) throw new UsageError('Expected at least one name of a model; they are in: alpr models list');
  const asked = choiceOption(values, 'target', ['auto', 'all', ...modelTargets], 'auto');
  const chip: ChipHere = asked === 'auto' ? await chipHere(values['library']) : { targets: [] };
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  let failures = 0;
  try {
    for (const name of names) {
      try {
        const manifest = catalogue.get(name);
        for (const target of wanted(manifest, asked, chip)) {
          if (!(await pullOne(manifest, target, values['force'] === true, stop.signal))) failures++;
        }
      } catch (error) {
        failures++;
        process.stderr.write(`${messageOf(error)}\n`);
      }
      if (stop.signal.aborted) return 1;
    }
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
  return failures === 0 ? 0 : 1;
}

/** The chip of this machine's Hailo: none, one, or one that could not be asked. */
export interface ChipHere {
  /** The files it runs, the best first. */
  targets: readonly HefTarget[];
  /** Why it could not be asked: usually because Node-RED is using it. */
  problem?: string;
}

/** @param library where libhailort.so is; searched for when it is not text */
export async function chipHere(library: string | boolean | undefined): Promise<ChipHere> {
  const { devices } = await lookAtHailo(typeof library === 'string' ? { library } : {});
  const known = devices.find(({ identity }) => identity !== undefined)?.identity;
  if (known !== undefined) return { targets: hefTargets(known.architecture) };
  const problem = devices.find(({ error }) => error !== undefined)?.error;
  return { targets: [], ...(problem === undefined ? {} : { problem }) };
}

/** The file that a machine needs: for its chip, where there is one of the model, else for the CPU. */
function wanted(manifest: Manifest, asked: ModelTarget | 'auto' | 'all', chip: ChipHere): ModelTarget[] {
  const there = modelTargets.filter((target) => fileEntry(manifest, target) !== undefined);
  if (asked === 'all') {
    const fetchable = there.filter((target) => fileEntry(manifest, target)?.url !== undefined);
    return fetchable.length > 0 ? fetchable : there;
  }
  if (asked !== 'auto') return [asked];
  const order: ModelTarget[] = [...chip.targets, 'onnx', 'hailo8', ...there];
  const [best = 'onnx'] = order.filter((target) => there.includes(target));
  if (chip.targets.length === 0 && best !== 'onnx') {
    if (chip.problem !== undefined) {
      throw new Error(`Expected to learn which Hailo chip this is but received: ${chip.problem} (say --target)`);
    }
    process.stderr.write(
      `${manifest.name}: no Hailo chip was found here; fetching for ${best} (other chips: --target)\n`,
    );
  }
  return [best];
}

async function pullOne(manifest: Manifest, target: ModelTarget, force: boolean, signal: AbortSignal): Promise<boolean> {
  const title = `${manifest.name} ${target}`;
  const progress = new Progress(title, 0, byteText);
  const log = logger(title);
  try {
    const pulled = await pullModelFile(manifest, target, {
      force,
      signal,
      onProgress(step) {
        progress.set(step.received, step.total ?? 0);
        log(step);
      },
    });
    progress.finish();
    const what = pulled.fetched ? 'fetched' : 'here already';
    process.stdout.write(`${title}: ${what}, ${byteText(pulled.size)}  ${pulled.path}\n`);
    return true;
  } catch (error) {
    progress.finish();
    process.stderr.write(`${title}: ${messageOf(error)}\n`);
    return false;
  }
}

/** Where no bar is drawn a line now and then says that something is going on. */
function logger(title: string): (step: PullProgress) => void {
  let last = Date.now();
  let phase: PullProgress['phase'] | undefined;
  return (step) => {
    const news = step.phase === 'waiting' && phase !== 'waiting';
    phase = step.phase;
    if (process.stderr.isTTY || (!news && Date.now() - last < LOG_EVERY)) return;
    last = Date.now();
    const of = step.total === undefined ? '' : ` of ${byteText(step.total)}`;
    const waiting = step.phase === 'waiting' ? ', waiting' : '';
    process.stderr.write(`${title}: ${byteText(step.received)}${of}${waiting}\n`);
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

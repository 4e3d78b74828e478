import { chipName, hefTargets } from '../../device/hailo/hef-choice.js';
import type { Architecture, LibraryVersion } from '../../device/hailo/library/api.js';
import type { HefTarget, Manifest } from '../../models/manifest.js';
import { type Examination, loadedLibrary, usableProbed } from '../examination.js';
import type { Finding } from '../finding.js';
import { splitMessage } from '../message.js';
import { findFile } from './models.js';

/** Refuses a HEF that this library or chip cannot take; throws or rejects with the reason. */
export type HefCheck = (path: string, needs: { library: LibraryVersion; device: Architecture }) => unknown;

const PUT_THERE = 'Their makers offer no download: put the files into the folder that alpr models list names';

/** For the first chip that answers: which models can run on it, which of their files are here and fit. */
export async function checkHefFiles(examination: Examination, check: HefCheck): Promise<Finding[]> {
  const library = loadedLibrary(examination)?.version;
  const device = usableProbed(examination).find(({ identity }) => identity !== undefined)?.identity?.architecture;
  const accepted = device === undefined ? [] : hefTargets(device);
  if (library?.major !== 4 || device === undefined || accepted.length === 0) return [];
  const chip = chipName(device);
  const findings: Finding[] = [];
  const ready: string[] = [];
  const missing: string[] = [];
  const otherChip: string[] = [];
  let fetchable: string | undefined;
  for (const manifest of examination.manifests) {
    const { name, files } = manifest;
    const target = accepted.find((wanted) => files.hef?.[wanted] !== undefined);
    if (target === undefined) {
      if (files.hef !== undefined && Object.keys(files.hef).length > 0) otherChip.push(name);
      continue;
    }
    const outcome = await checkFile(manifest, target, (path) => check(path, { library, device }));
    if (outcome === 'ready') ready.push(name);
    else if (outcome === 'missing') {
      missing.push(name);
      if (files.hef?.[target]?.url !== undefined) fetchable ??= name;
    } else findings.push(misfit(manifest, outcome));
  }
  if (ready.length > 0) findings.push({ id: 'hef', level: 'ok', title: `Ready for the ${chip}: ${ready.join(', ')}` });
  if (missing.length > 0) {
    findings.push({
      id: 'hef',
      // Whoever has fetched one has fetched those he wants.
      level: ready.length > 0 ? 'info' : 'warning',
      title: `Not fetched for the ${chip}: ${missing.join(', ')}`,
      fix: fetchable === undefined ? PUT_THERE : `Fetch what you want to use: alpr models pull ${fetchable}`,
    });
  }
  if (otherChip.length > 0) {
    findings.push({
      id: 'hef',
      level: 'info',
      title: `Models without a file for the ${chip}: ${otherChip.join(', ')}`,
    });
  }
  return findings;
}

/** @returns what is wrong with the file, where neither */
async function checkFile(
  manifest: Manifest,
  target: HefTarget,
  check: (path: string) => unknown,
): Promise<'ready' | 'missing' | (string & {})> {
  const file = await findFile(manifest, target);
  if (file.state !== 'good') return file.state === 'missing' ? 'missing' : file.message;
  try {
    await check(file.path);
    return 'ready';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function misfit({ name }: Manifest, message: string): Finding {
  const { title, fix } = splitMessage(message);
  return {
    id: 'hef',
    level: 'error',
    title: `${name}: ${title}`,
    fix: fix ?? `Fetch it again: alpr models pull ${name}`,
  };
}

import { fileEntry, filePlaces, inspectModelFile, type ModelTarget } from '../../models/locate.js';
import type { Manifest } from '../../models/manifest.js';
import type { Finding } from '../finding.js';
import { splitMessage } from '../message.js';

export type FileState = { state: 'good'; path: string } | { state: 'missing' } | { state: 'damaged'; message: string };

const AGAIN = 'Install this package again, or copy the file beside its manifest again';

/** The networks on which everything falls back; those that come with the package must be there. */
export async function checkShippedModels(manifests: readonly Manifest[]): Promise<Finding[]> {
  const id = 'models';
  const findings: Finding[] = [];
  const complete: string[] = [];
  for (const manifest of manifests.filter(({ files }) => files.onnx !== undefined)) {
    const file = await findFile(manifest, 'onnx');
    if (file.state === 'good') complete.push(manifest.name);
    if (file.state === 'good' || (file.state === 'missing' && !isShipped(manifest))) continue;
    const what =
      file.state === 'damaged' ? splitMessage(file.message).title : `The file of model ${manifest.name} is missing`;
    const fix = isShipped(manifest) ? AGAIN : `Fetch it again: alpr models pull ${manifest.name}`;
    findings.push({ id, level: 'error', title: what, fix });
  }
  if (findings.length > 0) return findings;
  return [{ id, level: 'ok', title: `Models for the CPU: ${complete.join(', ')}` }];
}

/** What has an address is fetched by whoever wants it, and what has no checksum is put there by hand. */
function isShipped({ files }: Manifest): boolean {
  return files.onnx?.url === undefined && files.onnx?.sha256 !== undefined;
}

/** Where a model's file is, in whatever state. */
export async function findFile(manifest: Manifest, target: ModelTarget): Promise<FileState> {
  const entry = fileEntry(manifest, target);
  if (entry === undefined) return { state: 'missing' };
  let damaged: FileState | undefined;
  for (const { path } of filePlaces(manifest, entry)) {
    const found = await inspectModelFile(manifest, entry, path);
    if (found.state === 'good') return { state: 'good', path };
    if (found.state === 'damaged') damaged ??= { state: 'damaged', message: found.error.message };
  }
  return damaged ?? { state: 'missing' };
}

import { locateModelFile } from '../../models/locate.js';
import { ModelError } from '../../models/errors.js';
import type { HefTarget, Manifest } from '../../models/manifest.js';
import type { Architecture } from './library/api.js';

const chipNames: Record<Architecture, string> = {
  'hailo8-a0': 'Hailo-8 (A0)',
  hailo8: 'Hailo-8',
  hailo8l: 'Hailo-8L',
  hailo15h: 'Hailo-15H',
  hailo15l: 'Hailo-15L',
  hailo15m: 'Hailo-15M',
  hailo10h: 'Hailo-10H',
  other: 'unknown Hailo chip',
};

/** As people write it: `Hailo-8L`. */
export function chipName(architecture: Architecture): string {
  return chipNames[architecture];
}

/** Whose files a chip runs, the best first (hailort-c-api §9.1): Hailo-8 those of its smaller relatives too, Hailo-8L its own only. */
export function hefTargets(architecture: Architecture): readonly HefTarget[] {
  if (architecture === 'hailo8') return ['hailo8', 'hailo8r', 'hailo8l'];
  return architecture === 'hailo8l' ? ['hailo8l'] : [];
}

/** The chips a manifest names files for. */
export function targetsOf({ files }: Manifest): HefTarget[] {
  return Object.keys(files.hef ?? {}) as HefTarget[];
}

/**
 * The file of a model that this chip runs: the first one that is there.
 * @throws ModelError when the manifest names none for the chip, or none of those it names can be used (why the first one cannot)
 */
export async function locateHef(manifest: Manifest, architecture: Architecture): Promise<string> {
  const named = targetsOf(manifest);
  const fitting = hefTargets(architecture).filter((target) => named.includes(target));
  if (fitting.length === 0) {
    const { onnx } = manifest.files;
    throw new ModelError(
      `Expected a HEF for ${chipName(architecture)} in the manifest of model ${manifest.name} but received ` +
        `${named.length > 0 ? `files for ${named.join(', ')} only` : 'none'}` +
        (onnx ? `: it has an ONNX file (${onnx.file}), which the back ends auto and cpu run on the CPU` : ''),
      { brief: `no HEF for ${chipName(architecture)}` },
    );
  }
  return firstThatIsThere(manifest, fitting);
}

/** Whether there is a file for any chip at all; before a device is opened for it. @throws ModelError why there is none */
export async function requireAnyHef(manifest: Manifest): Promise<void> {
  await firstThatIsThere(manifest, targetsOf(manifest));
}

async function firstThatIsThere(manifest: Manifest, targets: readonly HefTarget[]): Promise<string> {
  let first: unknown;
  for (const target of targets) {
    try {
      return await locateModelFile(manifest, target);
    } catch (error) {
      first ??= error;
    }
  }
  throw first;
}

/** @throws ModelError for a manifest without any HEF, when nothing else will do */
export function requireNamedHef(manifest: Manifest): void {
  if (targetsOf(manifest).length > 0) return;
  throw new ModelError(
    `Expected a HEF in the manifest of model ${manifest.name} but received ` +
      `${manifest.files.onnx ? `only the ONNX file ${manifest.files.onnx.file}` : 'none'}: the back end hailo runs HEFs only, ` +
      'auto and cpu run the model on the CPU',
    { brief: 'model has no HEF' },
  );
}

/** Neither device runs the model: both reasons. */
export function noDeviceFor(manifest: Manifest, hailo: Error, cpu: Error): ModelError {
  return new ModelError(
    `Expected a device that runs model ${manifest.name} but received none\nOn the Hailo: ${hailo.message}\nOn the CPU: ${cpu.message}`,
    { cause: cpu, brief: (hailo as { brief?: string }).brief ?? 'no device for model' },
  );
}

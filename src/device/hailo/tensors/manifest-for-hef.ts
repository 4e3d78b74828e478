import type { Manifest, ModelInput } from '../../../models/manifest.js';

/**
 * The manifest as it holds for the model's HEFs: `hef` laid over `input` and `output`. The chip normalises by itself and takes
 * bytes, channels last, one picture and one size (hailort-c-api §6), so whatever the manifest says of these is the ONNX file's.
 */
export function manifestForHef(manifest: Manifest): Manifest {
  const { hef } = manifest;
  const input: ModelInput = { ...manifest.input, ...hef?.input, type: 'uint8', layout: 'NHWC', batch: false };
  delete input.name;
  delete input.normalisation;
  delete input.multipleOf;
  delete input.crop;
  return { ...manifest, input, output: hef?.output ?? manifest.output };
}

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeHef, type StubNetwork } from '../test/support/hailort-stub/stub.js';

/** Where the made-up vehicles stand, shares of the frame: y1, x1, y2, x2. Each has one plate in its middle. */
const VEHICLES = [
  [0.35, 0.02, 0.75, 0.24],
  [0.4, 0.27, 0.8, 0.48],
  [0.45, 0.52, 0.9, 0.74],
  [0.5, 0.77, 0.98, 0.98],
] as const;
const READING = '1234567';

/** Hailo's published frames per second on a Hailo-8 (seed document 0): what one frame costs is the inverse. */
export const PUBLISHED_FPS = { yolov5m_vehicles: 54, tiny_yolov4_license_plates: 1386, lprnet: 303 } as const;

/**
 * TAPPAS's three networks as HEFs of the stub, with their manifests, in `folder`: shapes, types and orders are those of Hailo's,
 * what they answer is always the same (so many vehicles, a plate in each, seven digits).
 */
export function writeTappasNetworks(folder: string, fieldFolder: string, vehicles: number): void {
  const nms = new Float32Array(1 + 5 * 80);
  nms[0] = vehicles;
  VEHICLES.slice(0, vehicles).forEach((box, i) => nms.set([...box, 0.9], 1 + 5 * i));
  put(folder, fieldFolder, nms, {
    name: 'yolov5m_vehicles',
    inputs: [{ name: 'input_layer1', height: 1080, width: 1920, features: 3 }],
    outputs: [{ name: 'yolov5_nms_postprocess', nms: { classes: 1, maxPerClass: 80 } }],
  });
  put(folder, fieldFolder, plateHeads(), {
    name: 'tiny_yolov4_license_plates',
    inputs: [{ name: 'input_layer1', height: 416, width: 416, features: 3 }],
    outputs: [
      { name: 'conv19', height: 13, width: 13, features: 18, type: 2, zeroPoint: HEAD_ZERO, scale: HEAD_SCALE },
      { name: 'conv21', height: 26, width: 26, features: 18, type: 2, zeroPoint: HEAD_ZERO, scale: HEAD_SCALE },
    ],
  });
  put(folder, fieldFolder, digits(), {
    name: 'lprnet',
    inputs: [{ name: 'input_layer1', height: 75, width: 300, features: 3 }],
    outputs: [{ name: 'conv31', height: 5, width: 19, features: 11, zeroPoint: 128, scale: 0.1 }],
  });
}

const HEAD_ZERO = 32768;
const HEAD_SCALE = 1 / 2048;

/** Nothing anywhere but for the first anchor (81 x 82 px) of the middle cell of the 13 x 13 head. */
function plateHeads(): Uint16Array {
  const quantise = (real: number): number => Math.round(real / HEAD_SCALE + HEAD_ZERO);
  const coarse = new Uint16Array(13 * 13 * 18).fill(quantise(-9));
  coarse.set([0, 0, 0.3, -0.6, 6, 6].map(quantise), (6 * 13 + 6) * 18);
  const fine = new Uint16Array(26 * 26 * 18).fill(quantise(-9));
  const both = new Uint16Array(coarse.length + fine.length);
  both.set(coarse);
  both.set(fine, coarse.length);
  return both;
}

/** Logits of the reading in every one of the five rows: a digit, a blank, a digit … */
function digits(): Uint8Array {
  const logits = new Uint8Array(5 * 19 * 11).fill(78);
  for (let row = 0; row < 5; row++) {
    for (let step = 0; step < 19; step++) {
      const digit = step % 2 === 0 && step / 2 < READING.length ? Number(READING[step / 2]) : 10;
      logits[(row * 19 + step) * 11 + digit] = 228;
    }
  }
  return logits;
}

function put(folder: string, fieldFolder: string, answer: ArrayBufferView, network: StubNetwork): void {
  const { name } = network;
  const answerFile = join(folder, `${name}.outputs`);
  writeFileSync(answerFile, new Uint8Array(answer.buffer, answer.byteOffset, answer.byteLength));
  writeHef(join(folder, `${name}.hailo8.hef`), { ...network, compute: { file: answerFile } });
  const manifest = JSON.parse(readFileSync(join(fieldFolder, `${name}.json`), 'utf8')) as Record<string, unknown>;
  // Without a checksum: it would be that of Hailo's own file.
  const description = 'Made for a bench';
  const changed = { ...manifest, description, files: { hef: { hailo8: { file: `${name}.hailo8.hef` } } } };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(hefOnly(changed)));
}

/** Of a network with an ONNX file too, what is left when there is none. */
function hefOnly(manifest: Record<string, unknown>): Record<string, unknown> {
  const { hef, ...rest } = manifest as { hef?: { input?: object; output?: object } } & Record<string, unknown>;
  if (hef === undefined) return rest;
  const { normalisation: _onChip, ...input } = rest['input'] as Record<string, unknown>;
  return {
    ...rest,
    input: { ...input, layout: 'NHWC', type: 'uint8', ...hef.input },
    output: hef.output ?? rest['output'],
  };
}

/** The settings of a flow's node for these networks on the stub's device. */
export function useHailo(
  node: Record<string, unknown>,
  { library, models }: { library: string; models: string },
): void {
  switch (node['type']) {
    case 'alpr-hailo-device':
      Object.assign(node, { backend: 'hailo', hailoLibrary: library, modelDirectory: models });
      break;
    case 'alpr-vehicle-detect':
      node['model'] = 'yolov5m_vehicles';
      break;
    case 'alpr-plate-detect':
      Object.assign(node, { model: 'tiny_yolov4_license_plates', where: 'vehicles' });
      break;
    case 'alpr-blur-gate':
      // The plates are made up: how sharp the picture is there means nothing.
      node['minSharpness'] = 0;
      break;
    case 'alpr-lprnet-read':
      Object.assign(node, { model: 'lprnet', secondLook: 'never' });
      break;
  }
}

import { join } from 'node:path';
import type { RunRequest, ViewResult } from '../../../src/device/device.js';
import type { HefTarget, Manifest } from '../../../src/models/manifest.js';
import { type HefOptions, type Stub, type StubNetwork, writeHef } from '../../support/hailort-stub/stub.js';

/** Pixels of the small input: what the stub answers follows from their sum. */
export const WIDTH = 8;
export const HEIGHT = 4;

export interface ModelWish {
  /** Default of 8 × 4 pixels with one output of 2 × 3 × 4 bytes. */
  network?: Partial<StubNetwork>;
  hef?: HefOptions;
  targets?: HefTarget[];
  manifest?: Partial<Manifest>;
}

/** Writes the HEFs of a model beside the stub and gives the manifest that belongs to them. */
export function makeModel(stub: Stub, name: string, wish: ModelWish = {}): Manifest {
  const { network, hef, targets = ['hailo8'], manifest } = wish;
  const files: NonNullable<Manifest['files']['hef']> = {};
  const whole: StubNetwork = {
    name,
    inputs: [{ name: 'in', height: HEIGHT, width: WIDTH, features: 3 }],
    outputs: [{ name: 'out', height: 2, width: 3, features: 4 }],
    ...network,
  };
  for (const target of targets) {
    const file = `${name}.${target}.hef`;
    writeHef(join(stub.folder, file), whole, { architecture: target === 'hailo8l' ? 3 : 1, ...hef });
    files[target] = { file };
  }
  return {
    manifestVersion: 1,
    name,
    title: name,
    task: 'generic',
    version: '1',
    files: { hef: files },
    input: { width: WIDTH, height: HEIGHT, colour: 'RGB', layout: 'NHWC', type: 'uint8', fit: 'stretch' },
    output: { decoder: 'tensors' },
    licence: 'MIT',
    source: 'made in a test',
    directory: stub.folder,
    ...manifest,
  };
}

/** A picture whose bytes add up to `sum`, modulo 256. */
export function pictureWithSum(sum: number, width = WIDTH, height = HEIGHT): RunRequest['source'] {
  const buffer = new SharedArrayBuffer(width * height * 3);
  new Uint8Array(buffer)[0] = sum & 255;
  return { buffer, width, height };
}

export function wholeFrame(sum: number, fairKey = 'camera'): RunRequest {
  return { source: pictureWithSum(sum), views: [], fairKey };
}

/** The sum that the stub saw, from the first number of the answer. */
export function sumIn(result: ViewResult | undefined): number {
  if (result?.kind !== 'tensors') throw new Error(`Expected tensors but received ${result?.kind}`);
  const [first] = Object.values(result.tensors);
  return first!.data[0]!;
}

/** Resolves when the condition holds; the test's own limit ends it otherwise. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Nothing of the library may be left, and nothing may have been done that nobody may do. */
export function remains(stub: Stub): {
  live: Record<string, number>;
  misuse: string[];
  mainThread: Record<string, number>;
} {
  const { live, misuse, mainThread } = stub.stats();
  return { live, misuse, mainThread };
}

export const NOTHING = {
  live: { device: 0, vdevice: 0, hef: 0, group: 0, input: 0, output: 0 },
  misuse: [],
  mainThread: {},
};

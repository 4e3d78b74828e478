import assert from 'node:assert/strict';
import { truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CpuDevice, cpuDevice } from '../../../src/device/cpu/cpu-device';
import type {
  CornerDetectorOutput,
  Manifest,
  ModelInput,
  ModelOutput,
  Yolov5Output,
} from '../../../src/models/manifest';
import { ModelFolder, sharedPicture } from '../../support/model-folder';
import { buildOnnxModel } from '../../support/onnx';

const input: ModelInput = {
  width: 4,
  height: 2,
  colour: 'RGB',
  layout: 'NHWC',
  type: 'uint8',
  fit: 'stretch',
};
const output: ModelOutput = { decoder: 'tensors' };

const mirror = buildOnnxModel({
  inputs: [{ name: 'image', type: 'uint8', dims: ['N', 2, 4, 3] }],
  outputs: [{ name: 'same', type: 'uint8', dims: ['N', 2, 4, 3] }],
  nodes: [{ op: 'Identity', inputs: ['image'], outputs: ['same'] }],
});
const detector: CornerDetectorOutput = { decoder: 'corner-detector', corners: false, labels: ['a'] };
const heads: Yolov5Output = {
  decoder: 'yolov5',
  outputs: ['head'],
  strides: [8],
  anchors: [[[1, 1]]],
  activated: true,
  layout: 'NCHW',
  labels: ['a'],
};

describe('CPU device, with a model that is not right,', () => {
  const folder = new ModelFolder();
  let device: CpuDevice;
  before(() => {
    device = cpuDevice({ runtime: 'native', workers: 1 });
  });
  after(async () => {
    await device.close();
    folder.remove();
  });
  afterEach(async () => {
    // Whatever went wrong: the next model opens and runs.
    const manifest = folder.add('right', mirror, { input, output });
    const network = await device.open(manifest);
    const { results } = await network.run({ source: sharedPicture(4, 2, new Uint8Array(24)), views: [], fairKey: 'a' });
    assert.equal(results.length, 1);
    await network.close();
  });

  const rejects = (manifest: Manifest, message: RegExp) =>
    assert.rejects(device.open(manifest), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'ALPR_MODEL');
      assert.match(error.message, message);
      return true;
    });

  it('says that the file is missing, and where it can be had', async () => {
    const manifest = folder.add('missing', mirror, { input, output });
    manifest.files.onnx!.url = 'https://example.org/missing.onnx';
    unlinkSync(join(folder.path, 'missing.onnx'));
    await rejects(
      manifest,
      /^Expected the file of model missing at .*missing\.onnx but found none; it can be fetched from https:\/\/example\.org/,
    );
  });

  it('says that the file is cut off', async () => {
    const manifest = folder.add('short', mirror, { input, output });
    truncateSync(join(folder.path, 'short.onnx'), 20);
    await rejects(manifest, new RegExp(`^Expected ${mirror.length} bytes for .*short\\.onnx .* but received 20`));
  });

  it('says that the file is another one', async () => {
    const manifest = folder.add('other', mirror, { input, output });
    const changed = mirror.slice();
    changed[changed.length - 1]! ^= 1;
    writeFileSync(join(folder.path, 'other.onnx'), changed);
    await rejects(
      manifest,
      /^Expected sha256 [0-9a-f]{64} for .*other\.onnx \(model other\) but received [0-9a-f]{64}/,
    );
  });

  it('says that the file is no network', async () => {
    const manifest = folder.add('noise', Buffer.from('this is a text, not a network'), { input, output });
    await rejects(manifest, /^Expected a network that ONNX Runtime .* opens for model noise \(.*\) but received: /);
  });

  it('says that the manifest has no file for the CPU', async () => {
    const manifest = { ...folder.add('hef', mirror, { input, output }), files: {} };
    await rejects(manifest, /^Expected a file for onnx in the manifest of model hef but received none$/);
  });

  const mismatches: { name: string; input?: Partial<ModelInput>; output?: ModelOutput; message: RegExp }[] = [
    {
      name: 'input name',
      input: { name: 'data' },
      message: /input\.name: Expected image, as in its ONNX file, but received data/,
    },
    { name: 'input type', input: { type: 'float32' }, message: /input\.type: Expected uint8, .* but received float32/ },
    {
      name: 'layout',
      input: { layout: 'NCHW' },
      message: /input \(NCHW 4x2\): Expected \[N, 2, 4, 3\], .* but received \[1, 3, 2, 4\]/,
    },
    {
      name: 'size',
      input: { width: 8 },
      message: /input \(NHWC 8x2\): Expected \[N, 2, 4, 3\], .* but received \[1, 2, 8, 3\]/,
    },
    {
      name: 'output name',
      output: { ...detector, output: 'boxes' },
      message: /output\.output: Expected same, .* but received boxes/,
    },
    {
      name: 'one of several output names',
      output: heads,
      message: /output\.outputs\[0\]: Expected same, .* but received head/,
    },
    {
      name: 'output name of a detector of characters',
      output: { decoder: 'character-boxes', detector: { ...detector, output: 'boxes' } },
      message: /output\.detector\.output: Expected same, .* but received boxes/,
    },
  ];
  for (const { name, input: changed, output: other, message } of mismatches) {
    it(`names the manifest's field when the ${name} is another than the graph's`, async () => {
      await rejects(
        folder.add('wrong', mirror, { input: { ...input, ...changed }, output: other ?? output }),
        new RegExp(`^model wrong: ${message.source}`),
      );
    });
  }

  it('refuses a graph with two inputs', async () => {
    const sum = buildOnnxModel({
      inputs: [
        { name: 'image', type: 'float32', dims: ['N', 2, 4, 3] },
        { name: 'size', type: 'float32', dims: [1] },
      ],
      outputs: [{ name: 'sum', type: 'float32', dims: ['N', 2, 4, 3] }],
      nodes: [{ op: 'Add', inputs: ['image', 'size'], outputs: ['sum'] }],
    });
    const manifest = folder.add('two', sum, { input: { ...input, type: 'float32' }, output });
    await rejects(manifest, /^Expected a graph with one input for model two but received image, size$/);
  });

  it('passes on what the network says when it breaks off, and goes on with the next request', async () => {
    // Reshapes to 24 values: two pictures at once cannot be.
    const brittle = buildOnnxModel({
      inputs: [{ name: 'image', type: 'uint8', dims: ['N', 2, 4, 3] }],
      outputs: [{ name: 'detections', type: 'float32', dims: [1, 4, 6] }],
      nodes: [
        { op: 'Cast', inputs: ['image'], outputs: ['values'], attributes: { to: 1 } },
        { op: 'Reshape', inputs: ['values', 'shape'], outputs: ['detections'] },
      ],
      initializers: [{ name: 'shape', type: 'int64', dims: [3], data: [1, 4, 6] }],
    });
    const manifest = folder.add('brittle', brittle, { input, output: detector });
    const network = await device.open(manifest);
    const source = sharedPicture(4, 2, new Uint8Array(24));
    const box = { x1: 0, y1: 0, x2: 4, y2: 2 };
    await assert.rejects(network.run({ source, views: [{ box }, { box }], fairKey: 'a' }), {
      code: 'ALPR_MODEL',
      message: /^Expected model brittle to run on \[2, 2, 4, 3\] but received: /,
    });
    // One picture runs, and then the decoder finds six columns where it expects five.
    await assert.rejects(network.run({ source, views: [{ box }], fairKey: 'a' }), { code: 'ALPR_DECODE' });
    await network.close();
  });
});

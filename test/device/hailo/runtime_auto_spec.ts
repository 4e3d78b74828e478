import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { acquireDevice, type DeviceSettings, type DeviceShare } from '../../../src/device/shared.js';
import type { Manifest } from '../../../src/models/manifest.js';
import { makeStub, skipWithoutCompiler, type Stub } from '../../support/hailort-stub/stub.js';
import { buildOnnxModel } from '../../support/onnx.js';
import { HEIGHT, makeModel, NOTHING, remains, until, WIDTH, wholeFrame } from './runtime-models.js';

describe('Back ends', () => {
  let stub: Stub;
  const shares: DeviceShare[] = [];

  before(function () {
    skipWithoutCompiler(this);
  });
  beforeEach(() => {
    stub = makeStub();
  });
  afterEach(async () => {
    await Promise.all(shares.splice(0).map((share) => share.release()));
    assert.deepEqual(remains(stub), NOTHING);
    stub.remove();
  });

  function acquire(settings: Partial<DeviceSettings>): DeviceShare['device'] {
    const share = acquireDevice({
      backend: 'auto',
      runtime: 'native',
      workers: 1,
      hailo: { library: stub.path },
      ...settings,
    });
    shares.push(share);
    return share.device;
  }

  /** The ONNX file beside the HEFs, if any: it gives its input back. */
  function withOnnx(manifest: Manifest): Manifest {
    const dims = [1, HEIGHT, WIDTH, 3];
    const onnx = buildOnnxModel({
      inputs: [{ name: 'image', type: 'uint8', dims }],
      outputs: [{ name: 'same', type: 'uint8', dims }],
      nodes: [{ op: 'Identity', inputs: ['image'], outputs: ['same'] }],
    });
    const file = `${manifest.name}.onnx`;
    writeFileSync(join(stub.folder, file), onnx);
    const sha256 = createHash('sha256').update(onnx).digest('hex');
    return { ...manifest, files: { ...manifest.files, onnx: { file, sha256, size: onnx.length } } };
  }

  const onlyOnnx = (name: string): Manifest => withOnnx(makeModel(stub, name, { targets: [] }));

  /** Which of the two answered: the ONNX file has an output `same`. */
  async function whoRan(device: DeviceShare['device'], manifest: Manifest): Promise<'cpu' | 'hailo'> {
    const network = await device.open(manifest);
    const [result] = (await network.run(wholeFrame(1))).results;
    await network.close();
    assert.ok(result?.kind === 'tensors');
    return 'same' in result.tensors ? 'cpu' : 'hailo';
  }

  describe('auto', () => {
    it('runs models with a HEF on the Hailo and the others on the CPU', async () => {
      const device = acquire({});
      assert.equal(device.kind, 'cpu');
      assert.equal(await whoRan(device, withOnnx(makeModel(stub, 'both'))), 'hailo');
      assert.equal(await whoRan(device, makeModel(stub, 'hef')), 'hailo');
      assert.equal(await whoRan(device, onlyOnnx('onnx')), 'cpu');
      assert.match(device.describe(), /^Hailo-8 0000:01:00\.0, HailoRT 4\.23\.0; CPU, ONNX Runtime .* 1 worker$/);
      assert.equal(device.kind, 'hailo');
    });

    it('never looks for a library for models without a HEF', async () => {
      const device = acquire({});
      assert.equal(await whoRan(device, onlyOnnx('onnx')), 'cpu');
      assert.deepEqual(stub.stats().calls, {});
      assert.match(device.describe(), /^CPU, ONNX Runtime [^;]*$/);
    });

    it('runs models on the CPU whose HEF was not fetched, without opening the device', async () => {
      const device = acquire({});
      const manifest = withOnnx(makeModel(stub, 'both'));
      manifest.files.hef!.hailo8!.file = 'elsewhere.hef';
      assert.equal(await whoRan(device, manifest), 'cpu');
      assert.deepEqual(stub.stats().calls, {});
      assert.match(device.describe(), /^CPU, .*; no Hailo: .*elsewhere\.hef/);
    });

    it('runs them on the CPU when the library is missing, and looks for it once', async () => {
      const device = acquire({ hailo: { library: '/nowhere/libhailort.so' } });
      assert.equal(await whoRan(device, withOnnx(makeModel(stub, 'a'))), 'cpu');
      assert.equal(await whoRan(device, withOnnx(makeModel(stub, 'b'))), 'cpu');
      assert.match(device.describe(), /^CPU, .*; no Hailo: Expected HailoRT's library/);
    });

    it('asks a driver that shows no device once, not with every model', async () => {
      stub.set({ devices: [] });
      const device = acquire({});
      for (const name of ['a', 'b', 'c']) assert.equal(await whoRan(device, withOnnx(makeModel(stub, name))), 'cpu');
      assert.equal(stub.stats().calls['hailo_scan_devices'], 1);
    });

    it('takes a file that is of no use for a reason of this model alone', async () => {
      const device = acquire({});
      const wrong = withOnnx(makeModel(stub, 'wrong', { hef: { architecture: 103, compiler: '5.4.0' } }));
      assert.equal(await whoRan(device, wrong), 'cpu');
      assert.match(device.describe(), /no Hailo: .*wrong\.hailo8\.hef/);
      assert.equal(await whoRan(device, withOnnx(makeModel(stub, 'right'))), 'hailo');
      assert.match(device.describe(), /^Hailo-8 /);
    });

    it('says of a model that neither can run what is wrong with both', async () => {
      stub.set({ devices: [] });
      const device = acquire({});
      await assert.rejects(device.open(makeModel(stub, 'a')), (error: Error) => {
        assert.equal((error as { code?: string }).code, 'ALPR_MODEL');
        assert.match(error.message, /On the Hailo: .*\(74\)/);
        assert.match(error.message, /On the CPU: .*onnx/);
        return true;
      });
    });
  });

  describe('hailo', () => {
    it('runs HEFs only and names the back ends for the others', async () => {
      const device = acquire({ backend: 'hailo' });
      assert.equal(device.kind, 'hailo');
      assert.equal(await whoRan(device, withOnnx(makeModel(stub, 'both'))), 'hailo');
      assert.equal(device.describe(), 'Hailo-8 0000:01:00.0, HailoRT 4.23.0');
      await assert.rejects(
        device.open(onlyOnnx('onnx')),
        /only the ONNX file onnx\.onnx: .*auto and cpu run the model/,
      );
    });

    it('does pixel work on the workers that cpu has too', async () => {
      const settings: Partial<DeviceSettings> = { runtime: 'native', workers: 1 };
      const [hailo, auto, cpu] = [acquire({ backend: 'hailo' }), acquire({}), acquire({ ...settings, backend: 'cpu' })];
      assert.equal(hailo.pixels, cpu.pixels);
      assert.equal(auto.pixels, cpu.pixels);
      const { source } = wholeFrame(1);
      assert.equal((await hailo.pixels.sharpness(source, [{ x1: 0, y1: 0, x2: 8, y2: 4 }], 'a')).length, 1);
    });

    it('is one device with auto, whoever opens it first', async () => {
      const [hailo, auto] = [acquire({ backend: 'hailo' }), acquire({})];
      assert.equal(await whoRan(auto, makeModel(stub, 'a')), 'hailo');
      assert.equal(await whoRan(hailo, makeModel(stub, 'b')), 'hailo');
      assert.equal(stub.stats().created.vdevice, 1);
      await until(() => stub.stats().live.input === 0);
    });
  });
});

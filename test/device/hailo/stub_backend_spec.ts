import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Catalogue } from '../../../src/models/catalogue.js';
import { acquireDevice, type DeviceSettings } from '../../../src/device/shared.js';
import { framePool } from '../../../src/frame/pool.js';
import { openSource } from '../../../src/sources/open.js';
import { Pipeline } from '../../../src/stages/pipeline.js';
import {
  type OnnxBackend,
  shippedOnnxNetworks,
  startOnnxBackend,
  writeOnnxHef,
  writeOnnxHefs,
} from '../../support/hailort-stub/onnx-backend.js';
import { counter } from '../../support/hailort-stub/raw-library.js';
import { type OpenOptions, type RawOpened, RawSession } from '../../support/hailort-stub/raw-network.js';
import { makeStub, skipWithoutCompiler } from '../../support/hailort-stub/stub.js';

const models = join(__dirname, '..', '..', '..', 'models');

describe('The stub of libhailort with real networks', function () {
  this.timeout(120_000);
  let backend: OnnxBackend;
  before(async function () {
    skipWithoutCompiler(this);
    backend = await startOnnxBackend();
  });
  after(() => backend?.close());

  function openFile(session: RawSession, file: string, options: OpenOptions = {}): RawOpened {
    const { library } = session;
    const hef = library.handle('hailo_create_hef_file', undefined, file);
    const group = library.handle('hailo_configure_vdevice', session.vdevice, hef, null, undefined, counter(8));
    assert.equal(library.call('hailo_release_hef', hef), 0);
    return {
      group,
      inputs: session.vstreams(group, 'input', options),
      outputs: session.vstreams(group, 'output', options),
    };
  }

  it('gives what ONNX Runtime gives, exactly as floats and within half a step as bytes', async () => {
    const session = new RawSession({ backend: backend.socket });
    const ort = require('onnxruntime-node') as typeof import('onnxruntime-node');
    for (const [name, network] of Object.entries(shippedOnnxNetworks())) {
      const file = join(session.stub.folder, `${name}.hef`);
      writeOnnxHef(file, name, network);
      const net = openFile(session, file);
      const { width, height } = network.input;
      const picture = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) & 255);
      const answer = new Uint8Array(net.outputs[0]!.size);
      assert.equal(await session.write(net.inputs[0]!, picture), 0);
      assert.equal(await session.read(net.outputs[0]!, answer), 0);
      const onnx = await ort.InferenceSession.create(network.onnxFile, { intraOpNumThreads: 1 });
      const tensor = new ort.Tensor('uint8', picture, [1, height, width, 3]);
      const expected = (await onnx.run({ image: tensor }))[network.output.name]!.data as Float32Array;
      if (network.encode === 'float32') {
        assert.deepEqual(new Float32Array(answer.buffer), expected);
      } else {
        const { zeroPoint, scale } = network.encode;
        const lowest = -zeroPoint * scale;
        const highest = (255 - zeroPoint) * scale;
        const worst = Math.max(
          ...expected.map((value, i) =>
            Math.abs(Math.min(highest, Math.max(lowest, value)) - (answer[i]! - zeroPoint) * scale),
          ),
        );
        assert.ok(worst <= scale / 2 + 1e-5, `${worst}`);
        assert.ok(new Set(answer).size > 10, 'not one and the same number');
      }
      await session.release(net);
    }
    await session.close();
    assert.deepEqual(session.stub.stats().problems, []);
    session.stub.remove();
  });

  it('lets the cascade read on the Hailo what it reads on the CPU', async () => {
    const stub = makeStub({ backend: backend.socket });
    const names = writeOnnxHefs(stub.folder);
    const catalogue = new Catalogue([stub.folder]);
    assert.deepEqual(catalogue.problems, []);
    assert.deepEqual(names, ['plateflow-vehicle-hailo', 'plateflow-plate-hailo', 'plateflow-reader-hailo']);
    const hailo = { backend: 'hailo', runtime: 'auto', hailo: { library: stub.path, timeoutMs: 60_000 } } as const;
    const onChip = await readings(hailo, catalogue, '-hailo');
    const { frames, misuse, problems, live } = stub.stats();
    assert.deepEqual(
      { misuse, problems, live: Object.values(live) },
      { misuse: [], problems: [], live: Array(6).fill(0) },
    );
    assert.deepEqual(Object.keys(frames).sort(), ['plateflow-plate', 'plateflow-reader', 'plateflow-vehicle']);
    assert.deepEqual(onChip, await readings({ backend: 'cpu', runtime: 'native' }, catalogue, ''));
    assert.ok(onChip.flat().includes('51G38472'), JSON.stringify(onChip));
    stub.remove();
  });

  it('can take the place of the shipped models', () => {
    const session = new RawSession();
    assert.deepEqual(writeOnnxHefs(session.stub.folder, { suffix: '', architecture: 3 }), [
      'plateflow-vehicle',
      'plateflow-plate',
      'plateflow-reader',
    ]);
    const { files } = new Catalogue([session.stub.folder]).get('plateflow-reader');
    const bytes = readFileSync(join(session.stub.folder, files.hef!.hailo8l!.file));
    assert.equal(bytes.length, files.hef!.hailo8l!.size);
    assert.equal(session.library.call('hailo_release_vdevice', session.vdevice), 0);
    session.stub.remove();
  });

  it('loses a frame, and says why, when no backend answers', async () => {
    const session = new RawSession({ backend: '/nonexistent/socket' });
    const file = join(session.stub.folder, 'reader.hef');
    writeOnnxHef(file, 'plateflow-reader', shippedOnnxNetworks()['plateflow-reader']!);
    const net = openFile(session, file, { timeoutMs: 300 });
    assert.equal(await session.write(net.inputs[0]!, new Uint8Array(net.inputs[0]!.size)), 0);
    assert.equal(await session.read(net.outputs[0]!, new Uint8Array(net.outputs[0]!.size)), 4);
    assert.deepEqual(session.stub.stats().problems, ['no backend answers: /nonexistent/socket']);
    await session.close(net);
    session.stub.remove();
  });
});

/** Texts in three of the sample's pictures. */
async function readings(settings: DeviceSettings, catalogue: Catalogue, suffix: string): Promise<string[][]> {
  const share = acquireDevice(settings);
  const [vehicles, plates, text] = ['vehicle', 'plate', 'reader'].map((name) =>
    catalogue.get(`plateflow-${name}${suffix}`),
  );
  try {
    const pipeline = await Pipeline.open(
      share.device,
      { vehicles, plates: plates!, text: text! },
      {
        vehicles: {},
        plates: { where: 'auto', frameEvery: 5, minVehicleArea: 0, minVehicleBottom: 0 },
        gate: { minSharpness: 0, minWidth: 40, minHeight: 0 },
        read: { minConfidence: 0.5, minLength: 3, secondLook: 'never', candidates: 1 },
      },
    );
    const texts: string[][] = [];
    for (const picture of ['02.jpg', '04.jpg', '08.jpg']) {
      const path = join(models, '..', 'samples', 'pictures', picture);
      const source = await openSource(
        { source: 'picture', path },
        {
          pool: framePool(),
          camera: 'test',
        },
      );
      const scene = await pipeline.process((await source.next())!);
      await source.close();
      texts.push(scene.plates.flatMap(({ text: read }) => read ?? []).sort());
    }
    return texts;
  } finally {
    await share.release();
  }
}

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { NOTHING, remainsOf, writeReader, writeReaderForBoth } from '../flows/hailo-flows.js';
import { TemporaryFolder } from '../sources/clips.js';
import { startOnnxBackend, writeOnnxHefs, type OnnxBackend } from '../support/hailort-stub/onnx-backend.js';
import { makeStub, skipWithoutCompiler, type Stub } from '../support/hailort-stub/stub.js';
import { packageRoot } from '../support/node-red-process.js';

const picture = path.join(packageRoot, 'samples', 'pictures', '05.jpg');

function read(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const command = path.join(packageRoot, 'src', 'cli', 'alpr.ts');
  return spawnSync(process.execPath, ['--require', 'tsx/cjs', command, 'read', picture, ...args], {
    cwd: packageRoot,
    encoding: 'utf8',
    timeout: 60_000,
  });
}

describe('alpr read with a Hailo', function () {
  this.timeout(120_000);
  const folder = new TemporaryFolder();
  const models = path.join(folder.path, 'hefs');
  let backend: OnnxBackend;
  let stub: Stub;

  before(async function () {
    skipWithoutCompiler(this);
    backend = await startOnnxBackend();
    writeOnnxHefs(models, { suffix: '' });
    writeReader(folder.path, 'any');
    writeReaderForBoth(folder.path);
  });
  beforeEach(() => {
    stub = makeStub({ backend: backend.socket });
  });
  afterEach(() => {
    assert.deepEqual(remainsOf(stub.stats()), NOTHING);
    stub.remove();
  });
  after(async () => {
    await backend?.close();
    folder.remove();
  });

  it('reads on it what it reads on the CPU, and ends', () => {
    const { status, stdout, stderr } = read('--backend', 'hailo', '--hailo-library', stub.path, '--models', models);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /51G38472/);
    assert.match(stdout, /MKT4827/);
    assert.equal(Object.values(stub.stats().frames).filter((frames) => frames > 0).length, 3);
  });

  it('says what is wrong with it and what runs without one, and exits with 1', () => {
    const { status, stderr } = read('--backend', 'hailo', '--hailo-library', stub.path);
    assert.equal(status, 1);
    assert.match(stderr, /Expected a HEF in the manifest of model plateflow-.* auto and cpu run the model on the CPU/);
    const missing = read(
      '--backend',
      'hailo',
      '--hailo-library',
      path.join(folder.path, 'none.so'),
      '--models',
      models,
    );
    assert.equal(missing.status, 1);
    assert.match(missing.stderr, /HailoRT's library where the setting says \(.*none\.so\)/);
  });

  it('says once that it runs on the CPU what a Hailo could, where there is none, and why', () => {
    stub.set({ devices: [] });
    const { status, stdout, stderr } = read(picture, '--hailo-library', stub.path, '--models', folder.path);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /51G38472/);
    assert.equal(stderr.match(/no Hailo: Expected a Hailo device but its driver shows none/g)?.length, 1);
  });

  it('touches no library with the CPU', () => {
    const { status, stdout, stderr } = read('--backend', 'cpu', '--models', folder.path);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /MKT4827/);
    assert.equal(stderr, '');
  });

  it('refuses what contradicts itself', () => {
    const wrong = read('--backend', 'gpu');
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /Expected auto, cpu, hailo for --backend but received 'gpu'/);
    const both = read('--backend', 'cpu', '--hailo-library', stub.path);
    assert.equal(both.status, 2);
    assert.match(both.stderr, /Expected the back end auto or hailo for --hailo-library/);
  });
});

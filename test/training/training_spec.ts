import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { Catalogue } from '../../src/models/catalogue.js';

const folder = path.resolve(__dirname, '../../training');
/** Debian's own, which has python3-torch; another one may come first on PATH. */
const python = ['/usr/bin/python3', 'python3'].find(
  (program) =>
    spawnSync(program, ['-c', 'import torch, cv2, onnx, PIL, numpy'], { timeout: 60_000, stdio: 'ignore' }).status ===
    0,
);
const environment = { ...process.env, OMP_NUM_THREADS: '1', PYTHONDONTWRITEBYTECODE: '1' };

interface Report {
  reader: { events: number[]; crops: number; shape: number[]; bytes: number };
  detector: { objects: number; shape: number[]; bytes: number };
}

describe('The training pipeline', function () {
  this.timeout(900_000);
  let out: string;
  let report: Report;

  before(function () {
    if (python === undefined && !process.env['CI']) {
      console.log('Skipped: training needs python3 with torch, cv2, onnx, PIL (Debian: see training/README.md).');
      this.skip();
    }
    assert.ok(python !== undefined, 'Expected python3 with torch, cv2, onnx and PIL');
    out = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-training-'));
  });
  after(() => {
    if (out !== undefined) fs.rmSync(out, { recursive: true, force: true });
  });

  const run = (...programArguments: string[]) =>
    promisify(execFile)(python!, programArguments, { cwd: folder, env: environment, maxBuffer: 1e8 });

  it('passes its own tests', async () => {
    const { stderr } = await run('-m', 'unittest', 'discover', '-s', 'tests');
    const ran = Number(/Ran (\d+) tests/.exec(stderr)?.[1]);
    assert.ok(ran >= 30, `${ran} tests ran`);
    assert.match(stderr, /\nOK\s*$/);
  });

  it('draws, trains, goes on after a cut, measures and exports', async () => {
    await run('-m', 'alpr_training', 'smoke', '--out', out);
    report = JSON.parse(fs.readFileSync(path.join(out, 'report.json'), 'utf8')) as Report;
    // Evaluated at 30, resumed at 30, evaluated at 60.
    assert.deepEqual(report.reader.events, [30, 30, 60]);
    assert.equal(report.reader.crops, 12);
    assert.equal(report.detector.objects, 3);
    assert.ok(report.reader.bytes <= 10_000_000 && report.detector.bytes <= 10_000_000);
  });

  it('gives a reader that computes the same in ONNX Runtime', async () => {
    const shape = [1, 48, 160, 3];
    await compare('reader', shape, report.reader.shape);
  });

  it('gives a detector that computes the same in ONNX Runtime, at a size it was not exported with', async () => {
    await compare('plate', [1, 96, 128, 3], report.detector.shape);
  });

  it('writes manifests that the package takes', () => {
    const found = new Catalogue([path.join(out, 'models')]);
    assert.deepEqual(found.problems, []);
    assert.equal(found.get('reader').task, 'text');
    assert.equal(found.get('plate').task, 'plates');
  });

  async function compare(name: string, given: number[], expected: number[]): Promise<void> {
    const session = await InferenceSession.create(path.join(out, 'models', `${name}.onnx`), { intraOpNumThreads: 1 });
    const input = new Tensor('uint8', new Uint8Array(fs.readFileSync(path.join(out, `${name}-input.bin`))), given);
    const output = (await session.run({ image: input }))[session.outputNames[0]!]!;
    const bytes = fs.readFileSync(path.join(out, `${name}-output.bin`));
    const wanted = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    assert.deepEqual(output.dims, expected);
    const got = output.data as Float32Array;
    assert.equal(got.length, wanted.length);
    const off = wanted.reduce((most, value, index) => Math.max(most, Math.abs(value - got[index]!)), 0);
    assert.ok(off < 0.02, `off by ${off}`);
    assert.ok(
      wanted.some((value) => Math.abs(value) > 0.1),
      'the network said something',
    );
  }
});

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listModels } from '../../src/node-red/device-provider.js';
import {
  listModelFiles,
  modelFolders,
  ModelPulls,
  type ModelFolders,
  type PullJob,
} from '../../src/node-red/model-pulls.js';
import { FileServer, serve, status, type Answer } from '../support/file-server.js';
import { packageRoot } from '../support/node-red-process.js';
import { hefBytes, ModelPlace } from '../support/pulled-model.js';

const bytes = hefBytes(300_000);

describe('ModelPulls', () => {
  const server = new FileServer();
  let place: ModelPlace;
  let folders: ModelFolders;
  let pulls: ModelPulls;
  before(() => server.start());
  after(() => server.close());
  beforeEach(() => {
    place = new ModelPlace();
    folders = { extra: [place.manifests], downloads: place.downloads };
    pulls = new ModelPulls({ backoffMs: 5, stallMs: 5000, environment: {} });
    write('remote');
    write('second');
  });
  afterEach(async () => {
    await pulls.close();
    place.remove();
  });

  function write(name: string): void {
    const models = join(packageRoot, 'models');
    const manifest = JSON.parse(readFileSync(join(models, 'plateflow-plate.json'), 'utf8')) as {
      name: string;
      files: Record<string, unknown>;
    };
    manifest.name = name;
    const onnx = manifest.files['onnx'] as { file: string };
    copyFileSync(join(models, onnx.file), join(place.manifests, onnx.file));
    const url = `${server.url.replace('//', '//ann:secret@')}/${name}.hef?key=secret`;
    manifest.files['hef'] = {
      hailo8: { file: `${name}.hailo8.hef`, url },
      hailo8l: { file: `${name}.hailo8l.hef`, url },
    };
    writeFileSync(join(place.manifests, `${name}.json`), JSON.stringify(manifest));
  }

  async function until(wanted: (jobs: PullJob[]) => boolean): Promise<PullJob[]> {
    for (;;) {
      const jobs = pulls.state();
      if (wanted(jobs)) return jobs;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  const over = ({ state }: PullJob) => ['done', 'failed', 'cancelled'].includes(state);
  /** Sends a part of the file and no more. */
  const held: Answer = (_, response) => {
    response.writeHead(200, { 'Content-Length': bytes.length, ETag: '"one"' });
    response.write(bytes.subarray(0, 100_000));
  };

  it('fetches a file; progress and end can be polled', async () => {
    server.answer(held);
    const started = pulls.start(folders, 'remote', 'hailo8');
    assert.deepEqual(started, { id: 'remote/hailo8', name: 'remote', target: 'hailo8', state: 'waiting', received: 0 });
    const [job] = await until(([first]) => first!.received === 100_000);
    assert.deepEqual(job, { ...started, state: 'downloading', received: 100_000, total: bytes.length });
    pulls.cancel('remote/hailo8');
    assert.equal((await until((jobs) => jobs.every(over)))[0]!.state, 'cancelled');

    server.answer(serve(bytes));
    pulls.start(folders, 'remote', 'hailo8');
    const [done] = await until((jobs) => jobs.every(over));
    assert.deepEqual(done, { ...started, state: 'done', received: bytes.length, total: bytes.length });
    assert.equal(server.requests[0]!.headers.range, 'bytes=100000-');
    assert.ok(readFileSync(join(place.downloads, 'remote.hailo8.hef')).equals(bytes));
  });

  it('fetches a file once at a time, and several files beside each other', async () => {
    server.answer(held);
    pulls.start(folders, 'remote', 'hailo8');
    await until(([first]) => first!.received > 0);
    assert.equal(pulls.start(folders, 'remote', 'hailo8').state, 'downloading');
    pulls.start(folders, 'remote', 'hailo8l');
    pulls.start(folders, 'second', 'hailo8');
    const jobs = await until((all) => all.every(({ received }) => received > 0));
    assert.deepEqual(
      jobs.map(({ id }) => id),
      ['remote/hailo8', 'remote/hailo8l', 'second/hailo8'],
    );
    assert.equal(server.requests.length, 3);
    assert.equal(pulls.cancel('second/hailo8'), true);
    assert.equal(pulls.cancel('second/hailo8l'), false);
    assert.deepEqual(
      (await until(([, , last]) => over(last!))).map(({ state }) => state),
      ['downloading', 'downloading', 'cancelled'],
    );
  });

  it('says what went wrong in one sentence without credentials, and starts again when asked to', async () => {
    server.answer(status(404));
    pulls.start(folders, 'remote', 'hailo8');
    const [job] = await until((jobs) => jobs.every(over));
    assert.equal(job!.state, 'failed');
    assert.match(
      job!.error!,
      /^Expected a file at http:\/\/127\.0\.0\.1:\d+\/remote\.hef\?… but received 404 Not Found/,
    );
    assert.doesNotMatch(JSON.stringify(pulls.state()), /secret/);
    server.answer(serve(bytes));
    assert.equal(pulls.start(folders, 'remote', 'hailo8').error, undefined);
    assert.equal((await until((jobs) => jobs.every(over)))[0]!.state, 'done');
  });

  it('refuses a model that there is not, and fails for a file that the model has not', async () => {
    assert.throws(() => pulls.start(folders, '../remote', 'hailo8'), /but received "\.\.\/remote"/);
    pulls.start(folders, 'remote', 'hailo8r');
    assert.match((await until((jobs) => jobs.every(over)))[0]!.error!, /Expected a file for hailo8r of model remote/);
  });

  it('lets go of what is going on when it closes', async () => {
    server.answer(held);
    pulls.start(folders, 'remote', 'hailo8');
    await until(([first]) => first!.received > 0);
    await pulls.close();
    assert.deepEqual(
      pulls.state().map(({ state }) => state),
      ['cancelled'],
    );
  });

  it('lists the models with the state of each file, without addresses and paths', async () => {
    const files = async () => {
      const list = await listModelFiles(folders);
      const found = list.find(({ name }) => name === 'remote')!;
      assert.doesNotMatch(JSON.stringify(list), /secret|http|\/tmp/);
      return found.files.map(({ target, state, url }) => [target, state, url]);
    };
    assert.deepEqual(await files(), [
      ['onnx', 'shipped', false],
      ['hailo8', 'missing', true],
      ['hailo8l', 'missing', true],
    ]);
    server.answer(serve(bytes));
    pulls.start(folders, 'remote', 'hailo8');
    await until((jobs) => jobs.every(over));
    writeFileSync(join(place.manifests, 'plateflow-plate.onnx'), 'cut off');
    assert.deepEqual(await files(), [
      ['onnx', 'damaged', false],
      ['hailo8', 'downloaded', true],
      ['hailo8l', 'missing', true],
    ]);
    const [summary] = (await listModels(folders)).filter(({ name }) => name === 'remote');
    assert.deepEqual([summary!.available, summary!.targets], [true, ['onnx', 'hailo8']]);
  });

  it('keeps downloads in Node-RED’s folder', () => {
    const before = process.env['ALPR_MODEL_FOLDER'];
    delete process.env['ALPR_MODEL_FOLDER'];
    try {
      assert.deepEqual(modelFolders('/mine', place.root), {
        extra: ['/mine'],
        downloads: join(place.root, 'alpr-models'),
      });
      assert.deepEqual(modelFolders('', place.root).extra, []);
    } finally {
      if (before !== undefined) process.env['ALPR_MODEL_FOLDER'] = before;
    }
  });
});

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { breakOff, FileServer, serve, status, type Answer } from '../support/file-server.js';
import { packageRoot } from '../support/node-red-process.js';
import { hefBytes, ModelPlace, sha256 } from '../support/pulled-model.js';

const hef = hefBytes(300_000);
const network = fs.readFileSync(path.join(packageRoot, 'models', 'plateflow-plate.onnx'));

interface Listed {
  folder: string;
  models: { name: string; licence: string; files: { target: string; state: string; size?: number; url?: string }[] }[];
}

describe('alpr models', function () {
  this.timeout(60_000);
  const server = new FileServer();
  let place: ModelPlace;
  before(() => server.start());
  after(() => server.close());
  beforeEach(() => {
    place = new ModelPlace();
    const shipped = path.join(packageRoot, 'models', 'plateflow-plate.json');
    const manifest = JSON.parse(fs.readFileSync(shipped, 'utf8')) as Record<string, unknown>;
    manifest['name'] = 'remote';
    const url = `${server.url.replace('//', '//ann:secret@')}/net`;
    manifest['files'] = {
      onnx: { file: 'remote.onnx', url: `${url}.onnx`, sha256: sha256(network), size: network.length },
      hef: { hailo8: { file: 'remote.hailo8.hef', url: `${url}.hef` } },
    };
    fs.writeFileSync(path.join(place.manifests, 'remote.json'), JSON.stringify(manifest));
  });
  afterEach(() => place.remove());

  /** The command, as a person runs it; nothing of this machine's proxies, folders or library. */
  function start(...args: string[]): {
    child: ChildProcess;
    done: Promise<{ code: number | null; stdout: string; stderr: string }>;
  } {
    const command = path.join(packageRoot, 'src', 'cli', 'alpr.ts');
    const options = ['--models', place.manifests, '--library', path.join(place.root, 'no-library')];
    const child = spawn(process.execPath, ['--require', 'tsx/cjs', command, 'models', ...args, ...options], {
      cwd: packageRoot,
      env: { PATH: process.env['PATH'], HOME: place.root, ALPR_MODEL_FOLDER: place.downloads },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    const done = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
    return { child, done };
  }
  const alpr = (...args: string[]) => start(...args).done;
  const file = (name: string) => path.join(place.downloads, name);
  async function states(): Promise<string[]> {
    const { stdout } = await alpr('list', '--json');
    const { models } = JSON.parse(stdout) as Listed;
    return models.find(({ name }) => name === 'remote')!.files.map(({ target, state }) => `${target} ${state}`);
  }

  it('list: shows every model with its files, and as JSON without credentials', async () => {
    const { code, stdout, stderr } = await alpr('list');
    assert.deepEqual([code, stderr], [0, '']);
    const rows = stdout.split('\n').map((line) => line.split(/ {2,}/));
    assert.deepEqual(rows[0], ['name', 'task', 'for', 'size', 'state', 'licence']);
    const row = (name: string, target: string) => rows.find((cells) => cells[0] === name && cells[2] === target);
    const size = `${(network.length / 1e6).toFixed(1)} MB`;
    assert.deepEqual(row('plateflow-plate', 'onnx'), ['plateflow-plate', 'plates', 'onnx', size, 'shipped', 'MIT']);
    assert.deepEqual(row('remote', 'onnx'), ['remote', 'plates', 'onnx', size, 'missing', 'MIT']);
    assert.deepEqual(row('remote', 'hailo8'), ['remote', 'plates', 'hailo8', '?', 'missing', 'MIT']);
    assert.ok(stdout.includes(`Downloads: ${place.downloads}`));

    const json = await alpr('list', '--json', '--all');
    assert.doesNotMatch(json.stdout, /secret/);
    const listed = JSON.parse(json.stdout) as Listed;
    assert.equal(listed.folder, place.downloads);
    assert.equal(listed.models.find(({ name }) => name === 'remote')!.files[0]!.url, `${server.url}/net.onnx`);
  });

  it('pull: fetches the file for this machine, goes on after a break, and lists it then', async () => {
    server.answer(breakOff(network, 1_000_000), serve(network));
    const { code, stdout, stderr } = await alpr('pull', 'remote');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^remote onnx: fetched, \d+\.\d MB {2}.*remote\.onnx\n$/);
    assert.ok(fs.readFileSync(file('remote.onnx')).equals(network));
    assert.equal(server.requests.length, 2);
    assert.match(stderr, /^remote onnx: 1\.0 MB of \d\.\d MB, waiting\n$/);
    assert.deepEqual(await states(), ['onnx downloaded', 'hailo8 missing']);

    const again = await alpr('pull', 'remote');
    assert.deepEqual([again.code, server.requests.length], [0, 2]);
    assert.match(again.stdout, /here already/);
  });

  it('pull: fetches the files of the chips that are asked for', async () => {
    server.answer(serve(hef));
    const { code, stdout } = await alpr('pull', 'remote', '--target', 'hailo8');
    assert.equal(code, 0);
    assert.match(stdout, /^remote hailo8: fetched, 300 kB/);
    assert.deepEqual(await states(), ['onnx missing', 'hailo8 downloaded']);

    server.answer(serve(network));
    assert.equal((await alpr('pull', 'remote', '--target', 'all')).code, 0);
    assert.deepEqual(await states(), ['onnx downloaded', 'hailo8 downloaded']);

    const none = await alpr('pull', 'remote', '--target', 'hailo8l');
    assert.equal(none.code, 1);
    assert.match(none.stderr, /Expected a file for hailo8l of model remote/);
  });

  it('pull: puts files where it is told to', async () => {
    server.answer(serve(network));
    const folder = path.join(place.root, 'here');
    assert.equal((await alpr('pull', 'remote', '--folder', folder)).code, 0);
    assert.ok(fs.existsSync(path.join(folder, 'remote.onnx')));
  });

  it('pull: needs no fetching of what the package ships', async () => {
    const { code, stdout } = await alpr('pull', 'plateflow-plate');
    assert.equal(code, 0);
    assert.match(stdout, /^plateflow-plate onnx: here already/);
  });

  it('pull: says what failed without credentials, fetches the others, and exits with 1', async () => {
    const gone: Answer = (request, response) =>
      (request.url === '/net.onnx' ? status(404) : serve(hef))(request, response);
    server.answer(gone);
    const { code, stdout, stderr } = await alpr('pull', 'nonsense', 'remote', '--target', 'all');
    assert.equal(code, 1);
    assert.match(stderr, /Expected one of the models .* but received "nonsense"/);
    assert.match(
      stderr,
      /remote onnx: Expected a file at http:\/\/127\.0\.0\.1:\d+\/net\.onnx but received 404 Not Found/,
    );
    assert.match(stdout, /^remote hailo8: fetched/);
    assert.doesNotMatch(stdout + stderr, /secret/);
  });

  it('pull: stops when interrupted, and goes on the next time', async () => {
    const slow: Answer = (_, response) => {
      response.writeHead(200, { 'Content-Length': network.length, ETag: '"one"' });
      response.write(network.subarray(0, 1_000_000));
    };
    server.answer(slow);
    const { child, done } = start('pull', 'remote');
    const part = file('remote.onnx.part');
    while (!fs.existsSync(part) || fs.statSync(part).size < 1_000_000) {
      assert.equal(child.exitCode, null);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    child.kill('SIGINT');
    const { code, stderr } = await done;
    assert.equal(code, 1);
    assert.match(stderr, /was stopped; the next time it goes on from there/);
    assert.ok(!fs.existsSync(file('remote.onnx.lock')));
    server.answer(serve(network));
    assert.equal((await alpr('pull', 'remote')).code, 0);
    assert.equal(server.requests[0]!.headers.range, 'bytes=1000000-');
    assert.ok(fs.readFileSync(file('remote.onnx')).equals(network));
  });

  it('pull: two commands at once fetch the file once', async () => {
    server.answer(serve(network));
    const results = await Promise.all([alpr('pull', 'remote'), alpr('pull', 'remote'), alpr('pull', 'remote')]);
    assert.deepEqual(
      results.map(({ code }) => code),
      [0, 0, 0],
    );
    assert.equal(results.filter(({ stdout }) => stdout.includes(': fetched')).length, 1);
    assert.equal(server.requests.length, 1);
    assert.ok(fs.readFileSync(file('remote.onnx')).equals(network));
  });

  it('verify: reads what is here, says what has no checksum, and finds what is damaged', async () => {
    server.answer(serve(hef));
    await alpr('pull', 'remote', '--target', 'hailo8');
    fs.writeFileSync(file('remote.onnx'), network);
    const good = await alpr('verify');
    assert.deepEqual([good.code, good.stderr], [0, '']);
    assert.match(good.stdout, /^plateflow-plate onnx: ok {2}/m);
    assert.match(good.stdout, /^remote onnx: ok {2}/m);
    const today = new Date().toISOString().slice(0, 4);
    assert.match(
      good.stdout,
      new RegExp(`^remote hailo8: as fetched on ${today}-\\d\\d-\\d\\d, its maker publishes no checksum`, 'm'),
    );

    fs.rmSync(file('remote.hailo8.hef.download'));
    assert.match(
      (await alpr('verify', 'remote')).stdout,
      /^remote hailo8: not checked, its maker publishes no checksum/m,
    );

    const damaged = Buffer.from(network);
    damaged[1000]! ^= 1;
    fs.writeFileSync(file('remote.onnx'), damaged);
    const bad = await alpr('verify', 'remote');
    assert.equal(bad.code, 1);
    assert.match(bad.stderr, /^remote onnx: damaged: Expected sha256 /);
    assert.deepEqual(await states(), ['onnx damaged', 'hailo8 downloaded']);

    server.answer(serve(network));
    assert.equal((await alpr('pull', 'remote')).code, 0);
    assert.equal((await alpr('verify', 'remote')).code, 0);
  });

  it('verify: exits with 1 for a model that was named and is not here', async () => {
    const { code, stderr } = await alpr('verify', 'remote');
    assert.equal(code, 1);
    assert.match(stderr, /^remote: Expected a file of it to be here but found none/);
  });

  const misuse: [title: string, args: string[], message: RegExp][] = [
    ['nothing to do', [], /Expected one of list, pull, verify but received nothing/],
    ['something else to do', ['fetch'], /Expected one of list, pull, verify but received 'fetch'/],
    ['no name to pull', ['pull'], /Expected at least one name of a model/],
    [
      'an unknown target',
      ['pull', 'remote', '--target', 'hailo9'],
      /Expected .*hailo8.* for --target but received 'hailo9'/,
    ],
    ['an unknown option', ['list', '--everything'], /--everything/],
    ['a name to list', ['list', 'remote'], /Expected options only but received 'remote'/],
  ];
  for (const [title, args, message] of misuse) {
    it(`exits with 2 for ${title}`, async () => {
      const { code, stderr } = await alpr(...args);
      assert.equal(code, 2);
      assert.match(stderr, message);
      assert.match(stderr, /Try: alpr models --help/);
    });
  }

  it('explains itself', async () => {
    const { code, stdout } = await alpr('--help');
    assert.equal(code, 0);
    for (const word of ['list', 'pull', 'verify', '--target', 'HTTPS_PROXY', 'ALPR_MODEL_FOLDER']) {
      assert.ok(stdout.includes(word), word);
    }
  });
});

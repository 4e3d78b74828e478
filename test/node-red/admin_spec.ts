import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express = require('express');
import type { NodeAPI } from 'node-red';
import type { Finding } from '../../src/doctor/finding.js';
import type { ExamineOptions } from '../../src/doctor/examine.js';
import { registerAdmin } from '../../src/node-red/admin.js';
import { listModels } from '../../src/node-red/device-provider.js';
import { ModelPulls, type ModelFilesSummary, type PullJob } from '../../src/node-red/model-pulls.js';
import { PRESETS } from '../../src/node-red/presets.js';
import { FileServer, serve, type Answer } from '../support/file-server.js';
import { settle } from '../support/node-red-flow.js';
import { hefBytes, ModelPlace, sha256 } from '../support/pulled-model.js';

const READ = 'hailo-alpr.read';
const WRITE = 'hailo-alpr.write';

const addresses: [string, string, string][] = [
  ['get', '/hailo-alpr/presets', READ],
  ['get', '/hailo-alpr/models', READ],
  ['get', '/hailo-alpr/hailo-devices', READ],
  ['get', '/hailo-alpr/model-files', READ],
  ['get', '/hailo-alpr/models/pulls', READ],
  ['post', '/hailo-alpr/models/pull', WRITE],
  ['post', '/hailo-alpr/models/pull/cancel', WRITE],
  ['post', '/hailo-alpr/doctor', WRITE],
  ['get', '/hailo-alpr/preview/:id', READ],
  ['get', '/hailo-alpr/preview/:id/stream', READ],
  ['get', '/hailo-alpr/cameras/usb', READ],
  ['get', '/hailo-alpr/cameras/usb/modes', READ],
  ['get', '/hailo-alpr/cameras/:id/still', READ],
  ['post', '/hailo-alpr/cameras/test', WRITE],
];

describe('registerAdmin', () => {
  it('registers each address once, whoever asks, and never without a permission', () => {
    const routes: [string, string, unknown][] = [];
    const add = (method: string) => (path: string, guard: unknown) => void routes.push([method, path, guard]);
    const red = {
      httpAdmin: { get: add('get'), post: add('post') },
      auth: { needsPermission: (permission: string) => permission },
    };
    registerAdmin(red as unknown as NodeAPI);
    // Node-RED gives every node set an API object of its own over the same server.
    registerAdmin({ ...red } as unknown as NodeAPI);
    assert.deepEqual(routes, addresses);
  });
});

describe('What the dialogs ask Node-RED', () => {
  const files = new FileServer();
  const nodes = new Map<string, object>();
  const looks: ExamineOptions[] = [];
  let place: ModelPlace;
  let root = '';
  let server: http.Server;
  let pulls: ModelPulls;
  let allowed = [READ, WRITE];
  let look: (options?: ExamineOptions) => Promise<Finding[]>;
  const bytes = hefBytes(200_000);

  beforeEach(async () => {
    await files.start();
    place = new ModelPlace();
    root = mkdtempSync(join(tmpdir(), 'alpr-machine-'));
    pulls = new ModelPulls();
    allowed = [READ, WRITE];
    looks.length = 0;
    look = () => Promise.resolve([{ id: 'cpu', level: 'ok', title: 'All is well' }]);
    const app = express();
    const guard = (permission: string) => (_: express.Request, response: express.Response, next: () => void) =>
      void (allowed.includes(permission) ? next() : response.status(401).end());
    const red = {
      httpAdmin: app,
      auth: { needsPermission: guard },
      nodes: { getNode: (id: string) => nodes.get(id) ?? null },
      settings: { userDir: place.root },
    };
    const examine = (options: ExamineOptions = {}): Promise<Finding[]> => {
      looks.push(options);
      return look(options);
    };
    registerAdmin(red as unknown as NodeAPI, { pulls, root, examine });
    server = await new Promise((resolve) => {
      const listening: http.Server = app.listen(0, '127.0.0.1', () => resolve(listening));
    });
    const folders = { extra: [place.manifests], downloads: place.downloads };
    nodes.set('dev', {
      alpr: { folders, models: () => listModels(folders) },
      settings: {
        backend: 'hailo',
        runtime: 'auto',
        hailo: { library: '/opt/lib', deviceId: '0000:01:00.0', multiProcessService: true, groupId: 'g' },
      },
    });
    nodes.set('other', { name: 'no device' });
  });

  afterEach(async () => {
    await pulls.close();
    await files.close();
    nodes.clear();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    place.remove();
    rmSync(root, { recursive: true, force: true });
  });

  const url = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/hailo-alpr/${path}`;

  async function get<T>(path: string): Promise<T> {
    const response = await fetch(url(path));
    assert.equal(response.status, 200, await response.clone().text());
    assert.equal(response.headers.get('cache-control'), 'no-store');
    return (await response.json()) as T;
  }

  async function post(path: string, body: unknown, type = 'application/json') {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(url(path), { method: 'POST', headers: { 'content-type': type }, body: text });
    const answer = (await response.json().catch(() => ({}))) as Record<string, unknown>;
    return { status: response.status, answer };
  }

  /** Puts a model `remote` with a file at `files` into the folder of the device. */
  function addModel(answer: Answer = serve(bytes)): void {
    files.answer(answer);
    const onnx = {
      file: 'remote.onnx',
      url: `${files.url}/remote.onnx`,
      size: bytes.length,
      sha256: sha256(bytes),
    };
    const { directory: _d, downloads: _l, ...manifest } = place.manifest({});
    writeFileSync(join(place.manifests, 'remote.json'), JSON.stringify({ ...manifest, files: { onnx } }));
  }

  async function fileOf(device: string): Promise<ModelFilesSummary['files'][number] | undefined> {
    const models = await get<ModelFilesSummary[]>(`model-files?device=${device}`);
    return models.find(({ name }) => name === 'remote')?.files[0];
  }

  async function jobOnce(state: PullJob['state']): Promise<PullJob> {
    for (;;) {
      const job = (await get<PullJob[]>('models/pulls'))[0];
      if (job?.state === state) return job;
      await settle(20);
    }
  }

  it('gives nothing and does nothing without the permission', async () => {
    addModel();
    allowed = [READ];
    const pull = await post('models/pull', { device: 'dev', name: 'remote', target: 'onnx' });
    assert.deepEqual([pull.status, (await post('doctor', { device: 'dev' })).status], [401, 401]);
    assert.equal((await post('models/pull/cancel', { id: 'remote/onnx' })).status, 401);
    assert.deepEqual(await get('models/pulls'), []);
    assert.equal(looks.length, 0);
    allowed = [];
    for (const path of [
      'presets',
      'models',
      'hailo-devices',
      'model-files',
      'models/pulls',
      'preview/x',
      'preview/x/stream',
    ]) {
      assert.equal((await fetch(url(path))).status, 401, path);
    }
  });

  it('gives the presets', async () => assert.deepEqual(await get('presets'), PRESETS));

  it('lists the accelerators that the kernel knows', async () => {
    assert.deepEqual(await get('hailo-devices'), []);
    for (const [id, device] of [
      ['0000:01:00.0', '0x2864'],
      ['0000:02:00.0', '0x45c4'],
    ] as const) {
      const folder = join(root, 'sys/bus/pci/devices', id);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'vendor'), '0x1e60\n');
      writeFileSync(join(folder, 'device'), `${device}\n`);
    }
    const node = join(root, 'sys/class/hailo_chardev/hailo0');
    mkdirSync(node, { recursive: true });
    writeFileSync(join(node, 'board_location'), '0000:01:00.0\n');
    assert.deepEqual(await get('hailo-devices'), [
      { id: '0000:01:00.0', family: 'hailo8' },
      { id: '0000:02:00.0', family: 'hailo10h' },
    ]);
  });

  it("lists the files of a deployed device's models, of the package's for any other", async () => {
    addModel();
    assert.deepEqual(await fileOf('dev'), {
      target: 'onnx',
      file: 'remote.onnx',
      size: bytes.length,
      state: 'missing',
      url: true,
    });
    for (const device of ['other', 'unknown', '']) assert.equal(await fileOf(device), undefined, device);
    const shipped = (await get<ModelFilesSummary[]>('model-files')).find(({ name }) => name === 'plateflow-plate');
    assert.equal(shipped?.files[0]?.state, 'shipped');
  });

  it('fetches a file, tells how far it is, and lists it as downloaded', async () => {
    addModel();
    const { status, answer } = await post('models/pull', { device: 'dev', name: 'remote', target: 'onnx' });
    assert.equal(status, 200);
    assert.equal(answer['id'], 'remote/onnx');
    const done = await jobOnce('done');
    assert.deepEqual([done.received, done.total], [bytes.length, bytes.length]);
    assert.equal((await fileOf('dev'))?.state, 'downloaded');
    const names = await get<{ name: string; available: boolean }[]>('models?device=dev');
    assert.equal(names.find(({ name }) => name === 'remote')?.available, true);
  });

  it('stops fetching when asked to', async () => {
    addModel((_, response) => {
      response.writeHead(200, { 'Content-Length': bytes.length });
      response.write(bytes.subarray(0, 50_000));
    });
    await post('models/pull', { device: 'dev', name: 'remote', target: 'onnx' });
    await jobOnce('downloading');
    assert.deepEqual((await post('models/pull/cancel', { id: 'remote/onnx' })).answer, { cancelled: true });
    await jobOnce('cancelled');
    assert.deepEqual((await post('models/pull/cancel', { id: 'remote/onnx' })).answer, { cancelled: false });
    assert.equal((await fileOf('dev'))?.state, 'missing');
  });

  it('tells why a file could not be fetched', async () => {
    addModel((_, response) => void response.writeHead(404).end());
    await post('models/pull', { device: 'dev', name: 'remote', target: 'onnx' });
    assert.match((await jobOnce('failed')).error ?? '', /404/);
  });

  const refused: [string, string, unknown, number, RegExp][] = [
    ['models/pull', 'no model', { target: 'hailo8' }, 400, /^Expected text for name but received nothing$/],
    ['models/pull', 'another type', { name: 5, target: 'hailo8' }, 400, /^Expected text for name but received 5$/],
    [
      'models/pull',
      'no target',
      { name: 'remote' },
      400,
      /^Expected one of onnx, hailo8, .* for target but received nothing$/,
    ],
    ['models/pull', 'a path', { name: 'remote', target: '../x' }, 400, /for target but received "\.\.\/x"$/],
    [
      'models/pull',
      'an unknown model',
      { name: 'x', target: 'onnx' },
      404,
      /^Expected one of the models .* but received "x"/,
    ],
    ['models/pull', 'a list', [1], 400, /^Expected a JSON object but received an array of 1$/],
    ['models/pull', 'no JSON', '{', 400, /^Expected JSON/],
    ['models/pull/cancel', 'no id', {}, 400, /^Expected text for id but received nothing$/],
    ['doctor', 'no device', {}, 400, /^Expected text for device but received nothing$/],
    [
      'doctor',
      'a device that is not deployed',
      { device: 'x' },
      404,
      /^Expected a deployed hailo-device .* received "x"$/,
    ],
    ['doctor', 'a node that is none', { device: 'other' }, 404, /^Expected a deployed hailo-device/],
    ['doctor', 'too much', { device: 'x'.repeat(70_000) }, 413, /^Expected a body of at most 65536 bytes/],
  ];
  for (const [path, what, body, status, reason] of refused) {
    it(`refuses ${what} for ${path}`, async () => {
      addModel();
      const { status: received, answer } = await post(path, body);
      assert.equal(received, status);
      assert.match(String(answer['error']), reason);
      assert.deepEqual(await get('models/pulls'), []);
      assert.equal(looks.length, 0);
    });
  }

  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    it(`takes no orders as ${type}, which pages of other sites can send`, async () => {
      addModel();
      const order = JSON.stringify({ device: 'dev', name: 'remote', target: 'onnx' });
      assert.equal((await post('models/pull', order, type)).status, 415);
      assert.equal((await post('doctor', order, type)).status, 415);
      assert.deepEqual(await get('models/pulls'), []);
      assert.equal(looks.length, 0);
    });
  }

  it('examines a device with the settings that were deployed, whatever the browser sends along', async () => {
    addModel();
    const { answer } = await post('doctor', { device: 'dev', library: '/tmp/evil.so' });
    assert.deepEqual(answer['findings'], [{ id: 'cpu', level: 'ok', title: 'All is well' }]);
    const [{ manifests, ...options } = {}] = looks;
    assert.deepEqual(options, { library: '/opt/lib', deviceId: '0000:01:00.0', service: true });
    assert.ok(manifests?.some(({ name }) => name === 'remote'));
  });

  it('adds manifests that cannot be read', async () => {
    writeFileSync(join(place.manifests, 'broken.json'), '{');
    const { answer } = await post('doctor', { device: 'dev' });
    const findings = answer['findings'] as Finding[];
    assert.match(findings.at(-1)!.title, /broken\.json/);
    assert.equal(findings.at(-1)!.level, 'error');
  });

  it('examines nothing where the settings make no device, and says so', async () => {
    nodes.set('wrong', { ...nodes.get('dev'), problem: new Error('Expected 5 but received 6') });
    const { answer } = await post('doctor', { device: 'wrong' });
    assert.deepEqual(answer['findings'], [{ id: 'settings', level: 'error', title: 'Expected 5 but received 6' }]);
    assert.equal(looks.length, 0);
  });

  it('looks once for all who ask at the same time, and anew for who asks later', async () => {
    let finish: (findings: Finding[]) => void = () => undefined;
    look = () => new Promise((resolve) => (finish = resolve));
    const asked = [post('doctor', { device: 'dev' }), post('doctor', { device: 'dev' })];
    while (looks.length === 0) await settle(5);
    await settle();
    finish([]);
    for (const { answer } of await Promise.all(asked)) assert.deepEqual(answer, { findings: [] });
    assert.equal(looks.length, 1);
    look = () => Promise.reject(new Error('lost'));
    assert.deepEqual(await post('doctor', { device: 'dev' }), { status: 500, answer: { error: 'lost' } });
    assert.equal(looks.length, 2);
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express = require('express');
import type { NodeAPI } from 'node-red';
import sharp = require('sharp');
import { framePool } from '../../src/frame/pool.js';
import { registerCameras, type CameraServices } from '../../src/node-red/camera-endpoints.js';
import { testStill } from '../../src/node-red/camera-test.js';
import { cameraRuns } from '../../src/node-red/cameras.js';
import type { UsbCamera } from '../../src/sources/live/usb-devices.js';
import { basicLogin, CameraServer, picture } from '../support/camera-server.js';
import { packageRoot } from '../support/node-red-process.js';

const READ = 'hailo-alpr.read';
const WRITE = 'hailo-alpr.write';
const DEPLOY = 'flows.write';
const PASSWORD = 'correct horse';
const samples = join(packageRoot, 'samples', 'pictures');

interface Answer {
  status: number;
  headers: Headers;
  json: Record<string, unknown>;
  text: string;
}

describe('What dialogs ask of cameras', () => {
  const camera = new CameraServer();
  const flow: Record<string, unknown>[] = [];
  const credentials: Record<string, object> = {};
  const usb: UsbCamera[] = [{ device: '/dev/v4l/by-id/one', node: '/dev/video0', name: 'One' }];
  let services: Partial<CameraServices> = {};
  let allowed: string[] = [];
  let server: http.Server;
  const jpeg = readFileSync(join(samples, readdirSync(samples).filter((name) => name.endsWith('.jpg'))[0]!));

  before(async () => {
    await camera.start();
    camera.on('/open.jpg', picture(jpeg));
    camera.on('/closed.jpg', basicLogin('admin', PASSWORD, picture(jpeg)));
    // Never answers.
    camera.on('/silent.jpg', () => undefined);
  });
  after(() => camera.close());

  beforeEach(async () => {
    allowed = [READ, WRITE, DEPLOY];
    camera.requests.length = 0;
    flow.length = 0;
    for (const id of Object.keys(credentials)) delete credentials[id];
    services = { listUsbCameras: () => Promise.resolve(usb) };
    const app = express();
    const guard = (permission: string) => (_: express.Request, response: express.Response, next: () => void) =>
      void (allowed.includes(permission) ? next() : response.status(401).end());
    const red = {
      httpAdmin: app,
      auth: { needsPermission: guard },
      nodes: {
        eachNode: (use: (node: object) => void) => flow.forEach(use),
        getCredentials: (id: string) => credentials[id],
      },
    };
    const late: Partial<CameraServices> = {
      listUsbCameras: (...given) => services.listUsbCameras!(...given),
      listUsbModes: (...given) => services.listUsbModes!(...given),
      testStill: (...given) => (services.testStill ?? testStill)(...given),
    };
    registerCameras(red as unknown as NodeAPI, late);
    server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const address = (path: string): string =>
    `http://127.0.0.1:${(server.address() as AddressInfo).port}/hailo-alpr/cameras/${path}`;

  async function read(response: Response): Promise<Answer> {
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    const json = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
    return { status: response.status, headers: response.headers, json, text };
  }
  async function get(path: string): Promise<Answer> {
    return read(await fetch(address(path)));
  }
  async function test(settings: object, login: object = {}, signal?: AbortSignal): Promise<Answer> {
    const response = await fetch(address('test'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ node: 'cam', settings, credentials: login }),
      ...(signal === undefined ? {} : { signal }),
    });
    return read(response);
  }
  const sizeOf = async ({ json }: Answer): Promise<[number?, number?]> => {
    const { width, height } = await sharp(Buffer.from(json['jpeg'] as string, 'base64')).metadata();
    return [width, height];
  };
  const snapshot = (path: string, more: object = {}): object => ({ source: 'snapshot', url: camera.url(path), timeout: '5', ...more }); // prettier-ignore

  /** Puts a node with a saved login into the flow. */
  function save(url: string, more: object = {}): void {
    flow.push({ id: 'cam', type: 'alpr-camera-in', source: 'snapshot', url, ...more });
    credentials['cam'] = { user: 'admin', password: PASSWORD };
  }

  it('give nothing without the permissions; a test needs the one to deploy, too', async () => {
    for (const some of [[], [READ], [READ, WRITE], [READ, DEPLOY], [WRITE], [DEPLOY]]) {
      allowed = some;
      assert.equal((await test(snapshot('/open.jpg'))).status, 401, String(some));
    }
    assert.equal(camera.requests.length, 0);
    allowed = [WRITE, DEPLOY];
    for (const path of ['usb', 'usb/modes?device=/dev/video0', 'x/still']) {
      assert.equal((await get(path)).status, 401, path);
    }
  });

  it('take JSON only, which no page of another site can send', async () => {
    const body = JSON.stringify({ node: 'cam', settings: snapshot('/open.jpg') });
    const response = await fetch(address('test'), { method: 'POST', headers: { 'content-type': 'text/plain' }, body });
    assert.equal(response.status, 415);
    assert.equal(camera.requests.length, 0);
  });

  it('test a camera: a picture, its size and the time, in no cache', async () => {
    const answer = await test(snapshot('/open.jpg'));
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.equal(answer.headers.get('referrer-policy'), 'no-referrer');
    const { width, height } = await sharp(jpeg).metadata();
    const { json } = answer;
    assert.deepEqual([json['width'], json['height'], json['running']], [width, height, false]);
    assert.ok((json['ms'] as number) > 0);
    assert.equal((await sizeOf(answer))[0], Math.min(1280, width));
  });

  it('test files by their first frame, large ones made smaller', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'alpr-camera-test-'));
    try {
      const large = join(folder, 'large.jpg');
      await sharp({ create: { width: 2560, height: 1440, channels: 3, background: 'grey' } })
        .jpeg()
        .toFile(large);
      for (const settings of [
        { source: 'picture', path: large },
        { source: 'folder', path: folder },
        // Whatever the dialog says, nothing is deleted.
        { source: 'watch', path: folder, watchFiles: 'delete', watchExisting: false },
      ]) {
        const answer = await test(settings);
        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual([answer.json['width'], answer.json['height']], [2560, 1440]);
        assert.deepEqual(await sizeOf(answer), [1280, 720]);
      }
      assert.ok(existsSync(large));
      const sample = await test({ source: 'sample' });
      assert.equal(sample.status, 200, sample.text);
      writeFileSync(large, 'no picture');
      for (const source of ['picture', 'folder']) {
        const answer = await test({ source, path: source === 'folder' ? folder : large });
        assert.equal(answer.status, 422);
        assert.match(String(answer.json['error']), /^Expected .* but /);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('say what is wrong: with the settings 400, with the camera 422', async () => {
    const cases: [object, number, RegExp][] = [
      [{ source: 'snapshot', url: '' }, 400, /for url but received/],
      [{ source: 'rtsp', url: 'ftp://x' }, 400, /for url but received/],
      [{ source: 'ffmpeg' }, 400, /for arguments but received/],
      [{ source: 'teapot' }, 400, /for source but received "teapot"/],
      [{ source: 'message' }, 400, /Expected a source of its own for source/],
      [snapshot('/open.jpg', { timeout: '0' }), 400, /from 1 to 3600 for timeout/],
      [snapshot('/closed.jpg'), 422, /./],
      [snapshot('/nothing'), 422, /./],
      [{ source: 'picture', path: '/there/is/none.jpg' }, 422, /none\.jpg/],
    ];
    for (const [settings, status, reason] of cases) {
      const answer = await test(settings);
      assert.equal(answer.status, status, answer.text);
      assert.match(String(answer.json['error']), reason);
    }
    assert.equal((await read(await fetch(address('test'), { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"node":"cam","settings":7}' }))).status, 400); // prettier-ignore
  });

  it('use the password that was typed, and never give it back', async () => {
    const good = await test(snapshot('/closed.jpg'), { user: 'admin', password: PASSWORD });
    assert.equal(good.status, 200, good.text);
    const wrong = 'top-secret-7';
    for (const url of ['/closed.jpg', '/closed.jpg?token=top-secret-7']) {
      const answer = await test(snapshot(url), { user: 'admin', password: wrong });
      assert.equal(answer.status, 422);
      assert.ok(!answer.text.includes(wrong), answer.text);
    }
    const broken = await test({ source: 'rtsp', url: `rtsp://admin:${wrong}@` }, { user: 'admin', password: wrong });
    assert.equal(broken.status, 400);
    assert.ok(!broken.text.includes(wrong), broken.text);
  });

  it('use the saved password at the host it was saved for, and give it to no other', async () => {
    const other = await new CameraServer().start();
    try {
      other.on('/closed.jpg', picture(jpeg));
      const logins = [{ user: 'admin', savedPassword: true }, { user: 'admin', password: '__PWRD__' }]; // prettier-ignore
      for (const login of logins) {
        flow.length = 0;
        save(camera.url('/other.jpg'));
        assert.equal((await test(snapshot('/closed.jpg'), login)).status, 200);
        // The same machine by another name is another host.
        for (const url of [other.url('/closed.jpg', 'localhost'), 'http://evil.example/closed.jpg', '']) {
          const answer = await test(snapshot('/closed.jpg', { url }), login);
          assert.equal(answer.status, 409, answer.text);
          assert.match(String(answer.json['error']), /password to be typed again: the address names another host/);
        }
        const program = await test(snapshot('/closed.jpg', { ffmpeg: '/tmp/tells-all' }), login);
        assert.equal(program.status, 409);
        flow.length = 0;
        assert.equal((await test(snapshot('/closed.jpg'), login)).status, 409, 'a node that is not deployed');
      }
      assert.equal(other.requests.length, 0);
      const sent = camera.requests.map(({ headers }) => headers.authorization ?? '').filter((header) => header !== '');
      assert.deepEqual(new Set(sent), new Set([`Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`]));
    } finally {
      await other.close();
    }
  });

  it('leave nothing open when the dialog is closed', async () => {
    const dialog = new AbortController();
    const asked = test(snapshot('/silent.jpg', { timeout: '60' }), {}, dialog.signal);
    while (camera.answering === 0) await new Promise((resolve) => setImmediate(resolve));
    dialog.abort();
    await assert.rejects(asked, { name: 'AbortError' });
    await camera.empty();
  });

  it('try one camera of a node at a time, and few at once', async () => {
    const started: { id: unknown; signal: AbortSignal; finish(): void }[] = [];
    services.testStill = (body, _saved, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
        const finish = (): void => resolve({ width: 1, height: 1, ms: 1, running: false, jpeg: '' });
        started.push({ id: body['node'], signal, finish });
      });
    const ask = async (node: string): Promise<number> => {
      const body = JSON.stringify({ node, settings: {} });
      return (await fetch(address('test'), { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status; // prettier-ignore
    };
    const until = async (count: number): Promise<void> => {
      while (started.length < count) await new Promise((resolve) => setImmediate(resolve));
    };
    const first = ask('a');
    await until(1);
    const second = ask('a');
    await until(2);
    assert.equal(await first, 500);
    assert.deepEqual(
      started.map(({ signal }) => signal.aborted),
      [true, false],
    );
    const others = ['b', 'c', 'd'].map(ask);
    await until(5);
    assert.equal(await ask('e'), 503);
    for (const { finish } of started) finish();
    assert.deepEqual(await Promise.all([second, ...others]), [200, 200, 200, 200]);
    const late = ask('e');
    await until(6);
    started[5]!.finish();
    assert.equal(await late, 200);
  });

  it('show a running camera, and say when there is none', async () => {
    assert.equal((await get('cam/still')).status, 404);
    const gone = cameraRuns('cam', { still: () => Promise.resolve(grey()) });
    const answer = await fetch(address('cam/still'));
    assert.deepEqual([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')], [200, 'image/jpeg', 'no-store']); // prettier-ignore
    const { width } = await sharp(Buffer.from(await answer.arrayBuffer())).metadata();
    assert.equal(width, 1280);
    gone();
    const stopped = cameraRuns('cam', { still: () => Promise.reject(new Error('Expected a frame but the camera was stopped')) }); // prettier-ignore
    const failed = await get('cam/still');
    assert.equal(failed.status, 504);
    assert.match(String(failed.json['error']), /the camera was stopped/);
    stopped();
  });

  it('take the still of a USB camera that the node itself has open', async () => {
    save('', { source: 'usb', device: '/dev/video77' });
    const gone = cameraRuns('cam', { still: () => Promise.resolve(grey()) });
    try {
      const answer = await test({ source: 'usb', device: '/dev/video77' });
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual([answer.json['running'], answer.json['width']], [true, 2000]);
      const other = await test({ source: 'usb', device: '/dev/video78' });
      assert.equal(other.status, 422);
      assert.match(String(other.json['error']), /video78/);
    } finally {
      gone();
    }
  });

  it('list USB cameras, and the modes of those only', async () => {
    const asked: string[] = [];
    services.listUsbModes = (device) => {
      asked.push(device);
      return Promise.resolve([{ width: 640, height: 480, fps: 30, format: 'mjpeg', mode: '640x480@30 mjpeg' }]);
    };
    assert.deepEqual((await get('usb')).json, usb);
    for (const device of ['/dev/v4l/by-id/one', '/dev/video0']) {
      const { json } = await get(`usb/modes?device=${encodeURIComponent(device)}`);
      assert.deepEqual((json as unknown as { mode: string }[])[0]?.mode, '640x480@30 mjpeg');
    }
    for (const device of ['/etc/passwd', '/dev/video1', '-f', '']) {
      assert.equal((await get(`usb/modes?device=${encodeURIComponent(device)}`)).status, 404, device);
    }
    assert.deepEqual(asked, ['/dev/v4l/by-id/one', '/dev/v4l/by-id/one']);
  });
});

function grey() {
  const frame = framePool().acquire({ cameraId: 'cam', sequence: 1, timestamp: 1, width: 2000, height: 1000 });
  frame.pixels.fill(128);
  return frame;
}

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { Node, NodeAPI, NodeInitializer } from 'node-red';
import helper = require('node-red-node-test-helper');
import type { Frame } from '../../src/frame/frame.js';
import { framePool, FramePool } from '../../src/frame/pool.js';
import { encodeJpeg } from '../../src/image/encode.js';
import { runningCamera } from '../../src/node-red/cameras.js';
import type { AlprMessage } from '../../src/node-red/message.js';
import type { CameraReport } from '../../src/sources/live/camera-state.js';
import cameraIn = require('../../nodes/camera-in/camera-in.js');
import { basicLogin, CameraServer, part, picture, stream, type CameraAnswer } from '../support/camera-server.js';
import { loadFlow, settle, withRuntime, type FlowNode, type Inbox, type Running } from '../support/node-red-flow.js';

const pool = new FramePool();

/** A JPEG of this size, all one grey. */
async function jpeg(grey = 90, width = 32, height = 16): Promise<Buffer> {
  const frame = pool.acquire({ cameraId: 'x', sequence: 0, timestamp: 0, width, height });
  frame.pixels.fill(grey);
  return encodeJpeg(frame, { quality: 90 });
}

/** A camera whose stream the test writes to. */
class Stream {
  readonly open: ServerResponse[] = [];
  private wake: (() => void) | undefined;
  private grey = 0;

  readonly answer = stream('multipart/x-mixed-replace; boundary=frame', (response) => {
    this.open.push(response);
    this.wake?.();
  });

  async opened(count: number): Promise<void> {
    while (this.open.length < count) await new Promise<void>((resolve) => (this.wake = resolve));
  }

  async send(picture?: Buffer): Promise<void> {
    this.grey = (this.grey + 10) % 250;
    const bytes = part(picture ?? (await jpeg(this.grey)));
    // A part is whole when the next one begins.
    this.open.at(-1)!.write(Buffer.concat([bytes, Buffer.from('--frame\r\n')]));
  }
}

/** Keeps every frame until the test lets it go, like a slow node of ours. */
function holder(RED: NodeAPI): void {
  RED.nodes.registerType('holder', function (this: Node & { held?: Frame[] }, config) {
    RED.nodes.createNode(this, config);
    const held: Frame[] = [];
    this.held = held;
    this.on('input', (msg, send, done) => {
      const { frame } = msg as AlprMessage as { frame?: Frame };
      frame?.lease.retain();
      if (frame !== undefined) held.push(frame);
      send(msg);
      done();
    });
  });
}

const reportsOf = (inbox: Inbox): CameraReport[] =>
  inbox.messages.map(({ payload }) => payload as unknown as CameraReport);

/** Deploys all anew. The test helper waits for an event that may have come already. */
async function redeploy(nodes: FlowNode[]): Promise<void> {
  const flow = [{ id: 'tab', type: 'tab' }, ...nodes.map((node) => ({ z: 'tab', ...node }))];
  await helper.setFlows(flow as never, 'full').catch((error: Error) => {
    if (error.message !== 'timeout waiting event') throw error;
  });
}

/** The first report of this state, once it is there. */
async function reported(run: Running, state: string, from = 0): Promise<CameraReport> {
  for (let count = from + 1; ; count++) {
    const report = (await run.inbox('reports').wait(count)).at(-1)!.payload as unknown as CameraReport;
    if (report.state === state) return report;
  }
}

describe('camera-in with a live camera', () => {
  withRuntime();
  let server: CameraServer;
  let camera: Stream;

  beforeEach(async () => {
    server = await new CameraServer().start();
    camera = new Stream();
    server.on('/video', camera.answer);
  });
  afterEach(() => server.close());

  function flowOf(settings: Record<string, unknown> = {}, out = 'out'): FlowNode[] {
    const url = server.url('/video');
    return [
      {
        ...{ id: 'n', type: 'alpr-camera-in', source: 'mjpeg', camera: 'gate', url, ...settings },
        wires: [[out], ['reports']],
      },
      { id: 'h', type: 'holder', wires: [['out']] },
      { id: 'out', type: 'helper' },
      { id: 'reports', type: 'helper' },
    ];
  }

  function load(
    settings: Record<string, unknown> = {},
    credentials: Record<string, string> = {},
    out = 'out',
  ): Promise<Running> {
    const types = [cameraIn as NodeInitializer, holder as NodeInitializer];
    return loadFlow(types, flowOf(settings, out), ['n'], { n: credentials });
  }

  it('starts by itself, sends frames with their times, and says what it is', async () => {
    const run = await load();
    await camera.opened(1);
    for (let n = 0; n < 3; n++) {
      await camera.send();
      await run.inbox('out').wait(n + 1);
    }
    const messages = run.inbox('out').messages;
    for (const [index, { frame, topic, payload, timings }] of messages.entries()) {
      const { cameraId, sequence, width, height, timestamp, id } = frame as Frame;
      assert.deepEqual([cameraId, topic, sequence, width, height, payload], ['gate', 'gate', index, 32, 16, id]);
      assert.ok(Math.abs(Date.now() - timestamp) < 60_000);
      assert.ok(timings!['decode']! >= 0 && Number.isFinite(timings!['decode']));
    }
    const [connecting, live] = reportsOf(run.inbox('reports'));
    assert.deepEqual([connecting!.previous, connecting!.state], ['stopped', 'connecting']);
    assert.deepEqual(
      [live!.camera, live!.previous, live!.state, live!.width, live!.height, live!.codec],
      ['gate', 'connecting', 'live', 32, 16, 'mjpeg'],
    );
    assert.equal(run.inbox('reports').messages[1]!.topic, 'gate');
    while (!/sent · 0 dropped$/.test(run.statuses('n').at(-1)?.text ?? '')) await settle(50);
    await camera.send();
    while (!/^live \d+\.\d+ fps in · \d+\.\d+ sent · 0 dropped$/.test(run.statuses('n').at(-1)?.text ?? '')) {
      await settle(50);
    }
    assert.equal(run.statuses('n').at(-1)!.fill, 'green');
  });

  it('lets the newest frame win when the flow is busy', async () => {
    const run = await load({ inFlight: 1 }, {}, 'h');
    await camera.opened(1);
    await camera.send();
    await run.inbox('out').wait(1);
    const { held } = run.node('h') as Node & { held: Frame[] };
    for (let n = 0; n < 5; n++) await camera.send();
    await camera.send(await jpeg(200));
    // Stills show when the last one has arrived.
    for (let grey = 0; Math.abs(grey - 200) > 3;) {
      const still = await runningCamera('n')!.still();
      grey = still.pixels[0]!;
      framePool().recycle(still);
    }
    held[0]!.lease.release();
    const [, second] = await run.inbox('out').wait(2);
    const { pixels, sequence } = second!.frame as Frame;
    assert.ok(Math.abs(pixels[0]! - 200) < 4);
    assert.equal(sequence, 6);
    held[1]!.lease.release();
    run.receive('n', { payload: 'stop' });
    const { counts } = await reported(run, 'stopped');
    assert.deepEqual([counts.received, counts.sent, counts.dropped], [7, 2, 5]);
  });

  it('comes back by itself when the connection is lost, without ending the run', async () => {
    const run = await load();
    await camera.opened(1);
    await camera.send();
    await run.inbox('out').wait(1);
    camera.open[0]!.destroy();
    const lost = await reported(run, 'lost');
    assert.ok(lost.retryInMs! >= 0 && lost.retryInMs! <= 1000);
    assert.equal(lost.attempts, 1);
    assert.match(lost.reason!, /^Expected .* but /);
    const error = (await run.inbox('errors').first())['error'] as { message: string };
    assert.ok(error.message.endsWith(lost.reason!));
    assert.equal((await run.inbox('errors').first()).topic, 'gate');
    await camera.opened(2);
    await camera.send();
    const messages = await run.inbox('out').wait(2);
    assert.deepEqual(
      messages.map(({ frame, complete }) => [(frame as Frame).sequence, complete]),
      [
        [0, undefined],
        [1, undefined],
      ],
    );
    assert.deepEqual(
      run.statuses('n').filter(({ fill, text }) => fill === 'red' && /^\w+ · again at \d\d:\d\d:\d\d$/.test(text!))
        .length,
      1,
    );
    assert.equal(run.inbox('errors').messages.length, 1);
    assert.equal((await reported(run, 'live', 3)).counts.lost, 1);
  });

  for (const [title, answer, state] of [
    ['refuses them', () => basicLogin('somebody', 'else', camera.answer), 'failed'],
    [
      'gives them back',
      (): CameraAnswer => (request, response) => {
        // The first request comes without a login.
        if (request.headers.authorization !== undefined) response.writeHead(500, request.headers.authorization).end();
        else response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="camera"' }).end();
      },
      'lost',
    ],
  ] as const) {
    it(`never shows user or password when the camera ${title}`, async () => {
      const [user, password] = ['der-pfoertner', 'sesam-oeffne-dich'];
      server.on('/video', answer());
      const run = await load({}, { user, password });
      const report = await reported(run, state);
      if (state === 'failed') assert.equal(report.code, 'ALPR_SOURCE_LOGIN');
      run.receive('n', { payload: 'snapshot' });
      await run.inbox('errors').wait(2);
      const said = ['out', 'reports', 'errors', 'completed'].map((inbox) => run.inbox(inbox).messages);
      const text = JSON.stringify([said, run.statuses('n')]);
      assert.match(text, /127\.0\.0\.1/);
      const encoded = Buffer.from(`${user}:${password}`).toString('base64');
      for (const secret of [user, password, encoded]) assert.ok(!text.includes(secret), secret);
    });
  }

  it('logs in with its credentials', async () => {
    server.on('/video', basicLogin('gatekeeper', 'open sesame', camera.answer));
    const run = await load({}, { user: 'gatekeeper', password: 'open sesame' });
    await camera.opened(1);
    await camera.send();
    await run.inbox('out').wait(1);
  });

  it('stops with an end of the run, and starts again', async () => {
    const run = await load({ autostart: false });
    await settle(200);
    assert.equal(server.requests.length, 0);
    run.receive('n', { payload: 'start' });
    await camera.opened(1);
    await camera.send();
    await run.inbox('out').wait(1);
    run.receive('n', { payload: 'stop' });
    const [, end] = await run.inbox('out').wait(2);
    assert.deepEqual([end!.complete, end!.topic, end!.frame], [true, 'gate', undefined]);
    await reported(run, 'stopped');
    await server.empty();
    run.receive('n', { payload: 'stop' });
    run.receive('n', {});
    await camera.opened(2);
    await camera.send();
    const messages = await run.inbox('out').wait(3);
    assert.equal((messages[2]!.frame as Frame).sequence, 1);
    await run.inbox('completed').wait(4);
  });

  it('runs for as long as the message says', async () => {
    const run = await load({ autostart: false });
    run.receive('n', { payload: 'start', duration: 0.3 });
    await camera.opened(1);
    await reported(run, 'stopped');
    await server.empty();
    assert.equal((await run.inbox('out').wait(1)).at(-1)!.complete, true);
  });

  it('takes a snapshot while stopped', async () => {
    const run = await load({ autostart: false });
    run.receive('n', { payload: 'snapshot' });
    await camera.opened(1);
    await camera.send();
    await run.inbox('completed').wait(1);
    await server.empty();
    assert.deepEqual(
      run.inbox('out').messages.map(({ frame }) => (frame as Frame | undefined)?.sequence),
      [0],
    );
    assert.deepEqual(run.inbox('reports').messages, []);
  });

  it('answers a snapshot that fails with an error for its message', async () => {
    const run = await load({ autostart: false, url: server.url('/nothing') });
    run.receive('n', { payload: 'snapshot', mine: 7 });
    const failed = await run.inbox('errors').first();
    assert.match((failed['error'] as { message: string }).message, /Expected .*nothing/);
    assert.equal(failed['mine'], 7);
    assert.deepEqual([run.inbox('out').messages, run.inbox('reports').messages], [[], []]);
  });

  it('refuses commands that it does not understand, and goes on', async () => {
    const run = await load();
    await camera.opened(1);
    run.receive('n', { schedule: 'whenever' });
    run.receive('n', { duration: 'long' });
    await run.inbox('errors').wait(2);
    await camera.send();
    await run.inbox('out').wait(1);
    while (run.statuses('n').at(-1)?.fill !== 'green') await settle(50);
  });

  it('runs by a schedule', async () => {
    const run = await load({ autostart: false });
    const day = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][(new Date().getDay() + 3) % 7]!;
    run.receive('n', { schedule: '00:00-24:00' });
    await camera.opened(1);
    run.receive('n', { schedule: `${day} 10:00-11:00` });
    await reported(run, 'stopped');
    run.receive('n', { schedule: '' });
    await run.inbox('completed').wait(3);
    assert.equal(camera.open.length, 1);
  });

  it('fetches pictures one by one', async () => {
    server.on('/picture', picture(await jpeg(120)));
    const run = await load({ source: 'snapshot', url: server.url('/picture'), interval: 0.1, timeout: 1 });
    const first = await run.inbox('out').first();
    assert.equal((first.frame as Frame).width, 32);
    // The same picture again and again is no new frame, and no lost camera either.
    await settle(2500);
    assert.ok(server.requests.length > 5);
    assert.deepEqual([run.inbox('out').messages.length, run.inbox('errors').messages.length], [1, 0]);
    assert.equal(reportsOf(run.inbox('reports')).at(-1)!.state, 'live');
  });

  it('paints over what is masked, and shows the still without the masks', async () => {
    const run = await load({ masks: 'street: 0.5,0 1,0 1,1 0.5,1' });
    await camera.opened(1);
    await camera.send();
    await run.inbox('out').wait(1);
    const still = runningCamera('n')!.still();
    await camera.send(await jpeg(200));
    const [, second] = await run.inbox('out').wait(2);
    const { pixels, focus } = second!.frame as Frame;
    const left = pixels[3]!;
    const right = pixels[31 * 3]!;
    assert.ok(Math.abs(left - 200) < 4 && right === 114, `${left} ${right}`);
    assert.equal(focus!.x2, 16);
    const shown = await still;
    assert.ok(Math.abs(shown.pixels[31 * 3]! - 200) < 4);
    framePool().recycle(shown);
  });

  it('holds back what does not move, and lets a snapshot through', async () => {
    const run = await load({ motion: true, motionHold: 0, idleInterval: 0 });
    await camera.opened(1);
    const same = await jpeg(90);
    await camera.send(same);
    await run.inbox('out').wait(1);
    while (reportsOf(run.inbox('reports')).at(-1)!.state !== 'still') {
      await camera.send(same);
      await settle(50);
    }
    const { length } = run.inbox('out').messages;
    run.receive('n', { payload: 'snapshot' });
    await settle();
    await camera.send(same);
    await run.inbox('out').wait(length + 1);
    run.receive('n', { payload: 'stop' });
    const { counts } = await reported(run, 'stopped');
    assert.ok(counts.held > 0);
    assert.equal(counts.received, counts.sent + counts.held + counts.dropped);
  });

  const settings: [Record<string, unknown>, RegExp][] = [
    [{ url: '' }, /Expected an address such as http:\/\/\S+ for url but received nothing$/],
    [{ url: 'rtsp://gate.lan/1' }, /for url but received "rtsp:\/\/gate.lan\/1"$/],
    [{ url: 'http://me:hunter2@gate.lan/' }, /without user and password, .* but received one with them$/],
    [{ url: 'me:hunter2@gate.lan' }, /for url but received another text$/],
    [{ source: 'rtsp', url: 'rtsp://gate.lan', transport: 'pigeon' }, /one of tcp, udp for transport/],
    [{ source: 'rtsp', url: 'rtsp://gate.lan', detailUrl: 'http://x' }, /for detailUrl but received/],
    [{ source: 'ffmpeg' }, /for arguments but received nothing/],
    [{ interval: 0 }, /from 0.1 to 86400 for interval but received 0$/],
    [{ timeout: NaN }, /from 1 to 3600 for timeout but received/],
    [{ maxWidth: 8 }, /whole number from 16 to 16384 for maxWidth but received 8$/],
    [{ hwaccel: 'magic' }, /for hwaccel but received "magic"$/],
    [{ motionShare: 0 }, /from 0.01 to 100 for motionShare/],
    [{ regions: 'drive: 0,0 1,1' }, /region/],
    [{ masks: 'all: 0,0 1,0 1,1 0,1' }, /leave something to look at/],
  ];
  for (const [change, expected] of settings) {
    it(`does not start with ${JSON.stringify(change)}`, async () => {
      const run = await load(change);
      run.receive('n', { payload: 'start' });
      const { message } = (await run.inbox('errors').first())['error'] as { message: string };
      assert.match(message, expected);
      assert.doesNotMatch(message, /hunter2/);
      await settle(150);
      assert.deepEqual([server.requests.length, run.inbox('reports').messages.length], [0, 0]);
    });
  }

  it('is on the list of running cameras while frames come', async () => {
    const run = await load();
    await camera.opened(1);
    assert.equal(runningCamera('n'), undefined);
    await camera.send();
    await run.inbox('out').wait(1);
    const waiting = assert.rejects(runningCamera('n')!.still(), /being closed/);
    await run.node('n').close(true);
    await waiting;
    assert.equal(runningCamera('n'), undefined);
    await server.empty();
  });

  it('closes while a snapshot waits for a camera that is silent', async () => {
    const run = await load({ autostart: false, timeout: 3600 });
    run.receive('n', { payload: 'snapshot' });
    await camera.opened(1);
    await run.node('n').close(true);
    await server.empty();
    assert.deepEqual(run.inbox('out').messages, []);
  });

  it('leaves no connection behind after 20 deployments', async () => {
    await load();
    for (let n = 1; n <= 20; n++) {
      await camera.opened(n);
      await camera.send();
      await redeploy(flowOf());
    }
    await camera.opened(21);
    while (server.sockets.size > 1) await settle(20);
    assert.equal(camera.open.length, 21);
    await redeploy([]);
    await server.empty();
  });
});

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import type { NodeInitializer } from 'node-red';
import helper = require('node-red-node-test-helper');
import type { Frame } from '../../src/frame/frame.js';
import { framePool } from '../../src/frame/pool.js';
import { testCamera } from '../../src/node-red/cameras.js';
import type { CameraReport } from '../../src/sources/live/camera-state.js';
import cameraIn = require('../../nodes/camera-in/camera-in.js');
import { loadFlow, settle, withRuntime, type FlowNode, type Running } from '../support/node-red-flow.js';
import { descendants, descriptors } from '../support/processes.js';
import { skipWithoutRtsp, startRtspServer, type RtspServer } from '../support/rtsp-server/rtsp-server.js';

const user = 'gatekeeper';
const password = "open:se'same @/?#";

const reports = (run: Running): CameraReport[] =>
  run.inbox('reports').messages.map(({ payload }) => payload as unknown as CameraReport);

/** The next report of this state. */
async function reported(run: Running, state: string, from: number): Promise<CameraReport> {
  for (let count = from + 1; ; count++) {
    await run.inbox('reports').wait(count);
    const report = reports(run)[count - 1]!;
    if (report.state === state) return report;
  }
}

describe('camera-in with RTSP', function () {
  this.timeout(120_000);
  let server: RtspServer;

  before(async function () {
    skipWithoutRtsp(this);
    const testsrc = { width: 320, height: 180, fps: 15 };
    server = await startRtspServer({ streams: [{ path: 'gate', testsrc }], user, password });
  });
  after(() => server?.close());
  withRuntime();

  function flowOf(settings: Record<string, unknown> = {}): FlowNode[] {
    return [
      {
        ...{ id: 'n', type: 'alpr-camera-in', source: 'rtsp', camera: 'gate', url: server.url('gate'), ...settings },
        wires: [['out'], ['reports']],
      },
      { id: 'out', type: 'helper' },
      { id: 'reports', type: 'helper' },
    ];
  }

  function load(settings: Record<string, unknown> = {}): Promise<Running> {
    return loadFlow([cameraIn as NodeInitializer], flowOf(settings), ['n'], { n: { user, password } });
  }

  /** ffmpeg and whatever guards it; not the server, and not what compiles the tests. */
  const children = (): number[] =>
    descendants(process.pid)
      .filter(({ pid, parent, name }) => pid !== server.pid && parent !== server.pid && name !== 'esbuild')
      .map(({ pid }) => pid);

  it('sends frames, and the password is in no argument of a process', async () => {
    const run = await load();
    const messages = await run.inbox('out').wait(3);
    for (const { frame } of messages) {
      const { width, height, timestamp } = frame as Frame;
      assert.deepEqual([width, height], [320, 180]);
      assert.ok(Math.abs(Date.now() - timestamp) < 60_000);
    }
    const live = reports(run).at(-1)!;
    assert.deepEqual([live.state, live.codec, live.decoder], ['live', 'h264', 'software']);
    assert.ok(children().length > 0);
    for (const pid of children()) {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8');
      for (const secret of [password, encodeURIComponent(password), 'same']) {
        assert.ok(!line.includes(secret), `${pid}: ${secret}`);
      }
    }
  });

  it('comes back when the camera was gone', async () => {
    const run = await load();
    await run.inbox('out').wait(1);
    await server.kill();
    const seen = reports(run).length;
    const lost = await reported(run, 'lost', seen);
    assert.ok(!JSON.stringify(lost).includes('same'));
    const frames = run.inbox('out').messages.length;
    await server.restart();
    await reported(run, 'live', seen);
    await run.inbox('out').wait(frames + 1);
    assert.ok(run.inbox('out').messages.every(({ complete }) => complete === undefined));
    const dates = run.inbox('out').messages.map(({ frame }) => (frame as Frame).timestamp);
    assert.ok(dates.every((date, index) => index === 0 || date > dates[index - 1]!));
  });

  it('comes back when its decoder was killed', async () => {
    const run = await load();
    await run.inbox('out').wait(1);
    const seen = reports(run).length;
    const ffmpeg = descendants(process.pid).filter(({ name }) => name === 'ffmpeg');
    assert.equal(ffmpeg.length, 1);
    process.kill(ffmpeg[0]!.pid, 'SIGKILL');
    await reported(run, 'lost', seen);
    await reported(run, 'live', seen);
  });

  it('says that there is no ffmpeg', async () => {
    const run = await load({ ffmpeg: '/nowhere/ffmpeg' });
    const { code, reason } = await reported(run, 'failed', 0);
    assert.equal(code, 'ALPR_FFMPEG');
    assert.match(reason!, /apt install ffmpeg/);
    assert.match(run.statuses('n').at(-1)!.text!, /^no ffmpeg · again at /);
  });

  it('has failed when the login is refused', async () => {
    await server.setLogin({ user, password: 'another' });
    try {
      const run = await load();
      const { code } = await reported(run, 'failed', 0);
      assert.equal(code, 'ALPR_SOURCE_LOGIN');
    } finally {
      await server.setLogin({ user, password });
    }
  });

  it('can be tried before it is deployed', async () => {
    const settings = { source: 'rtsp', url: server.url('gate'), user, password } as const;
    const { frame, facts } = await testCamera(settings, new AbortController().signal);
    assert.deepEqual([frame.width, facts.codec], [320, 'h264']);
    framePool().recycle(frame);
    assert.deepEqual(children(), []);
  });

  it('leaves no thread, file or process behind after 20 deployments', async () => {
    const count = (): { threads: number; files: number; children: number } => ({
      threads: readdirSync('/proc/self/task').length,
      files: descriptors(process.pid),
      children: children().length,
    });
    const run = await load();
    await run.inbox('out').wait(1);
    await deploy([]);
    assert.deepEqual(children(), []);
    const before = count();
    for (let n = 1; n <= 20; n++) {
      await deploy(flowOf());
      // Redeployed while it is being opened, and while frames come.
      if (n % 4 === 0) await new Promise<void>((resolve) => helper.getNode('out').once('input', () => resolve()));
      else await settle(n * 10);
    }
    await deploy([]);
    // Closing is done when the deployment is; what is left is the system's.
    for (let left = count(), tries = 600; ; left = count(), tries--) {
      if (left.children === 0 && left.threads <= before.threads && left.files <= before.files) break;
      if (tries === 0) assert.deepEqual(left, before);
      await settle(50);
    }
  });

  /** The test helper waits for an event that may have come already. */
  async function deploy(nodes: FlowNode[]): Promise<void> {
    const flow = [{ id: 'tab', type: 'tab' }, ...nodes.map((node) => ({ z: 'tab', ...node }))];
    const credentials = { n: { user, password } };
    await helper.setFlows(flow as never, 'full', credentials as never).catch((error: Error) => {
      if (error.message !== 'timeout waiting event') throw error;
    });
  }
});

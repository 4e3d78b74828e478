import assert from 'node:assert/strict';
import path from 'node:path';
import type { PlateEvent } from '../../src/events/plate-event.js';
import type { CameraReport } from '../../src/sources/live/camera-state.js';
import { packageRoot, startNodeRed, type NodeRedProcess } from '../support/node-red-process.js';
import { skipWithoutRtsp, startRtspServer, type RtspServer } from '../support/rtsp-server/rtsp-server.js';
import { until } from './mqtt-flow.js';
import { exampleFlow, onlyNode } from './recorded-flow.js';
import { seenBy, witness } from './witness.js';

const watched = ['camera state', 'tell somebody', 'plate events', 'what happened'] as const;

describe('Example 15 with an RTSP camera', function () {
  this.timeout(300_000);
  let server: RtspServer;
  let nodeRed: NodeRedProcess;

  before(async function () {
    skipWithoutRtsp(this);
    const file = path.join(packageRoot, 'samples', 'road.mp4');
    server = await startRtspServer({
      streams: [
        { path: 'gate', file },
        { path: 'empty', file, still: true, width: 640 },
      ],
    });
    nodeRed = await startNodeRed();
  });
  after(async () => {
    await nodeRed?.stop();
    await server?.close();
  });

  async function run(settings: Record<string, unknown>): Promise<void> {
    const flow = exampleFlow('15', { pace: 'recorded', ...settings });
    // A second instead of a minute until somebody is told.
    onlyNode(flow, 'trigger')['duration'] = '1';
    await nodeRed.deploy([...flow, ...witness(flow, watched)]);
  }
  const seen = <T>(what: (typeof watched)[number]): Promise<T[]> => seenBy(nodeRed.url, watched.indexOf(what));
  const states = async (): Promise<string[]> => (await seen<CameraReport>('camera state')).map(({ state }) => state);

  it('reads plates while vehicles pass', async () => {
    await run({ url: server.url('gate'), camera: 'first' });
    const finals = async (): Promise<PlateEvent[]> =>
      (await seen<PlateEvent>('plate events')).filter(({ event }) => event === 'final');
    await until(async () => (await finals()).length > 0, 'a final plate');
    assert.equal((await finals())[0]!.camera, 'first');
    assert.ok((await states()).includes('live'));
    assert.deepEqual(await seen('tell somebody'), []);
    assert.deepEqual(nodeRed.errors(), []);
  });

  it('becomes still where nothing moves', async () => {
    await run({ url: server.url('empty'), camera: 'second', motionHold: 1 });
    const mine = async (): Promise<CameraReport[]> =>
      (await seen<CameraReport>('camera state')).filter(({ camera }) => camera === 'second');
    await until(async () => (await mine()).at(-1)?.state === 'still', 'a camera in which nothing moves');
    const { counts } = (await mine()).at(-1)!;
    assert.ok(counts.sent >= 1, 'the first frames pass');
  });

  it('says what is wrong while the camera is away, tells somebody once, and goes on when it is back', async () => {
    await run({ url: server.url('gate'), camera: 'third' });
    const mine = async (): Promise<string[]> =>
      (await seen<CameraReport>('camera state')).filter(({ camera }) => camera === 'third').map(({ state }) => state);
    await until(async () => (await mine()).includes('live'), 'a camera that is live');
    await server.kill();
    await until(async () => (await mine()).includes('lost'), 'a camera that is lost');
    await until(async () => (await seen('tell somebody')).length > 0, 'somebody to be told');
    assert.match((await seen<string>('tell somebody'))[0]!, /^The camera third is away: Expected frames from rtsp:/);
    assert.match((await seen<string>('what happened')).join('\n'), /Expected frames from rtsp:\/\/127\.0\.0\.1/);
    await server.restart();
    await until(async () => (await mine()).at(-1) === 'live', 'the camera to come back');
    assert.equal((await seen('tell somebody')).length, 1);
    assert.deepEqual(nodeRed.errors(), []);
  });
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PlateEvent } from '../../src/events/plate-event.js';
import type { CameraReport } from '../../src/sources/live/camera-state.js';
import { packageRoot, startNodeRed, type NodeRedProcess } from '../support/node-red-process.js';
import { skipWithoutRtsp, startRtspServer, type RtspServer } from '../support/rtsp-server/rtsp-server.js';
import { until } from './mqtt-flow.js';
import { exampleFlow, onlyNode, type FlowNode } from './recorded-flow.js';
import { seenBy, witness } from './witness.js';

const watched = ['plate events', 'camera state', 'what happened', 'frames'] as const;
/** A car comes nearer; its plate (63 to 110 pixels wide at 1080p, 21 to 37 at 360 lines) is legible in the larger picture only. */
const text = 'MKT4827';
const [first, last] = [70, 104];

describe('Example 15 with the two RTSP streams of one camera', function () {
  this.timeout(180_000);
  const folder = mkdtempSync(path.join(tmpdir(), 'alpr-two-streams-'));
  let server: RtspServer;
  let nodeRed: NodeRedProcess;

  before(async function () {
    skipWithoutRtsp(this);
    const file = path.join(folder, 'approach.mkv');
    const road = path.join(packageRoot, 'samples', 'road.mp4');
    const cut = `select=between(n\\,${first}\\,${last}),setpts=PTS-STARTPTS`;
    execFileSync('ffmpeg', ['-v', 'error', '-i', road, '-vf', cut, '-c:v', 'libx264', '-qp', '10', '-an', file]);
    server = await startRtspServer({
      streams: [
        { path: 'main', file },
        { path: 'sub', file, width: 640, height: 360 },
      ],
    });
    nodeRed = await startNodeRed();
  });
  after(async () => {
    await nodeRed?.stop();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const seen = <T>(what: (typeof watched)[number]): Promise<T[]> => seenBy(nodeRed.url, watched.indexOf(what));

  it('says the plate that only the main stream shows, from detection in the sub-stream to the final event', async () => {
    const flow = exampleFlow('15', { pace: 'recorded', url: server.url('sub'), motion: false, fps: '' });
    const camera = onlyNode(flow, 'alpr-camera-in');
    // The same sub-stream without its main stream goes through the same nodes.
    const alone = { ...camera, id: 'alone', camera: 'alone' };
    Object.assign(camera, { camera: 'both', detailUrl: server.url('main') });
    onlyNode(flow, 'alpr-lprnet-read').wires![0]!.push('camera of a frame');
    const more: FlowNode[] = [
      alone,
      {
        ...{
          id: 'camera of a frame',
          type: 'function',
          z: camera['z'],
          outputs: 1,
          func: 'return { payload: msg.topic };',
        },
        wires: [['count']],
      },
      { id: 'count', type: 'debug', name: 'frames', z: camera['z'], active: false },
    ];
    await nodeRed.deploy([...flow, ...more, ...witness([...flow, ...more], watched)]);

    const of = async (name: string): Promise<PlateEvent[]> =>
      (await seen<PlateEvent>('plate events')).filter((event) => event.camera === name);
    const isFinal = ({ event, plate }: PlateEvent): boolean => event === 'final' && plate === text;
    await until(async () => (await of('both')).some(isFinal), 'the plate of the main stream');
    const read = async (): Promise<number> => (await seen('frames')).filter((name) => name === 'alone').length;
    await until(async () => (await read()) > last - first, 'the whole clip of the sub-stream alone');

    const reports = await seen<CameraReport>('camera state');
    const latest = (name: string): CameraReport => reports.filter((report) => report.camera === name).at(-1)!;
    assert.deepEqual(
      [latest('both'), latest('alone')].map(({ state, width, mainStream }) => [state, width, mainStream]),
      [
        ['live', 640, 'live'],
        ['live', 640, undefined],
      ],
    );
    assert.deepEqual(
      (await of('alone')).filter(({ plate }) => plate === text),
      [],
    );
    assert.deepEqual(await seen('what happened'), []);
    assert.deepEqual(nodeRed.errors(), []);
  });
});

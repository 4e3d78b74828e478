import assert from 'node:assert/strict';
import type { NodeInitializer } from 'node-red';
import type { CameraReport } from '../../src/sources/live/camera-state.js';
import cameraIn = require('../../nodes/camera-in/camera-in.js');
import { needFfmpeg } from '../sources/clips.js';
import { loadFlow, withRuntime } from '../support/node-red-flow.js';

describe('camera-in with a hardware decoder', function () {
  this.timeout(60_000);
  before(function () {
    needFfmpeg(this);
  });
  withRuntime();

  it('tries one that does not work once, not with every connection', async () => {
    const flow = [
      {
        ...{
          id: 'n',
          type: 'alpr-camera-in',
          source: 'ffmpeg',
          camera: 'gate',
          hwaccel: 'vaapi',
          hwDevice: '/dev/null',
        },
        ...{ arguments: '-f lavfi -i testsrc=size=64x48:rate=10:duration=1', wires: [['out'], ['reports']] },
      },
      { id: 'out', type: 'helper' },
      { id: 'reports', type: 'helper' },
    ];
    const run = await loadFlow([cameraIn as NodeInitializer], flow, ['n']);
    const lost: CameraReport[] = [];
    for (let count = 1; lost.length < 2; count++) {
      const report = (await run.inbox('reports').wait(count))[count - 1]!.payload as unknown as CameraReport;
      if (report.state === 'lost') lost.push(report);
    }
    assert.deepEqual(
      lost.map(({ counts }) => counts.damaged),
      [1, 1],
    );
  });
});

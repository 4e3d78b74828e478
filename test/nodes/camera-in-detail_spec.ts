import assert from 'node:assert/strict';
import type { NodeInitializer } from 'node-red';
import type { Frame } from '../../src/frame/frame.js';
import cameraIn = require('../../nodes/camera-in/camera-in.js');
import { loadFlow, withRuntime } from '../support/node-red-flow.js';
import { skipWithoutRtsp, startRtspServer, type RtspServer } from '../support/rtsp-server/rtsp-server.js';

const grey = 114;

describe('camera-in with a smaller and a larger stream', function () {
  this.timeout(120_000);
  let server: RtspServer;

  before(async function () {
    skipWithoutRtsp(this);
    server = await startRtspServer({
      streams: [
        { path: 'main', testsrc: { width: 960, height: 540, fps: 25 } },
        { path: 'sub', testsrc: { width: 320, height: 180, fps: 12.5 } },
      ],
    });
  });
  after(() => server?.close());
  withRuntime();

  it('sends frames whose copies share one way to the larger picture, masked as they are', async () => {
    const settings = {
      ...{ source: 'rtsp', camera: 'gate', url: server.url('sub'), detailUrl: server.url('main') },
      masks: 'street: 0,0 0.25,0 0.25,1 0,1',
    };
    const run = await loadFlow(
      [cameraIn as NodeInitializer],
      [
        { id: 'n', type: 'alpr-camera-in', ...settings, wires: [['one', 'other'], []] },
        { id: 'one', type: 'helper' },
        { id: 'other', type: 'helper' },
      ],
    );
    for (let count = 1; ; count++) {
      const [one, other] = await Promise.all(
        ['one', 'other'].map(async (id) => (await run.inbox(id).wait(count))[count - 1]!),
      );
      const [frame, copy] = [one!.frame as Frame, other!.frame as Frame];
      assert.notEqual(frame, copy);
      frame.lease.retain();
      const [detail, same] = await Promise.all([frame.lease.detail?.(), copy.lease.detail?.()]);
      if (detail !== undefined) {
        assert.equal(detail, same);
        assert.deepEqual([frame.width, detail.width, detail.height], [320, 960, 540]);
        const row = detail.pixels.subarray(270 * 960 * 3, 271 * 960 * 3);
        assert.ok(row.subarray(0, 240 * 3).every((level) => level === grey));
        assert.ok(row.subarray(240 * 3).some((level) => level !== grey));
        assert.equal(JSON.stringify(frame).includes('detail'), false);
        frame.lease.release();
        return;
      }
      frame.lease.release();
    }
  });
});

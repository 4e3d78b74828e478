import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { Frame } from '../../src/frame/frame.js';
import { FramePool } from '../../src/frame/pool.js';
import type { CameraView } from '../../src/node-red/camera-view.js';
import { FileControl } from '../../src/node-red/file-control.js';
import { StatusLine } from '../../src/node-red/status.js';
import type { FrameSource } from '../../src/sources/source.js';

describe('frames of a file that nobody gets', () => {
  let pool: FramePool;
  /** `asked`: somebody wants a frame; `closed`: the source was closed; `sent`: a frame went into the flow. */
  let events: EventEmitter;
  /** Wakes who waits for the next frame. */
  let give: () => void;
  let prepare: CameraView['prepare'];
  let gate: CameraView['gate'];
  let control: FileControl;
  let sent: Frame[];

  function source(): FrameSource {
    let sequence = 0;
    return {
      description: 'a fake',
      expectedFrames: undefined,
      async next() {
        const given = new Promise<void>((resolve) => (give = resolve));
        events.emit('asked');
        await given;
        sequence += 1;
        // An hour apart: played as recorded, the second waits.
        return pool.acquire({ cameraId: 'gate', sequence, timestamp: sequence * 3_600_000, width: 8, height: 8 });
      },
      async close() {
        events.emit('closed');
      },
    };
  }

  beforeEach(() => {
    pool = new FramePool();
    events = new EventEmitter();
    sent = [];
    prepare = () => undefined;
    gate = () => 'pass';
    control = new FileControl({
      camera: 'gate',
      nodeId: 'a-node',
      path: 'a.mp4',
      open: async () => source(),
      pool,
      view: { problem: undefined, still: false, prepare: (frame) => prepare(frame), gate: (frame) => gate(frame) },
      pace: 'recorded',
      inFlight: 4,
      timeoutMs: 60_000,
      outlet: {
        frame: (frame) => {
          sent.push(frame);
          events.emit('sent');
        },
        complete: () => undefined,
        report: () => undefined,
        error: () => undefined,
        warn: () => undefined,
        log: () => undefined,
      },
      status: new StatusLine({ status: () => undefined }),
    });
  });
  afterEach(() => control.close());

  /** Starts and lets one frame through. */
  async function play(): Promise<void> {
    const [asked, went] = [once(events, 'asked'), once(events, 'sent')];
    const started = control.start();
    await asked;
    const askedAgain = once(events, 'asked');
    give();
    await Promise.all([started, went, askedAgain]);
    assert.equal(pool.stats().outstanding, 1);
  }

  it('go back to the pool when the run is stopped before their time has come', async () => {
    await play();
    give();
    while (pool.stats().outstanding < 2) await new Promise(setImmediate);
    await control.stop();
    assert.deepEqual([pool.stats().outstanding, sent.length], [1, 1]);
  });

  it('go back to the pool when they come after the stop', async () => {
    await play();
    const stopped = control.stop();
    give();
    await stopped;
    assert.deepEqual([pool.stats().outstanding, sent.length], [1, 1]);
  });

  for (const step of ['gate', 'prepare'] as const) {
    it(`go back to the pool when the view’s ${step} throws`, async () => {
      const thrown = (): never => {
        throw new Error('no such area');
      };
      if (step === 'gate') gate = thrown;
      else prepare = thrown;
      const [asked, closed] = [once(events, 'asked'), once(events, 'closed')];
      const started = control.start();
      await asked;
      give();
      await Promise.all([started, closed]);
      assert.deepEqual([pool.stats().outstanding, sent.length], [0, 0]);
    });
  }

  it('go back to the pool when a snapshot cannot be prepared', async () => {
    prepare = () => {
      throw new Error('no such area');
    };
    const asked = once(events, 'asked');
    const snapshot = control.snapshot();
    await asked;
    give();
    await assert.rejects(snapshot, /no such area/);
    assert.deepEqual([pool.stats().outstanding, sent.length], [0, 0]);
  });
});

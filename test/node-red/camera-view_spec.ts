import assert from 'node:assert/strict';
import { isFrame, type Frame } from '../../src/frame/frame.js';
import { framePool } from '../../src/frame/pool.js';
import { cameraView, type CameraViewSettings } from '../../src/node-red/camera-view.js';

// Node-RED's types leave out what it gives nodes to copy a message with.
const { cloneMessage } = require('@node-red/util').util as { cloneMessage: <T>(message: T) => T };

const settings: CameraViewSettings = {
  regions: '',
  masks: '',
  motion: false,
  motionShare: 0.5,
  motionHold: 5,
  idleInterval: 10,
};
const left = 'left: 0,0 0.5,0 0.5,1 0,1';

function greyFrame(sequence: number, value = 100): Frame {
  const frame = framePool().acquire({ cameraId: 'gate', sequence, timestamp: sequence * 1000, width: 64, height: 36 });
  frame.pixels.fill(value);
  return frame;
}

describe('the view of a camera', () => {
  it('leaves frames as they are and lets all pass without settings', () => {
    const view = cameraView(settings);
    const frame = greyFrame(0);
    view.prepare(frame);
    assert.ok(frame.pixels.every((value) => value === 100));
    assert.equal(frame.focus, undefined);
    assert.equal('focus' in frame.toJSON(), false);
    assert.deepEqual([view.gate(frame), view.still, view.problem], ['pass', false, undefined]);
  });

  it('paints over what is not looked at and says where to look, in copies of the frame and in JSON too', () => {
    const view = cameraView({ ...settings, regions: left, masks: 'top: 0,0 1,0 1,0.5 0,0.5' });
    const frame = greyFrame(0);
    view.prepare(frame);
    const at = (x: number, y: number) => frame.pixels[(y * 64 + x) * 3];
    assert.deepEqual([at(31, 18), at(32, 18), at(31, 17)], [100, 114, 114]);
    const focus = { x1: 0, y1: 18, x2: 32, y2: 36 };
    assert.deepEqual(frame.focus, focus);
    assert.deepEqual(frame.toJSON().focus, focus);
    const copy = cloneMessage({ frame }).frame;
    assert.ok(isFrame(copy) && copy.pixels[0] === 114);
    assert.deepEqual(copy.focus, focus);
  });

  it('holds frames back in which nothing moves, but for one now and then', () => {
    const view = cameraView({ ...settings, motion: true, motionHold: 2, idleInterval: 4 });
    const seen = Array.from({ length: 12 }, (_, second) => `${view.gate(greyFrame(second))} ${view.still}`);
    // The first frame counts as motion: nobody knows what stood there before. Then 2 s, then every 4 s.
    const [pass, hold, idle] = ['pass false', 'hold true', 'pass true'];
    assert.deepEqual(seen, [pass, pass, pass, hold, hold, hold, idle, hold, hold, hold, idle, hold]);
  });

  const wrong: [string, Partial<CameraViewSettings>, RegExp][] = [
    ['a broken region', { regions: 'drive 0,0' }, /points for region 1 but received no colon/],
    ['masks over everything', { masks: 'all: 0,0 1,0 1,1 0,1' }, /leave something to look at/],
    ['a share that is no number', { motion: true, motionShare: NaN }, /for the share that must change, %/],
  ];
  for (const [title, given, message] of wrong) {
    it(`refuses every frame with ${title}: nothing that should be hidden is sent`, () => {
      const view = cameraView({ ...settings, ...given });
      assert.match(view.problem!.message, message);
      assert.throws(() => view.prepare(greyFrame(0)), { code: 'ALPR_CONFIG' });
      assert.throws(() => view.gate(greyFrame(0)), { code: 'ALPR_CONFIG' });
    });
  }
});

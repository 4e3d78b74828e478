import assert from 'node:assert/strict';
import { PassageReader, type Reading } from '../../src/parking/passages.js';

/** What a reading comes to: the side, a code, or wait. */
function told(reading: Reading): string {
  return reading.kind === 'passage' ? reading.side : reading.kind === 'ignored' ? reading.code : 'wait';
}

const byCamera = { entryCameras: ['front', 'both'], exitCameras: ['back', 'both'] };
const byDirection = { entryCameras: [], exitCameras: [] };
const none = (): boolean => false;
const all = (): boolean => true;

function event(type: string, more: object = {}): { payload: object } {
  return { payload: { event: type, id: 'v', plate: 'AB12CDE', camera: 'front', lastSeen: 5000, ...more } };
}

describe('Passages', () => {
  for (const [camera, direction, side] of [
    ['front', undefined, 'in'],
    ['front', 'out', 'in'],
    ['back', undefined, 'out'],
    ['both', 'in', 'in'],
    ['both', 'out', 'out'],
    ['yard', 'in', 'other-camera'],
  ] as const) {
    it(`by camera: ${camera}, seen going ${direction ?? 'anywhere'}, means ${side}`, () => {
      const reading = new PassageReader(byCamera).read(event('final', { camera, direction }), none);
      assert.equal(told(reading), side);
    });
  }

  it('by direction: count with the final, or with the left where the line is crossed later', () => {
    const reader = new PassageReader(byDirection);
    assert.equal(told(reader.read(event('provisional', { direction: 'in' }), none)), 'wait');
    assert.equal(told(reader.read(event('final', { direction: 'in' }), none)), 'in');
    assert.equal(told(reader.read(event('final', { id: 'w' }), none)), 'wait');
    assert.equal(told(reader.read(event('left', { id: 'w', direction: 'out' }), none)), 'out');
  });

  it('say once why a visit does not count', () => {
    const reader = new PassageReader(byDirection);
    assert.equal(told(reader.read(event('final', { direction: 'left' }), none)), 'wait');
    const last = reader.read(event('left', { direction: 'left' }), none);
    assert.equal(last.kind === 'ignored' && last.reason, 'it went left, neither in nor out');
    assert.equal(told(reader.read(event('left', { id: 'w', direction: 'in' }), none)), 'not-final');
    const cameras = new PassageReader(byCamera);
    assert.equal(told(cameras.read(event('final', { camera: 'yard' }), none)), 'other-camera');
    assert.equal(told(cameras.read(event('left', { camera: 'yard' }), none)), 'wait');
  });

  it('of a visit that was counted before a restart go on being followed', () => {
    const reader = new PassageReader(byDirection);
    assert.equal(told(reader.read(event('left', { direction: 'out' }), all)), 'out');
    assert.equal(told(reader.read(event('left'), all)), 'wait');
  });

  it('take the text of a plate with the camera in the topic, now', () => {
    const reader = new PassageReader(byCamera, () => 77);
    const reading = reader.read({ payload: 'AB12CDE', topic: 'back' }, none);
    assert.deepEqual(reading, {
      kind: 'passage',
      side: 'out',
      sight: { plate: 'AB12CDE', at: 77, camera: 'back' },
    });
  });

  it('forget the oldest of very many visits that nobody saw the end of', () => {
    const reader = new PassageReader(byDirection);
    for (let visit = 0; visit < 5000; visit++) reader.read(event('final', { id: `${visit}` }), none);
    assert.equal(told(reader.read(event('left', { id: '0', direction: 'in' }), none)), 'not-final');
    assert.equal(told(reader.read(event('left', { id: '4999', direction: 'in' }), none)), 'in');
  });

  for (const [title, msg, pattern] of [
    ['no plate', { payload: 3 }, /Expected the text of a plate in msg\.payload but received 3/],
    ['a miss', { payload: { plate: 'A', code: 'small', reason: 'x' } }, /first output of plate-out/],
    [
      'a time that is none',
      event('final', { lastSeen: 'noon' }),
      /Expected ms since 1970 for lastSeen but received "noon"/,
    ],
  ] as const) {
    it(`refuse ${title}`, () => {
      assert.throws(() => new PassageReader(byCamera).read(msg, none), pattern);
    });
  }
});

import assert from 'node:assert/strict';
import type { AlprMessage } from '../../src/node-red/message.js';
import { addTimings, cameraOf, frameOf, isControl } from '../../src/node-red/message.js';
import { isFrame } from '../../src/frame/frame.js';
import { testFrame } from '../support/fake-network.js';

const frame = testFrame(8, 4);

describe('frameOf', () => {
  it('finds the frame', () => assert.equal(frameOf({ frame }), frame));

  it('takes over a frame that another copy of the package made, with its pixels and lease', () => {
    const { id, cameraId, sequence, timestamp, width, height, lease } = frame;
    class Foreign {
      id = id;
      cameraId = cameraId;
      sequence = sequence;
      timestamp = timestamp;
      width = width;
      height = height;
      lease = lease;
    }
    const taken = frameOf({ frame: new Foreign() });
    assert.ok(isFrame(taken));
    assert.equal(taken.buffer, frame.buffer);
    assert.equal(taken.lease, frame.lease);
  });

  const others: [string, unknown][] = [
    ['nothing', undefined],
    ['null', null],
    ['a number', 12],
    ['a header that went through JSON', JSON.parse(JSON.stringify(frame))],
    ['a lease that is no lease', { ...frame.toJSON(), lease: () => new SharedArrayBuffer(4) }],
  ];
  for (const [title, value] of others) {
    it(`finds none in ${title}`, () => assert.equal(frameOf({ frame: value }), undefined));
  }
});

describe('isControl', () => {
  const cases: [string, AlprMessage, boolean][] = [
    ['the end of a source', { complete: true }, true],
    ['departed tracks', { departed: [] }, true],
    ['the wish to forget', { reset: true }, true],
    ['departed tracks on a frame', { departed: [], frame }, false],
    ['a frame that is the last', { complete: true, frame }, false],
    ['a picture with a property of another node', { complete: true, payload: Buffer.from('jpeg') }, false],
    ['a plain message', { payload: 'x' }, false],
    ['complete that is not true', { complete: 'yes' as never }, false],
    ['departed that is no list', { departed: 'tracks' as never }, false],
  ];
  for (const [title, msg, expected] of cases) {
    it(`says ${expected ? 'yes' : 'no'} to ${title}`, () => assert.equal(isControl(msg), expected));
  }
});

describe('cameraOf', () => {
  const cases: [string, AlprMessage, string][] = [
    ['the frame', { frame, topic: 'other' }, 'cam'],
    ['the topic', { topic: 'yard' }, 'yard'],
    ['no one', {}, ''],
    ['no one when the topic is no text', { topic: 3 as never }, ''],
  ];
  for (const [title, msg, expected] of cases) {
    it(`asks ${title}`, () => assert.equal(cameraOf(msg), expected));
  }
});

describe('addTimings', () => {
  it('adds stages and sums repeated ones, without touching the object that other branches see', () => {
    const before = { decode: 5, read: 2 };
    const msg: AlprMessage = { timings: before };
    addTimings(msg, { read: 3, track: 1 });
    assert.deepEqual(msg.timings, { decode: 5, read: 5, track: 1 });
    assert.deepEqual(before, { decode: 5, read: 2 });
  });

  it('begins anew where another node has used the name', () => {
    const msg = { timings: 'since noon' as never } as AlprMessage;
    addTimings(msg, { read: 3 });
    assert.deepEqual(msg.timings, { read: 3 });
  });
});

import assert from 'node:assert/strict';
import type { NodeInitializer } from 'node-red';
import helper = require('node-red-node-test-helper');
import type { Vehicle } from '../../src/detection/types.js';
import { FramePool } from '../../src/frame/pool.js';
import type { Frame } from '../../src/frame/frame.js';
import type { AlprMessage } from '../../src/node-red/message.js';
import { findTracker, registeredTrackers } from '../../src/tracking/registry.js';
import trackerNode = require('../../nodes/tracker/tracker.js');
import { reading } from '../support/fake-network.js';
import { loadFlow, settle, withRuntime, type FlowNode, type Running } from '../support/node-red-flow.js';

const pool = new FramePool();
function frame(cameraId: string, sequence: number, stepMs = 40): Frame {
  return pool.acquire({ cameraId, sequence, timestamp: 10_000 + sequence * stepMs, width: 640, height: 480 });
}

/** A car that moves 2 px a frame. */
function car(sequence: number, x = 100): Vehicle {
  const x1 = x + 2 * sequence;
  return { box: { x1, y1: 100, x2: x1 + 80, y2: 160 }, label: 'car', confidence: 0.9 };
}

function load(settings: Record<string, unknown> = {}): Promise<Running> {
  const nodes: FlowNode[] = [
    { id: 'n', type: 'alpr-tracker', ...settings, wires: [['out']] },
    { id: 'out', type: 'helper' },
  ];
  return loadFlow([trackerNode as NodeInitializer], nodes);
}

const seen = (cameraId: string, sequence: number, vehicles: Vehicle[]): AlprMessage => ({
  topic: cameraId,
  frame: frame(cameraId, sequence),
  vehicles,
});

describe('tracker', () => {
  withRuntime();

  it('gives a vehicle one id over its frames, and each camera its own count', async () => {
    const run = await load();
    for (let n = 0; n < 4; n++) {
      run.receive('n', seen('a', n, [car(n), car(n, 400)]));
      run.receive('n', seen('b', n, [car(n, 300)]));
    }
    const messages = await run.inbox('out').wait(8);
    const ids = (camera: string) =>
      messages.filter(({ topic }) => topic === camera).map(({ vehicles }) => vehicles!.map(({ trackId }) => trackId));
    assert.deepEqual(ids('a'), [
      [1, 2],
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    assert.deepEqual(ids('b'), [[1], [1], [1], [1]]);
    for (const msg of messages) {
      assert.equal(msg.tracker, 'n');
      assert.deepEqual(msg.payload, msg.vehicles);
      assert.equal(msg.departed, undefined);
      assert.deepEqual(Object.keys(msg.timings!), ['track']);
    }
  });

  it('lets the nodes behind it find the tracks, and tells them what was read', async () => {
    const run = await load({ settleReads: 2, settleConfidence: 0.5 });
    run.receive('n', seen('a', 0, [car(0)]));
    await run.inbox('out').wait(1);
    const quality = { width: 100, height: 22, timestamp: 10_000 };
    for (let n = 0; n < 2; n++) findTracker('n', 'a')!.addReading(1, reading('AB123CD'), quality);
    run.receive('n', seen('a', 1, [car(1)]));
    const [, second] = await run.inbox('out').wait(2);
    const { plate } = second!.vehicles![0]!;
    assert.deepEqual([plate!.text, plate!.agreeing, plate!.settled], ['AB123CD', 2, true]);
  });

  it('tracks plates in a flow without vehicles', async () => {
    const run = await load();
    for (let n = 0; n < 3; n++) {
      const x1 = 200 + n;
      const plates = [{ box: { x1, y1: 100, x2: x1 + 60, y2: 116 }, confidence: 0.9 }];
      run.receive('n', { topic: 'a', frame: frame('a', n), plates });
    }
    const messages = await run.inbox('out').wait(3);
    assert.deepEqual(
      messages.map(({ plates }) => plates!.map(({ trackId }) => trackId)),
      [[1], [1], [1]],
    );
    assert.deepEqual(messages[0]!.payload, messages[0]!.plates);
    assert.equal(messages[0]!.vehicles, undefined);
  });

  it('announces a track that left once, on a later frame', async () => {
    const run = await load({ keepLostMs: 100 });
    for (let n = 0; n < 3; n++) run.receive('n', seen('a', n, [car(n)]));
    for (let n = 3; n < 9; n++) run.receive('n', seen('a', n, []));
    const messages = await run.inbox('out').wait(9);
    const departed = messages.flatMap((msg) => msg.departed ?? []);
    assert.deepEqual(
      departed.map(({ trackId, frames }) => [trackId, frames]),
      [[1, 3]],
    );
    assert.deepEqual([departed[0]!.firstSeen, departed[0]!.lastSeen], [10_000, 10_080]);
  });

  it('turns the end of a source into departed tracks, in one message behind the last frame', async () => {
    const run = await load();
    run.receive('n', seen('a', 0, [car(0)]));
    run.receive('n', seen('b', 0, [car(0)]));
    run.receive('n', { topic: 'a', complete: true });
    const messages = await run.inbox('out').wait(3);
    const [first, end] = messages.filter(({ topic }) => topic === 'a') as [AlprMessage, AlprMessage];
    assert.notEqual(first.frame, undefined);
    assert.equal(end.complete, true);
    assert.equal(end.tracker, 'n');
    assert.deepEqual(
      end.departed!.map(({ trackId }) => trackId),
      [1],
    );
    assert.equal(end.frame, undefined);
    // Late readings still find their track.
    assert.notEqual(
      findTracker('n', 'a')!.addReading(1, reading('AB123CD'), { width: 100, height: 22, timestamp: 1 }),
      undefined,
    );
  });

  it('ends all cameras when an end names none, each in a message of its own', async () => {
    const run = await load();
    run.receive('n', seen('a', 0, [car(0)]));
    run.receive('n', seen('b', 0, [car(0)]));
    run.receive('n', { complete: true });
    const messages = (await run.inbox('out').wait(5)).filter((msg) => msg.frame === undefined);
    assert.deepEqual(
      messages.map(({ topic, departed, complete }) => [topic, departed?.length, complete]),
      [
        ['a', 1, undefined],
        ['b', 1, undefined],
        [undefined, undefined, true],
      ],
    );
  });

  it('announces the tracks of a camera that fell silent', async () => {
    const run = await load({ silenceMs: 50 });
    run.receive('n', seen('a', 0, [car(0)]));
    const messages = await run.inbox('out').wait(2);
    assert.deepEqual(
      messages
        .slice(1)
        .map(({ topic, tracker, departed, frame: none, complete }) => [
          topic,
          tracker,
          departed!.length,
          none,
          complete,
        ]),
      [['a', 'n', 1, undefined, undefined]],
    );
    await settle(700);
    assert.equal(run.inbox('out').messages.length, 2);
  });

  const resets: [string, AlprMessage, number[][]][] = [
    ['the camera named in the topic', { reset: true, topic: 'a' }, [[1], [1]]],
    ['another camera only', { reset: true, topic: 'b' }, [[1], [1]]],
    ['all cameras when none is named', { reset: true }, [[1], [1]]],
  ];
  for (const [title, reset] of resets) {
    it(`forgets ${title}, and passes the wish on`, async () => {
      const run = await load();
      run.receive('n', seen('a', 0, [car(0)]));
      await run.inbox('out').wait(1);
      const before = findTracker('n', 'a');
      run.receive('n', { ...reset });
      const [, passed] = await run.inbox('out').wait(2);
      assert.equal(passed!.reset, true);
      const forgotten = reset.topic !== 'b';
      assert.equal(findTracker('n', 'a'), forgotten ? undefined : before);
    });
  }

  const wrong: [string, Record<string, unknown>, AlprMessage, RegExp][] = [
    [
      'no boxes at all',
      {},
      { frame: frame('a', 0) },
      /Expected a list of boxes for msg.vehicles or msg.plates but received nothing$/,
    ],
    [
      'no plates where plates are to be tracked',
      { track: 'plates' },
      { frame: frame('a', 0), vehicles: [] },
      /for msg.plates but received nothing$/,
    ],
    [
      'no vehicles where vehicles are to be tracked',
      { track: 'vehicles' },
      { frame: frame('a', 0), plates: [] },
      /for msg.vehicles but received nothing$/,
    ],
    ['no frame', {}, { vehicles: [] }, /Expected a frame .* for msg.frame but received nothing$/],
    [
      'a setting that cannot be',
      { iouThreshold: 2 },
      { frame: frame('a', 0), vehicles: [] },
      /Expected a number from 0 to 1 for iouThreshold but received 2$/,
    ],
  ];
  for (const [title, settings, msg, expected] of wrong) {
    it(`fails a message with ${title}`, async () => {
      const run = await load(settings);
      run.receive('n', msg);
      const error = (await run.inbox('errors').first())['error'] as { message: string };
      assert.match(error.message, expected);
      await settle();
      assert.deepEqual([run.inbox('errors').messages.length, run.inbox('completed').messages.length], [1, 0]);
    });
  }

  it('leaves nothing behind when it is closed or deployed anew', async () => {
    const before = registeredTrackers();
    const run = await load({ silenceMs: 100 });
    for (const camera of ['a', 'b', 'c']) run.receive('n', seen(camera, 0, [car(0)]));
    await run.inbox('out').wait(3);
    assert.equal(registeredTrackers(), before + 3);
    await helper.setFlows(
      [
        { id: 'tab', type: 'tab' },
        { id: 'n', z: 'tab', type: 'alpr-tracker', wires: [['out']] },
        { id: 'out', z: 'tab', type: 'helper' },
      ] as never,
      'full',
    );
    assert.equal(registeredTrackers(), before);
    helper.getNode('n').receive(seen('a', 9, [car(0)]));
    await settle();
    assert.equal(registeredTrackers(), before + 1);
    await helper.clearFlows();
    assert.equal(registeredTrackers(), before);
  });
});

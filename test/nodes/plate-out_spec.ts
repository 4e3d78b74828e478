import assert from 'node:assert/strict';
import type { NodeInitializer } from 'node-red';
import type { DepartedTrack, Plate, PlateVote, Vehicle } from '../../src/detection/types.js';
import type { PlateEvent, PlateMiss } from '../../src/events/plate-event.js';
import { FramePool } from '../../src/frame/pool.js';
import type { Frame } from '../../src/frame/frame.js';
import type { AlprMessage } from '../../src/node-red/message.js';
import plateOut = require('../../nodes/plate-out/plate-out.js');
import { loadFlow, settle, withRuntime, type Running } from '../support/node-red-flow.js';

const pool = new FramePool();
function frame(sequence: number): Frame {
  return pool.acquire({ cameraId: 'gate', sequence, timestamp: 100_000 + sequence * 100, width: 640, height: 480 });
}
const box = { x1: 100, y1: 100, x2: 180, y2: 160 };

function vote(text: string, agreeing: number): PlateVote {
  const characters = [...text].map((character) => ({ text: character, confidence: 0.95 }));
  return { text, confidence: 0.95, characters, candidates: [], reads: agreeing, agreeing, settled: agreeing >= 3 };
}

/** One frame of a tracked car with these readings behind it; null: its plate was not found. */
function tracked(sequence: number, plateVote: PlateVote | null): AlprMessage {
  const vehicle: Vehicle = { box, label: 'car', confidence: 0.9, trackId: 5 };
  const plate: Plate = { box, confidence: 0.9, vehicle: 0, trackId: 5 };
  if (plateVote === null) vehicle.held = { code: 'no-plate', reason: 'no plate found' };
  else Object.assign(plate, { text: plateVote.text, textConfidence: 0.95, vote: plateVote });
  return {
    topic: 'gate',
    tracker: 't',
    frame: frame(sequence),
    vehicles: [vehicle],
    plates: plateVote === null ? [] : [plate],
    payload: 'before',
    mine: true,
  };
}

const departed = (plate?: PlateVote): DepartedTrack[] => [
  {
    trackId: 5,
    label: 'car',
    box,
    firstSeen: 100_000,
    lastSeen: 100_300,
    frames: 4,
    ...(plate === undefined ? {} : { plate }),
  },
];

function load(settings: Record<string, unknown> = {}): Promise<Running> {
  return loadFlow(
    [plateOut as NodeInitializer],
    [
      { id: 'n', type: 'alpr-plate-out', ...settings, wires: [['events'], ['misses']] },
      { id: 'events', type: 'helper' },
      { id: 'misses', type: 'helper' },
    ],
  );
}

const events = (run: Running): PlateEvent[] => run.inbox('events').messages.map((msg) => msg.payload as PlateEvent);
const misses = (run: Running): PlateMiss[] => run.inbox('misses').messages.map((msg) => msg.payload as PlateMiss);

describe('plate-out', () => {
  withRuntime();

  it('tells a visit in three events, one message each', async () => {
    const run = await load();
    const first = tracked(0, vote('AB123CD', 1));
    run.receive('n', first);
    run.receive('n', tracked(1, vote('AB123CD', 2)));
    run.receive('n', tracked(2, vote('AB123CD', 3)));
    run.receive('n', { topic: 'gate', tracker: 't', departed: departed(vote('AB123CD', 3)) });
    await run.inbox('completed').wait(4);
    await settle();
    assert.deepEqual(
      events(run).map(({ event, plate, camera }) => [event, plate, camera]),
      [
        ['provisional', 'AB123CD', 'gate'],
        ['final', 'AB123CD', 'gate'],
        ['left', 'AB123CD', 'gate'],
      ],
    );
    assert.equal(new Set(events(run).map(({ id }) => id)).size, 1);
    assert.equal(misses(run).length, 0);
    assert.equal(run.inbox('errors').messages.length, 0);
    // What an overlay behind it needs, by reference, and nothing else of the message.
    const [msg] = run.inbox('events').messages as [AlprMessage];
    assert.equal(msg.frame, first.frame);
    assert.equal(msg.plates, first.plates);
    assert.equal(msg.vehicles, first.vehicles);
    assert.deepEqual(Object.keys(msg).sort(), ['_msgid', 'frame', 'payload', 'plates', 'topic', 'vehicles']);
    const left = run.inbox('events').messages[2]!;
    assert.deepEqual(Object.keys(left).sort(), ['_msgid', 'payload', 'topic']);
    await settle(1100);
    assert.deepEqual(run.statuses('n').at(-1), { fill: 'green', shape: 'dot', text: 'left AB123CD' });
  });

  it('says on its second output why a vehicle gave nothing', async () => {
    const run = await load();
    run.receive('n', tracked(0, null));
    run.receive('n', { topic: 'gate', tracker: 't', departed: departed() });
    await run.inbox('completed').wait(2);
    await settle();
    assert.equal(events(run).length, 0);
    const [miss] = misses(run);
    assert.deepEqual([miss!.camera, miss!.code, miss!.trackId], ['gate', 'no-plate', 5]);
    for (const msg of run.inbox('misses').messages)
      assert.deepEqual(Object.keys(msg).sort(), ['_msgid', 'payload', 'topic']);
  });

  it('goes by its settings', async () => {
    const run = await load({ minReads: '1', provisional: false, format: '^[A-Z]{2}\\d{3}[A-Z]{2}$' });
    run.receive('n', tracked(0, vote('AB12', 1)));
    run.receive('n', tracked(1, vote('AB123CD', 2)));
    await run.inbox('completed').wait(2);
    await settle();
    assert.deepEqual(
      events(run).map(({ event, plate }) => [event, plate]),
      [['final', 'AB123CD']],
    );
    assert.deepEqual(
      misses(run).map(({ code, plate }) => [code, plate]),
      [['format', 'AB12']],
    );
  });

  it('takes single pictures, and knows one plate again', async () => {
    const run = await load();
    const single = (sequence: number): AlprMessage => ({
      frame: frame(sequence),
      plates: [{ box, confidence: 0.9, text: 'XY99ZZ', textConfidence: 0.9, characters: [], candidates: [] }],
    });
    run.receive('n', single(0));
    run.receive('n', single(1));
    await run.inbox('completed').wait(2);
    await settle();
    assert.deepEqual(
      events(run).map(({ event, plate }) => [event, plate]),
      [['final', 'XY99ZZ']],
    );
    assert.deepEqual(
      misses(run).map(({ code }) => code),
      ['duplicate'],
    );
    // After a reset the same plate is news again.
    run.receive('n', { reset: true, topic: 'gate' });
    run.receive('n', single(2));
    await run.inbox('events').wait(2);
    assert.deepEqual(
      events(run).map(({ event, plate }) => [event, plate]),
      [
        ['final', 'XY99ZZ'],
        ['final', 'XY99ZZ'],
      ],
    );
  });

  it('sends no control messages on: what comes out are events and misses', async () => {
    const run = await load();
    run.receive('n', { topic: 'gate', complete: true });
    run.receive('n', { topic: 'gate', departed: [] });
    await run.inbox('completed').wait(2);
    await settle();
    assert.deepEqual([events(run).length, misses(run).length, run.inbox('errors').messages.length], [0, 0, 0]);
  });

  const wrong: [string, Record<string, unknown>, AlprMessage, RegExp][] = [
    ['no frame', {}, { plates: [] }, /Expected a frame .* but received nothing$/],
    ['no plates', {}, { frame: frame(0) }, /Expected a list of plates .* but received nothing$/],
    [
      'a broken format',
      { format: '[' },
      { frame: frame(0), plates: [] },
      /Expected a regular expression for format but received "\["$/,
    ],
    [
      'a confidence above 1',
      { minConfidence: 70 },
      { frame: frame(0), plates: [] },
      /Expected a number from 0 to 1 for minConfidence but received 70$/,
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
});

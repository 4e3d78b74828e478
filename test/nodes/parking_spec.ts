import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { NodeInitializer } from 'node-red';
import type { PlateEvent } from '../../src/events/plate-event.js';
import type { AlprMessage } from '../../src/node-red/message.js';
import type { Ignored, PassageNews, Reply } from '../../src/parking/parking.js';
import helper = require('node-red-node-test-helper');
import parking = require('../../nodes/parking/parking.js');
import { loadFlow, settle, withRuntime, type Running } from '../support/node-red-flow.js';

const ports = ['passages', 'ignored', 'answers'] as const;

function load(settings: Record<string, unknown> = {}, second?: Record<string, unknown>): Promise<Running> {
  const cameras = { entryCameras: 'front, side', exitCameras: 'back', repeatSeconds: 1 };
  return loadFlow(
    [parking as NodeInitializer],
    [
      { id: 'n', type: 'alpr-parking', ...cameras, ...settings, wires: ports.map((port) => [port]) },
      ...(second === undefined ? [] : [{ id: 'm', type: 'alpr-parking', ...second, wires: [[], [], []] }]),
      ...ports.map((id) => ({ id, type: 'helper' })),
    ],
    second === undefined ? ['n'] : ['n', 'm'],
  );
}

let visits = 0;

function event(camera: string, plate: string, more: Partial<PlateEvent> = {}): AlprMessage {
  const payload: PlateEvent = {
    ...{ version: 1, event: 'final', id: `visit ${++visits}`, camera, plate, normalised: plate, confidence: 0.95 },
    ...{ characters: [], candidates: [], reads: 4, agreeing: 3, box: { x1: 0, y1: 0, x2: 9, y2: 9 } },
    ...{ firstSeen: 1000, lastSeen: Date.now(), frames: 5 },
    ...more,
  };
  return { payload, topic: camera };
}

/** Hands in messages and waits until each is answered. */
async function receive(run: Running, ...messages: AlprMessage[]): Promise<void> {
  const answered = (): number => run.inbox('completed').messages.length + run.inbox('errors').messages.length;
  const before = answered();
  for (const msg of messages) run.receive('n', msg);
  while (answered() < before + messages.length) await settle(5);
  await settle(20);
}

async function ask(run: Running, action: string, payload?: unknown): Promise<Reply> {
  const before = run.inbox('answers').messages.length;
  await receive(run, { action, payload } as AlprMessage);
  assert.equal(run.inbox('answers').messages.length, before + 1, errorOf(run));
  return run.inbox('answers').messages.at(-1)!.payload as Reply;
}

const passages = (run: Running): PassageNews[] =>
  run.inbox('passages').messages.map(({ payload }) => payload as PassageNews);
const errorOf = (run: Running): string =>
  (run.inbox('errors').messages.at(-1)?.['error'] as { message: string } | undefined)?.message ?? 'no error';

describe('parking', () => {
  withRuntime();
  let folder = '';
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-parking-node-'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('tells who came in and who left, how long they stayed and how full it is', async () => {
    const run = await load({ capacity: 3 });
    const now = Date.now();
    await receive(
      run,
      { ...event('front', 'AB12CDE', { lastSeen: now - 60_000 }), mine: 1 } as AlprMessage,
      event('side', 'XY99ZZZ', { event: 'provisional' }),
      event('side', 'XY99ZZZ', { lastSeen: now - 50_000 }),
      event('back', 'AB12CDE', { lastSeen: now }),
    );
    assert.deepEqual(
      passages(run).map(({ event: kind, plate, count, capacity, free }) => [kind, plate, count, capacity, free]),
      [
        ['entered', 'AB12CDE', 1, 3, 2],
        ['entered', 'XY99ZZZ', 2, 3, 1],
        ['left', 'AB12CDE', 1, 3, 2],
      ],
    );
    const [first, , last] = run.inbox('passages').messages;
    assert.deepEqual([first!.topic, first!['mine'], last!.topic], ['front', 1, 'back']);
    assert.equal(passages(run)[2]!.dwellMs, 60_000);
    assert.deepEqual([passages(run)[2]!.entryCamera, passages(run)[2]!.exitCamera], ['front', 'back']);
    while (run.statuses('n').at(-1)?.text !== '1 of 3 inside') await settle(50);
    assert.deepEqual(run.inbox('ignored').messages, []);
  });

  it('says what does not count, and why', async () => {
    const run = await load();
    await receive(run, event('yard', 'AB12CDE'), event('front', 'AB12CDE'), event('front', 'AB12CDE'));
    assert.deepEqual(
      run.inbox('ignored').messages.map(({ payload }) => (payload as Ignored).code),
      ['other-camera', 'repeat'],
    );
    assert.equal(passages(run).length, 1);
  });

  it('goes by the direction when no cameras are named', async () => {
    const run = await load({ entryCameras: '', exitCameras: '' });
    const late = event('gate', 'XY99ZZZ');
    const last = { ...(late.payload as PlateEvent), event: 'left', direction: 'in' } as PlateEvent;
    await receive(run, event('gate', 'AB12CDE', { direction: 'in' }), late, { payload: last });
    assert.deepEqual(
      passages(run).map(({ plate }) => plate),
      ['AB12CDE', 'XY99ZZZ'],
    );
    await receive(run, event('gate', 'AB12CDE', { direction: 'out', lastSeen: Date.now() + 5000 }));
    assert.equal(passages(run).at(-1)!.event, 'left');
  });

  it('answers who is inside, who was there, and as CSV', async () => {
    const run = await load();
    const now = Date.now();
    await receive(
      run,
      event('front', 'AB12CDE', { lastSeen: now - 90_000 }),
      event('back', 'AB12CDE', { lastSeen: now - 30_000 }),
      event('front', 'XY99ZZZ', { lastSeen: now }),
    );
    assert.deepEqual(
      (await ask(run, 'status')).stays!.map(({ plate, inside }) => [plate, inside]),
      [['XY99ZZZ', true]],
    );
    assert.deepEqual(
      (await ask(run, 'stays', { plate: 'b12' })).stays!.map(({ plate }) => plate),
      ['AB12CDE'],
    );
    assert.deepEqual((await ask(run, 'stays', { limit: 1 })).stays!.length, 1);
    const { csv } = await ask(run, 'export', { separator: ';', inside: false });
    const [header, row, ...rest] = csv!.split('\r\n');
    assert.equal(header, '\uFEFFplate;entered;left;minutes;entry_camera;exit_camera;exit_plate;remarks');
    assert.equal(
      row,
      `AB12CDE;${new Date(now - 90_000).toISOString()};${new Date(now - 30_000).toISOString()};1;front;back;;`,
    );
    assert.deepEqual(rest, ['']);
  });

  it('is corrected by people', async () => {
    const run = await load();
    await receive(run, event('front', 'AB12CDE'));
    assert.deepEqual([(await ask(run, 'correct', 4)).count, (await ask(run, 'correct', { change: -1 })).count], [4, 3]);
    assert.equal((await ask(run, 'status')).adjustment, 2);
    assert.equal((await ask(run, 'leave', 'AB12 CDE')).count, 2);
    assert.equal(passages(run).at(-1)!.event, 'left');
    assert.deepEqual(passages(run).at(-1)!.remarks, ['manual']);
    assert.equal((await ask(run, 'enter', { plate: 'ZZ1' })).count, 3);
    assert.equal((await ask(run, 'remove', 'ZZ1')).count, 2);
  });

  for (const [action, payload, pattern] of [
    ['remove', 'AB1', /Expected a car that is inside but received another one/],
    [
      'correct',
      'three',
      /Expected a number of cars, \{"count": 3\} or \{"change": -1\} for msg\.payload but received "three"/,
    ],
    ['correct', -3, /but received -3/],
    ['enter', '--', /Expected the text of a plate in msg\.payload/],
    [
      'stays',
      { until: 3 },
      /Expected some of plate, from, to, inside, limit, separator for msg\.payload but received "until"/,
    ],
    ['export', { separator: '\t' }, /Expected a comma or a semicolon for separator/],
    ['open', undefined, /Expected status, stays, correct, enter, leave, remove, forget, export, clear in msg\.action/],
  ] as const) {
    it(`refuses ${action} with ${JSON.stringify(payload) ?? 'nothing'}, and says what it wants`, async () => {
      const run = await load();
      await receive(run, { action, payload } as AlprMessage);
      assert.match(errorOf(run), pattern);
      assert.deepEqual(run.inbox('answers').messages, []);
    });
  }

  describe('with a file', () => {
    it('goes on where it was, and tells nothing twice', async () => {
      const file = path.join(folder, 'park.jsonl');
      const first = await load({ file });
      const entry = event('front', 'AB12CDE', { lastSeen: Date.now() - 60_000 });
      await receive(first, entry, event('front', 'XY99ZZZ'));
      await ask(first, 'correct', 3);
      await helper.unload();

      const second = await load({ file });
      await receive(second, entry);
      assert.deepEqual([passages(second), (await ask(second, 'status')).count], [[], 3]);
      await receive(second, event('back', 'AB12CDE'));
      assert.ok(passages(second)[0]!.dwellMs! >= 60_000);
      assert.equal(passages(second)[0]!.count, 2);
    });

    it('counts on while the file cannot be written, in red, and writes everything down as soon as it can', async () => {
      const file = path.join(folder, 'unplugged', 'park.jsonl');
      const run = await load({ file });
      run.receive('n', event('front', 'AB12CDE'));
      await run.inbox('passages').wait(1);
      await settle();
      assert.deepEqual(run.statuses('n').at(-1), { fill: 'red', shape: 'ring', text: 'file not written' });
      assert.match(errorOf(run), /Expected to keep the car park in .* but received ENOENT/);
      assert.ok(!errorOf(run).includes('AB12CDE'));
      fs.mkdirSync(path.dirname(file));
      await receive(run, event('front', 'XY99ZZZ'));
      const text = fs.readFileSync(file, 'utf8');
      assert.ok(text.includes('AB12CDE') && text.includes('XY99ZZZ'));
      assert.equal((await ask(run, 'status')).count, 2);
    });

    it('erases a plate from it', async () => {
      const file = path.join(folder, 'park.jsonl');
      const run = await load({ file });
      await receive(run, event('front', 'AB12CDE'));
      assert.ok(fs.readFileSync(file, 'utf8').includes('AB12CDE'));
      const { erased, count } = await ask(run, 'forget', 'ab12cde');
      assert.deepEqual([erased, count], [1, 1]);
      assert.ok(!fs.readFileSync(file, 'utf8').includes('AB12CDE'));
    });

    it('leaves a file alone that is none of a car park, and takes no cars', async () => {
      const file = path.join(folder, 'notes.txt');
      fs.writeFileSync(file, 'do not touch\n');
      const run = await load({ file });
      await receive(run, event('front', 'AB12CDE'));
      assert.match(
        errorOf(run),
        /to be a car park’s file but received something else than a car park; it is left as it is/,
      );
      assert.equal(run.statuses('n').at(-1)!.fill, 'red');
      assert.equal(fs.readFileSync(file, 'utf8'), 'do not touch\n');
    });

    it('is not shared with another node', async () => {
      const file = path.join(folder, 'park.jsonl');
      const run = await load({ file }, { file });
      run.receive('m', event('front', 'AB12CDE'));
      await run.inbox('errors').wait(1);
      assert.match(errorOf(run), /Expected a file of its own for file/);
      await receive(run, event('front', 'AB12CDE'));
      assert.equal(passages(run).length, 1);
    });
  });

  it('names settings that make no sense', async () => {
    const run = await load({ capacity: 0, distance: 5, keepDays: 'long' });
    await receive(run, event('front', 'AB12CDE'));
    assert.match(errorOf(run), /capacity.*distance.*keepDays/);
  });

  it('takes ten thousand events in a burst, in bounded memory, and counts right', async () => {
    const run = await load({ repeatSeconds: 0 });
    const now = Date.now() - 20_000_000;
    for (let batch = 0; batch < 10; batch++) {
      const messages = Array.from({ length: 1000 }, (_, index) => {
        const number = batch * 1000 + index;
        // Each car comes, and leaves fifty cars later.
        const isEntry = number % 2 === 0;
        const car = isEntry ? number / 2 : (number - 1) / 2 - 50;
        return event(isEntry ? 'front' : 'back', `C${car * 7919}Q`, { lastSeen: now + number * 1000 });
      });
      await receive(run, ...messages);
    }
    const { count } = await ask(run, 'status');
    assert.deepEqual([count, run.inbox('errors').messages.length], [50, 0]);
  }).timeout(60_000);
});

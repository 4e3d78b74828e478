import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { NodeInitializer } from 'node-red';
import type { PlateEvent } from '../../src/events/plate-event.js';
import { FramePool } from '../../src/frame/pool.js';
import type { Known } from '../../src/lists/gate.js';
import type { ActionReply } from '../../src/lists/known-plates.js';
import type { AlprMessage } from '../../src/node-red/message.js';
import plateList = require('../../nodes/plate-list/plate-list.js');
import { loadFlow, settle, withRuntime, type Running } from '../support/node-red-flow.js';

const ports = ['allowed', 'alert', 'notAllowed', 'answers'] as const;

const entries = [
  { plate: 'AB-123 CD', name: 'Bakery', rule: 'allow', tags: ['van'], validUntil: '' },
  { plate: 'AL 1', name: '', rule: 'alert', tags: [], validUntil: '' },
  { plate: 'DE 1', name: '', rule: 'deny', tags: [], validUntil: '' },
  { plate: 'EX 1', name: '', rule: 'allow', tags: [], validUntil: '2001-01-31' },
];

function load(settings: Record<string, unknown> = {}): Promise<Running> {
  return loadFlow(
    [plateList as NodeInitializer],
    [
      { id: 'n', type: 'alpr-plate-list', entries, ...settings, wires: ports.map((port) => [port]) },
      ...ports.map((id) => ({ id, type: 'helper' })),
    ],
  );
}

function event(plate: string, more: Partial<PlateEvent> = {}): PlateEvent {
  return {
    ...{ version: 1, event: 'final', id: 'visit', camera: 'gate', plate, normalised: plate, confidence: 0.95 },
    ...{ characters: [], candidates: [], reads: 4, agreeing: 3, box: { x1: 0, y1: 0, x2: 9, y2: 9 } },
    ...{ firstSeen: 1000, lastSeen: 2000, frames: 5 },
    ...more,
  };
}

/** How many messages left by each output. */
const sent = (run: Running): number[] => ports.map((port) => run.inbox(port).messages.length);
const known = (msg: AlprMessage): Known => msg['known'] as Known;

/** Hands in messages and waits until each is answered. */
async function receive(run: Running, ...messages: AlprMessage[]): Promise<void> {
  const answered = (): number => run.inbox('completed').messages.length + run.inbox('errors').messages.length;
  const before = answered();
  for (const msg of messages) run.receive('n', msg);
  while (answered() < before + messages.length) await settle(5);
  await settle(20);
}

describe('plate-list', () => {
  withRuntime();
  let folder = '';
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-plate-list-'));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('sends every plate out of one output, with what is known of it', async () => {
    const run = await load();
    await receive(
      run,
      ...['AB123CD', 'AL1', 'DE1', 'EX1', 'XX9'].map((plate) => ({ payload: event(plate), mine: plate })),
    );
    assert.deepEqual(sent(run), [1, 1, 3, 0]);
    const [allowed] = run.inbox('allowed').messages;
    const about = known(allowed!);
    assert.deepEqual(
      [about.rule, about.plate, about.name, about.tags, about.distance, about.exact],
      ['allow', 'AB-123 CD', 'Bakery', ['van'], 0, true],
    );
    assert.deepEqual((allowed!.payload as PlateEvent).known, about);
    assert.equal((allowed!.payload as PlateEvent).id, 'visit');
    assert.equal(allowed!['mine'], 'AB123CD');
    assert.deepEqual(
      run.inbox('notAllowed').messages.map((msg) => [known(msg).code, msg['mine']]),
      [
        ['denied', 'DE1'],
        ['expired', 'EX1'],
        ['unknown', 'XX9'],
      ],
    );
    assert.equal(known(run.inbox('alert').messages[0]!).rule, 'alert');
  });

  it('does not change the event that other branches of the flow hold', async () => {
    const run = await load();
    const payload = event('AB123CD');
    await receive(run, { payload });
    assert.equal('known' in payload, false);
  });

  it('opens once within the cool-down, however often the plate comes', async () => {
    const run = await load({ cooldownSeconds: '3600' });
    await receive(run, ...Array.from({ length: 20 }, () => ({ payload: event('AB123CD') })));
    assert.deepEqual(sent(run), [1, 0, 19, 0]);
    assert.equal(known(run.inbox('notAllowed').messages[0]!).code, 'cool-down');
    await receive(run, { reset: true }, { payload: event('AB123CD') });
    assert.deepEqual(sent(run), [2, 0, 19, 0]);
  });

  it('opens again after the cool-down: the same plate twice in a row is news', async () => {
    const run = await load({ cooldownSeconds: 0.05 });
    await receive(run, { payload: event('AB123CD') });
    await settle(80);
    await receive(run, { payload: event('AB123CD') });
    assert.deepEqual(sent(run), [2, 0, 0, 0]);
  });

  const closed: [string, AlprMessage, string][] = [
    ['a look-alike', { payload: event('A8123CD') }, 'unknown'],
    ['too few readings', { payload: event('AB123CD', { agreeing: 1 }) }, 'few-reads'],
    ['an unsure reading', { payload: event('AB123CD', { confidence: 0.79 }) }, 'confidence'],
    ['text that nobody is sure of', { payload: 'AB123CD' }, 'few-reads'],
    ['text that was read often, nobody knows how surely', { payload: 'AB123CD', agreeing: 9 }, 'confidence'],
    ['a hash', { payload: event('AB123CD', { hashed: true }) }, 'unknown'],
  ];
  for (const [title, msg, code] of closed) {
    it(`does not open for ${title}`, async () => {
      const run = await load();
      await receive(run, msg);
      assert.deepEqual(sent(run), [0, 0, 1, 0]);
      assert.equal(known(run.inbox('notAllowed').messages[0]!).code, code);
    });
  }

  it('opens for a look-alike only where that was set', async () => {
    const run = await load({ allowDistance: '0.5' });
    await receive(run, { payload: event('A8123CD') });
    assert.deepEqual(sent(run), [1, 0, 0, 0]);
    const { distance, exact } = known(run.inbox('allowed').messages[0]!);
    assert.deepEqual([distance, exact], [0.5, false]);
  });

  it('opens for a text that says how surely it was read, in payload or in plate', async () => {
    const run = await load({ cooldownSeconds: 0 });
    const sure = { confidence: 1, agreeing: 2 };
    await receive(
      run,
      { payload: 'ab 123 cd', ...sure },
      { plate: 'AB123CD', payload: Buffer.from('picture'), ...sure },
    );
    assert.deepEqual(sent(run), [2, 0, 0, 0]);
    const [text, picture] = run.inbox('allowed').messages;
    assert.equal(text!.payload, 'ab 123 cd');
    assert.ok(Buffer.isBuffer(picture!.payload), 'the picture is left alone');
  });

  it('passes over provisional and left events', async () => {
    const run = await load();
    await receive(
      run,
      { payload: event('AB123CD', { event: 'provisional' }) },
      { payload: event('AB123CD', { event: 'left' }) },
    );
    assert.deepEqual(sent(run), [0, 0, 0, 0]);
    assert.equal(run.inbox('errors').messages.length, 0);
  });

  it('looks provisional and left events up where that was set, and never opens for them', async () => {
    const run = await load({ finalOnly: false });
    await receive(
      run,
      { payload: event('AB123CD', { event: 'provisional' }) },
      { payload: event('AL1', { event: 'left' }) },
      { payload: event('AB123CD', { event: 'left' }) },
    );
    assert.deepEqual(sent(run), [0, 1, 2, 0]);
    assert.equal(known(run.inbox('notAllowed').messages[0]!).code, 'not-final');
  });

  it('lets nothing out for the end of a source, for tracks that left or for a reset', async () => {
    const run = await load();
    await receive(
      run,
      { complete: true },
      { departed: [] },
      { reset: true },
      { payload: 'AB123CD', complete: true, confidence: 1, agreeing: 9 },
    );
    assert.deepEqual(sent(run), [0, 0, 0, 0]);
  });

  it('sends the frame of an event on, and lets go of it', async () => {
    const run = await load();
    const frame = new FramePool().acquire({ cameraId: 'gate', sequence: 0, timestamp: 0, width: 64, height: 48 });
    await receive(run, { frame, payload: event('AB123CD') });
    assert.equal(run.inbox('allowed').messages[0]!.frame, frame);
    assert.equal(frame.lease.holders, 0);
  });

  it('takes what messages say into account for the plates behind them', async () => {
    const run = await load();
    await receive(
      run,
      { payload: event('NEW1') },
      { action: 'add', payload: { plate: 'NEW 1', rule: 'allow' } },
      { payload: event('NEW1') },
      { action: 'remove', payload: 'NEW1' },
      { payload: event('NEW1') },
      { action: 'list' },
    );
    assert.deepEqual(sent(run), [1, 0, 2, 3]);
    const replies = run.inbox('answers').messages.map(({ payload }) => payload as ActionReply);
    assert.deepEqual(
      replies.map(({ action, plates }) => [action, plates]),
      [
        ['add', 5],
        ['remove', 4],
        ['list', 4],
      ],
    );
    assert.equal(replies[2]!.entries!.length, 4);
  });

  it('keeps what was added in a file, and reads a list from one', async () => {
    const store = path.join(folder, 'added.json');
    const file = path.join(folder, 'list.csv');
    fs.writeFileSync(file, 'plate,rule\nFILE1,allow\n');
    const run = await load({ file, store });
    await receive(run, { action: 'add', payload: { plate: 'NEW1', rule: 'allow' } }, { payload: event('FILE1') });
    assert.deepEqual(sent(run), [1, 0, 0, 1]);
    assert.deepEqual(JSON.parse(fs.readFileSync(store, 'utf8')), [{ plate: 'NEW1', rule: 'allow' }]);
  });

  it('is red and opens for nobody while its file is missing', async () => {
    const run = await load({ file: path.join(folder, 'no-such.csv') });
    await receive(run, { payload: event('AB123CD') }, { payload: event('AL1') });
    await run.inbox('alert').wait(1);
    assert.deepEqual(sent(run), [0, 1, 1, 0]);
    assert.equal(known(run.inbox('notAllowed').messages[0]!).code, 'no-list');
    assert.match(
      (run.inbox('errors').messages[0]!['error'] as { message: string }).message,
      /^Expected a list of plates at .*no-such\.csv but received no such file; nobody is let in$/,
    );
    await settle(1100);
    assert.deepEqual(run.statuses('n').at(-1), { fill: 'red', shape: 'ring', text: 'list missing' });
  });

  it('is yellow while rows of its file are bad, and takes the others', async () => {
    const file = path.join(folder, 'bad.csv');
    fs.writeFileSync(file, 'plate,rule\nFILE1,allow\nFILE2,alow\n');
    const run = await load({ file });
    await receive(run, { payload: event('FILE1') }, { payload: event('FILE2') });
    assert.deepEqual(sent(run), [1, 0, 1, 0]);
    await settle(1100);
    assert.deepEqual(run.statuses('n').at(-1), { fill: 'yellow', shape: 'ring', text: '5 plates, 1 bad' });
  });

  it('shows how many plates it knows and how many it let in', async () => {
    const run = await load();
    await settle(1100);
    await receive(run, { payload: event('AB123CD') });
    await settle(1100);
    assert.deepEqual(run.statuses('n').at(-1), { fill: 'green', shape: 'dot', text: '4 plates, 1 allowed' });
  });

  it('takes a burst of events, and opens once', async () => {
    const run = await load();
    await receive(run, ...Array.from({ length: 900 }, () => ({ payload: event('AB123CD') })));
    assert.deepEqual(sent(run), [1, 0, 899, 0]);
  });

  const wrong: [string, Record<string, unknown>, AlprMessage, RegExp, string][] = [
    ['no plate', {}, { payload: 7 }, /Expected the text of a plate in msg\.payload but received 7/, 'ALPR_PLATE'],
    [
      'a miss',
      {},
      { payload: { plate: 'AB123CD', code: 'blurred', reason: '' } },
      /connect the first output/,
      'ALPR_PLATE',
    ],
    [
      'an unknown action',
      {},
      { action: 'open', payload: 'AB123CD' },
      /in msg\.action but received "open"/,
      'ALPR_LIST_ACTION',
    ],
    [
      'a bad entry to add',
      {},
      { action: 'add', payload: { plate: 'AB1' } },
      /entry 1, rule: Expected allow/,
      'ALPR_LIST_ENTRY',
    ],
    [
      'a distance above 2',
      { allowDistance: 3 },
      { payload: 'AB1' },
      /from 0 to 2 for allowDistance but received 3/,
      'ALPR_SETTINGS',
    ],
    [
      'entries that are no list',
      { entries: 'AB1' },
      { payload: 'AB1' },
      /Expected a list for entries/,
      'ALPR_SETTINGS',
    ],
    [
      'one file for list and added plates',
      { file: 'a', store: './a' },
      { payload: 'AB1' },
      /another file/,
      'ALPR_SETTINGS',
    ],
  ];
  for (const [title, settings, msg, expected, code] of wrong) {
    it(`fails a message with ${title}, and opens for nobody`, async () => {
      const run = await load(settings);
      await receive(run, msg);
      assert.deepEqual(sent(run), [0, 0, 0, 0]);
      assert.equal(run.inbox('errors').messages.length, 1);
      const error = run.inbox('errors').messages[0]!['error'] as { message: string; code: string };
      assert.match(error.message, expected);
      assert.equal(error.code, code);
      assert.equal(run.statuses('n').at(-1)?.fill, 'red');
    });
  }

  it('takes the good entries of a flow that was written by hand', async () => {
    const run = await load({ entries: [...entries, { plate: 'NO*', rule: 'allow' }, 'AB1'] });
    await receive(run, { payload: event('AB123CD') }, { payload: event('NO1') });
    assert.deepEqual(sent(run), [1, 0, 1, 0]);
  });
});

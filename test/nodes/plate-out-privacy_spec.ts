import assert from 'node:assert/strict';
import type { EventEmitter } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { NodeInitializer } from 'node-red';
import type { PlateEvent, PlateMiss } from '../../src/events/plate-event.js';
import { PlateHasher } from '../../src/privacy/plate-hash.js';
import plateOut = require('../../nodes/plate-out/plate-out.js');
import { loadFlow, settle, withRuntime, type Running } from '../support/node-red-flow.js';
import { departedMessage, trackedMessage, voteOf } from '../support/plate-out-messages.js';

const KEY = 'a key for tests, nobody uses it';

function load(settings: Record<string, unknown>, hashKey: string | null = KEY): Promise<Running> {
  return loadFlow(
    [plateOut as NodeInitializer],
    [
      { id: 'n', type: 'alpr-plate-out', ...settings, wires: [['events'], ['misses']] },
      { id: 'events', type: 'helper' },
      { id: 'misses', type: 'helper' },
    ],
    ['n'],
    hashKey === null ? {} : { n: { hashKey } },
  );
}
const events = (run: Running): PlateEvent[] => run.inbox('events').messages.map((msg) => msg.payload as PlateEvent);
const misses = (run: Running): PlateMiss[] => run.inbox('misses').messages.map((msg) => msg.payload as PlateMiss);

/** A listed car, a stranger, and one whose plate is too short; each comes and goes. Waits until all is through. */
async function traffic(run: Running): Promise<void> {
  run.receive('n', trackedMessage(0, 'AB123CD', 1, 1));
  run.receive('n', trackedMessage(1, 'AB123CD', 3, 1));
  run.receive('n', trackedMessage(2, 'STRANGER', 1, 2));
  run.receive('n', trackedMessage(3, 'STRANGER', 3, 2));
  run.receive('n', trackedMessage(4, 'XYZ', 2, 3));
  for (const [trackId, text] of [[1, 'AB123CD'], [2, 'STRANGER'], [3, 'XYZ']] as const) run.receive('n', departedMessage(5, voteOf(text, 3), trackId)); // prettier-ignore
  await run.inbox('completed').wait(8);
  await settle();
}

/** Everything that leaves the node: messages, status, log. */
function everything(run: Running, logged: unknown[]): string {
  const messages = [...run.inbox('events').messages, ...run.inbox('misses').messages];
  return JSON.stringify([messages, run.statuses('n'), logged]);
}
function listen(run: Running): unknown[] {
  const logged: unknown[] = [];
  for (const kind of ['log', 'warn', 'error', 'debug', 'trace'])
    (run.node('n') as EventEmitter).on(`call:${kind}`, (call: { args: unknown[] }) => logged.push(call.args));
  return logged;
}

describe('privacy in plate-out', () => {
  withRuntime();

  it('hash: sends hashes, and no plate, picture or frame leaves the node', async () => {
    const run = await load({ privacy: 'hash', hashDays: '7', imagePlate: true, imageFrame: true });
    const logged = listen(run);
    await traffic(run);
    const hash = new PlateHasher(KEY, 7).hash('AB123CD', 1_700_000_000_000);
    const [first] = events(run);
    assert.deepEqual([first!.plate, first!.normalised, first!.hashed, first!.images], [hash, hash, true, undefined]);
    assert.deepEqual(events(run).map(({ event }) => event), ['provisional', 'final', 'provisional', 'final', 'left', 'left']); // prettier-ignore
    assert.equal(new Set(events(run).map(({ plate }) => plate)).size, 2);
    assert.deepEqual(misses(run).map(({ code, hashed }) => [code, hashed]), [['length', true], ['length', true]].slice(0, misses(run).length)); // prettier-ignore
    assert.ok(misses(run).length > 0);
    for (const msg of run.inbox('events').messages) {
      assert.deepEqual(Object.keys(msg).sort(), ['_msgid', 'payload', 'topic']);
    }
    await settle(1100);
    const all = everything(run, logged);
    for (const text of ['AB123CD', 'STRANGER', 'XYZ']) assert.ok(!all.includes(text), text);
    assert.deepEqual(run.statuses('n').at(-1), { fill: 'green', shape: 'dot', text: '6 told' });
  });

  it('listed-only: nothing is heard of strangers but that they were missed', async () => {
    const run = await load({ privacy: 'listed-only', listed: 'ab 123 cd', imagePlate: true, imageFrame: true });
    const logged = listen(run);
    await traffic(run);
    assert.deepEqual(events(run).map(({ event, plate }) => [event, plate]), [['provisional', 'AB123CD'], ['final', 'AB123CD'], ['left', 'AB123CD']]); // prettier-ignore
    assert.deepEqual(Object.keys(events(run)[1]!.images!), ['plate']);
    assert.deepEqual(misses(run).map(({ code, plate }) => [code, plate]), [['length', undefined]]); // prettier-ignore
    assert.ok(misses(run)[0]!.counts.length! > 0);
    for (const msg of run.inbox('events').messages) {
      assert.deepEqual(Object.keys(msg).sort(), ['_msgid', 'payload', 'topic']);
    }
    await settle(1100);
    const all = everything(run, logged);
    for (const text of ['STRANGER', 'XYZ']) assert.ok(!all.includes(text), text);
    assert.ok(!JSON.stringify([run.statuses('n'), logged]).includes('AB123CD'));
    assert.equal(run.statuses('n').at(-1)!.text, '3 told, 3 not');
  });

  it('hash-unless-listed: plates of the list as they are, of the others hashes', async () => {
    const run = await load({ privacy: 'hash-unless-listed', listed: 'AB123CD' });
    await traffic(run);
    const finals = events(run).filter(({ event }) => event === 'final');
    assert.deepEqual(finals.map(({ hashed }) => hashed), [undefined, true]); // prettier-ignore
    assert.equal(finals[0]!.plate, 'AB123CD');
    assert.ok(!everything(run, []).includes('STRANGER'));
  });

  it('takes the list from a file, as plate-list has it, and follows its changes', async function () {
    this.timeout(20_000);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-privacy-'));
    const file = path.join(folder, 'plates.csv');
    fs.writeFileSync(file, 'plate,rule\nAB123CD,deny\n');
    try {
      const run = await load({ privacy: 'listed-only', listFile: file });
      run.receive('n', trackedMessage(0, 'AB123CD', 3, 1));
      assert.equal(((await run.inbox('events').first()).payload as PlateEvent).plate, 'AB123CD');
      fs.writeFileSync(file, 'plate,rule\nAB123CD,deny\nSTRANGER,alert\n');
      for (let sequence = 1; events(run).length < 2; sequence++) {
        // Another visit each time, until the file has been read again.
        run.receive('n', { reset: true, topic: 'gate' });
        run.receive('n', trackedMessage(sequence, 'STRANGER', 3, sequence + 1));
        await settle(50);
      }
      assert.equal(events(run)[1]!.plate, 'STRANGER');
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  for (const shape of ['plate-recognizer', 'alpr-database', 'frigate']) {
    it(`gives an event in the form of ${shape} the hash`, async () => {
      const run = await load({ privacy: 'hash', shape });
      run.receive('n', trackedMessage(0, 'AB123CD', 3, 1));
      const text = JSON.stringify(await run.inbox('events').first());
      assert.doesNotMatch(text, /ab123cd/i);
      assert.match(text, new RegExp(new PlateHasher(KEY, 1).hash('AB123CD', 1_700_000_000_000), 'i'));
    });
  }

  const refused: [string, Record<string, unknown>, string | null, RegExp][] = [
    ['hash without a key', { privacy: 'hash' }, null, /Expected a key of at least 16 characters but received none$/],
    ['hash with a short key', { privacy: 'hash' }, 'gate', /but received 4$/],
    [
      'listed-only without plates',
      { privacy: 'listed-only' },
      KEY,
      /Expected known plates \(a list, a file, or both\)/,
    ],
    ['plates that are none', { privacy: 'listed-only', listed: 'AB123CD,*' }, KEY, /1 that are none: entry 2/],
    ['a mode that nobody knows', { privacy: 'secret' }, KEY, /one of plain, hash, listed-only, hash-unless-listed/],
    ['half a day', { privacy: 'hash', hashDays: '0.5' }, KEY, /a whole number from 0 to 3650 for hashDays/],
    ['broken zones', { privacy: 'plain', zones: 'x' }, null, /a colon and points for zone 1/],
    ['a broken line', { line: '0,0' }, null, /Expected 2 points for line but received 1$/],
  ];
  for (const [title, settings, key, expected] of refused) {
    it(`lets nothing out with ${title}, not even when a track leaves`, async () => {
      const run = await load(settings, key);
      run.receive('n', trackedMessage(0, 'AB123CD', 3));
      const error = (await run.inbox('errors').first())['error'] as { message: string };
      assert.match(error.message, expected);
      assert.ok(!error.message.includes('AB123CD'));
      run.receive('n', departedMessage(1, voteOf('AB123CD', 3)));
      await run.inbox('completed').wait(1);
      await settle();
      assert.deepEqual([events(run).length, misses(run).length], [0, 0]);
    });
  }
});

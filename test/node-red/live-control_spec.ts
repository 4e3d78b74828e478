import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { LiveControl } from '../../src/node-red/live-control.js';
import { StatusLine } from '../../src/node-red/status.js';
import { SourceError } from '../../src/sources/source.js';
import { FakeCamera } from '../support/fake-feed.js';
import { turns } from '../support/fake-timers.js';

describe('What a live camera’s node writes into the log', () => {
  let fake: FakeCamera;
  let control: LiveControl;
  let isStill: boolean;
  let errors: string[];
  let lines: string[];

  beforeEach(() => {
    fake = new FakeCamera();
    isStill = false;
    errors = [];
    lines = [];
    control = new LiveControl({
      camera: 'gate',
      nodeId: 'a-node',
      open: fake.open,
      pool: fake.pool,
      inFlight: 100,
      timeoutMs: 60_000,
      view: {
        gate: () => (isStill ? 'hold' : 'pass'),
        get still() {
          return isStill;
        },
        prepare: () => undefined,
      },
      outlet: {
        frame: () => undefined,
        complete: () => undefined,
        report: () => undefined,
        error: ({ message }) => void errors.push(message),
        warn: () => undefined,
        log: (text) => void lines.push(text),
      },
      status: new StatusLine({ status: () => undefined }),
    });
  });
  afterEach(() => control.close());

  /** Loses the connection, and asks for another at once. */
  async function lose(): Promise<void> {
    fake.feed.sink.ended(new SourceError('Expected frames but the cable is out', 'ALPR_SOURCE'));
    await turns();
    await control.start();
    await turns();
  }

  for (const [what, still] of [
    ['something moves', false],
    ['nothing moves', true],
  ] as const) {
    it(`says once that it is back, where ${what} in front of it`, async () => {
      await control.start();
      await turns();
      fake.feed.give();
      assert.deepEqual([errors, lines], [[], []], 'the first connection is no return');
      await lose();
      isStill = still;
      fake.feed.give();
      fake.feed.give();
      assert.deepEqual(errors, ['Expected frames but the cable is out']);
      assert.deepEqual(lines, ['gate is back after 0 s']);
      await lose();
      fake.feed.give();
      assert.deepEqual([errors.length, lines.length], [2, 2], 'the next outage is another one');
    });
  }
});

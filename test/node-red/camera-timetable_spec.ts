import assert from 'node:assert/strict';
import { commandOf } from '../../src/node-red/camera-commands.js';
import { CameraTimetable } from '../../src/node-red/camera-timetable.js';
import type { AlprMessage } from '../../src/node-red/message.js';
import { FakeTimers } from '../support/fake-timers.js';

/** A camera that only notes what it is told, and clocks that move when the test says so. */
function setUp(time = '2026-06-01T06:30:20') {
  const timers = new FakeTimers();
  const log: string[] = [];
  const failures: unknown[] = [];
  let offset = new Date(time).getTime() - timers.now();
  let fails = false;
  const camera = {
    start: async (file = '') => {
      log.push(`start${file}`);
      if (fails) throw new Error('no such file');
    },
    stop: async () => void log.push('stop'),
    snapshot: async (file = '') => void log.push(`snapshot${file}`),
    close: async () => undefined,
  };
  const timetable = new CameraTimetable(camera, {
    failed: (error) => failures.push(error),
    timers,
    now: () => new Date(timers.now() + offset),
  });
  const tell = async (msg: AlprMessage): Promise<string[]> => {
    await timetable.obey(commandOf(msg));
    return log.splice(0);
  };
  const pass = async (minutes: number): Promise<string[]> => {
    await timers.pass(minutes * 60_000);
    return log.splice(0);
  };
  return {
    ...{ timetable, timers, log, failures, tell, pass },
    setClock: (text: string) => void (offset = new Date(text).getTime() - timers.now()),
    failFromNow: () => void (fails = true),
  };
}

describe('CameraTimetable', () => {
  it('hands commands on', async () => {
    const { tell, timetable, timers } = setUp();
    assert.deepEqual(await tell({ payload: 'start', filename: ' a' }), ['start a']);
    assert.deepEqual(await tell({ payload: 'snapshot', filename: ' b' }), ['snapshot b']);
    assert.deepEqual(await tell({ payload: 'stop' }), ['stop']);
    timetable.close();
    assert.equal(timers.count, 0);
  });

  it('stops after a while, counted anew by every start; a start without end goes on', async () => {
    const { tell, pass, timers } = setUp();
    await tell({ duration: 60 });
    assert.deepEqual(await pass(0.9), []);
    await tell({ duration: 60 });
    assert.deepEqual(await pass(0.9), []);
    assert.deepEqual(await pass(0.1), ['stop']);
    await tell({ duration: 60 });
    await tell({ payload: 'start' });
    assert.deepEqual(await pass(5), []);
    await tell({ duration: 60 });
    assert.deepEqual(await tell({ payload: 'stop' }), ['stop']);
    assert.deepEqual(await pass(5), []);
    assert.equal(timers.count, 0);
  });

  it('takes a snapshot without changing when it ends', async () => {
    const { tell, pass } = setUp();
    await tell({ duration: 60 });
    await tell({ payload: 'snapshot' });
    assert.deepEqual(await pass(1), ['stop']);
  });

  it('does at once what a schedule says, and then at its times to the minute', async () => {
    const { tell, pass } = setUp('2026-06-01T06:58:59');
    assert.deepEqual(await tell({ schedule: 'Mon-Fri 07:00-07:02' }), ['stop']);
    assert.deepEqual(await pass(1), []);
    assert.deepEqual(await pass(1 / 60), ['start']);
    assert.deepEqual(await pass(119 / 60), []);
    assert.deepEqual(await pass(1 / 60), ['stop']);
    assert.deepEqual(await pass(24 * 60 - 2), ['start']);
  });

  it('lets a message hold until the next change', async () => {
    const { tell, pass } = setUp('2026-06-01T06:50:00');
    await tell({ schedule: '07:00-08:00' });
    assert.deepEqual(await tell({ payload: 'start' }), ['start']);
    // On at 07:00 changes nothing, off at 08:00 does.
    assert.deepEqual(await pass(10), ['start']);
    assert.deepEqual(await tell({ payload: 'stop' }), ['stop']);
    assert.deepEqual(await pass(59), []);
    assert.deepEqual(await pass(1), ['stop']);
  });

  it('ends a start for a while in what the schedule says', async () => {
    const { tell, pass } = setUp('2026-06-01T06:50:00');
    await tell({ schedule: '07:00-08:00' });
    await tell({ duration: 15 * 60 });
    assert.deepEqual(await pass(20), ['start']);
    await tell({ payload: 'stop' });
    await tell({ duration: 60 });
    assert.deepEqual(await pass(2), []);
    assert.deepEqual(await pass(48), ['stop']);
    await tell({ duration: 60 });
    assert.deepEqual(await pass(1), ['stop']);
  });

  it('forgets the schedule on request, and leaves the camera as it is', async () => {
    const { tell, pass, timers } = setUp('2026-06-01T07:10:00');
    assert.deepEqual(await tell({ schedule: '07:00-08:00' }), ['start']);
    assert.deepEqual(await tell({ schedule: '' }), []);
    assert.deepEqual(await pass(24 * 60), []);
    assert.equal(timers.count, 0);
  });

  it('follows a clock that is set', async () => {
    const { tell, pass, setClock } = setUp('2026-06-01T12:00:00');
    await tell({ schedule: '07:00-08:00' });
    setClock('2026-06-01T07:30:00');
    assert.deepEqual(await pass(1), ['start']);
    setClock('2026-06-01T12:00:00');
    assert.deepEqual(await pass(1), ['stop']);
  });

  it('tells of a start by the clock that failed', async () => {
    const { tell, pass, failures, failFromNow } = setUp('2026-06-01T06:59:00');
    await tell({ schedule: '07:00-08:00' });
    failFromNow();
    assert.deepEqual(await pass(1), ['start']);
    assert.deepEqual(
      failures.map((error) => (error as Error).message),
      ['no such file'],
    );
    await assert.rejects(tell({ payload: 'start' }), /no such file/);
    assert.equal(failures.length, 1);
  });
});

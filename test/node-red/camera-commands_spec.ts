import assert from 'node:assert/strict';
import { commandOf } from '../../src/node-red/camera-commands.js';
import type { AlprMessage } from '../../src/node-red/message.js';

describe('commandOf', () => {
  const none = { action: 'start', file: undefined, forMs: undefined, schedule: undefined } as const;
  const cases: [AlprMessage, object][] = [
    [{}, none],
    [{ payload: 'go' }, none],
    [
      { payload: 'start', duration: 2.5 },
      { ...none, forMs: 2500 },
    ],
    [
      { payload: 1, duration: '60' },
      { ...none, forMs: 60_000 },
    ],
    [{ payload: 'start', duration: '' }, none],
    [{ filename: '/a.mp4' }, { ...none, file: '/a.mp4' }],
    [{ filename: '' }, none],
    [
      { payload: 'stop', duration: 'soon' },
      { ...none, action: 'stop' },
    ],
    [{ stop: true }, { ...none, action: 'stop' }],
    [{ stop: false }, none],
    [
      { payload: 'snapshot', filename: 'b.png' },
      { ...none, action: 'snapshot', file: 'b.png' },
    ],
    [{ schedule: '' }, { ...none, action: undefined, schedule: 'none' }],
    [
      { schedule: ' ', payload: 'start' },
      { ...none, schedule: 'none' },
    ],
  ];
  for (const [msg, expected] of cases) {
    it(`reads ${JSON.stringify(msg)}`, () => assert.deepEqual(commandOf(msg), expected));
  }

  it('reads a schedule, alone and with a command', () => {
    const alone = commandOf({ schedule: '07:00-08:00' });
    assert.equal(alone.action, undefined);
    assert.ok(alone.schedule !== 'none' && alone.schedule?.isOn(new Date(2026, 5, 1, 7, 30)));
    assert.equal(commandOf({ schedule: '07:00-08:00', payload: 'stop' }).action, 'stop');
  });

  const bad: [AlprMessage, RegExp][] = [
    [{ duration: 'soon' }, /^Expected seconds above 0 and up to 2000000 for msg.duration but received "soon"$/],
    [{ duration: NaN }, /received NaN$/],
    [{ duration: 0 }, /received 0$/],
    [{ duration: -1 }, /received -1$/],
    [{ duration: 1e9 }, /received 1000000000$/],
    [{ duration: {} }, /received an object$/],
    [{ schedule: 7 }, /^Expected text for msg.schedule but received 7$/],
    [{ schedule: 'always' }, /^Expected days and times such as .* for schedule but received "always"$/],
  ];
  for (const [msg, expected] of bad) {
    it(`refuses ${JSON.stringify(msg)}`, () => assert.throws(() => commandOf(msg), { message: expected }));
  }
});

import assert from 'node:assert/strict';
import { readSchedule } from '../../../src/sources/live/schedule.js';

const zone = process.env['TZ'];

/** Local time in the zone of the suite. 2026-06-01 is a Monday. */
const at = (text: string): Date => new Date(`${text.replace(' ', 'T')}:00`);

describe('readSchedule', () => {
  // Node looks at TZ whenever it is set.
  before(() => void (process.env['TZ'] = 'Europe/Berlin'));
  after(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  const cases: [schedule: string, on: string[], off: string[]][] = [
    [
      'Mon-Fri 07:00-19:00; Sat 08:00-12:00',
      ['2026-06-01 07:00', '2026-06-05 18:59', '2026-06-06 08:00', '2026-06-06 11:59'],
      ['2026-06-01 06:59', '2026-06-05 19:00', '2026-06-06 07:59', '2026-06-06 12:00', '2026-06-07 10:00'],
    ],
    [
      '22:00-06:00',
      ['2026-06-01 22:00', '2026-06-01 23:59', '2026-06-02 00:00', '2026-06-02 05:59'],
      ['2026-06-02 06:00', '2026-06-02 21:59'],
    ],
    // Over midnight: the day on which it begins, round the end of the week too.
    [
      'Sat 22:00-06:00',
      ['2026-06-06 22:00', '2026-06-07 05:59'],
      ['2026-06-06 05:00', '2026-06-07 06:00', '2026-06-07 22:00'],
    ],
    ['sun,WEDNESDAY 1:00-2:00', ['2026-06-07 01:30', '2026-06-03 01:30'], ['2026-06-01 01:30', '2026-06-03 02:00']],
    [
      'Fri-Mon 10:00-11:00, 12:00-13:00',
      ['2026-06-05 10:00', '2026-06-01 12:59'],
      ['2026-06-02 10:30', '2026-06-05 11:30'],
    ],
    ['Mon 00:00-24:00', ['2026-06-01 00:00', '2026-06-01 23:59'], ['2026-05-31 23:59', '2026-06-02 00:00']],
    ['Mon 20:00-00:00', ['2026-06-01 23:59'], ['2026-06-02 00:00', '2026-06-01 19:59']],
    [' ; 07:00 - 08:00 ;', ['2026-06-01 07:30'], ['2026-06-01 08:30']],
  ];
  for (const [schedule, on, off] of cases) {
    it(`reads ${schedule}`, () => {
      const { isOn } = readSchedule(schedule);
      for (const time of on) assert.equal(isOn(at(time)), true, time);
      for (const time of off) assert.equal(isOn(at(time)), false, time);
    });
  }

  /** Minutes of a day, by its clock, in which the schedule is on; absolute minutes are counted, so the hours that are left out or repeated show. */
  function minutesOn(schedule: string, from: string, to: string): number {
    const { isOn } = readSchedule(schedule);
    let count = 0;
    for (let time = Date.parse(from); time < Date.parse(to); time += 60_000) if (isOn(new Date(time))) count++;
    return count;
  }

  it('goes by the clock on the wall when summer time begins', () => {
    // In Berlin 02:00 becomes 03:00 on 2026-03-29, at 01:00 UTC.
    const day = ['2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'] as const;
    assert.equal(minutesOn('01:00-04:00', ...day), 120);
    assert.equal(minutesOn('02:15-02:45', ...day), 0);
    assert.equal(minutesOn('02:30-03:30', ...day), 30);
    assert.equal(readSchedule('Sun 07:00-19:00').isOn(new Date('2026-03-29T05:00:00Z')), true);
    assert.equal(readSchedule('Sun 07:00-19:00').isOn(new Date('2026-03-29T04:59:00Z')), false);
  });

  it('goes by the clock on the wall when summer time ends', () => {
    // In Berlin 03:00 becomes 02:00 on 2026-10-25, at 01:00 UTC.
    const day = ['2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z'] as const;
    assert.equal(minutesOn('01:00-04:00', ...day), 240);
    assert.equal(minutesOn('02:15-02:45', ...day), 60);
    assert.equal(minutesOn('Sat 22:00-06:00', '2026-10-24T20:00:00Z', '2026-10-25T12:00:00Z'), 9 * 60);
  });

  const bad = [
    '',
    ' ; ',
    '7-19',
    '07:00',
    '25:00-26:00',
    '07:60-08:00',
    '07:00-07:00',
    '24:00-06:00',
    'Mo 07:00-19:00',
    'Mon- 07:00-19:00',
    'Mon-Tue-Wed 07:00-19:00',
    'Mon,, 07:00-19:00',
    'Mon-Fri',
    'Mon-Fri 07:00-19:00 Sat 08:00-12:00',
    'x'.repeat(1001),
  ];
  for (const text of bad) {
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.throws(() => readSchedule(text), {
        name: 'ConfigError',
        message: /^Expected .* for schedule but received/,
      });
    });
  }
});

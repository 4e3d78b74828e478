import assert from 'node:assert/strict';
import type { NodeStatus } from 'node-red';
import { count, RateMeter, shortText, StatusLine, withRate } from '../../src/node-red/status.js';

function recorder(): { shown: string[]; line: StatusLine } {
  const shown: string[] = [];
  const node = {
    status: (status: string | NodeStatus) => {
      const { fill, text } = status as NodeStatus;
      shown.push(`${fill} ${text}`);
    },
  };
  return { shown, line: new StatusLine(node) };
}

const second = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1100));

describe('StatusLine', () => {
  it('shows the first status at once and the same one never again', () => {
    const { shown, line } = recorder();
    line.ok('ready');
    line.ok('ready');
    assert.deepEqual(shown, ['green ready']);
    line.close();
  });

  it('shows of a burst the first and, a second later, the last', async () => {
    const { shown, line } = recorder();
    for (let n = 0; n < 50; n++) line.ok(`${n} plates`);
    assert.deepEqual(shown, ['green 0 plates']);
    await second();
    assert.deepEqual(shown, ['green 0 plates', 'green 49 plates']);
    line.close();
  });

  it('shows an error at once, and knows that it is red', async () => {
    const { shown, line } = recorder();
    line.ok('ready');
    line.failed('no picture');
    assert.deepEqual(shown, ['green ready', 'red no picture']);
    assert.equal(line.isFailed, true);
    line.ok('1 plate');
    assert.equal(line.isFailed, false);
    await second();
    assert.deepEqual(shown, ['green ready', 'red no picture', 'green 1 plate']);
    line.close();
  });

  it('says nothing after it was closed, not even what was waiting', async () => {
    const { shown, line } = recorder();
    line.ok('a');
    line.ok('b');
    line.close();
    line.failed('c');
    await second();
    assert.deepEqual(shown, ['green a']);
  });
});

describe('status texts', () => {
  const texts: [string, string][] = [
    ['12 fps · 2 plates', '12 fps · 2 plates'],
    ['1234567890123456789', '1234567890123456789'],
    ['12345678901234567890', '123456789012345678…'],
    ['two\nlines  here', 'two lines here'],
    ['', ''],
  ];
  for (const [given, expected] of texts) {
    it(`shows ${JSON.stringify(given)} as ${JSON.stringify(expected)}, below 20 characters`, () => {
      assert.equal(shortText(given), expected);
      assert.ok(expected.length < 20);
    });
  }

  it('counts in words', () => {
    assert.deepEqual([count(0, 'plate'), count(1, 'plate'), count(2, 'plate')], ['0 plates', '1 plate', '2 plates']);
  });
});

describe('RateMeter', () => {
  it('gives messages per second over the last three seconds', () => {
    let now = 0;
    const rate = new RateMeter(() => now);
    assert.equal(rate.perSecond, 0);
    // 20 a second for five seconds, then 4 a second.
    for (; now <= 5000; now += 50) rate.tick();
    assert.equal(Math.round(rate.perSecond), 20);
    for (let n = 0; n < 20; n++) {
      now += 250;
      rate.tick();
    }
    assert.equal(rate.perSecond, 4);
    assert.equal(withRate(rate, '2 plates'), '4.0 fps · 2 plates');
    now += 10_000;
    assert.equal(rate.perSecond, 0);
    assert.equal(withRate(rate, '2 plates'), '2 plates');
  });

  it('is left out where it does not fit', () => {
    let now = 0;
    const rate = new RateMeter(() => now);
    rate.tick();
    now = 200;
    rate.tick();
    assert.equal(withRate(rate, '12 vehicles'), '12 vehicles');
  });
});

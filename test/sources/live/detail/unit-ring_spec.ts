import assert from 'node:assert/strict';
import type { AccessUnit } from '../../../../src/sources/live/detail/access-unit.js';
import { UnitRing } from '../../../../src/sources/live/detail/unit-ring.js';

const unit = (pts: number, key = false, bytes = 10, codec: AccessUnit['codec'] = 'h264'): AccessUnit => ({
  ...{ codec, pts, key, arrival: 0 },
  data: Buffer.alloc(bytes),
});

describe('UnitRing', () => {
  it('leaves out what comes before the first key frame', () => {
    const ring = new UnitRing();
    ring.add(unit(0));
    ring.add(unit(3600));
    assert.equal(ring.newest, undefined);
    ring.add(unit(7200, true));
    ring.add(unit(10_800));
    assert.equal(ring.length, 2);
    assert.equal(ring.newest!.time, 120);
  });

  it('goes on over the wrap of the clock, forwards and with B pictures', () => {
    const wrap = 2 ** 33;
    const ring = new UnitRing();
    for (const [place, pts] of [wrap - 7200, wrap - 3600, 3600, 0, 7200].entries()) ring.add(unit(pts, place === 0));
    assert.deepEqual(
      ring.after(-1, 9).map(({ time }) => time),
      [0, 40, 120, 80, 160],
    );
    assert.equal(ring.nearest(85)!.pts, 0);
    assert.equal(ring.reordering, 1);
    assert.equal(ring.interval, 40);
    assert.equal(ring.latest, 160);
  });

  it('begins anew when the clock jumps or the codec changes', () => {
    const ring = new UnitRing();
    ring.add(unit(900_000_000, true));
    assert.equal(ring.add(unit(900_003_600)).restarted, false);
    assert.equal(ring.add(unit(3600)).restarted, true);
    assert.equal(ring.newest, undefined);
    ring.add(unit(7200, true));
    assert.equal(ring.add(unit(10_800, true, 10, 'hevc')).restarted, true);
    assert.equal(ring.length, 1);
  });

  it('keeps some seconds and two key frames, from a key frame on', () => {
    const ring = new UnitRing({ keepMs: 2000 });
    for (let frame = 0; frame < 200; frame++) ring.add(unit(frame * 3600, frame % 25 === 0));
    const times = ring.after(-1, 999).map(({ time }) => time);
    assert.equal(times.at(-1), 199 * 40);
    // The key frame at 5000 ms is the last that leaves 2 s behind it; 25 units a second.
    assert.equal(times[0], 5000);
    assert.equal(ring.bytes, times.length * 10);
    const slow = new UnitRing({ keepMs: 2000 });
    for (let frame = 0; frame < 600; frame++) slow.add(unit(frame * 3600, frame % 250 === 0));
    assert.equal(slow.after(-1, 1)[0]!.time, 250 * 40);
  });

  it('never takes more memory than it may', () => {
    const ring = new UnitRing({ keepMs: 60_000, maxBytes: 1000 });
    for (let frame = 0; frame < 500; frame++) {
      ring.add(unit(frame * 3600, frame % 25 === 0));
      assert.ok(ring.bytes <= 1000);
    }
    assert.ok(ring.length > 50);
    // One key frame, then none for longer than there is room.
    const endless = new UnitRing({ maxBytes: 1000 });
    for (let frame = 0; frame < 500; frame++) endless.add(unit(frame * 3600, frame === 0));
    assert.equal(endless.length, 0);
    assert.ok(endless.overflowed > 0);
    endless.add(unit(500 * 3600, true));
    assert.equal(endless.length, 1);
  });

  it('says what must be decoded: from the last key frame that is not shown later', () => {
    const ring = new UnitRing();
    // Key, two pictures, a key frame whose leading picture is shown before it, a picture.
    const stream: [number, boolean][] = [
      [0, true],
      [1, false],
      [2, false],
      [4, true],
      [3, false],
      [5, false],
    ];
    const units = stream.map(([frame, key]) => ring.add(unit(frame * 3600, key)).unit!);
    const way = (frame: number) =>
      ring.upTo(units.find(({ time }) => time === frame * 40)!).map(({ time }) => time / 40);
    assert.deepEqual(way(2), [0, 1, 2]);
    assert.deepEqual(way(3), [0, 1, 2, 4, 3]);
    assert.deepEqual(way(4), [4]);
    assert.deepEqual(way(5), [4, 3, 5]);
    const foreign = { ...units[1]! };
    assert.deepEqual(ring.upTo(foreign), []);
  });
});

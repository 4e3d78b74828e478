import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { decodeMessage, encodeMessage, retainedTopic } from '../../src/outbox/kept-message.js';
import { encodeRecord, encodeSettled, recordBody, scanRecords, scanSettled } from '../../src/outbox/record.js';
import { crc32 } from '../../src/outbox/crc32.js';

describe('A message in the outbox', () => {
  it('comes back as it was, every byte of its Buffers', () => {
    const jpeg = randomBytes(70_000);
    const message = {
      ...{ _msgid: 'a1', topic: 'plateflow/gate', qos: 1, retain: false, headers: { 'x-a': 'ö' } },
      payload: { plate: 'AB12CD', list: [1, [null, true]], images: { plate: jpeg, none: Buffer.alloc(0) } },
      more: [Buffer.from([0, 255])],
    };
    const back = decodeMessage(encodeMessage(message));
    assert.deepEqual(back, message);
    assert.ok(Buffer.isBuffer((back['payload'] as { images: { plate: unknown } }).images.plate));
  });

  it('keeps a payload that is a Buffer, a text, a number, a list or nothing', () => {
    for (const payload of [randomBytes(9), 'text', 0, false, null, [1, 2], '']) {
      assert.deepEqual(decodeMessage(encodeMessage({ payload })), { payload });
    }
  });

  it('is not mistaken in data that looks like its own marks', () => {
    const message = { payload: { parts: [{ path: ['payload'], length: 3 }], message: null }, parts: 1, message: 'x' };
    assert.deepEqual(decodeMessage(encodeMessage(message)), message);
  });

  it('leaves out connections, frames, functions and the lists of the frame', () => {
    const message = { topic: 'a', req: {}, res: {}, frame: { lease: () => 1 }, plates: [{}], vehicles: [], f: () => 1 };
    assert.deepEqual(decodeMessage(encodeMessage(message)), { topic: 'a' });
  });

  it('does not change the message', () => {
    const image = Buffer.from('a');
    const message = { payload: { image, list: [image] } };
    encodeMessage(message);
    assert.deepEqual(message, { payload: { image, list: [image] } });
  });

  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const deep: Record<string, unknown> = {};
  for (let level = 0, inner = deep; level < 5000; level++) inner = (inner['a'] = {}) as Record<string, unknown>;
  const throwing = {
    toJSON: () => {
      throw new Error('no');
    },
  };
  for (const [title, payload, reason] of [
    ['a circle', circle, /in msg\.payload\.self but received a part that contains itself/],
    ['a bigint', { a: 1n }, /in msg\.payload\.a but received a bigint/],
    ['endless depth', deep, /more than 100 levels/],
    ['what throws when it is written', throwing, /received no/],
  ] as const) {
    it(`is refused with ${title}, and the error says where`, () => {
      assert.throws(() => encodeMessage({ payload }), { code: 'ALPR_OUTBOX_MESSAGE', message: reason });
    });
  }

  it('has a retained topic only when it is retained and has a topic', () => {
    assert.equal(retainedTopic({ topic: 'a', retain: true }), 'a');
    assert.equal(retainedTopic({ topic: 'a', retain: 'true' }), 'a');
    assert.equal(retainedTopic({ topic: 'a', retain: false }), undefined);
    assert.equal(retainedTopic({ topic: '', retain: true }), undefined);
    assert.equal(retainedTopic({ retain: true }), undefined);
  });
});

describe('Records in a file', () => {
  it('have the CRC-32 that zip and PNG use', () => {
    // The check value of the CRC catalogues.
    assert.equal(crc32(Buffer.from('123456789')), 0xcbf43926);
    assert.equal(crc32(Buffer.alloc(0)), 0);
  });

  const bodies = [Buffer.from('one'), Buffer.alloc(0), randomBytes(500), Buffer.from('PFO1')];
  const ids = [1_785_000_000_000_000, 1_785_000_000_000_001, 1_785_000_000_000_009, 1_785_000_000_000_010];
  const records = bodies.map((body, index) => encodeRecord(ids[index]!, 1234.5 + index, body));
  const file = Buffer.concat(records);

  it('are all found again, with their bodies', () => {
    const { records: found, damaged } = scanRecords(file);
    assert.equal(damaged, 0);
    assert.deepEqual(
      found.map(({ id, time }) => [id, time]),
      ids.map((id, index) => [id, 1234.5 + index]),
    );
    assert.deepEqual(
      found.map(({ offset }) => recordBody(file, offset)),
      bodies,
    );
  });

  it('end where a write was cut short, wherever that was', () => {
    const starts = records.map((_, index) => Buffer.concat(records.slice(0, index)).length);
    for (let length = 0; length <= file.length; length++) {
      const whole = starts.filter((start, index) => start + records[index]!.length <= length).length;
      const { records: found } = scanRecords(file.subarray(0, length));
      assert.deepEqual(
        found.map(({ id }) => id),
        ids.slice(0, whole),
        `cut at ${length}`,
      );
    }
  });

  it('lose no other record when a byte of one is damaged, wherever that is', () => {
    let start = 0;
    for (const [index, record] of records.entries()) {
      for (let place = start; place < start + record.length; place++) {
        const bad = Buffer.from(file);
        bad[place] = bad[place]! ^ 0x40;
        const { records: found, damaged } = scanRecords(bad);
        assert.deepEqual(
          found.map(({ id }) => id),
          ids.filter((_, other) => other !== index),
          `byte ${place}`,
        );
        assert.equal(damaged, record.length);
      }
      start += record.length;
    }
  });

  it('of settled messages survive a write that was cut short, and bytes that are none', () => {
    const whole = encodeSettled(ids.slice(0, 2));
    const cut = encodeSettled([ids[2]!]).subarray(0, 7);
    assert.deepEqual(scanSettled(Buffer.concat([whole, cut])), ids.slice(0, 2));
    assert.deepEqual(scanSettled(Buffer.concat([whole, cut, encodeSettled([ids[3]!])])), [ids[0], ids[1], ids[3]]);
    assert.deepEqual(scanSettled(Buffer.alloc(40)), []);
  });
});

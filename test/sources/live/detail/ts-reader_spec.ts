import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { AccessUnit } from '../../../../src/sources/live/detail/access-unit.js';
import { TsReader } from '../../../../src/sources/live/detail/ts-reader.js';
import { countedClip } from '../../../support/counted-clip.js';
import { seededRandom } from '../../../support/random.js';
import { packet, picture, tables, videoId } from './transport-stream.js';

interface Read {
  units: AccessUnit[];
  refused: number[];
  skipped: number;
}

/** @param sizes of the pieces in which the bytes come, over and over */
function read(bytes: Buffer, sizes: readonly number[] = [bytes.length]): Read {
  const units: AccessUnit[] = [];
  const refused: number[] = [];
  const reader = new TsReader({
    now: () => 7,
    unit: (unit) => units.push(unit),
    unsupported: (type) => refused.push(type),
  });
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    reader.push(bytes.subarray(at, at + size));
    at += size;
  }
  return { units, refused, skipped: reader.skipped };
}

describe('TsReader', () => {
  it('finds the packets that ffprobe finds in what ffmpeg has written, however they come', async () => {
    const encoding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '10', '-omit_video_pes_length', '0'];
    const file = await countedClip({ width: 640, height: 360, fps: 25, frames: 45, encoding, format: 'mpegts' });
    const entries = ['-select_streams', 'v', '-show_entries', 'packet=pts,flags,size', '-of', 'json'];
    const probed = execFileSync('ffprobe', ['-v', 'error', ...entries, file], { encoding: 'utf8' });
    const { packets } = JSON.parse(probed) as { packets: { pts: number; size: string; flags: string }[] };
    const expected = packets.map(({ pts, size, flags }) => ({ pts, key: flags.startsWith('K'), bytes: Number(size) }));
    assert.equal(expected.length, 45);
    for (const sizes of [[1_000_000], [188], [1, 400, 3, 187], [65_536]]) {
      const { units, skipped } = read(readFileSync(file), sizes);
      assert.deepEqual(
        units.map(({ pts, key, data }) => ({ pts, key, bytes: data.length })),
        expected,
      );
      assert.equal(skipped, 0);
      assert.ok(units.every(({ codec, arrival }) => codec === 'h264' && arrival === 7));
    }
  });

  it('reads times of 33 bits', () => {
    const times = [0, 1, 2 ** 32, 2 ** 33 - 1, 5_123_456_789];
    const { units } = read(Buffer.concat([tables(), ...times.map((pts) => picture(pts, Buffer.from('x')))]));
    assert.deepEqual(
      units.map(({ pts }) => pts),
      times,
    );
  });

  it('ends a picture of unknown length where the next begins', () => {
    const [first, second] = [Buffer.alloc(1000, 1), Buffer.alloc(20, 2)];
    const stream = [tables(), picture(1, first, { length: false, key: true }), picture(2, second, { length: false })];
    const { units } = read(Buffer.concat(stream));
    assert.equal(units.length, 1);
    assert.deepEqual(units[0]!.data, first);
    assert.equal(units[0]!.key, true);
  });

  it('knows H.265, and leaves sound alone', () => {
    const sound = { type: 0x0f, id: 0x101 };
    const stream = [
      tables([sound, { type: 0x24, id: videoId }]),
      picture(1, Buffer.from('s'), { id: 0x101 }),
      picture(2, Buffer.from('v')),
    ];
    const { units } = read(Buffer.concat(stream));
    assert.deepEqual(
      units.map(({ codec, data }) => [codec, data.toString()]),
      [['hevc', 'v']],
    );
  });

  it('says once that it cannot read a stream of another kind', () => {
    const other = tables([{ type: 0x06, id: videoId }]);
    assert.deepEqual(read(Buffer.concat([other, other, picture(1, Buffer.from('x'))])), {
      units: [],
      refused: [6],
      skipped: 0,
    });
  });

  it('leaves out what is damaged and goes on', () => {
    const data = Buffer.alloc(700, 5);
    const one = picture(10, data, { key: true });
    // The second lacks 50 bytes in the middle, the third says that it is damaged, the fourth has no time.
    const short = Buffer.concat([one.subarray(0, 300), one.subarray(350)]);
    const marked = packet(videoId, Buffer.from([0, 0, 1, 0xe0, 0, 9, 0x80, 0x80, 5, 0x21, 0, 1, 0, 1, 9]), {
      starts: true,
      damaged: true,
    });
    const timeless = packet(videoId, Buffer.from([0, 0, 1, 0xe0, 0, 5, 0x80, 0, 0, 1, 2]), { starts: true });
    const { units, skipped } = read(Buffer.concat([tables(), one, short, marked, timeless, one]), [333]);
    assert.deepEqual(
      units.map((unit) => unit.data.length),
      [700, 700],
    );
    assert.ok(skipped > 0);
  });

  it('survives noise', () => {
    const random = seededRandom(3);
    const good = Buffer.concat([tables(), picture(1, Buffer.alloc(2000, 9), { key: true })]);
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.concat([good, good, good]);
      for (let flips = 0; flips < 30; flips++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      assert.ok(read(bytes, [1 + Math.floor(random() * 500)]).units.length <= 8);
    }
  });
});

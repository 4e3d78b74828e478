import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import { JpegStream, type EncodedPicture } from '../../../../src/sources/live/http/jpeg-stream.js';
import { seededRandom } from '../../../support/random.js';
import { jpeg, noisyJpeg, withoutEnd, withThumbnail } from './pictures.js';

interface Result {
  pictures: EncodedPicture[];
  damaged: string[];
}

/** @param sizes of the chunks, one after the other */
function read(bytes: Buffer, sizes: () => number, maxBytes = 1e6): Result {
  const result: Result = { pictures: [], damaged: [] };
  const stream = new JpegStream(
    { picture: (picture) => result.pictures.push(picture), damaged: (received) => result.damaged.push(received) },
    maxBytes,
  );
  for (let i = 0; i < bytes.length;) {
    const end = Math.min(bytes.length, i + Math.max(1, sizes()));
    stream.write(bytes.subarray(i, end), i);
    i = end;
  }
  stream.end();
  return result;
}

describe('MJPEG stream', () => {
  const random = seededRandom(6);
  let pictures: Buffer[] = [];
  const text = (string: string): Buffer => Buffer.from(string, 'latin1');

  before(async () => {
    pictures = [
      await noisyJpeg(random),
      withThumbnail(await noisyJpeg(random, 40, 30), await jpeg(9)),
      await jpeg(200),
    ];
  });

  const length = (p: Buffer): string => `Content-Length: ${p.length}\r\n`;
  const flavours: Record<string, (p: Buffer, i: number) => (string | Buffer)[]> = {
    Axis: (p) => ['--myboundary\r\nContent-Type: image/jpeg\r\n', length(p), '\r\n', p, '\r\n'],
    'mjpg-streamer, which sends the boundary behind each picture': (p, i) => [
      i === 0 ? '--boundarydonotcross\r\n' : '',
      `Content-Type: image/jpeg\r\n${length(p)}X-Timestamp: 0.000000\r\n\r\n`,
      p,
      '\r\n--boundarydonotcross\r\n',
    ],
    motion: (p) => [`--BoundaryString\r\nContent-type: image/jpeg\r\nContent-Length:     ${p.length}\r\n\r\n`, p],
    'an ESP32-CAM': (p) => [
      '\r\n--123456789000000000000987654321\r\n',
      `Content-Type: image/jpeg\r\n${length(p)}X-Timestamp: 12.000345\r\n\r\n`,
      p,
    ],
    'parts without a length': (p) => ['--frame\r\nContent-Type: image/jpeg\r\n\r\n', p, '\r\n'],
    'parts without headers': (p) => ['--frame\r\n\r\n', p, '\r\n'],
    'parts without even an empty line': (p) => ['--frame\r\n', p],
    'lines that end with LF': (p) => [`--frame\nContent-Type: image/jpeg\n${length(p).trim()}\n\n`, p, '\n'],
    'a boundary without dashes': (p) => [`frame\r\nContent-Type: image/jpeg\r\n${length(p)}\r\n`, p, '\r\n'],
    'a boundary right behind the picture': (p, i) => [i === 0 ? '--frame\r\n' : '', '\r\n', p, '--frame\r\n'],
    'a boundary of dashes': (p) => ['------\r\nContent-Type: image/jpeg\r\n\r\n', p, '\r\n'],
    'a length that is too small': (p) => [`--frame\r\nContent-Length: ${p.length - 30}\r\n\r\n`, p, '\r\n'],
    'a length that is too large': (p) => [`--frame\r\nContent-Length: ${p.length + 300}\r\n\r\n`, p, '\r\n'],
    'a length of nonsense': (p) => ['--frame\r\nContent-Length: -1e9x\r\n\r\n', p, '\r\n'],
    'pictures one after the other': (p) => [p],
    'zeros behind each picture': (p) => ['--frame\r\n\r\n', p, Buffer.alloc(100)],
    'zeros behind each picture, and the boundary on their line': (p) => [Buffer.alloc(100), '--frame\r\n\r\n', p],
    'a preview behind each picture': (p) => [`--frame\r\n${length(p)}\r\n`, p, pictures[2]!, '\r\n'],
    'other parts between': (p) => [
      '--frame\r\nContent-Type: text/plain\r\n\r\n-- no --\n--\r\n',
      '--frame\r\n\r\n',
      p,
      '\r\n',
    ],
    'fill bytes between segments': (p) => [
      '--frame\r\n\r\n',
      Buffer.concat([p.subarray(0, 2), Buffer.from([0xff, 0xff]), p.subarray(2)]),
    ],
  };
  const cuts: Record<string, () => number> = {
    'in one piece': () => Infinity,
    'byte by byte': () => 1,
    'in random pieces': () => Math.floor(random() * 40),
  };

  for (const [name, make] of Object.entries(flavours)) {
    it(`takes every picture out of ${name}`, () => {
      const bytes = Buffer.concat(
        pictures.flatMap((p, i) => make(p, i).map((piece) => (typeof piece === 'string' ? text(piece) : piece))),
      );
      for (const [how, sizes] of Object.entries(cuts)) {
        const result = read(bytes, sizes);
        assert.deepEqual(result.damaged, [], how);
        assert.equal(result.pictures.length, pictures.length, how);
        result.pictures.forEach(({ bytes: got, whole }, i) => {
          assert.ok(whole);
          const expected = name.startsWith('fill') ? pictures[i]!.length + 2 : pictures[i]!.length;
          assert.equal(got.length, expected, how);
          if (!name.startsWith('fill')) assert.ok(got.equals(pictures[i]!), how);
        });
      }
    });
  }

  it('dates a picture by its first byte, not by the boundary that came with the one before', () => {
    const head = text('--b\r\n\r\n');
    const pause = text('\r\n--b\r\n');
    const bytes = Buffer.concat([head, pictures[0]!, pause, pictures[1]!]);
    const cutsAt = [head.length, pictures[0]!.length + pause.length, 5, Infinity];
    const { pictures: got } = read(bytes, () => cutsAt.shift()!);
    const second = head.length + pictures[0]!.length + pause.length;
    assert.deepEqual(
      got.map(({ arrived }) => arrived),
      [head.length, second],
    );
  });

  it('hands on pictures without an end marker, as ones to be looked at strictly', () => {
    const part = (p: Buffer): Buffer[] => [
      text('--frame\r\nContent-Type: image/jpeg\r\n\r\n'),
      withoutEnd(p),
      text('\r\n'),
    ];
    const bytes = Buffer.concat([...pictures.flatMap(part), text('--frame\r\n')]);
    for (const [how, sizes] of Object.entries(cuts)) {
      const { pictures: got, damaged } = read(bytes, sizes);
      assert.deepEqual(damaged, [], how);
      assert.deepEqual(
        got.map(({ bytes: b, whole }) => [b.equals(pictures[got.findIndex((g) => g.bytes === b)]!), whole]),
        pictures.map(() => [true, false]),
        how,
      );
    }
  });

  it('goes on with the next picture after one that is cut in half without a boundary', () => {
    const bytes = Buffer.concat([pictures[0]!.subarray(0, 2000), pictures[2]!]);
    const { pictures: got, damaged } = read(bytes, cuts['in random pieces']!);
    assert.deepEqual(damaged, ['one that is cut off after 2000 bytes']);
    assert.equal(got.length, 1);
    assert.ok(got[0]!.bytes.equals(pictures[2]!));
  });

  it('makes no words about crumbs, of which a chunk may hold thousands', () => {
    const bytes = Buffer.concat([Buffer.alloc(65_536, 'ffd8', 'hex'), pictures[2]!]);
    const { pictures: got, damaged } = read(bytes, () => 65_536);
    assert.deepEqual(damaged, []);
    assert.equal(got.length, 1);
    assert.ok(got[0]!.bytes.equals(pictures[2]!));
  });

  it('finds pictures again when a stream stops sending boundaries', () => {
    const bytes = Buffer.concat([text('--frame\r\n\r\n'), ...Array.from({ length: 12 }, () => pictures[2]!)]);
    const { pictures: got } = read(bytes, cuts['in random pieces']!);
    assert.ok(got.length >= 3, `${got.length} pictures`);
  });

  it('refuses pictures that are too large, and keeps no more than that of them', () => {
    const huge = Buffer.concat([pictures[0]!.subarray(0, -2), Buffer.alloc(3e5, 7)]);
    const bytes = Buffer.concat([text('--frame\r\n\r\n'), huge, text('\r\n--frame\r\n\r\n'), pictures[2]!]);
    const { pictures: got, damaged } = read(bytes, () => 4096, 1e5);
    assert.deepEqual(damaged, ['one of more than 98 KiB']);
    assert.equal(got.length, 1);
    assert.ok(got[0]!.bytes.equals(pictures[2]!));
  });

  it('keeps nothing of headers without an end', () => {
    const result = read(Buffer.alloc(3e6, 'X-Header: a\r\n'), () => 65536, 1000);
    assert.deepEqual(result, { pictures: [], damaged: [] });
  });

  it('finds the next good pictures after any damage (seeded)', () => {
    for (let round = 0; round < 300; round++) {
      const broken = Buffer.from(pictures[round % 2]!);
      for (let i = 0; i < 1 + random() * 20; i++)
        broken[Math.floor(random() * broken.length)] = Math.floor(random() * 256);
      const cut = broken.subarray(0, Math.floor(random() * broken.length));
      const good = Array.from({ length: 16 }, () => [text('--frame\r\n\r\n'), pictures[0]!, text('\r\n')]).flat();
      const { pictures: got } = read(
        Buffer.concat([text('--frame\r\n\r\n'), cut, text('\r\n'), ...good]),
        () => 1 + random() * 9000,
      );
      // A damaged length may swallow up to 64 KiB.
      const last = got[got.length - 1];
      assert.ok(last?.bytes.equals(pictures[0]!), `round ${round}`);
    }
  });
});

import assert from 'node:assert/strict';
import { PictureReader } from '../../../../src/sources/live/detail/picture-reader.js';

const ppm = (width: number, height: number, level: number): Buffer =>
  Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), Buffer.alloc(width * height * 3, level)]);

class Pictures {
  readonly seen: string[] = [];
  failure: string | undefined;
  resumed = 0;
  readonly reader = new PictureReader({
    begin: (width, height) => {
      this.target = new Uint8Array(width * height * 3);
      this.size = `${width}x${height}`;
      return this.give(this.target);
    },
    end: () => {
      const [level] = this.target;
      assert.ok(this.target.every((value) => value === level));
      this.seen.push(`${this.size}:${level}`);
    },
    fail: (message) => (this.failure = message),
    resume: () => this.resumed++,
  });
  private target = new Uint8Array();
  private size = '';
  give: (target: Uint8Array) => Uint8Array | Promise<Uint8Array | undefined> | undefined = (target) => target;
}

describe('PictureReader', () => {
  const stream = Buffer.concat([ppm(3, 2, 7), ppm(40, 30, 8), ppm(1, 1, 9)]);

  it('reads pictures of any size in pieces of any size', () => {
    for (const size of [1, 2, 5, 11, 100, stream.length]) {
      const pictures = new Pictures();
      for (let at = 0; at < stream.length; at += size) pictures.reader.push(stream.subarray(at, at + size));
      assert.deepEqual(pictures.seen, ['3x2:7', '40x30:8', '1x1:9'], `${size}`);
    }
  });

  it('waits for room', async () => {
    const pictures = new Pictures();
    pictures.give = (target) => new Promise((resolve) => setImmediate(() => resolve(target)));
    pictures.reader.push(stream);
    assert.equal(pictures.reader.paused, true);
    while (pictures.seen.length < 3) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(pictures.resumed, 1);
  });

  it('throws away what nobody wants', () => {
    const pictures = new Pictures();
    let turn = 0;
    pictures.give = (target) => (turn++ === 1 ? undefined : target);
    pictures.reader.push(stream);
    assert.equal(pictures.seen.length, 3);
    assert.deepEqual([pictures.seen[0], pictures.seen[2]], ['3x2:7', '1x1:9']);
    assert.equal(pictures.seen[1], '40x30:0');
  });

  it('says when something else comes', () => {
    const pictures = new Pictures();
    pictures.reader.push(Buffer.concat([ppm(3, 2, 7), Buffer.alloc(100, 65)]));
    assert.deepEqual(pictures.seen, ['3x2:7']);
    assert.equal(pictures.failure, 'sent something that is no picture');
  });
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'mocha';
import sharp from 'sharp';
import { isWatchedName } from '../../../src/sources/watch/file-names.js';
import { isWhole } from '../../../src/sources/watch/whole-file.js';
import { needFfmpeg, TemporaryFolder } from '../clips.js';

describe('whether a file has its end', () => {
  const folder = new TemporaryFolder();
  const files: Record<string, Buffer> = {};

  before(async function () {
    needFfmpeg(this);
    const image = sharp({ create: { width: 30, height: 20, channels: 3, background: 'red' } });
    files['a.jpg'] = await image.clone().jpeg().toBuffer();
    files['a.png'] = await image.clone().png().toBuffer();
    const h264 = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p'];
    for (const [name, ...options] of [['a.mp4'], ['b.mp4', '-movflags', '+faststart'], ['a.mov']] as [
      string,
      ...string[],
    ][]) {
      files[name] = readFileSync(folder.clip(name, 'testsrc=s=64x48:r=5:d=1', ...h264, ...options));
    }
  });
  after(() => folder.remove());

  const check = (name: string, bytes: Buffer): Promise<boolean | undefined> =>
    isWhole(folder.file(name, bytes), bytes.length);

  it('says yes to whole ones', async () => {
    for (const [name, bytes] of Object.entries(files)) assert.equal(await check(name, bytes), true, name);
    assert.equal(await check('padded.JPG', Buffer.concat([files['a.jpg']!, Buffer.alloc(100)])), true);
  });

  it('says no to every beginning of one', async () => {
    for (const [name, bytes] of Object.entries(files)) {
      for (const share of [0.1, 0.5, 0.9, 1]) {
        const cut = bytes.subarray(0, Math.max(20, Math.floor(bytes.length * share) - 13));
        assert.equal(await check(name, cut), false, `${name} ${share}`);
      }
    }
  });

  it('does not know others', async () => {
    for (const name of ['a.mkv', 'a.ts', 'a.avi', 'a.webp'])
      assert.equal(await check(name, Buffer.from('abc')), undefined);
    for (const name of ['a.jpg', 'a.png', 'a.mp4'])
      assert.equal(await check(name, Buffer.from('something else entirely')), undefined);
    assert.equal(await check('zero.mp4', Buffer.alloc(100)), undefined);
  });

  it('knows which names are watched', () => {
    for (const name of ['a.jpg', 'A.JPEG', 'b.mp4', 'c.MKV', 'd.ts', 'e.avi', 'f.mov', 'snap 1.png'])
      assert.ok(isWatchedName(name), name);
    for (const name of [
      'a.jpg.part',
      'a.tmp',
      'b.mp4.filepart',
      '.hidden.jpg',
      '.in.a.jpg.',
      '._a.jpg',
      'a.txt',
      'jpg',
      'a.jpg~',
      'a.crdownload',
    ]) {
      assert.ok(!isWatchedName(name), name);
    }
  });
});

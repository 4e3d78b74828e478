import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'mocha';
import sharp from 'sharp';
import { FramePool } from '../../src/frame/pool.js';
import { FrameCounter } from '../../src/sources/counter.js';
import { listPictures } from '../../src/sources/folder.js';
import { openSource, type SourceSettings } from '../../src/sources/open.js';
import { openSample, sampleDirectory } from '../../src/sources/sample.js';
import { SourceError } from '../../src/sources/source.js';
import { needFfmpeg, pixelOf, readAll, TemporaryFolder } from './clips.js';

function png(width: number, height: number, red: number): Promise<Buffer> {
  const background = { r: red, g: 20, b: 30 };
  return sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
}

describe('picture sources', () => {
  const folder = new TemporaryFolder();
  const pool = new FramePool();
  const problems: Error[] = [];
  const open = (settings: SourceSettings, camera: FrameCounter | string = 'cam') =>
    openSource(settings, { pool, camera, onProblem: (error) => problems.push(error) });
  const subfolder = (name: string): string => {
    mkdirSync(join(folder.path, name), { recursive: true });
    return join(folder.path, name);
  };
  after(() => folder.remove());

  it('gives one picture once, dated now', async () => {
    const path = folder.file('one.png', await png(31, 17, 200));
    const before = Date.now();
    const source = await open({ source: 'picture', path });
    assert.equal(source.expectedFrames, 1);
    const frames = await readAll(source);
    assert.equal(frames.length, 1);
    assert.deepEqual([frames[0]!.width, frames[0]!.height, frames[0]!.sequence], [31, 17, 0]);
    assert.equal(frames[0]!.still, true, 'a picture by itself');
    assert.deepEqual(pixelOf(frames[0]!, 30, 16), [200, 20, 30]);
    assert.ok(frames[0]!.timestamp >= before && frames[0]!.timestamp <= Date.now());
  });

  it('gives nothing after it was closed', async () => {
    const source = await open({ source: 'picture', path: folder.file('closed.png', await png(1, 1, 1)) });
    await source.close();
    await source.close();
    assert.equal(await source.next(), null);
  });

  const bad: [string, () => Promise<string>, RegExp][] = [
    [
      'a missing file',
      async () => join(folder.path, 'none.jpg'),
      /Expected a picture file for .*none\.jpg but received no such file/,
    ],
    ['a folder', async () => folder.path, /but received a folder/],
    ['an empty file', async () => folder.file('empty.jpg'), /empty file \(0 bytes\)/],
    ['text', async () => folder.file('text.jpg', 'not a picture'), /Expected a picture .*text\.jpg.* but received/],
    [
      'half a picture',
      async () => folder.file('half.png', (await png(400, 400, 9)).subarray(0, 300)),
      /Expected a whole png picture .*half\.png/,
    ],
  ];
  for (const [name, make, expected] of bad) {
    it(`says clearly what is wrong with ${name}`, async () => {
      const source = await open({ source: 'picture', path: await make() });
      await assert.rejects(source.next(), expected);
      assert.equal(await source.next(), null);
    });
  }

  it('refuses pictures that are larger than allowed', async () => {
    const path = folder.file('large.png', await png(1200, 1000, 9));
    await assert.rejects((await open({ source: 'picture', path, maxMegapixels: 1 })).next(), /megapixel/i);
    assert.equal((await readAll(await open({ source: 'picture', path, maxMegapixels: 2 }))).length, 1);
  });

  it('gives the pictures of a folder as people count, sizes as they come, unreadable ones reported and skipped', async () => {
    const path = subfolder('mixed');
    const names: [string, number, number][] = [
      ['shot10.png', 40, 30],
      ['shot2.PNG', 20, 10],
      ['shot1.png', 1, 1],
      ['Shot3.png', 33, 9],
    ];
    for (const [name, width, height] of names) folder.file(join('mixed', name), await png(width, height, width));
    folder.file(join('mixed', 'shot4.jpg'), 'not a picture');
    folder.file(join('mixed', 'notes.txt'), 'not meant');
    folder.file(join('mixed', '.hidden.png'), await png(5, 5, 5));
    subfolder(join('mixed', 'deeper.png'));
    subfolder(join('mixed', 'below'));
    folder.file(join('mixed', 'below', 'shot0.png'), await png(6, 6, 6));
    problems.length = 0;
    const source = await open({ source: 'folder', path });
    assert.equal(source.expectedFrames, 5);
    const frames = await readAll(source);
    assert.deepEqual(
      frames.map((frame) => `${frame.width}x${frame.height}`),
      ['1x1', '20x10', '33x9', '40x30'],
    );
    for (const frame of frames)
      assert.deepEqual(pixelOf(frame, frame.width - 1, frame.height - 1), [frame.width, 20, 30]);
    assert.equal(problems.length, 1);
    assert.match(problems[0]!.message, /shot4\.jpg/);
    for (let i = 1; i < frames.length; i++) assert.ok(frames[i]!.timestamp > frames[i - 1]!.timestamp);
  });

  it('dates pictures so many per second when told', async () => {
    const path = subfolder('dated');
    for (let i = 0; i < 4; i++) folder.file(join('dated', `${i}.png`), await png(2, 2, i));
    const frames = await readAll(await open({ source: 'folder', path, fps: 4 }));
    assert.deepEqual(
      frames.map((frame) => frame.timestamp - frames[0]!.timestamp),
      [0, 250, 500, 750],
    );
  });

  it('skips a link to nowhere', async () => {
    const path = subfolder('links');
    symlinkSync(join(path, 'gone'), join(path, 'a.png'));
    folder.file(join('links', 'b.png'), await png(3, 3, 3));
    problems.length = 0;
    assert.equal((await readAll(await open({ source: 'folder', path }))).length, 1);
    assert.match(problems[0]!.message, /a\.png.*no such file/);
  });

  const badFolders: [string, () => string, RegExp][] = [
    ['is not there', () => join(folder.path, 'nowhere'), /Expected a folder for .*nowhere but received nothing there/],
    ['is a file', () => folder.file('file.png', 'x'), /Expected a folder for .*file\.png but received a file/],
    ['has no name', () => ' ', /Expected the path of a folder but received an empty one/],
    [
      'is empty',
      () => subfolder('empty'),
      /Expected pictures \(\.jpg, \.jpeg, .*\) for folder .* but received an empty folder/,
    ],
  ];
  for (const [name, make, expected] of badFolders) {
    it(`says clearly that a folder ${name}`, async () => {
      await assert.rejects(
        async () => open({ source: 'folder', path: make() }),
        (error) => error instanceof SourceError && expected.test(error.message),
      );
    });
  }

  it('says which kinds of files it would have taken', async () => {
    const path = subfolder('texts');
    folder.file(join('texts', 'a.txt'), 'x');
    await assert.rejects(listPictures(path), /\.png.* but received 1 entries of other kinds/);
  });

  it('repeats a folder with sequences that go on', async () => {
    const path = subfolder('again');
    folder.file(join('again', 'a.png'), await png(2, 2, 1));
    folder.file(join('again', 'b.png'), await png(2, 2, 2));
    const counter = new FrameCounter('cam');
    const source = await open({ source: 'folder', path, loop: true }, counter);
    const reds = [];
    for (let i = 0; i < 5; i++) {
      const frame = (await source.next())!;
      assert.equal(frame.sequence, i);
      reds.push(pixelOf(frame, 0, 0)[0]);
    }
    await source.close();
    assert.deepEqual(reds, [1, 2, 1, 2, 1]);
  });

  for (const fps of [0, -1, NaN, Infinity]) {
    it(`refuses ${fps} frames per second`, async () => {
      await assert.rejects(
        open({ source: 'folder', path: folder.path, fps }),
        /Expected a number above 0 for fps but received/,
      );
    });
  }

  it('refuses a kind of source that it does not know', async () => {
    await assert.rejects(
      open({ source: 'telepathy' as never }),
      /Expected one of picture, folder, watch, video, sample for source but received telepathy/,
    );
  });

  describe('sample', () => {
    const own = (name: string) => subfolder(join(name, 'pictures'));
    const options = (directory: string, ffmpeg?: string) => ({
      counter: new FrameCounter('demo'),
      pool,
      directory,
      ffmpeg,
    });

    it('shows the clip where there is ffmpeg', async function () {
      needFfmpeg(this);
      own('sample');
      folder.clip(join('sample', 'road.mp4'), 'color=red:s=64x48:r=5:d=1', '-pix_fmt', 'yuv420p');
      const source = await openSample(options(join(folder.path, 'sample')));
      assert.deepEqual([source.sampleUsed, source.hint, source.description], ['clip', undefined, 'sample (clip)']);
      assert.equal((await readAll(source)).length, 5);
    });

    it('shows the pictures and says how to get ffmpeg where there is none', async () => {
      own('sample2');
      folder.file(join('sample2', 'road.mp4'), 'never read');
      folder.file(join('sample2', 'pictures', '1.png'), await png(8, 8, 8));
      const source = await openSample(options(join(folder.path, 'sample2'), '/nowhere/ffmpeg'));
      assert.equal(source.sampleUsed, 'pictures');
      assert.match(source.hint!, /apt install ffmpeg/);
      assert.equal((await readAll(source)).length, 1);
    });

    it('finds the folder that comes with the package', () => {
      assert.equal(sampleDirectory(), join(__dirname, '../../samples'));
    });
  });
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, before, beforeEach, describe, it } from 'mocha';
import type { Frame } from '../../../src/frame/frame.js';
import { FramePool } from '../../../src/frame/pool.js';
import { FrameCounter } from '../../../src/sources/counter.js';
import { openSource } from '../../../src/sources/open.js';
import type { FrameSource } from '../../../src/sources/source.js';
import { SourceError } from '../../../src/sources/source.js';
import { openWatch, type WatchOptions } from '../../../src/sources/watch.js';
import { jpeg } from '../live/http/pictures.js';
import { needFfmpeg, TemporaryFolder } from '../clips.js';

describe('watched folder', () => {
  let folder: TemporaryFolder;
  let root: string;
  let pool: FramePool;
  let problems: Error[] = [];
  let pictures: Buffer[] = [];
  const open: FrameSource[] = [];

  before(async () => {
    pictures = await Promise.all([10, 50, 90, 130].map((grey) => jpeg(grey)));
  });
  beforeEach(() => {
    folder = new TemporaryFolder();
    root = join(folder.path, 'ftp');
    mkdirSync(root);
    pool = new FramePool();
    problems = [];
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((source) => source.close()));
    folder.remove();
  });

  async function watch(more: Partial<WatchOptions> = {}, path = root): Promise<FrameSource> {
    const quick = { lookMs: 20, stableMs: 60, patienceMs: 400 };
    const source = await openWatch(path, {
      ...{ counter: new FrameCounter('gate'), pool, onProblem: (error: Error) => void problems.push(error) },
      ...quick,
      ...more,
    });
    open.push(source);
    return source;
  }

  function put(name: string, bytes: Buffer | string = pictures[0]!, mtimeS?: number): string {
    const path = join(root, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, bytes);
    if (mtimeS !== undefined) utimesSync(path, mtimeS, mtimeS);
    return path;
  }

  async function take(source: FrameSource, count: number): Promise<Frame[]> {
    const frames: Frame[] = [];
    while (frames.length < count) frames.push((await source.next())!);
    return frames;
  }

  const greys = (frames: Frame[]): number[] => frames.map((frame) => Math.round(frame.pixels[0]! / 10) * 10);

  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await sleep(10);
  }

  it('gives files that arrive, also in folders that appear, and none that were there', async () => {
    put('old.jpg');
    put('2026/11/19/old.jpg');
    const source = await watch();
    const next = source.next();
    put('2026/11/20/one.jpg', pictures[1]);
    assert.deepEqual(greys([(await next)!]), [50]);
    put('2026/11/19/two.JPG', pictures[2]);
    assert.deepEqual(greys(await take(source, 1)), [90]);
    assert.equal(basename(source.currentFile!), 'two.JPG');
    assert.deepEqual(problems, []);
  });

  it('gives those that were there when that is wanted, oldest first, dated by their files', async () => {
    put('b.jpg', pictures[0], 1_700_000_002);
    put('a10.jpg', pictures[1], 1_700_000_005);
    put('a9.jpg', pictures[2], 1_700_000_005);
    put('c/c.jpg', pictures[3], 1_700_000_001);
    const source = await watch({ watchExisting: true });
    const frames = await take(source, 4);
    assert.deepEqual(greys(frames), [130, 10, 90, 50]);
    assert.deepEqual(
      frames.map(({ timestamp, sequence }) => [timestamp - 1_700_000_000_000, sequence]),
      [
        [1000, 0],
        [2000, 1],
        [5000, 2],
        [5001, 3],
      ],
    );
  });

  it('gives files of a folder in which nothing has happened for long', async () => {
    for (const name of ['a.jpg', 'b.jpg', 'c/d.jpg']) put(name, pictures[0], 1_600_000_000);
    for (const path of [join(root, 'c'), root]) utimesSync(path, 1_600_000_000, 1_600_000_000);
    assert.equal((await take(await watch({ watchExisting: true }), 3)).length, 3);
  });

  it('dates no frame in the future', async () => {
    put('a.jpg', pictures[0], Date.now() / 1000 + 86_400);
    const [frame] = await take(await watch({ watchExisting: true }), 1);
    assert.ok(frame!.timestamp <= Date.now());
  });

  it('waits for a file that is still being written', async () => {
    const source = await watch({ patienceMs: 60_000 });
    const half = pictures[1]!.length / 2;
    const path = put('slow.jpg', pictures[1]!.subarray(0, half));
    let isOut = false;
    const next = source.next().then((frame) => ((isOut = true), frame));
    // Longer than a file must stay the same: what keeps it back is that it has no end.
    for (let i = 0; i < 4; i++) {
      await sleep(30);
      assert.equal(isOut, false);
    }
    appendFileSync(path, pictures[1]!.subarray(half));
    assert.deepEqual(greys([(await next)!]), [50]);
    assert.deepEqual(problems, []);
  });

  it('reads a half file in the end, says what is wrong with it, and goes on', async () => {
    const source = await watch();
    put('half.jpg', pictures[1]!.subarray(0, 300));
    put('whole.jpg', pictures[2]);
    assert.deepEqual(greys(await take(source, 1)), [90]);
    const next = source.next();
    await until(() => problems.length === 1);
    assert.match(problems[0]!.message, /half\.jpg/);
    put('later.jpg', pictures[3]);
    assert.deepEqual(greys([(await next)!]), [130]);
  });

  it('ignores the names of uploads that are under way, and sees when they get their own', async () => {
    const source = await watch();
    for (const name of ['a.jpg.part', '.in.b.jpg.', 'c.tmp', 'd.mp4.filepart', 'readme.txt', '.hidden/e.jpg'])
      put(name);
    put('z.jpg', pictures[3]);
    assert.deepEqual(greys(await take(source, 1)), [130]);
    put('a.jpg.part', pictures[1]);
    renameSync(join(root, 'a.jpg.part'), join(root, 'a.jpg'));
    assert.deepEqual(greys(await take(source, 1)), [50]);
    assert.deepEqual(problems, []);
  });

  it('takes a file that is written over for a new one', async () => {
    put('snapshot.jpg', pictures[0], 1_700_000_000);
    const source = await watch();
    for (const [i, grey] of [
      [1, 50],
      [2, 90],
      [1, 50],
    ] as const) {
      const next = source.next();
      put('snapshot.jpg', pictures[i]);
      assert.deepEqual(greys([(await next)!]), [grey]);
    }
  });

  it('reads a burst of 1000 files in order, one at a time', async () => {
    const small = await jpeg(90, 8, 8);
    for (let i = 0; i < 1000; i++) put(`burst/${i}.jpg`, small, 1_700_000_000 + Math.floor(i / 10));
    const source = await watch({ watchExisting: true, stableMs: 1 });
    for (let i = 0; i < 1000; i++) {
      const frame = (await source.next())!;
      assert.equal(basename(source.currentFile!), `${i}.jpg`);
      assert.equal(frame.sequence, i);
      assert.equal(pool.stats().outstanding, 1);
      pool.recycle(frame);
    }
  });

  it('deletes a file only after its frame went out, and keeps what it cannot read', async () => {
    const source = await watch({ watchFiles: 'delete', patienceMs: 1 });
    const path = put('sub/a.jpg', pictures[1]);
    await take(source, 1);
    await sleep(50);
    assert.ok(existsSync(path), 'as long as nobody has asked for the next one');
    const broken = put('broken.jpg', 'no picture');
    const next = source.next();
    await until(() => !existsSync(path) && problems.length === 1);
    assert.ok(existsSync(broken));
    const last = put('b.jpg', pictures[2]);
    await next;
    await source.close();
    assert.ok(existsSync(last), 'nobody knows whether the last frame went out');
  });

  it('does not delete a file that was written over after it was read', async () => {
    const source = await watch({ watchFiles: 'delete' });
    const path = put('a.jpg', pictures[1]);
    assert.deepEqual(greys(await take(source, 1)), [50]);
    put('a.jpg', pictures[2]);
    assert.deepEqual(greys(await take(source, 1)), [90]);
    const next = source.next();
    await until(() => !existsSync(path));
    put('b.jpg', pictures[3]);
    await next;
    assert.deepEqual(problems, []);
  });

  it('follows no link out of the folder, neither to read nor to delete', async () => {
    const outside = join(folder.path, 'outside');
    mkdirSync(outside);
    const secret = join(outside, 'secret.jpg');
    writeFileSync(secret, pictures[3]!);
    symlinkSync(outside, join(root, 'link'));
    symlinkSync(secret, join(root, 'link.jpg'));
    symlinkSync(root, join(root, 'circle'));
    mkdirSync(join(root, 'day'));
    const inside = put('day/a.jpg', pictures[0]);
    const source = await watch({ watchExisting: true, watchFiles: 'delete' });
    assert.deepEqual(greys(await take(source, 1)), [10]);
    // The folder of the file that was read becomes a link to elsewhere, where a file of the same name lies.
    renameSync(join(root, 'day'), join(folder.path, 'moved'));
    writeFileSync(join(outside, 'a.jpg'), readFileSync(join(folder.path, 'moved', 'a.jpg')));
    execFileSync('touch', ['-r', join(folder.path, 'moved', 'a.jpg'), join(outside, 'a.jpg')]);
    symlinkSync(outside, join(root, 'day'));
    assert.ok(existsSync(inside));
    const next = source.next();
    put('z.jpg', pictures[1]);
    assert.deepEqual(greys([(await next)!]), [50]);
    assert.ok(existsSync(secret) && existsSync(join(outside, 'a.jpg')));
  });

  it('watches a folder that is a link itself', async () => {
    const link = join(folder.path, 'link');
    symlinkSync(root, link);
    const source = await watch({ watchFiles: 'delete' }, link);
    const path = put('a.jpg', pictures[1]);
    assert.deepEqual(greys(await take(source, 1)), [50]);
    void source.next();
    await until(() => !existsSync(path));
  });

  it('says once that the folder is gone, and goes on when it is back, without reading old files again', async () => {
    put('old.jpg');
    const source = await watch();
    const next = source.next();
    const away = join(folder.path, 'away');
    renameSync(root, away);
    await until(() => problems.length > 0);
    await sleep(100);
    assert.equal(problems.length, 1);
    assert.ok(problems[0] instanceof SourceError);
    assert.match(problems[0].message, /^Expected a folder to watch at .*ftp but received nothing there$/);
    // An unmounted drive leaves an empty folder behind.
    mkdirSync(root);
    await sleep(100);
    rmSync(root, { recursive: true });
    renameSync(away, root);
    put('new.jpg', pictures[1]);
    assert.deepEqual(greys([(await next)!]), [50]);
  });

  it('waits for a folder that is not there yet, and takes what was in it before for old', async () => {
    rmSync(root, { recursive: true });
    const source = await watch();
    assert.match(problems[0]!.message, /but received nothing there$/);
    const next = source.next();
    const elsewhere = join(folder.path, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'old.jpg'), pictures[0]!);
    utimesSync(join(elsewhere, 'old.jpg'), 1_700_000_000, 1_700_000_000);
    renameSync(elsewhere, root);
    put('new.jpg', pictures[1]);
    assert.deepEqual(greys([(await next)!]), [50]);
  });

  it('says what is wrong with a path that is none, a file, or a folder in it that may not be read', async function () {
    await assert.rejects(watch({}, ' '), /Expected the path of a folder but received an empty one/);
    await watch({}, put('file.txt', 'x'));
    assert.match(problems[0]!.message, /but received a file$/);
    if (process.getuid?.() === 0) {
      console.log('      skipped in part: root may read everything');
      return;
    }
    problems = [];
    mkdirSync(join(root, 'closed'));
    chmodSync(join(root, 'closed'), 0);
    await watch();
    assert.match(problems[0]!.message, /Expected folder .*closed to be readable but received EACCES/);
    chmodSync(join(root, 'closed'), 0o700);
  });

  it('goes through a folder full of files that cannot be read', async () => {
    for (let i = 0; i < 50; i++) put(`${i}.jpg`, `nonsense ${i}`);
    put('empty.png', '');
    put('last.jpg', pictures[3], Date.now() / 1000 + 5);
    const source = await watch({ watchExisting: true });
    assert.deepEqual(greys(await take(source, 1)), [130]);
    assert.equal(problems.length, 51);
  });

  it('ends when it is closed, while it waits and while it looks', async () => {
    const source = await watch();
    const next = source.next();
    await source.close();
    assert.equal(await next, null);
    assert.equal(await source.next(), null);
    const another = await watch();
    await Promise.all([another.close(), another.close()]);
  });

  it('scales pictures down, and is opened by its kind, also when it is to be repeated', async () => {
    const settings = { source: 'watch', path: root, maxWidth: 16, watchExisting: true, loop: true } as const;
    put('a.jpg');
    const source = await openSource(settings, { pool, camera: 'yard' });
    open.push(source);
    const [frame] = await take(source, 1);
    assert.deepEqual([frame!.width, frame!.height, frame!.cameraId], [16, 12, 'yard']);
  });

  it('reads videos, every frame, dated so that they end with their file, and pictures between them', async function () {
    needFfmpeg(this);
    const lossless = ['-c:v', 'ffv1', '-pix_fmt', 'bgr0'];
    const clip = readFileSync(folder.clip('clip.mkv', 'color=white:s=20x10:r=5:d=1', ...lossless));
    const source = await watch({ watchFiles: 'delete', watchExisting: true, fps: 2.5 });
    const end = 1_700_000_010;
    const first = put('a.mkv', clip, end);
    const broken = put('b.avi', 'no video', end + 1);
    put('c.jpg', pictures[1], end + 2);
    const frames = await take(source, 4);
    assert.deepEqual(
      frames.map(({ timestamp, width }) => [timestamp - end * 1000, width]),
      [
        [-1000, 20],
        [-600, 20],
        [-200, 20],
        [2000, 32],
      ],
    );
    assert.ok(!existsSync(first) && existsSync(broken));
    assert.equal(problems.length, 1);
    assert.match(problems[0]!.message, /b\.avi/);
  });

  it('says for every video that ffmpeg is missing, and reads the pictures', async () => {
    const source = await watch({ ffmpeg: '/nowhere/ffmpeg' });
    put('a.mkv', 'video');
    put('b.jpg', pictures[1], Date.now() / 1000 + 5);
    assert.deepEqual(greys(await take(source, 1)), [50]);
    assert.equal((problems[0] as SourceError).code, 'ALPR_FFMPEG');
  });
});

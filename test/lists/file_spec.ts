import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { WatchedFile, type FileTiming } from '../../src/lists/file.js';

/** Quick enough for a test, slow enough for a busy machine. */
const timing: FileTiming = { pollMs: 150, settleMs: 60 };

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !condition(); waited += 20) {
    assert.ok(waited < 15_000, `Expected ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('A watched file', function () {
  this.timeout(60_000);
  let folder = '';
  let file = '';
  let told: string[] = [];
  let watched: WatchedFile | undefined;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-watch-'));
    file = path.join(folder, 'sub', 'list.csv');
    fs.mkdirSync(path.dirname(file));
    told = [];
  });
  afterEach(() => {
    watched?.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  function watch(own: FileTiming = timing): WatchedFile {
    watched = new WatchedFile(
      file,
      {
        content: (bytes) => void told.push(bytes.toString()),
        missing: () => void told.push('missing'),
        unreadable: (error) => void told.push(`unreadable: ${error.message}`),
      },
      own,
    );
    return watched;
  }

  it('is read at the start and whenever it was written', async () => {
    fs.writeFileSync(file, 'one');
    await watch().start();
    assert.deepEqual(told, ['one']);
    fs.writeFileSync(file, 'two!');
    await until(() => told.length === 2, 'the second content');
    assert.deepEqual(told, ['one', 'two!']);
  });

  it('is read when another file takes its place, as editors do it, and the gap is no news', async () => {
    fs.writeFileSync(file, 'one');
    await watch().start();
    fs.renameSync(file, `${file}~`);
    await pause(30);
    fs.writeFileSync(`${file}.new`, 'two');
    fs.renameSync(`${file}.new`, file);
    await until(() => told.includes('two'), 'the new content');
    assert.deepEqual(told, ['one', 'two']);
  });

  it('is read again when only its text is another: same size, same time', async () => {
    fs.writeFileSync(file, 'one');
    const { mtime } = fs.statSync(file);
    await watch({ ...timing, pollMs: 300 }).start();
    fs.writeFileSync(file, 'two');
    fs.utimesSync(file, mtime, mtime);
    await until(() => told.length === 2, 'the second content');
    assert.deepEqual(told, ['one', 'two']);
  });

  it('is told once for a file that is touched and stays the same', async () => {
    fs.writeFileSync(file, 'one');
    await watch().start();
    fs.utimesSync(file, new Date(0), new Date(0));
    await pause(800);
    assert.deepEqual(told, ['one']);
  });

  it('is told when it is missing, once, when it comes and when it is deleted', async () => {
    await watch().start();
    assert.deepEqual(told, ['missing']);
    await pause(500);
    fs.writeFileSync(file, 'one');
    await until(() => told.length === 2, 'the content');
    fs.rmSync(file);
    await until(() => told.length === 3, 'the deletion');
    assert.deepEqual(told, ['missing', 'one', 'missing']);
  });

  it('is unreadable, and not deleted, when its folder is gone with it: a drive that was taken off', async () => {
    fs.writeFileSync(file, 'one');
    await watch().start();
    fs.renameSync(path.dirname(file), `${path.dirname(file)} off`);
    await until(() => told.length === 2, 'the news');
    assert.match(told[1]!, /^unreadable: ENOENT/);
    fs.renameSync(`${path.dirname(file)} off`, path.dirname(file));
    await until(() => told.length === 3, 'the drive to come back');
    assert.equal(told[2], 'one');
    fs.writeFileSync(file, 'two');
    await until(() => told.length === 4, 'changes to be noticed in the new folder');
  });

  it('is unreadable when it is a folder or too large, and told so once', async () => {
    fs.mkdirSync(file);
    await watch().start();
    await pause(500);
    assert.equal(told.length, 1);
    assert.match(told[0]!, /^unreadable: EISDIR/);
    watched!.close();
    fs.rmdirSync(file);
    fs.writeFileSync(file, '');
    fs.truncateSync(file, 33 * 1024 * 1024);
    told = [];
    await watch().start();
    assert.match(told[0]!, /^unreadable: Expected a list of at most 32 MiB but received 34603008 bytes$/);
  });

  it('is read at once when it is asked for, and told again', async () => {
    fs.writeFileSync(file, 'one');
    await watch({ pollMs: 60_000, settleMs: 60 }).start();
    await watched!.reload();
    assert.deepEqual(told, ['one', 'one']);
  });

  it('says nothing more once it is closed', async () => {
    fs.writeFileSync(file, 'one');
    await watch().start();
    watched!.close();
    fs.writeFileSync(file, 'two');
    await pause(600);
    assert.deepEqual(told, ['one']);
  });
});

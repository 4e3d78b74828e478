import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { findFfmpeg } from '../../src/sources/ffmpeg.js';
import { findNodeAv } from '../../src/sources/node-av.js';
import type { SourceError } from '../../src/sources/source.js';
import { TemporaryFolder } from './clips.js';

describe('which ffmpeg is used', () => {
  const name = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';
  const path = process.env['PATH'];
  let folder: TemporaryFolder;

  beforeEach(() => {
    folder = new TemporaryFolder();
    mkdirSync(join(folder.path, 'empty'));
  });
  afterEach(() => {
    process.env['PATH'] = path;
    folder.remove();
  });

  /** A Node-RED user directory with node-av in it, as npm leaves it. @returns a folder deep in it */
  function installNodeAv(withProgram: boolean): string {
    const packages = join(folder.path, 'user', 'node_modules');
    mkdirSync(join(packages, 'node-av', 'binary'), { recursive: true });
    folder.file('user/node_modules/node-av/package.json', '{}');
    if (withProgram) folder.fakeFfmpeg(`user/node_modules/node-av/binary/${name}`, '');
    const start = join(packages, '@plateflow', 'node-red-hailo-alpr', 'dist', 'src', 'sources');
    mkdirSync(start, { recursive: true });
    return start;
  }

  it('is the one of node-av where PATH has none', async () => {
    const start = installNodeAv(true);
    process.env['PATH'] = join(folder.path, 'empty');
    const found = await findFfmpeg('', () => findNodeAv([start]));
    assert.equal(found.path, join(folder.path, 'user', 'node_modules', 'node-av', 'binary', name));
    assert.equal(found.version, '9.9');
  });

  it('is the one on PATH before that, and the one that is set before both', async () => {
    mkdirSync(join(folder.path, 'bin'));
    folder.fakeFfmpeg(`bin/${name}`, '');
    const mine = folder.fakeFfmpeg('mine', '');
    process.env['PATH'] = join(folder.path, 'bin');
    const never = (): never => assert.fail('nobody needs node-av');
    assert.equal((await findFfmpeg(' ', never)).path, 'ffmpeg');
    assert.equal((await findFfmpeg(mine, never)).path, mine);
    await assert.rejects(findFfmpeg('/nowhere/ffmpeg', never), /at "\/nowhere\/ffmpeg" but there is no such program/);
  });

  it('says how to get one, and why node-av does not help when its install script did not run', async () => {
    const start = installNodeAv(false);
    process.env['PATH'] = join(folder.path, 'empty');
    const code = (text: RegExp) => (error: SourceError) => error.code === 'ALPR_FFMPEG' && text.test(error.message);
    await assert.rejects(
      findFfmpeg('', () => findNodeAv([start])),
      code(/apt install ffmpeg.*node-av is at .*node-av, but without its ffmpeg.*npm rebuild node-av/),
    );
    await assert.rejects(
      findFfmpeg('', () => findNodeAv([join(folder.path, 'empty')])),
      code(/there is no such program\. Install it .*set its path\.$/),
    );
  });
});

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { picameraInput } from '../../../../src/sources/live/ffmpeg-inputs/picamera.js';
import type { LiveSettings } from '../../../../src/sources/live/settings.js';

describe('a Raspberry Pi camera', () => {
  const root = mkdtempSync(join(tmpdir(), 'picamera-'));
  after(() => rmSync(root, { recursive: true, force: true }));

  /** A folder for PATH with these programs. */
  function folderWith(...names: string[]): string {
    const folder = mkdtempSync(join(root, 'bin-'));
    for (const name of names) writeFileSync(join(folder, name), '#!/bin/sh\n', { mode: 0o755 });
    return folder;
  }
  const camera = (path: string, settings: Partial<LiveSettings> = {}) =>
    picameraInput({ source: 'picamera', ...settings }, undefined, path);

  it('gives raw pictures through rpicam-vid, 1920x1080 at 30 unless a mode is set', () => {
    const path = folderWith('rpicam-vid');
    const { arguments: own, producer } = camera(path);
    assert.deepEqual(own, [
      ...['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-video_size', '1920x1080', '-framerate', '30', '-i', 'pipe:0'],
    ]);
    assert.deepEqual(producer, {
      program: join(path, 'rpicam-vid'),
      arguments: [
        ...['--nopreview', '--timeout', '0', '--camera', '0', '--width', '1920', '--height', '1080'],
        ...['--framerate', '30', '--codec', 'yuv420', '--output', '-'],
      ],
    });
  });

  it('is asked for the mode and number that are set', () => {
    const {
      arguments: own,
      producer,
      description,
    } = camera(folderWith('rpicam-vid'), {
      device: '1',
      mode: '1280x720@15',
    });
    assert.equal(own[own.indexOf('-video_size') + 1], '1280x720');
    assert.equal(own[own.indexOf('-framerate') + 1], '15');
    const asked = producer!.arguments.join(' ');
    assert.match(asked, /--camera 1 --width 1280 --height 720 --framerate 15/);
    assert.equal(description, 'Raspberry Pi camera 1');
  });

  it('gets a width without padding at the end of the lines: ffmpeg would read it as picture', () => {
    const { arguments: own, producer } = camera(folderWith('rpicam-vid'), { mode: '1296x973@30' });
    assert.equal(own[own.indexOf('-video_size') + 1], '1280x972');
    assert.match(producer!.arguments.join(' '), /--width 1280 --height 972 /);
  });

  it('is read through the newest program there is, wherever on PATH', () => {
    const [old, older, oldest] = [folderWith('rpicam-vid'), folderWith('libcamera-vid'), folderWith('raspivid')];
    const program = (...folders: string[]) => camera(folders.join(delimiter)).producer!.program;
    assert.equal(program(oldest, older, old), join(old, 'rpicam-vid'));
    assert.equal(program('', oldest, older), join(older, 'libcamera-vid'));
    assert.equal(program(oldest), join(oldest, 'raspivid'));
  });

  it('gives MJPEG through raspivid, which has no raw pictures on its standard output', () => {
    const { arguments: own, producer } = camera(folderWith('raspivid'), { mode: '1296x972@25', device: '1' });
    assert.deepEqual(own, ['-f', 'mjpeg', '-framerate', '25', '-i', 'pipe:0']);
    assert.equal(producer!.arguments.join(' '), '-n -t 0 -cs 1 -w 1296 -h 972 -fps 25 -cd MJPEG -o -');
  });

  it('says how to get the program where there is none', () => {
    const folder = folderWith();
    writeFileSync(join(folder, 'rpicam-vid'), 'may not be run', { mode: 0o644 });
    mkdirSync(join(folder, 'unrelated'));
    const failure = { code: 'ALPR_SOURCE_SETTINGS', message: /sudo apt install rpicam-apps-lite/ };
    assert.throws(() => camera(folder), failure);
    assert.throws(() => camera(''), failure);
  });

  it('has a number from 0 to 7 and a mode that is one', () => {
    const path = folderWith('rpicam-vid');
    for (const device of ['8', '-1', '/dev/video0', 'NaN']) {
      assert.throws(() => camera(path, { device }), { code: 'ALPR_SOURCE_SETTINGS', message: /a number from 0 to 7/ });
    }
    assert.throws(() => camera(path, { mode: 'large' }), { message: /a mode such as/ });
  });
});

import assert from 'node:assert/strict';
import { explainUsb, usbInput, type UsbSystem } from '../../../../src/sources/live/ffmpeg-inputs/usb.js';
import { readMode, writeMode } from '../../../../src/sources/live/ffmpeg-inputs/mode.js';
import type { LiveSettings } from '../../../../src/sources/live/settings.js';

const there: UsbSystem = { platform: 'linux', access: () => undefined };
const failing = (code: string): UsbSystem => ({
  platform: 'linux',
  access: () => {
    throw Object.assign(new Error(`${code}: no`), { code });
  },
});
const usb = (settings: Partial<LiveSettings>, system = there) =>
  usbInput({ source: 'usb', ...settings }, undefined, system);

describe('the mode of a camera', () => {
  const modes: [string, object][] = [
    ['1920x1080', { width: 1920, height: 1080, fps: undefined, format: undefined }],
    ['1920x1080@30', { width: 1920, height: 1080, fps: 30, format: undefined }],
    ['1280x720@29.97 mjpeg', { width: 1280, height: 720, fps: 29.97, format: 'mjpeg' }],
    ['640x480 yuyv422', { width: 640, height: 480, fps: undefined, format: 'yuyv422' }],
  ];
  for (const [text, mode] of modes) {
    it(`${text} is read, and written the same`, () => {
      assert.deepEqual(readMode(` ${text} `), mode);
      assert.equal(writeMode(readMode(text)!), text);
    });
  }

  it('is the camera’s choice when nothing is set', () => {
    assert.deepEqual([readMode(''), readMode('  '), readMode(undefined)], [undefined, undefined, undefined]);
  });

  for (const text of ['big', '0x0', '1920x', '1920x1080@0', '99999x10', '1920x1080@30 -vf', '1x1@5000', 'NaNxNaN']) {
    it(`cannot be ${text}`, () => {
      assert.throws(() => readMode(text), {
        name: 'SourceError',
        code: 'ALPR_SOURCE_SETTINGS',
        message: /mode such as/,
      });
    });
  }
});

describe('a USB camera', () => {
  it('is asked for format, size and rate', () => {
    assert.deepEqual(usb({ device: '/dev/video2', mode: '1920x1080@30 mjpeg' }).arguments, [
      ...['-f', 'v4l2', '-input_format', 'mjpeg', '-video_size', '1920x1080', '-framerate', '30'],
      ...['-i', '/dev/video2'],
    ]);
    assert.deepEqual(usb({ device: '/dev/v4l/by-id/usb-Cam-video-index0' }).arguments, [
      ...['-f', 'v4l2', '-i', '/dev/v4l/by-id/usb-Cam-video-index0'],
    ]);
  });

  it('may be named by its number', () => {
    assert.equal(usb({ device: '1' }).arguments.at(-1), '/dev/video1');
    assert.equal(usb({ device: ' video3 ' }).arguments.at(-1), '/dev/video3');
  });

  for (const device of ['', 'camera', '../etc/passwd', '-f', 'http://x/']) {
    it(`is not "${device}"`, () => {
      assert.throws(() => usb({ device }), { code: 'ALPR_SOURCE_SETTINGS', message: /a device such as \/dev\/video0/ });
    });
  }

  const refusals: [string, RegExp][] = [
    ['ENOENT', /no such device: is it plugged in\?$/],
    ['EACCES', /group video \(sudo usermod -aG video <user>\)/],
    ['ENXIO', /cannot be opened \(ENXIO\)/],
  ];
  for (const [code, message] of refusals) {
    it(`that cannot be opened (${code}) is tried again: somebody may plug it in`, () => {
      assert.throws(() => usb({ device: '/dev/video0' }, failing(code)), { code: 'ALPR_SOURCE', message });
    });
  }

  it('needs Linux; elsewhere the error says what does it there', () => {
    const on = (platform: NodeJS.Platform) => () => usb({ device: '0' }, { ...there, platform });
    assert.throws(on('darwin'), { code: 'ALPR_SOURCE_SETTINGS', message: /the source ffmpeg with -f avfoundation/ });
    assert.throws(on('win32'), { message: /-f dshow/ });
  });

  const complaints: [string, RegExp | undefined][] = [
    ['ioctl(VIDIOC_STREAMON): Device or resource busy', /another program has it/],
    ['/dev/video0: Device or resource busy', /another program has it/],
    ['ioctl(VIDIOC_DQBUF): No such device', /unplugged/],
    ['ioctl(VIDIOC_STREAMON): No space left on device', /USB bus has no room/],
    ['ioctl(VIDIOC_G_INPUT): Inappropriate ioctl for device', /no camera/],
    ['something new', undefined],
  ];
  for (const [complaint, expected] of complaints) {
    it(`explains "${complaint}"`, () => {
      const text = explainUsb(complaint);
      if (expected === undefined) assert.equal(text, undefined);
      else assert.match(text ?? '', expected);
    });
  }
});

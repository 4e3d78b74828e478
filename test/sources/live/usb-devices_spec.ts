import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { listUsbCameras } from '../../../src/sources/live/usb-devices.js';
import { listUsbModes, modesOfFfmpeg, modesOfV4l2ctl } from '../../../src/sources/live/usb-modes.js';

const ffmpegList = `[video4linux2,v4l2 @ 0x55] Compressed:       mjpeg :          Motion-JPEG : 1920x1080 1280x720
[video4linux2,v4l2 @ 0x55] Compressed: Unsupported :              Unknown : 1920x1080
[video4linux2,v4l2 @ 0x55] Raw       :     yuyv422 :           YUYV 4:2:2 : 640x480 1280x720
[video4linux2,v4l2 @ 0x55] Raw       :     yuv420p : Planar YUV 4:2:0 : Emulated : {32-1920, 2}x{32-1080, 2}
/dev/video0: Immediate exit requested
`;
const v4l2ctlList = `ioctl: VIDIOC_ENUM_FMT
	Type: Video Capture

	[0]: 'MJPG' (Motion-JPEG, compressed)
		Size: Discrete 1920x1080
			Interval: Discrete 0.033s (30.000 fps)
			Interval: Discrete 0.067s (15.000 fps)
		Size: Discrete 640x480
			Interval: Discrete 0.033s (29.970 fps)
	[1]: 'YUYV' (YUYV 4:2:2)
		Size: Discrete 1280x720
			Interval: Discrete 0.100s (10.000 fps)
	[2]: 'Z16 ' (16-bit Depth)
		Size: Discrete 1280x720
			Interval: Discrete 0.100s (10.000 fps)
`;

describe('the USB cameras of a machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'usb-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  function write(path: string, text: string): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** A file system as Linux shows it. */
  function machine(
    devices: { node: string; bus: string; name?: string; index?: number; capabilities?: string }[],
  ): string {
    const root = mkdtempSync(join(folder, 'root-'));
    for (const [minor, { node, bus, name, index, capabilities }] of devices.entries()) {
      const own = join(root, 'sys/devices', bus, 'video4linux', node);
      if (name !== undefined) write(join(own, 'name'), `${name}\n`);
      write(join(own, 'index'), `${index ?? 0}\n`);
      write(join(own, 'dev'), `81:${minor}\n`);
      mkdirSync(join(root, 'sys/class/video4linux'), { recursive: true });
      symlinkSync(join('../../devices', bus, 'video4linux', node), join(root, 'sys/class/video4linux', node));
      if (capabilities !== undefined) {
        write(join(root, 'run/udev/data', `c81:${minor}`), `E:ID_VENDOR=x\nE:ID_V4L_CAPABILITIES=${capabilities}\n`);
      }
    }
    return root;
  }
  const usb = 'pci0000:00/0000:00:14.0/usb1/1-3/1-3:1.0';

  it('are listed with their names, without nodes for metadata and without decoders', async () => {
    const root = machine([
      { node: 'video10', bus: `${usb}b`, name: 'Second', capabilities: ':capture:' },
      { node: 'video0', bus: usb, name: 'HD Pro Webcam C920', capabilities: ':capture:' },
      { node: 'video1', bus: usb, name: 'HD Pro Webcam C920', index: 1, capabilities: ':' },
      { node: 'video2', bus: usb, name: 'HD Pro Webcam C920', index: 2, capabilities: ':capture:' },
      { node: 'video4', bus: 'platform/bcm2835-codec', name: 'bcm2835-codec-decode', capabilities: ':video_output:' },
      { node: 'video5', bus: 'virtual', name: 'Dummy video device', capabilities: ':capture:' },
      { node: 'v4l-subdev0', bus: usb, name: 'sensor' },
    ]);
    mkdirSync(join(root, 'dev/v4l/by-id'), { recursive: true });
    symlinkSync('../../video0', join(root, 'dev/v4l/by-id/usb-046d_C920_1A2B-video-index0'));
    assert.deepEqual(await listUsbCameras(root), [
      { device: '/dev/v4l/by-id/usb-046d_C920_1A2B-video-index0', node: '/dev/video0', name: 'HD Pro Webcam C920' },
      { device: '/dev/video2', node: '/dev/video2', name: 'HD Pro Webcam C920' },
      { device: '/dev/video5', node: '/dev/video5', name: 'Dummy video device' },
      { device: '/dev/video10', node: '/dev/video10', name: 'Second' },
    ]);
  });

  it('are the first nodes of each where udev is missing, and have at least the name of the node', async () => {
    const root = machine([
      { node: 'video0', bus: usb },
      { node: 'video1', bus: usb, name: 'Cam', index: 1 },
    ]);
    assert.deepEqual(await listUsbCameras(root), [{ device: '/dev/video0', node: '/dev/video0', name: 'video0' }]);
  });

  it('are none on a machine without Video4Linux', async () => {
    assert.deepEqual(await listUsbCameras(join(folder, 'nowhere')), []);
  });

  describe('and their modes', () => {
    const shown = (modes: { mode: string }[]) => modes.map(({ mode }) => mode);

    it('are read of what ffmpeg lists, without rates', () => {
      assert.deepEqual(shown(modesOfFfmpeg(ffmpegList)), [
        ...['1920x1080 mjpeg', '1280x720 mjpeg', '640x480 yuyv422', '1280x720 yuyv422'],
        // Any size within limits: the usual ones.
        ...['1920x1080 yuv420p', '1280x720 yuv420p', '640x480 yuv420p', '1920x1080 yuv420p'],
      ]);
    });

    it('are read of what v4l2-ctl lists, with rates', () => {
      const expected = ['1920x1080@30 mjpeg', '1920x1080@15 mjpeg', '640x480@29.97 mjpeg', '1280x720@10 yuyv422'];
      assert.deepEqual(shown(modesOfV4l2ctl(v4l2ctlList)), expected);
      const stepwise =
        "[0]: 'YUYV' (x)\n Size: Stepwise 32x32 - 1280x800 with step 2/2\n Interval: Discrete 0.1s (10 fps)";
      assert.deepEqual(shown(modesOfV4l2ctl(stepwise)), [
        ...['1280x720@10 yuyv422', '640x480@10 yuyv422', '1280x800@10 yuyv422'],
      ]);
    });

    it('are none of a text that is something else', () => {
      for (const text of ['', 'Compressed:', 'Raw : x', '\0\xff', '[0]: ', 'Interval: Discrete (NaN fps)']) {
        assert.deepEqual([modesOfFfmpeg(text), modesOfV4l2ctl(text)], [[], []]);
      }
    });

    /** A program that prints a text and fails, as ffmpeg does after listing. */
    function program(text: string, code = 1): string {
      const file = join(mkdtempSync(join(folder, 'bin-')), 'program');
      writeFileSync(file, `#!/bin/sh\ncat >&2 <<'END'\n${text}\nEND\nexit ${code}\n`, { mode: 0o755 });
      return file;
    }
    const system = { platform: 'linux', access: () => undefined } as const;
    const none = join(folder, 'no-such-program');

    it('come from v4l2-ctl where it is installed, MJPEG first, large and fast ones first', async () => {
      const programs = { v4l2ctl: program(v4l2ctlList, 0), ffmpeg: none, system };
      const modes = await listUsbModes('/dev/video0', programs);
      assert.deepEqual(shown(modes), [
        ...['1920x1080@30 mjpeg', '1920x1080@15 mjpeg', '640x480@29.97 mjpeg', '1280x720@10 yuyv422'],
      ]);
      assert.deepEqual(modes[0], { width: 1920, height: 1080, fps: 30, format: 'mjpeg', mode: '1920x1080@30 mjpeg' });
    });

    it('come from ffmpeg else, each once', async () => {
      const programs = { v4l2ctl: none, ffmpeg: program(ffmpegList), system };
      assert.deepEqual(shown(await listUsbModes('0', programs)), [
        ...['1920x1080 mjpeg', '1280x720 mjpeg', '1920x1080 yuv420p', '1280x720 yuv420p', '640x480 yuv420p'],
        ...['1280x720 yuyv422', '640x480 yuyv422'],
      ]);
    });

    it('say why there are none', async () => {
      const busy = { v4l2ctl: none, ffmpeg: program('/dev/video0: Device or resource busy'), system };
      await assert.rejects(listUsbModes('0', busy), { name: 'SourceError', message: /another program has it/ });
      const odd = { v4l2ctl: none, ffmpeg: program('[x] odd\n/dev/video0: Odd error'), system };
      await assert.rejects(listUsbModes('0', odd), { message: /received "\/dev\/video0: Odd error"$/ });
      await assert.rejects(listUsbModes('0', { v4l2ctl: none, ffmpeg: none, system }), { code: 'ALPR_FFMPEG' });
      await assert.rejects(listUsbModes('camera', { system }), { code: 'ALPR_SOURCE_SETTINGS' });
    });
  });
});

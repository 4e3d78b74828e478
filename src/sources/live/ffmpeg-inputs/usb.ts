import { accessSync, constants } from 'node:fs';
import { SourceError } from '../../source.js';
import type { LiveSettings } from '../settings.js';
import type { FfmpegInput } from './input.js';
import { readMode } from './mode.js';

/** What the input needs of the machine; tests give their own. */
export interface UsbSystem {
  platform: NodeJS.Platform;
  /** Throws with the code of the reason, as fs.accessSync does, when the device cannot be read and written. */
  access(device: string): void;
}

const thisMachine: UsbSystem = {
  platform: process.platform,
  access: (device) => accessSync(device, constants.R_OK | constants.W_OK),
};

const elsewhere: Partial<Record<NodeJS.Platform, string>> = {
  darwin: '-f avfoundation -framerate 30 -i "0"',
  win32: '-f dshow -i video="name of the camera"',
};

/**
 * A camera of Video4Linux: `/dev/video0`, or better its name in /dev/v4l/by-id, which stays when cameras are plugged elsewhere.
 * A device that is missing or may not be opened is no wrong setting: it may be plugged in again, so the error's code is one that
 * is tried again.
 * @throws SourceError when there is no such device, no permission, no usable mode, or no Video4Linux
 */
export function usbInput(settings: LiveSettings, _ffmpeg?: unknown, system: UsbSystem = thisMachine): FfmpegInput {
  if (system.platform !== 'linux') {
    const own = elsewhere[system.platform] ?? '-f … -i …';
    throw new SourceError(
      `Expected Linux for a USB camera but received ${system.platform}: use the source ffmpeg with ${own}`,
      'ALPR_SOURCE_SETTINGS',
    );
  }
  const device = deviceOf(settings.device);
  const mode = readMode(settings.mode);
  checkAccess(device, system);
  return {
    arguments: [
      ...['-f', 'v4l2'],
      ...(mode?.format === undefined ? [] : ['-input_format', mode.format]),
      ...(mode === undefined ? [] : ['-video_size', `${mode.width}x${mode.height}`]),
      ...(mode?.fps === undefined ? [] : ['-framerate', String(mode.fps)]),
      ...['-i', device],
    ],
    secrets: [],
    description: `USB camera ${device}`,
    explain: explainUsb,
  };
}

/** What ffmpeg says of a camera in words that help; undefined where it says nothing that is known. */
export function explainUsb(complaint: string): string | undefined {
  if (/resource busy/i.test(complaint)) {
    return 'another program has it (only one can read a USB camera at a time; one camera-in can feed many nodes)';
  }
  if (/no such (device|file)/i.test(complaint)) return 'it was unplugged';
  if (/no space left on device/i.test(complaint)) {
    return 'the USB bus has no room for it beside the other cameras: choose the format mjpeg, a smaller size or another port';
  }
  if (/inappropriate ioctl|not a video capture device/i.test(complaint)) {
    return 'it is no camera (many cameras have a second device for their data): choose another device';
  }
  return undefined;
}

function deviceOf(setting = ''): string {
  const text = setting.trim();
  if (/^\d+$/.test(text)) return `/dev/video${text}`;
  if (/^video\d+$/.test(text)) return `/dev/${text}`;
  if (text.startsWith('/dev/') && !/[\0\n]/.test(text)) return text;
  const received = text === '' ? 'nothing' : JSON.stringify(text.slice(0, 100));
  throw new SourceError(
    `Expected a device such as /dev/video0 for the USB camera but received ${received}`,
    'ALPR_SOURCE_SETTINGS',
  );
}

function checkAccess(device: string, system: UsbSystem): void {
  try {
    system.access(device);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT'
        ? 'there is no such device: is it plugged in?'
        : code === 'EACCES' || code === 'EPERM'
          ? 'Node-RED may not open it: put its user into the group video (sudo usermod -aG video <user>) and restart Node-RED'
          : `it cannot be opened (${code ?? 'unknown'})`;
    throw new SourceError(`Expected a USB camera at ${device} but ${why}`, 'ALPR_SOURCE', { cause: error });
  }
}

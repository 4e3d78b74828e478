import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SourceError } from '../../source.js';
import type { LiveSettings } from '../settings.js';
import type { FfmpegInput } from './input.js';
import { readMode, type CameraMode } from './mode.js';

/** Newest first: Raspberry Pi OS from Bookworm on, Bullseye, Buster. */
const programs = ['rpicam-vid', 'libcamera-vid', 'raspivid'] as const;

const usual: CameraMode = { width: 1920, height: 1080, fps: 30, format: undefined };
/** Lines of raw pictures are padded to so many pixels, and the program does not say so. */
const lineStep = 64;
const mostCameras = 8;

/**
 * A camera at a Raspberry Pi's ribbon connector, through the system's own program.
 *
 * rpicam-vid gives raw pictures: its H.264 is encoded in software where the chip has no encoder (Pi 5), its MJPEG is everywhere,
 * and whatever was encoded must be decoded again here. The 93 MB/s of 1080p at 30 take 6 % of a core on their way (measured on a
 * PC), and no detail of a plate is lost. raspivid's standard output has no raw pictures; its MJPEG comes from the chip.
 *
 * @param path folders in which programs are looked for, as in the variable PATH
 * @throws SourceError when the settings are wrong or no such program is installed
 */
export function picameraInput(settings: LiveSettings, _ffmpeg?: unknown, path = process.env['PATH']): FfmpegInput {
  const camera = cameraOf(settings.device);
  const wished = readMode(settings.mode) ?? usual;
  const fps = wished.fps ?? usual.fps!;
  const found = find(path ?? '');
  const description = `Raspberry Pi camera ${camera}`;
  if (found.name === 'raspivid') {
    const { width, height } = wished;
    const size = ['-w', `${width}`, '-h', `${height}`, '-fps', `${Math.max(1, Math.round(fps))}`];
    const own = ['-n', '-t', '0', '-cs', camera, ...size, '-cd', 'MJPEG', '-o', '-'];
    return {
      arguments: ['-f', 'mjpeg', '-framerate', `${fps}`, '-i', 'pipe:0'],
      secrets: [],
      description,
      producer: { program: found.file, arguments: own },
    };
  }
  const width = Math.max(lineStep, wished.width - (wished.width % lineStep));
  const height = Math.max(2, wished.height - (wished.height % 2));
  return {
    arguments: [
      ...['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-video_size', `${width}x${height}`],
      ...['-framerate', `${fps}`, '-i', 'pipe:0'],
    ],
    secrets: [],
    description,
    producer: {
      program: found.file,
      arguments: [
        ...['--nopreview', '--timeout', '0', '--camera', camera],
        ...['--width', `${width}`, '--height', `${height}`, '--framerate', `${fps}`],
        ...['--codec', 'yuv420', '--output', '-'],
      ],
    },
  };
}

function cameraOf(setting = ''): string {
  const text = setting.trim() === '' ? '0' : setting.trim();
  if (/^\d$/.test(text) && Number(text) < mostCameras) return text;
  throw new SourceError(
    `Expected a number from 0 to ${mostCameras - 1} for the Raspberry Pi camera but received ${JSON.stringify(text.slice(0, 60))}`,
    'ALPR_SOURCE_SETTINGS',
  );
}

function find(path: string): { name: (typeof programs)[number]; file: string } {
  for (const name of programs) {
    for (const folder of path.split(delimiter).filter((entry) => entry !== '')) {
      const file = join(folder, name);
      if (isProgram(file)) return { name, file };
    }
  }
  throw new SourceError(
    'Expected rpicam-vid for the Raspberry Pi camera but there is no such program on PATH (nor libcamera-vid, raspivid). ' +
      'Install it (Raspberry Pi OS: "sudo apt install rpicam-apps-lite"; Bullseye: "libcamera-apps-lite"); ' +
      'in a container, use the camera over RTSP instead.',
    'ALPR_SOURCE_SETTINGS',
  );
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

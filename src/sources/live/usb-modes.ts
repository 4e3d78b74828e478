import { execFile } from 'node:child_process';
import { SourceError } from '../source.js';
import { writeMode, type CameraMode } from './ffmpeg-inputs/mode.js';
import { explainUsb, usbInput, type UsbSystem } from './ffmpeg-inputs/usb.js';

/** What a camera can send. */
export interface UsbMode extends CameraMode {
  format: string;
  /** What to set: `1920x1080@30 mjpeg`. */
  mode: string;
}

export interface UsbModePrograms {
  /** Path of ffmpeg; the one on PATH when left out or empty. */
  ffmpeg?: string | undefined;
  /** Path of v4l2-ctl (package v4l-utils), which knows rates, too; where there is none, ffmpeg is asked for formats and sizes. */
  v4l2ctl?: string | undefined;
  system?: UsbSystem | undefined;
}

const timeoutMs = 10_000;
/** Sizes of a camera that takes any size within limits. */
const commonSizes = [
  [3840, 2160],
  [2560, 1440],
  [1920, 1080],
  [1280, 720],
  [640, 480],
] as const;
/** Four-character codes of Video4Linux, and what ffmpeg calls them. */
const formatNames: Readonly<Record<string, string>> = {
  MJPG: 'mjpeg',
  JPEG: 'mjpeg',
  H264: 'h264',
  HEVC: 'hevc',
  YUYV: 'yuyv422',
  UYVY: 'uyvy422',
  NV12: 'nv12',
  YU12: 'yuv420p',
  RGB3: 'rgb24',
  BGR3: 'bgr24',
  GREY: 'gray',
};

/**
 * The modes of a USB camera: MJPEG first, which is the only one that a USB 2 port has room for at full size and rate, then by
 * size and rate.
 * @param device as set; see `usbInput`
 * @throws SourceError when there is no such camera, it may not be opened or says nothing
 */
export async function listUsbModes(device: string, programs: UsbModePrograms = {}): Promise<UsbMode[]> {
  const path = usbInput({ source: 'usb', device }, undefined, programs.system).arguments.at(-1)!;
  const rated = await run(programs.v4l2ctl ?? 'v4l2-ctl', ['--device', path, '--list-formats-ext']);
  const modes = rated === undefined ? [] : modesOfV4l2ctl(rated);
  if (modes.length > 0) return sorted(modes);

  const program = (programs.ffmpeg ?? '').trim() === '' ? 'ffmpeg' : programs.ffmpeg!.trim();
  const listed = await run(program, ['-hide_banner', '-f', 'v4l2', '-list_formats', 'all', '-i', path]);
  if (listed === undefined) {
    throw new SourceError(
      `Expected ffmpeg (or v4l2-ctl) for the modes of ${path} but "${program}" cannot be run`,
      'ALPR_FFMPEG',
    );
  }
  const unrated = modesOfFfmpeg(listed);
  if (unrated.length > 0) return sorted(unrated);
  const complaint = listed.trim().split('\n').at(-1)?.trim() ?? '';
  throw new SourceError(
    `Expected the modes of a USB camera at ${path} but ${explainUsb(listed) ?? `received "${complaint.slice(0, 120)}"`}`,
  );
}

/** What `v4l2-ctl --list-formats-ext` prints. */
export function modesOfV4l2ctl(output: string): UsbMode[] {
  const modes: UsbMode[] = [];
  let format: string | undefined;
  let sizes: (readonly [number, number])[] = [];
  for (const line of output.split('\n')) {
    const code = /\[\d+\]: '(.{4})'/.exec(line)?.[1];
    if (code !== undefined) format = formatNames[code.trim()];
    const size = /Size: Discrete (\d+)x(\d+)/.exec(line);
    if (size) sizes = [[Number(size[1]), Number(size[2])]];
    const range = /Size: (?:Stepwise|Continuous) (\d+)x(\d+) - (\d+)x(\d+)/.exec(line);
    if (range) sizes = sizesWithin(range.slice(1).map(Number));
    const fps = Number(/Interval: Discrete .*\(([\d.]+) fps\)/.exec(line)?.[1]);
    if (format === undefined || !(fps > 0)) continue;
    for (const [width, height] of sizes) modes.push(modeOf(width, height, fps, format));
  }
  return modes;
}

/** What `ffmpeg -f v4l2 -list_formats all` prints: formats with their sizes, no rates. */
export function modesOfFfmpeg(output: string): UsbMode[] {
  return output.split('\n').flatMap((line) => {
    const [, format, rest] = /(?:Raw|Compressed) *: *([a-z0-9_]+) :.*? : *(?:Emulated : *)?(.*)$/.exec(line) ?? [];
    if (format === undefined || rest === undefined) return [];
    const range = /\{(\d+)-(\d+), \d+\}x\{(\d+)-(\d+), \d+\}/.exec(rest);
    const sizes = range
      ? sizesWithin([range[1], range[3], range[2], range[4]].map(Number))
      : [...rest.matchAll(/(\d+)x(\d+)/g)].map((size) => [Number(size[1]), Number(size[2])] as const);
    return sizes.map(([width, height]) => modeOf(width, height, undefined, format));
  });
}

function sizesWithin([minWidth, minHeight, maxWidth, maxHeight]: readonly number[]): (readonly [number, number])[] {
  return [...commonSizes, [maxWidth!, maxHeight!] as const].filter(
    ([width, height]) => width >= minWidth! && width <= maxWidth! && height >= minHeight! && height <= maxHeight!,
  );
}

function modeOf(width: number, height: number, fps: number | undefined, format: string): UsbMode {
  const mode = { width, height, fps, format };
  return { ...mode, mode: writeMode(mode) };
}

function sorted(modes: readonly UsbMode[]): UsbMode[] {
  const once = new Map(modes.map((mode) => [mode.mode, mode]));
  const isOther = ({ format }: UsbMode): number => (format === 'mjpeg' ? 0 : 1);
  return [...once.values()].sort(
    (a, b) =>
      isOther(a) - isOther(b) ||
      a.format.localeCompare(b.format) ||
      b.width * b.height - a.width * a.height ||
      (b.fps ?? 0) - (a.fps ?? 0),
  );
}

/** All that a program says; undefined where it cannot be run. Both list a device's modes and then fail or not, as they like. */
function run(program: string, programArguments: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, programArguments, { timeout: timeoutMs, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      const code = (error as NodeJS.ErrnoException | null)?.code;
      resolve(code === 'ENOENT' || code === 'EACCES' ? undefined : `${stdout}\n${stderr}`);
    });
  });
}

import { isAtLeast, type Ffmpeg } from './ffmpeg.js';
import type { HardwareDecoder } from './live/settings.js';

export interface FilterOptions {
  /** At most so many frames per second. Frames are left away, never doubled. */
  fps?: number | undefined;
  /** Wider frames are scaled down to this, pixels. */
  maxWidth?: number | undefined;
  /** The clock may jump, also backwards: a frame of another slot than the last one's is a new one, whether later or earlier. */
  live?: boolean | undefined;
}

/** Options that ffmpeg's log must be read with (FfmpegLog). */
export const logOptions = ['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'level+info'];

/** Everything behind the input: the frames of its first picture stream as RGB on stdout, announced on stderr. */
export function outputArguments(ffmpeg: Ffmpeg, { fps, maxWidth, live = false }: FilterOptions): string[] {
  const filters: string[] = [];
  if (fps !== undefined) {
    // One frame of each 1/fps slot; the small addend keeps times such as 0.2 s, which binary has not, out of the slot before.
    const [now, before] = ['t', 'prev_selected_t'].map((time) => `floor(${time}*${fps}+0.001)`);
    const next = live ? `not(eq(${now}\\,${before}))` : `gt(${now}\\,${before})`;
    filters.push(`select=isnan(prev_selected_t)+${next}`);
  }
  if (maxWidth !== undefined) filters.push(`scale=w=min(iw\\,${maxWidth}):h=-1`);
  filters.push('showinfo=checksum=0');
  return [
    ...['-map', '0:v:0', '-vf', filters.join(','), ...ffmpeg.passthrough],
    // Else ffmpeg scales everything to the size of the first frame, behind our backs. Older ones do that and have no option for it.
    // Not `-autoscale 0`: from ffmpeg 7 on it takes no value, and the 0 would be an output file.
    ...(isAtLeast(ffmpeg.version, 4, 4) ? ['-noautoscale'] : []),
    // ffmpeg's "encoder" of raw pictures has threads, too: with several it holds every frame back until the next one.
    ...['-threads', '1', '-pix_fmt', 'rgb24', '-flush_packets', '1', '-f', 'rawvideo', 'pipe:1'],
  ];
}

/** Codecs that ffmpeg knows a V4L2 memory-to-memory decoder for. */
const v4l2Codecs = new Map([
  ['h264', 'h264_v4l2m2m'],
  ['hevc', 'hevc_v4l2m2m'],
  ['mpeg2video', 'mpeg2_v4l2m2m'],
  ['mpeg4', 'mpeg4_v4l2m2m'],
  ['vp8', 'vp8_v4l2m2m'],
  ['vp9', 'vp9_v4l2m2m'],
]);

/**
 * Options before the input that choose the decoder; frames come back into memory by themselves. Empty for software, and for
 * v4l2m2m, which ffmpeg wants by name, while the codec is unknown or has no such decoder.
 */
export function decoderArguments(hwaccel: HardwareDecoder, device = '', codec?: string): string[] {
  if (hwaccel === 'none') return [];
  if (hwaccel === 'v4l2m2m') {
    const decoder = v4l2Codecs.get(codec ?? '');
    return decoder === undefined ? [] : ['-c:v', decoder];
  }
  return ['-hwaccel', hwaccel, ...(device === '' ? [] : ['-hwaccel_device', device])];
}

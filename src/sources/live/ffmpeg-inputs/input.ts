import type { Ffmpeg } from '../../ffmpeg.js';
import type { LiveSettings } from '../settings.js';

/** How ffmpeg gets at a camera. */
export interface FfmpegInput {
  /** Input options and the input itself (`-i` included), as ffmpeg wants them; every user of the machine can read them, so no secrets. */
  arguments: string[];
  /** Written to ffmpeg's stdin, which is closed then: what must not stand in the arguments. Not together with `producer`. */
  stdin?: string | undefined;
  /** User names, passwords, tokens: cut out of whatever ffmpeg says. */
  secrets: string[];
  /** For people, such as `rtsp://gate.lan/stream1`; no secrets. */
  description: string;
  /** A program whose output is ffmpeg's stdin (`-i pipe:0`), such as rpicam-vid. It lives and ends with ffmpeg. */
  producer?: { program: string; arguments: string[] } | undefined;
  /** What ffmpeg's complaints mean of this kind of camera, to go on after "but "; it is tried again. Undefined: what they always mean. */
  explain?: ((complaints: string) => string | undefined) | undefined;
}

/**
 * Says how ffmpeg gets at the camera of these settings; decoders, low latency, sizes and rates are the feed's.
 * @throws SourceError when the settings are wrong
 */
export type MakeFfmpegInput = (settings: LiveSettings, ffmpeg: Ffmpeg) => FfmpegInput;

import { decoderArguments } from './ffmpeg-arguments.js';
import type { HardwareDecoder } from './live/settings.js';

/**
 * What decodes a stream: the hardware that was asked for, until it failed before its first frame; software from then on. Kept over the
 * connections of a camera, so that each is tried once.
 */
export class DecoderChoice {
  private refused = false;
  private codec: string | undefined;

  constructor(
    private readonly hwaccel: HardwareDecoder = 'none',
    private readonly device = '',
  ) {}

  /** For ffmpeg, before its input; empty for software. */
  get arguments(): string[] {
    return this.refused ? [] : decoderArguments(this.hwaccel, this.device, this.codec);
  }

  get isHardware(): boolean {
    return this.arguments.length > 0;
  }

  /** `software`, `vaapi` … */
  get name(): string {
    return this.isHardware ? this.hwaccel : 'software';
  }

  /** What the stream turned out to be. @returns true when ffmpeg must be started anew, with other arguments than before */
  learn(codec: string): boolean {
    const before = this.arguments.join(' ');
    this.codec = codec;
    return this.arguments.join(' ') !== before;
  }

  /** The hardware brought no frame, where software then did or shall. */
  refuse(): void {
    this.refused = true;
  }

  /** Software brought none either: it was not the hardware. */
  restore(): void {
    this.refused = false;
  }
}

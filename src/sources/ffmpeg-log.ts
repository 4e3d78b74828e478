/** One frame as ffmpeg's showinfo filter announces it, before its pixels come. */
export interface AnnouncedFrame {
  width: number;
  height: number;
  /** Seconds from the start of the file's clock; undefined where the file has none. */
  time: number | undefined;
}

const keptLines = 4;
const longestLine = 20_000;

/**
 * Reads ffmpeg's log (`-loglevel level+info`) as it comes. The showinfo filter says size and time of every frame there, so
 * neither rotation, nor variable frame rates, nor a size that changes in the middle need any guessing.
 */
export class FfmpegLog {
  /** Announced frames whose pixels have not been taken yet, oldest first. */
  readonly frames: AnnouncedFrame[] = [];
  /** Seconds, of the whole file. */
  duration: number | undefined;
  /** Frames per second, as the file says. */
  rate: number | undefined;
  private errors: string[] = [];
  private rest = '';

  write(text: string): void {
    const lines = (this.rest + text).split(/\r?\n|\r/);
    this.rest = (lines.pop() ?? '').slice(-longestLine);
    for (const line of lines) this.line(line);
  }

  /** The last complaints, for an error message; empty when there were none. */
  complaints(): string {
    return this.errors.join('; ');
  }

  private line(line: string): void {
    const frame = /\bn: *\d+ pts: *\S+ pts_time: *(\S+) .*?\bs:(\d+)x(\d+) /.exec(line);
    if (frame && line.includes('showinfo')) {
      const time = Number(frame[1]);
      this.frames.push({
        width: Number(frame[2]),
        height: Number(frame[3]),
        time: Number.isFinite(time) ? time : undefined,
      });
      return;
    }
    if (/\[(error|fatal|panic)\]/.test(line)) {
      const text = line.replace(/^(\[[^\]]*\] *)+/, '').trim();
      if (text !== '' && !this.errors.includes(text)) this.errors.push(text);
      if (this.errors.length > keptLines) this.errors.shift();
      return;
    }
    this.header(line);
  }

  private header(line: string): void {
    const clock = /Duration: (\d+):(\d+):(\d+(?:\.\d+)?)/.exec(line);
    if (clock && this.duration === undefined) {
      this.duration = Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3]);
    }
    const rate = /Stream #0.*Video:.*?([\d.]+) fps/.exec(line);
    if (rate && this.rate === undefined) this.rate = Number(rate[1]);
  }
}

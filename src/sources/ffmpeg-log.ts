/** One frame as ffmpeg's showinfo filter announces it, before its pixels come. */
export interface AnnouncedFrame {
  width: number;
  height: number;
  /** Seconds from the start of the file's clock; undefined where the file has none. */
  time: number | undefined;
}

/** What ffmpeg says of the whole. */
export interface StreamNotes {
  /** Seconds, of the whole file. */
  duration?: number | undefined;
  /** Frames per second, as the file or camera says. */
  rate?: number | undefined;
  /** `h264`, `hevc` … */
  codec?: string | undefined;
  /** What `-hwaccel auto` chose. */
  hwaccel?: string | undefined;
}

const keptLines = 4;
const longestLine = 20_000;
const longestComplaint = 500;
/** Warnings that say that something of the picture is lost. */
const damage = /corrupt|missed \d+ packets|max delay reached|concealing \d+/;
/** About the way out, which is ours. */
const ours = /\[rawvideo @|non monotonically increasing dts/;

/**
 * Reads ffmpeg's log (`-loglevel level+info`) as it comes. The showinfo filter says size and time of every frame there, so
 * neither rotation, nor variable frame rates, nor a size that changes in the middle need any guessing.
 */
export class FfmpegLog {
  /** Announced frames whose pixels have not been taken yet, oldest first. */
  readonly frames: AnnouncedFrame[] = [];
  readonly stream: StreamNotes = {};
  /** Complaints since the last `takeDamage`. */
  private damaged = { complaint: '', times: 0 };
  private errors: string[] = [];
  private rest = '';
  private inOutput = false;
  /** Seconds per tick of the clock that frames are announced by. */
  private tick: number | undefined;

  write(text: string): void {
    const lines = (this.rest + text).split(/\r?\n|\r/);
    this.rest = (lines.pop() ?? '').slice(-longestLine);
    for (const line of lines) this.line(line);
  }

  /** The last complaints, for an error message; empty when there were none. */
  complaints(): string {
    return this.errors.join('; ');
  }

  /** Complaints since the last call: the last one, and how many. */
  takeDamage(): { complaint: string; times: number } {
    const { damaged } = this;
    this.damaged = { complaint: '', times: 0 };
    return damaged;
  }

  private line(line: string): void {
    const frame = /\bn: *\d+ pts: *(\S+) pts_time: *(\S+) .*?\bs:(\d+)x(\d+) /.exec(line);
    if (frame && line.includes('showinfo')) {
      // The time is told with six digits, which are whole seconds after 28 hours; the count of ticks is exact.
      const ticks = Number(frame[1]);
      const time = this.tick === undefined ? Number(frame[2]) : ticks * this.tick;
      this.frames.push({
        width: Number(frame[3]),
        height: Number(frame[4]),
        time: Number.isFinite(time) ? time : undefined,
      });
      return;
    }
    const base = /showinfo.*\bconfig in time_base: *(\d+)\/(\d+)/.exec(line);
    if (base && Number(base[2]) > 0) this.tick = Number(base[1]) / Number(base[2]);
    const isError = /\[(error|fatal|panic)\]/.test(line);
    if (isError || damage.test(line)) {
      if (ours.test(line)) return;
      const text = line
        .replace(/^(\[[^\]]*\] *)+/, '')
        .trim()
        .slice(0, longestComplaint);
      if (text === '') return;
      this.damaged = { complaint: text, times: this.damaged.times + 1 };
      if (!isError) return;
      if (!this.errors.includes(text)) this.errors.push(text);
      if (this.errors.length > keptLines) this.errors.shift();
      return;
    }
    this.header(line);
  }

  private header(line: string): void {
    const { stream } = this;
    if (line.includes('Output #')) this.inOutput = true;
    const hwaccel = /Using auto hwaccel type (\w+)/.exec(line)?.[1];
    if (hwaccel !== undefined) stream.hwaccel = hwaccel;
    if (this.inOutput) return;
    const clock = /Duration: (\d+):(\d+):(\d+(?:\.\d+)?)/.exec(line);
    if (clock && stream.duration === undefined) {
      stream.duration = Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3]);
    }
    const video = /Stream #0.*?: Video: (\w+)/.exec(line);
    if (!video || stream.codec !== undefined) return;
    stream.codec = video[1];
    const rate = /([\d.]+) fps/.exec(line)?.[1];
    if (rate !== undefined) stream.rate = Number(rate);
  }
}

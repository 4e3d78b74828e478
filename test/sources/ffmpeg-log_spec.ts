import assert from 'node:assert/strict';
import { FfmpegLog } from '../../src/sources/ffmpeg-log.js';

const announced = (pts: string, time: string): string =>
  `[Parsed_showinfo_0 @ 0x55] [info] n:   7 pts: ${pts} pts_time:${time} pos: 1 fmt:yuv420p sar:0/1 s:640x360 i:P iskey:0 type:P \n`;

describe('FfmpegLog', () => {
  it('knows the time of a frame to the tick after months, although ffmpeg tells six digits of it', () => {
    const log = new FfmpegLog();
    log.write('[Parsed_showinfo_0 @ 0x55] [info] config in time_base: 1/90000, frame_rate: 25/1\n');
    // 90 days.
    const ticks = 90 * 86_400 * 90_000;
    log.write(announced(String(ticks), '7.776e+06'));
    log.write(announced(String(ticks + 3600), '7.776e+06'));
    assert.deepEqual(
      log.frames.map(({ time }) => time),
      [7_776_000, 7_776_000.04],
    );
  });

  it('takes the time as it is told where it does not know the clock, and none where there is none', () => {
    const log = new FfmpegLog();
    log.write(announced('61440', '4.096'));
    log.write('[Parsed_showinfo_0 @ 0x55] [info] config in time_base: 1/15360, frame_rate: 15/1\n');
    log.write(announced('NOPTS', 'NOPTS'));
    assert.deepEqual(
      log.frames.map(({ time }) => time),
      [4.096, undefined],
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { outputArguments } from '../../src/sources/ffmpeg-arguments.js';

describe('what ffmpeg is to write', () => {
  const argumentsOf = (version: string) =>
    outputArguments({ path: 'ffmpeg', version, passthrough: ['-fps_mode', 'passthrough'] }, { fps: 5, maxWidth: 640 });

  it('has one size per frame, said in the one way that every version takes', () => {
    // ffmpeg 7 took the value away from -autoscale: what stands behind it is an output file there.
    for (const version of ['4.4', '5.1.9-0+deb12u1', '6.1', '7.0.2-static', '7.1', '8.0', 'n8.0', 'N-118000-gabc']) {
      const words = argumentsOf(version);
      assert.ok(words.includes('-noautoscale'), version);
      assert.ok(!words.includes('-autoscale'), version);
    }
    assert.ok(!argumentsOf('4.3.9').includes('-noautoscale'), '4.3 does not know it');
  });

  it('goes to standard output and nowhere else: every option that takes a value has one, and no word is left over', () => {
    const values: Record<string, RegExp> = {
      '-map': /^0:v:0$/,
      '-vf': /^select=.*,scale=.*,showinfo=/,
      '-fps_mode': /^passthrough$/,
      '-threads': /^1$/,
      '-pix_fmt': /^rgb24$/,
      '-flush_packets': /^1$/,
      '-f': /^rawvideo$/,
    };
    const words = argumentsOf('8.0');
    const rest: string[] = [];
    for (let at = 0; at < words.length; at++) {
      const value = values[words[at]!];
      if (value === undefined) rest.push(words[at]!);
      else assert.match(words[++at]!, value);
    }
    assert.deepEqual(rest, ['-noautoscale', 'pipe:1']);
  });
});

import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import { DecoderThread } from '../../src/sources/decoder-thread.js';
import type { FromDecoderThread } from '../../src/sources/video-protocol.js';
import { descendants } from '../support/processes.js';
import { needFfmpeg } from './clips.js';

describe('A decoder thread that breaks', () => {
  before(function () {
    needFfmpeg(this);
  });

  it('says so, ends its programs, and leaves no zombies', async () => {
    const messages: FromDecoderThread[] = [];
    const endless = ['-nostdin', '-f', 'lavfi', '-i', 'color=s=32x18'];
    const thread = await new Promise<DecoderThread>((resolve) => {
      const started = new DecoderThread(
        {
          program: 'ffmpeg',
          arguments: ['-i', '-', '-f', 'null', '-'],
          producer: { program: 'ffmpeg', arguments: [...endless, '-f', 'nut', '-'] },
          maxMegapixels: 1,
          stallTimeoutMs: 60_000,
        },
        (message) => {
          messages.push(message);
          if (message.kind === 'started') resolve(started);
        },
      );
    });
    const programs = (): number[] =>
      descendants(process.pid)
        .filter(({ name }) => name === 'ffmpeg')
        .map(({ pid }) => pid);
    assert.equal(programs().length, 2);
    thread.post(null as never);
    await thread.exited;
    // Zombies, too, are in /proc.
    assert.deepEqual(programs(), []);
    const failures = messages.flatMap((message) => (message.kind === 'failed' ? [message.what] : []));
    assert.match(failures[0] ?? '', /^its thread failed \(Cannot read properties of null/);
  });
});

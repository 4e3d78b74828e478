import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { customInput } from '../../../../src/sources/live/ffmpeg-inputs/custom.js';
import { splitArguments } from '../../../../src/sources/live/ffmpeg-inputs/split-arguments.js';
import { seededRandom } from '../../../support/random.js';

const custom = (line: string | undefined) => customInput({ source: 'ffmpeg', arguments: line });

describe('a line of arguments', () => {
  const lines: [string, string[] | undefined][] = [
    ['', []],
    ['  -f  lavfi\t-i testsrc\n', ['-f', 'lavfi', '-i', 'testsrc']],
    [`-i 'a b' "c d"e`, ['-i', 'a b', 'c de']],
    [`a\\ b \\" \\\\ '\\' "\\"" "\\n" '' ""`, ['a b', '"', '\\', '\\', '"', '\\n', '', '']],
    ['$HOME `id` * $(id) | ; > ~', ['$HOME', '`id`', '*', '$(id)', '|', ';', '>', '~']],
    ['-f a \\\n -i b', ['-f', 'a', '-i', 'b']],
    [`-i 'open`, undefined],
    ['-i "open', undefined],
    ['-i \\', undefined],
  ];
  for (const [line, words] of lines) {
    it(`${JSON.stringify(line)} is split as a shell does it, and nothing is expanded`, () => {
      assert.deepEqual(splitArguments(line), words);
    });
  }

  it('is split as /bin/sh splits it', () => {
    const random = seededRandom(11);
    const pieces = [
      'a',
      '-i',
      ' ',
      '  ',
      "'",
      "'",
      '"',
      '"',
      '\\',
      'é',
      '=',
      '\\"',
      "'x y'",
      '"p q"',
      ',',
      '\\\\',
      '#a',
    ];
    let compared = 0;
    const samples: string[] = [];
    while (samples.length < 200) {
      const line = `x${Array.from({ length: 1 + Math.floor(random() * 9) }, () => pieces[Math.floor(random() * pieces.length)]).join('')}`;
      // A word that begins with # is a comment in a shell.
      if (splitArguments(line) !== undefined && !/\s#/.test(line)) samples.push(line);
    }
    const script = samples.map((line) => `printf '%s\\0' ${line}; printf '\\1'`).join('\n');
    const shell = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\x01');
    for (const [index, line] of samples.entries()) {
      assert.deepEqual(splitArguments(line), shell[index]!.split('\0').slice(0, -1), line);
      compared++;
    }
    assert.equal(compared, 200);
  });
});

describe('own arguments of ffmpeg', () => {
  it('go to ffmpeg as they are', () => {
    const input = custom('ffmpeg -f lavfi -i "testsrc=size=320x240, hue=s=0"');
    assert.deepEqual(input.arguments, ['-f', 'lavfi', '-i', 'testsrc=size=320x240, hue=s=0']);
    assert.equal(input.description, 'ffmpeg testsrc=size=320x240, hue=s=0');
    assert.equal(input.stdin, undefined);
  });

  const wrong: [string | undefined, RegExp][] = [
    [undefined, /-i and an input for ffmpeg's input arguments but received nothing$/],
    ['-f lavfi testsrc', /input options, -i and an input/],
    ['-f lavfi -i', /input options, -i and an input/],
    ["-i 'open", /every quote closed/],
    ['-i a.mp4 out.mp4', /nothing after the input .* but received "out.mp4"$/],
    ['-i a.mp4 -f null -', /nothing after the input/],
    ['-i a.mp4 -i b.mp4', /nothing after the input/],
    ['out.mp4 -i a.mp4', /an option before each value .* but received "out.mp4"$/],
    ['-f lavfi out.mp4 -i a.mp4', /an option before each value/],
    ['-loglevel quiet -i a.mp4', /input options other than -loglevel/],
    ['-report -i a.mp4', /input options other than -report/],
    ['-i -', /an input other than standard input/],
    ['-i pipe:0', /an input other than standard input/],
    [`-i ${'x'.repeat(4001)}`, /at most 4000 characters/],
    ['-i a\0b', /a zero byte/],
  ];
  for (const [line, message] of wrong) {
    it(`cannot be ${JSON.stringify(line?.slice(0, 40))}`, () => {
      assert.throws(() => custom(line), { code: 'ALPR_SOURCE_SETTINGS', message });
    });
  }

  it('keep their secrets out of the description and of errors', () => {
    const address = 'rtsp://bob:s3cr:et@cam.lan/live?token=abcdef';
    const input = custom(`-headers 'X-Key: hush' -i ${address}`);
    assert.deepEqual(input.secrets.sort(), ['X-Key: hush', 'bob', 's3cr:et']);
    assert.doesNotMatch(input.description, /s3cr|abcdef|bob/);
    for (const line of [`-i a ${address}`, `-f x ${address} -i a`, `-headers 'X-Key: hush' ${address}`]) {
      assert.throws(
        () => custom(line),
        (error: Error) => !/s3cr|abcdef|bob|hush/.test(error.message),
      );
    }
  });
});

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

  const refused: Record<string, string[]> = {
    'writes a file or to an address': [
      '-report',
      '-progress tcp://127.0.0.1:9',
      '-vstats',
      '-vstats_file v.log',
      '-vstats_version 2',
      '-sdp_file a.sdp',
      '-passlogfile p',
      '-dump_attachment a.ttf',
      '-dump_attachment:t ""',
      '-/dump_attachment name.txt',
      '-stats_enc_pre s.txt',
      '-stats_enc_post:v s.txt',
      '-stats_mux_pre_fmt x',
      '-print_graphs',
      '-print_graphs_file g.txt',
      '-attach a.ttf',
    ],
    'is camera-in’s, which writes and reads the rest of the line': [
      '-y',
      '-n',
      '-loglevel quiet',
      '-v quiet',
      '-stats',
      '-nostats',
      '-stats_period 1',
      '-stdin',
      '-dump',
      '-hex',
      '-debug_ts',
      '-map 0',
      '-vf hflip',
      '-filter:v hflip',
      '-filter_script x',
      '-/filter x',
      '-filter_complex x',
      '-filter_complex_script x',
      '-lavfi x',
      '-frames:v 1',
      '-vsync 0',
      '-fps_mode cfr',
      '-autoscale',
      '-noautoscale',
      '-vn',
      '-target vcd',
      '-timelimit 5',
      '-xerror',
      '-version',
      '-h',
    ],
    'has a value in some versions of ffmpeg only': ['-autorotate 0'],
    'takes filters from where nobody sees them': ['-f lavfi -graph_file x'],
  };
  for (const [why, options] of Object.entries(refused)) {
    for (const option of options) {
      it(`cannot hold ${option}: it ${why}`, () => {
        const [name = ''] = option
          .split(' ')
          .filter((word) => word.startsWith('-'))
          .slice(-1);
        const shown = name.replace('/', '').replace(/:.*/, '').replaceAll(/[$]/g, '');
        for (const line of [`${option} -i a.mp4`, `-re ${option} -i a.mp4`, `-f mpegts ${option} -i a.mp4`]) {
          assert.throws(
            () => custom(line),
            (error: Error & { code?: string }) =>
              error.code === 'ALPR_SOURCE_SETTINGS' && error.message.includes(`options other than ${shown} for`),
            line,
          );
        }
      });
    }
  }

  const outputs = [
    '-re out.mkv',
    '-an out.mkv',
    '-- out.mkv',
    '-',
    '-noautorotate out.mkv',
    '-nostdin out.mkv',
    '-noaccurate_seek out.mkv',
  ];
  for (const words of outputs) {
    it(`cannot hold ${words}, of which ffmpeg would make an output`, () => {
      assert.throws(() => custom(`${words} -i a.mp4`), {
        message: /an option before each value .* but received "(out|-)/,
      });
    });
  }

  const writers = [
    'testsrc,metadata=print:file=/tmp/x',
    'testsrc, metadata@a=print',
    '[a][b]psnr=f=x',
    "movie='a.mp4',deshake=filename=log",
    'testsrc,vidstabdetect',
    'testsrc,zmq',
    'testsrc,curves=plot=x',
    'testsrc,paletteuse=debug_kdtree=x',
  ];
  for (const graph of writers) {
    it(`cannot be the filters ${graph}, which write`, () => {
      for (const line of [`-f lavfi -i "${graph}"`, `-f lavfi -graph "${graph}" -i x`]) {
        assert.throws(() => custom(line), { message: /filters that write nothing for/ });
      }
    });
  }

  const usual = [
    '-f lavfi -i "testsrc=size=1280x720:rate=10,drawtext=text=metadata"',
    '-rtsp_transport tcp -stimeout 5000000 -allowed_media_types video -i rtsp://cam.lan/live',
    '-rtsp_flags listen -i rtsp://0.0.0.0:8554/live',
    '-fflags nobuffer -flags low_delay -probesize 32 -i "srt://cam.lan:9000?mode=listener"',
    '-listen 1 -timeout 30 -i rtmp://0.0.0.0/live/gate',
    '-protocol_whitelist file,udp,rtp -i camera.sdp',
    '-f dshow -video_size 1280x720 -framerate 30 -i video="USB Camera"',
    '-f avfoundation -pixel_format uyvy422 -i 0',
    '-f x11grab -r 5 -s 800x600 -i :0.0+10,20',
    '-headers "X-Key: hush" -user_agent "-y" -reconnect 1 -i https://cam.lan/live.m3u8',
    '-hwaccel cuda -c:v h264_cuvid -gpu 0 -i a.mp4',
    '-vaapi_device /dev/dri/renderD128 -hwaccel vaapi -noautorotate -i a.mp4',
    '-re -stream_loop -1 -itsoffset -0.5 -an -i a.mp4',
    '-copyts -start_at_zero -thread_queue_size 64 -i a.mp4',
    '-nofind_stream_info -i a.mp4',
    '-nostdin -hide_banner -re -i a.mp4',
    '-init_hw_device vaapi=gpu:/dev/dri/renderD128 -filter_hw_device gpu -hwaccel vaapi -hwaccel_device gpu -i a.mp4',
  ];
  for (const line of usual) {
    it(`can be ${line}`, () => {
      assert.deepEqual(custom(line).arguments, splitArguments(line));
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

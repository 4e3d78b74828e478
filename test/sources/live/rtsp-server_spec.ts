import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startFaultProxy, type Fault, type FaultProxy } from '../../support/rtsp-server/fault-proxy.js';
import { InterleavedSplitter, pictureStart } from '../../support/rtsp-server/interleaved.js';
import {
  rtspServerMissing,
  skipWithoutRtsp,
  startRtspServer,
  type RtspServer,
} from '../../support/rtsp-server/rtsp-server.js';

const run = promisify(execFile);
/** ffmpeg looks at several seconds of a stream before it believes its frame rate. */
const quick = ['-analyzeduration', '500000'];
const road = join(__dirname, '../../../samples/road.mp4');

interface Probed {
  streams: { codec_name: string; width: number; height: number }[];
  frames: { pts_time?: string; width: number; height: number }[];
}

/** Frames of a stream as ffprobe decodes them. */
async function probe(url: string, frames: number, transport: 'tcp' | 'udp' = 'tcp'): Promise<Probed> {
  const { stdout } = await run('ffprobe', [
    ...['-v', 'quiet', ...quick, '-rtsp_transport', transport, '-i', url, '-select_streams', 'v', '-of', 'json'],
    ...['-show_streams', '-show_frames', '-read_intervals', `%+#${frames}`],
    ...['-show_entries', 'stream=codec_name,width,height:frame=pts_time,width,height'],
  ]);
  return JSON.parse(stdout) as Probed;
}

function kindOf({ streams: [stream] }: Probed): string {
  return `${stream?.codec_name} ${stream?.width}x${stream?.height}`;
}

/** What ffmpeg says about so many frames through the proxy, and how many it got. */
async function decode(url: string, frames: number): Promise<{ frames: number; log: string }> {
  const options = ['-v', 'error', '-nostdin', ...quick, '-rtsp_transport', 'tcp', '-timeout', '2000000', '-i', url];
  const output = ['-frames:v', String(frames), '-f', 'null', '-progress', 'pipe:1', '-'];
  const { stdout, stderr } = await run('ffmpeg', [...options, ...output]).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  return { frames: Number([...stdout.matchAll(/^frame=(\d+)/gm)].at(-1)?.[1] ?? 0), log: stderr };
}

describe('The RTSP server of the tests', function () {
  this.timeout(120_000);
  let server: RtspServer;
  before(async function () {
    skipWithoutRtsp(this);
    server = await startRtspServer({
      user: 'gate',
      password: 'open sesame',
      streams: [
        { path: 'main', testsrc: { width: 320, height: 180, fps: 20 } },
        { path: 'hevc', testsrc: { width: 192, height: 128, fps: 10 }, codec: 'h265', gop: 5 },
        { path: 'sub', file: road, width: 320, height: 180, fps: 15, gop: 5 },
      ],
    });
  });
  after(async () => {
    if (rtspServerMissing() === undefined) await server.close();
  });

  const withLogin = (url: string, password = 'open%20sesame'): string => url.replace('//', `//gate:${password}@`);

  it('plays over TCP and UDP, H.264 and HEVC, to several clients at once', async () => {
    const [tcp, udp, hevc] = await Promise.all([
      probe(withLogin(server.url('main')), 30),
      probe(withLogin(server.url('main')), 30, 'udp'),
      probe(withLogin(server.url('hevc')), 12),
    ]);
    assert.equal(kindOf(tcp), 'h264 320x180');
    assert.equal(kindOf(udp), 'h264 320x180');
    assert.equal(kindOf(hevc), 'hevc 192x128');
    for (const { frames } of [tcp, udp, hevc]) assert.ok(frames.length > 10, `received ${frames.length} frames`);
  });

  it('loops without a jump in time', async () => {
    // 2 s of clip at 20 frames/s. ffmpeg knows no times before the server's first report.
    const { frames } = await probe(withLogin(server.url('main')), 65);
    const times = frames.flatMap(({ pts_time: time }) => (time === undefined ? [] : [Number(time)]));
    const steps = times.slice(1).map((time, index) => time - times[index]!);
    assert.ok(times.at(-1)! - times[0]! > 2.2, `received ${times[0]} … ${times.at(-1)} s`);
    for (const step of steps) assert.ok(Math.abs(step - 0.05) < 0.001, `a step of ${step} s`);
  });

  it('refuses a wrong password and no password', async () => {
    for (const url of [withLogin(server.url('main'), 'wrong'), server.url('main')])
      await assert.rejects(run('ffprobe', ['-v', 'error', url]), /401 Unauthorized/);
  });

  it('takes another login, and keeps it over a restart on the same port', async () => {
    await server.setLogin({ user: 'gate', password: 'changed', login: 'basic' });
    await server.restart();
    await assert.rejects(run('ffprobe', ['-v', 'error', withLogin(server.url('main'))]), /401 Unauthorized/);
    const { frames } = await probe(withLogin(server.url('main'), 'changed'), 3);
    assert.ok(frames.length > 0);
    await server.setLogin({ user: 'gate', password: 'open sesame' });
  });

  it('changes the size of a stream that somebody watches', async () => {
    const proxy = await startFaultProxy({ port: server.port });
    const watching = probe(withLogin(proxy.url(server.url('main'))), 45);
    while (proxy.counts.packets < 40) await new Promise((next) => setTimeout(next, 20));
    await server.switch('main', { testsrc: { width: 256, height: 144, fps: 20 } });
    const { frames } = await watching;
    await proxy.close();
    const sizes = new Set(frames.map(({ width, height }) => `${width}x${height}`));
    await server.switch('main', { testsrc: { width: 320, height: 180, fps: 20 } });
    assert.deepEqual([...sizes], ['320x180', '256x144']);
  });

  it('ends the connections of everybody', async () => {
    const socket = net.connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n');
    await once(socket, 'data');
    const closed = once(socket, 'close');
    await server.disconnect();
    await closed;
  });

  describe('behind the proxy of faults', () => {
    let proxy: FaultProxy;
    let url = '';
    beforeEach(async () => {
      proxy = await startFaultProxy({ port: server.port, seed: 7 });
      url = withLogin(proxy.url(server.url('sub')));
    });
    afterEach(() => proxy.close());

    const harmless: Fault[] = [{ kind: 'none' }, { kind: 'fragment' }, { kind: 'delay', ms: 20, jitterMs: 30 }];
    for (const fault of harmless) {
      it(`${fault.kind}: every picture arrives whole`, async () => {
        await proxy.set(fault);
        assert.deepEqual(await decode(url, 8), { frames: 8, log: '' });
        assert.ok(fault.kind === 'none' || proxy.counts.faulty[fault.kind]! > 8);
      });
    }

    const damaging: Fault[] = [
      { kind: 'corrupt', share: 0.5 },
      { kind: 'halve', share: 0.2 },
      { kind: 'duplicate', share: 0.5 },
      { kind: 'reorder', share: 0.5 },
      { kind: 'drop', share: 0.3 },
    ];
    for (const fault of damaging) {
      it(`${fault.kind}: the decoder complains`, async () => {
        await proxy.set(fault);
        const { log } = await decode(url, 8);
        assert.ok(proxy.counts.faulty[fault.kind]! > 0, JSON.stringify(proxy.counts));
        assert.ok(fault.kind === 'duplicate' || log !== '', 'Expected complaints');
      });
    }

    it('refuse: nobody gets in, and later they do', async () => {
      await proxy.set({ kind: 'refuse' });
      assert.match((await decode(url, 1)).log, /Connection refused/);
      await proxy.set({ kind: 'none' });
      assert.equal((await decode(url, 1)).frames, 1);
    });

    it('cut: the connection ends after that many bytes', async () => {
      await proxy.set({ kind: 'cut', afterBytes: 20_000 });
      await decode(url, 100);
      assert.ok(proxy.counts.bytes <= 20_000 * proxy.counts.accepted, JSON.stringify(proxy.counts));
      assert.ok(proxy.counts.faulty['cut']! > 0);
    });

    it('stall: connected, and nothing comes', async () => {
      await proxy.set({ kind: 'stall' });
      const { frames, log } = await decode(url, 1);
      assert.equal(frames, 0);
      assert.notEqual(log, '');
      assert.equal(proxy.counts.bytes, 0);
    });
  });
});

describe('The cutter of RTSP connections', () => {
  it('finds messages and packets however they arrive', () => {
    const answer = Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 5\r\n\r\nv=0\r\n');
    const empty = Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 2\r\n\r\n');
    const packet = Buffer.from([0x24, 0, 0, 3, 1, 2, 3]);
    const all = Buffer.concat([answer, packet, empty, packet, packet]);
    for (const step of [1, 2, 7, all.length]) {
      const splitter = new InterleavedSplitter();
      const units = [];
      for (let from = 0; from < all.length; from += step) units.push(...splitter.push(all.subarray(from, from + step)));
      assert.deepEqual(
        units.map(({ kind, bytes }) => [kind, bytes.length]),
        [
          ['message', answer.length],
          ['packet', 7],
          ['message', empty.length],
          ['packet', 7],
          ['packet', 7],
        ],
      );
    }
  });

  it('knows where the picture begins in a packet', () => {
    const packet = (channel: number, first: number, payload: number): Buffer =>
      Buffer.concat([Buffer.from([0x24, channel, 0, 12 + payload, first, 96]), Buffer.alloc(10 + payload)]);
    assert.equal(pictureStart(packet(0, 0x80, 10)), 18);
    assert.equal(pictureStart(packet(0, 0x82, 20)), 26);
    assert.equal(pictureStart(packet(1, 0x80, 10)), undefined);
    assert.equal(pictureStart(packet(0, 0x80, 2)), undefined);
    const extended = packet(0, 0x90, 30);
    extended.writeUInt16BE(2, 18);
    assert.equal(pictureStart(extended), 30);
  });
});

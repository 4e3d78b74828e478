import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { clipCache, encodedClip, type ClipOptions } from './clips.js';

/** Debian's own: another Python on PATH does not see GStreamer. */
const python = '/usr/bin/python3';
const packages =
  'gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad';
/** GStreamer's list of its plug-ins goes into our cache, not into the home folder. */
const env = { ...process.env, GST_REGISTRY: join(clipCache, 'gstreamer-registry.bin') };
const startMs = 30_000;

export interface StreamOptions extends ClipOptions {
  /** `gate` or `/gate`. */
  path: string;
  /** So many seconds ahead in its clip. Default 0: streams of one file show the same moment, whatever their size and rate. */
  startAt?: number | undefined;
  /** Served over this alone; whoever asks for the other is answered 461. Default: both. */
  only?: 'tcp' | 'udp' | undefined;
}

export interface RtspLogin {
  user?: string | undefined;
  password?: string | undefined;
  /** Default `digest`. */
  login?: 'digest' | 'basic' | undefined;
}

export interface RtspServerOptions extends RtspLogin {
  streams: StreamOptions[];
}

/** GStreamer's RTSP server on loopback: plays clips over and over, TCP and UDP, to any number of clients. */
export interface RtspServer {
  readonly port: number;
  readonly pid: number;
  /** Without user and password: `rtsp://127.0.0.1:<port>/<path>`. */
  url(path: string): string;
  /** Kills it and starts it on the same port. */
  restart(): Promise<void>;
  /** Kills it; `restart` brings it back. */
  kill(): Promise<void>;
  /** Ends all connections. */
  disconnect(): Promise<void>;
  /** Another login from the next connection on. */
  setLogin(login: RtspLogin): Promise<void>;
  /** The stream goes on with another picture, of another size if wanted, at the clip's next key frame. The codec stays. */
  switch(path: string, clip: ClipOptions): Promise<void>;
  close(): Promise<void>;
}

/** @returns why there is no RTSP server to test with; undefined when there is one */
export function rtspServerMissing(): string | undefined {
  if (spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).error) return 'ffmpeg is not installed';
  const wanted = ['appsrc', 'h264parse', 'rtph264pay'];
  const check = `
import gi
gi.require_version('GstRtspServer', '1.0')
from gi.repository import Gst, GstRtspServer
Gst.init(None)
print(*[name for name in '${wanted.join(' ')}'.split() if Gst.ElementFactory.find(name) is None])`;
  const { status, stdout } = spawnSync(python, ['-c', check], { env, encoding: 'utf8' });
  if (status !== 0) return "GStreamer's RTSP server is not installed for /usr/bin/python3";
  const missing = stdout.trim();
  return missing === '' ? undefined : `GStreamer's ${missing} is not installed`;
}

/** For `before(function () { skipWithoutRtsp(this); … })`: skips with a printed reason, and fails in CI. */
export function skipWithoutRtsp(context: { skip(): void }): void {
  const reason = rtspServerMissing();
  if (reason === undefined) return;
  if (process.env.CI) throw new Error(`${reason}; install ffmpeg ${packages}`);
  console.log(`    skipped: ${reason}`);
  context.skip();
}

/** Starts the server and resolves when it can be connected to. */
export async function startRtspServer(options: RtspServerOptions): Promise<RtspServer> {
  const streams: object[] = [];
  for (const stream of options.streams) {
    const clip = await encodedClip(stream);
    const start = Math.round((stream.startAt ?? 0) * clip.fps);
    const { path, codec = 'h264', only } = stream;
    streams.push({ path: absolute(path), codec, clip: clip.file, fps: clip.fps, start, only });
  }
  let login: RtspLogin = options;
  let server = await ServerProcess.start({ port: 0, streams, ...loginOf(login) });
  const port = server.port;
  return {
    port,
    get pid() {
      return server.pid;
    },
    url: (path) => `rtsp://127.0.0.1:${port}${absolute(path)}`,
    async restart() {
      await server.kill();
      server = await ServerProcess.start({ port, streams, ...loginOf(login) });
    },
    kill: () => server.kill(),
    disconnect: () => server.command({ do: 'disconnect' }),
    async setLogin(next) {
      login = next;
      await server.command({ do: 'login', ...loginOf(next) });
    },
    async switch(path, clip) {
      const { file, fps } = await encodedClip(clip);
      await server.command({ do: 'switch', path: absolute(path), clip: file, fps });
    },
    close: () => server.kill(),
  };
}

function absolute(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

function loginOf({ user, password, login = 'digest' }: RtspLogin): object {
  return { user, password, basic: login === 'basic' };
}

class ServerProcess {
  port = 0;
  private readonly answers: AsyncIterator<string>;
  private readonly ended: Promise<unknown>;
  private errors = '';
  private lastCommand: Promise<unknown> = Promise.resolve();

  private constructor(private readonly child: ChildProcessByStdio<Writable, Readable, Readable>) {
    this.answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    // What a client did to its connection is no news here; the end of it explains a death.
    child.stderr.on('data', (chunk: Buffer) => (this.errors = (this.errors + chunk.toString()).slice(-4000)));
    child.stdin.on('error', () => undefined);
    this.ended = new Promise((resolve) => child.once('close', resolve));
  }

  static async start(settings: object): Promise<ServerProcess> {
    const child = spawn(python, [join(__dirname, 'server.py')], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env,
    });
    const server = new ServerProcess(child);
    const timer = setTimeout(() => child.kill('SIGKILL'), startMs);
    try {
      ({ port: server.port } = (await server.ask(settings)) as { port: number });
    } finally {
      clearTimeout(timer);
    }
    return server;
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** One after the other: answers carry no number. */
  command(command: object): Promise<void> {
    const answered = this.lastCommand.then(async () => {
      const { error } = (await this.ask(command)) as { error?: string };
      if (error !== undefined) throw new Error(`Expected the RTSP server to obey but it said: ${error}`);
    });
    this.lastCommand = answered.catch(() => undefined);
    return answered;
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  private async ask(line: object): Promise<unknown> {
    this.child.stdin.write(`${JSON.stringify(line)}\n`);
    const { value, done } = (await this.answers.next()) as IteratorResult<string, undefined>;
    if (done) throw new Error(`Expected an answer of the RTSP server but it has ended: ${this.errors}`);
    return JSON.parse(value);
  }
}

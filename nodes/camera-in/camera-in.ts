import type { Node, NodeAPI, NodeDef } from 'node-red';
import { framePool } from '../../src/frame/pool.js';
import { CameraRuns } from '../../src/node-red/camera-runs.js';
import { FrameIntake } from '../../src/node-red/frame-intake.js';
import { handleInput, statusOf } from '../../src/node-red/handle-input.js';
import type { AlprMessage } from '../../src/node-red/message.js';
import { SettingsReader } from '../../src/node-red/settings.js';
import { RateMeter, StatusLine, withRate } from '../../src/node-red/status.js';
import { FrameCounter } from '../../src/sources/counter.js';
import { openSource, sourceKinds } from '../../src/sources/open.js';
import type { SampleSource } from '../../src/sources/sample.js';

/** Nodes further down must be there before the first frame is. */
const AUTOSTART_MS = 100;
/** A picture shown again and again is one frame a second, not a busy computer. */
const PICTURE_LOOP_FPS = 1;

/** Frames from a picture, a folder, a video file or the shipped sample, or from the picture in msg.payload. */
export = function (RED: NodeAPI): void {
  function CameraIn(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    const read = new SettingsReader(config);
    const kind = read.choice('source', ['message', ...sourceKinds], 'message');
    const path = read.text('path');
    const loop = read.flag('loop', false);
    const autostart = read.flag('autostart', true);
    const pace = read.choice('pace', ['recorded', 'fast'], 'recorded');
    const inFlight = read.number('inFlight', 3, { min: 1, max: 64, integer: true });
    const fps = read.optionalNumber('fps', { min: 0.001, max: 1000 });
    const maxMegapixels = read.number('maxMegapixels', 64, { min: 0.01, max: 1000 });
    const settings = { fps, loop, maxMegapixels, ffmpeg: read.text('ffmpeg') };
    const namedCamera = read.text('camera');
    const camera = namedCamera || this.name || this.id;

    const status = new StatusLine(this);
    const intake = new FrameIntake({ camera, maxMegapixels });
    const counter = new FrameCounter(camera);
    const rate = new RateMeter();
    let sent = 0;
    const report = (): string => withRate(rate, `${sent} sent`);
    const fail = (error: Error): void => {
      status.failed(statusOf(error));
      this.error(error, { topic: camera });
    };
    const runs = new CameraRuns({
      open: async (file) => {
        if (kind === 'message') throw new Error('Expected a source of frames but received messages');
        sent = 0;
        status.waitingFor('opening');
        const onProblem = (error: Error): void => this.error(error, { topic: camera });
        const context = { pool: framePool(), camera: counter, onProblem };
        const source = await openSource({ ...settings, source: kind, path: file }, context);
        const { hint } = source as Partial<SampleSource>;
        if (hint !== undefined) this.warn(hint);
        return source;
      },
      pace,
      // Of a burst of file names every picture is shown; a video gives way to the next.
      finishFirst: kind === 'picture' && !loop,
      minIntervalMs: kind === 'picture' && loop && pace === 'recorded' ? 1000 / (fps ?? PICTURE_LOOP_FPS) : 0,
      inFlight,
      send: (frame, decodeMs) => {
        sent += 1;
        rate.tick();
        queue.sendInOrder(camera, () => ({
          topic: camera,
          frame,
          payload: frame.id,
          timings: { decode: Math.round(decodeMs * 1000) / 1000 },
        }));
        status.ok(report());
      },
      ended: (why) => {
        status.idle(`${why} · ${sent} sent`);
        queue.sendInOrder(camera, () => ({ topic: camera, complete: true }));
      },
      failed: fail,
    });

    const queue = handleInput(
      this,
      async (msg, context) => {
        if (kind === 'message') {
          await intake.decode(msg, namedCamera || undefined);
          if (namedCamera !== '') msg.topic = namedCamera;
          rate.tick();
          sent += 1;
          context.report(report());
          return msg;
        }
        if (isStop(msg)) await runs.stop();
        else await runs.start(typeof msg['filename'] === 'string' && msg['filename'] !== '' ? msg['filename'] : path);
        return null;
      },
      {
        status,
        problem: read.error,
        // Starts and stops keep their own order, and a stop must get past a start that waits for its first frame.
        concurrency: kind === 'message' ? 4 : 64,
        onClose: async () => {
          clearTimeout(timer);
          await runs.close();
        },
      },
    );

    const works = read.error === undefined;
    const startsItself = works && autostart && kind !== 'message';
    const timer = startsItself ? setTimeout(() => void runs.start(path).catch(fail), AUTOSTART_MS) : undefined;
    if (works) status.idle(kind === 'message' ? 'waiting' : 'stopped');
  }
  RED.nodes.registerType('alpr-camera-in', CameraIn);
};

function isStop(msg: AlprMessage): boolean {
  return msg.payload === 'stop' || (msg['stop'] !== undefined && msg['stop'] !== false);
}

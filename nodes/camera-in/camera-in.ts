import type { Node, NodeAPI, NodeDef } from 'node-red';
import { framePool } from '../../src/frame/pool.js';
import { commandOf } from '../../src/node-red/camera-commands.js';
import type { CameraControl, CameraOutlet } from '../../src/node-red/camera-control.js';
import { readCameraIn, silenceLimit, type CameraCredentials } from '../../src/node-red/camera-settings.js';
import { CameraTimetable } from '../../src/node-red/camera-timetable.js';
import { cameraView } from '../../src/node-red/camera-view.js';
import { FileControl } from '../../src/node-red/file-control.js';
import { FrameIntake } from '../../src/node-red/frame-intake.js';
import { handleInput, statusOf, type InputQueue } from '../../src/node-red/handle-input.js';
import { LiveControl } from '../../src/node-red/live-control.js';
import type { AlprMessage } from '../../src/node-red/message.js';
import { SettingsReader } from '../../src/node-red/settings.js';
import { RateMeter, StatusLine, withRate } from '../../src/node-red/status.js';
import { FrameCounter } from '../../src/sources/counter.js';
import { openFeed } from '../../src/sources/live/open-feed.js';
import { openSource } from '../../src/sources/open.js';

/** Nodes further down must be there before the first frame is. */
const AUTOSTART_MS = 100;
/** A picture shown again and again is one frame a second, not a busy computer. */
const PICTURE_LOOP_FPS = 1;
/** A live camera's state does not fit into Node-RED's 20 characters. */
const LONGEST_STATUS = 60;

/** Frames from a camera, a video, pictures or the shipped sample, or from the picture in msg.payload. */
export = function (RED: NodeAPI): void {
  function CameraIn(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    const read = new SettingsReader(config);
    const settings = readCameraIn(read, (this.credentials ?? {}) as CameraCredentials);
    const view = cameraView(settings.view);
    const problem = read.error ?? view.problem;
    const { kind, inFlight, file, live } = settings;
    const camera = settings.camera || this.name || this.id;
    const status = new StatusLine(this, live === undefined ? undefined : LONGEST_STATUS);
    const fail = (error: Error): void => {
      status.failed(statusOf(error));
      this.error(error, { topic: camera });
    };

    if (file === undefined && live === undefined) {
      takeMessages(this, { settings, view, camera, status, problem });
      return;
    }

    const outlet: CameraOutlet = {
      frame: (frame, decodeMs) => {
        const timings = { decode: Math.round(decodeMs * 1000) / 1000 };
        queue.sendNow(camera, () => [{ topic: camera, frame, payload: frame.id, timings }, null]);
      },
      complete: () => queue.sendNow(camera, () => [{ topic: camera, complete: true }, null]),
      report: (report) => queue.sendNow(camera, () => [null, { topic: camera, payload: report }]),
      error: (error) => this.error(error, { topic: camera }),
      warn: (text) => this.warn(text),
      log: (text) => this.log(text),
    };
    const pool = framePool();
    const counter = new FrameCounter(camera);
    const common = { camera, nodeId: this.id, pool, view, outlet, status, inFlight };

    const openFile = async (path: string): Promise<Awaited<ReturnType<typeof openSource>>> => {
      const onProblem = (error: Error): void => this.error(error, { topic: camera });
      const source = await openSource({ ...file!, path }, { pool, camera: counter, onProblem });
      if (source.hint !== undefined) this.warn(source.hint);
      return source;
    };
    const isShownAgain = kind === 'picture' && file?.loop === true;
    const control: CameraControl =
      live !== undefined
        ? new LiveControl({
            ...common,
            open: openFeed(live, { pool, counter }),
            timeoutMs: silenceLimit(live),
          })
        : new FileControl({
            ...common,
            open: openFile,
            path: settings.path,
            pace: settings.pace,
            // Of a burst of file names every picture is shown; a video gives way to the next.
            finishFirst: kind === 'picture' && !isShownAgain,
            minIntervalMs: isShownAgain && settings.pace === 'recorded' ? 1000 / (file?.fps ?? PICTURE_LOOP_FPS) : 0,
            waits: kind === 'watch',
            timeoutMs: settings.timeoutMs,
          });
    const timetable = new CameraTimetable(control, { failed: (thrown) => fail(thrown as Error) });

    // At once: the queue waits for commands under way, such as a snapshot of a camera that is silent.
    this.on('close', () => {
      clearTimeout(timer);
      timetable.close();
      control.close().catch(() => undefined);
    });
    const queue: InputQueue = handleInput(
      this,
      async (msg) => {
        await timetable.obey(commandOf(msg));
        return null;
      },
      {
        status,
        problem,
        ownStatus: true,
        // Starts and stops keep their own order, and a stop must get past a start that waits for its first frame.
        concurrency: 64,
        onClose: () => control.close(),
      },
    );
    const startsItself = problem === undefined && settings.autostart;
    const timer = startsItself ? setTimeout(() => void control.start().catch(fail), AUTOSTART_MS) : undefined;
    if (problem === undefined) status.idle('stopped');
  }
  RED.nodes.registerType('alpr-camera-in', CameraIn, {
    credentials: { user: { type: 'text' }, password: { type: 'password' } },
  });
};

interface Intake {
  settings: ReturnType<typeof readCameraIn>;
  view: ReturnType<typeof cameraView>;
  camera: string;
  status: StatusLine;
  problem: Error | undefined;
}

/** Pictures come with messages. */
function takeMessages(node: Node, { settings, view, camera, status, problem }: Intake): void {
  const named = settings.camera;
  const intake = new FrameIntake({ camera, maxMegapixels: settings.maxMegapixels });
  const rate = new RateMeter();
  let sent = 0;
  const take = async (msg: AlprMessage): Promise<AlprMessage> => {
    view.prepare(await intake.decode(msg, named || undefined));
    if (named !== '') msg.topic = named;
    rate.tick();
    sent += 1;
    return msg;
  };
  handleInput(
    node,
    async (msg, context) => {
      const taken = await take(msg);
      context.report(withRate(rate, `${sent} sent`));
      return [taken, null];
    },
    { status, problem, concurrency: 4 },
  );
  if (problem === undefined) status.idle('waiting');
}

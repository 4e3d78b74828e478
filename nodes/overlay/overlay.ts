import type { Node, NodeAPI, NodeDef } from 'node-red';
import { lineSides, readLine } from '../../src/events/line-crossing.js';
import type { PixelWorker } from '../../src/device/device.js';
import { readZones } from '../../src/areas/zones.js';
import { lookCloser } from '../../src/frame/detail.js';
import type { Frame } from '../../src/frame/frame.js';
import { framePool } from '../../src/frame/pool.js';
import { encodeJpeg } from '../../src/image/encode.js';
import { PlateSet } from '../../src/lists/plate-set.js';
import { registerAdmin } from '../../src/node-red/admin.js';
import { platesIn, requirePlates, vehiclesIn } from '../../src/node-red/boxes.js';
import { linkPixels } from '../../src/node-red/device-link.js';
import { FrameIntake } from '../../src/node-red/frame-intake.js';
import { handleInput } from '../../src/node-red/handle-input.js';
import { addTimings, cameraOf, frameOf, type AlprMessage } from '../../src/node-red/message.js';
import { expectPreview, forgetPreview, setPreview } from '../../src/node-red/previews.js';
import { SettingsReader } from '../../src/node-red/settings.js';
import { RateMeter, StatusLine, withRate } from '../../src/node-red/status.js';
import { cutsFrom } from '../../src/overlay/closer-cuts.js';
import { composeDrawing } from '../../src/overlay/compose.js';
import { OverlayMemory } from '../../src/overlay/memory.js';

/** Draws what is known onto a copy of the frame → msg.payload, a JPEG. */
export = function (RED: NodeAPI): void {
  registerAdmin(RED);

  function Overlay(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    const read = new SettingsReader(config);
    const shown = {
      showVehicles: read.flag('showVehicles', true),
      showPlates: read.flag('showPlates', true),
      showText: read.flag('showText', true),
      debug: read.flag('debug', false),
    };
    const maxWidth = read.optionalNumber('maxWidth', { min: 16, max: 16384, integer: true });
    const quality = read.number('quality', 80, { min: 1, max: 100, integer: true });
    const preview = read.flag('preview', true);
    const showsCaption = read.flag('caption', false);
    const inSide = read.choice('inSide', lineSides, 'below');
    const zones = readZones(read.checkedText('zones', readZones));
    const line = read.checkedText('line', (text) => readLine(text, inSide));
    const places = { zones, line: line === '' ? undefined : readLine(line, inSide) };
    const blur = read.choice('blur', ['none', 'strangers', 'all'] as const, 'none');
    const windscreens = read.flag('blurWindscreens', false);
    const readable = new PlateSet(read.checkedText('readable', (text) => new PlateSet(text)));
    const isReadable = (text: string): boolean => readable.has(text);
    const memory = new OverlayMemory({
      trails: read.flag('trails', false),
      lastPlates: read.flag('lastPlates', false),
      conceal: blur === 'none' ? undefined : { who: blur, windscreens, isReadable },
    });
    const status = new StatusLine(this);
    const link = linkPixels(RED, this, read.text('device'), status);
    const intake = new FrameIntake({ camera: this.name || this.id });
    const rate = new RateMeter();

    /** The frame with everything on it, on a canvas that the caller gives back. */
    const draw = async (msg: AlprMessage, frame: Frame, canvas: Frame, pixels: PixelWorker): Promise<void> => {
      const vehicles = vehiclesIn(msg, frame);
      // Where plates must be hidden, not to know where they are is no reason to show them.
      const plates = blur === 'none' ? platesIn(msg, frame) : requirePlates(msg, frame);
      const { cameraId, timestamp, width, height } = frame;
      const known = memory.see({
        ...{ cameraId, timestamp, width, height },
        vehicles: vehicles ?? [],
        plates: plates ?? [],
        departed: departedOf(msg),
        tracker: typeof msg.tracker === 'string' ? msg.tracker : undefined,
      });
      const { trails, hidden, strip } = known;
      const caption = showsCaption ? { camera: cameraId, timestamp, rate: known.rate } : undefined;
      const extras = { trails, hidden, places, caption, lastPlates: strip?.plates };
      const cuts = strip?.cuts ?? [];
      let drawn = false;
      try {
        const drawing = composeDrawing(frame, vehicles, plates, { ...shown, outputWidth: maxWidth }, extras);
        await strip?.ready;
        await lookCloser(frame, cuts.length > 0 && 'at hand', (sight) =>
          pixels.draw(frame, canvas.buffer, { ...drawing, cuts: cutsFrom(sight, cuts) }, cameraId),
        );
        drawn = true;
      } finally {
        strip?.done(drawn);
      }
    };

    handleInput(
      this,
      async (msg, context) => {
        if (Array.isArray(msg['readable']) && frameOf(msg) === undefined && !Buffer.isBuffer(msg.payload)) {
          readable.replace(msg['readable']);
          return null;
        }
        const frame = await intake.frameFor(msg);
        const { pixels } = await link.get();
        const started = performance.now();
        if (msg.reset === true) memory.forget(topicOf(msg));
        const canvas = framePool().acquire(frame.toJSON());
        try {
          await draw(msg, frame, canvas, pixels);
          const jpeg = await encodeJpeg(canvas, { quality, ...(maxWidth === undefined ? {} : { maxWidth }) });
          msg.payload = jpeg;
          msg['contentType'] = 'image/jpeg';
          if (preview && !context.signal.aborted) setPreview(this.id, jpeg);
          rate.tick();
          addTimings(msg, { overlay: performance.now() - started });
          context.report(withRate(rate, `${Math.round(jpeg.length / 1024)} kB`));
          return msg;
        } finally {
          framePool().recycle(canvas);
        }
      },
      {
        status,
        problem: read.error,
        // Each one holds a copy of a frame.
        concurrency: 2,
        control: (msg) => {
          if (msg.reset === true) memory.forget(topicOf(msg));
          memory.depart(cameraOf(msg), departedOf(msg));
          if (msg.complete === true) memory.end(cameraOf(msg));
          return msg;
        },
        onClose: async () => {
          forgetPreview(this.id);
          memory.forget();
          await link.close();
        },
      },
    );
    if (preview) expectPreview(this.id);
    if (read.error === undefined) link.warmUp();
  }
  RED.nodes.registerType('alpr-overlay', Overlay);
};

/** The camera that a message names; undefined for all. */
function topicOf(msg: AlprMessage): string | undefined {
  return typeof msg.topic === 'string' && msg.topic !== '' ? msg.topic : undefined;
}

/** Tracks that left, as far as there are any: what else is in the list is for others to mind. */
function departedOf({ departed }: AlprMessage): { trackId: number }[] {
  if (!Array.isArray(departed)) return [];
  return departed.filter((track) => Number.isInteger((track as { trackId?: unknown } | null)?.trackId));
}

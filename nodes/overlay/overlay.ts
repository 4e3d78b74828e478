import type { Node, NodeAPI, NodeDef } from 'node-red';
import { framePool } from '../../src/frame/pool.js';
import { encodeJpeg } from '../../src/image/encode.js';
import { registerAdmin } from '../../src/node-red/admin.js';
import { platesIn, vehiclesIn } from '../../src/node-red/boxes.js';
import { linkPixels } from '../../src/node-red/device-link.js';
import { FrameIntake } from '../../src/node-red/frame-intake.js';
import { handleInput } from '../../src/node-red/handle-input.js';
import { addTimings } from '../../src/node-red/message.js';
import { expectPreview, forgetPreview, setPreview } from '../../src/node-red/previews.js';
import { SettingsReader } from '../../src/node-red/settings.js';
import { RateMeter, StatusLine, withRate } from '../../src/node-red/status.js';
import { composeDrawing } from '../../src/overlay/compose.js';

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
    const status = new StatusLine(this);
    const link = linkPixels(RED, this, read.text('device'), status);
    const intake = new FrameIntake({ camera: this.name || this.id });
    const rate = new RateMeter();

    handleInput(
      this,
      async (msg, context) => {
        const frame = await intake.frameFor(msg);
        const { pixels } = await link.get();
        const started = performance.now();
        const drawing = composeDrawing(frame, vehiclesIn(msg, frame), platesIn(msg, frame), {
          ...shown,
          outputWidth: maxWidth,
        });
        const canvas = framePool().acquire(frame.toJSON());
        try {
          await pixels.draw(frame, canvas.buffer, drawing, frame.cameraId);
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
        onClose: async () => {
          forgetPreview(this.id);
          await link.close();
        },
      },
    );
    if (preview) expectPreview(this.id);
    if (read.error === undefined) link.warmUp();
  }
  RED.nodes.registerType('alpr-overlay', Overlay);
};

import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { ViewResult } from '../../src/device/device.js';
import { requireBoxes } from '../../src/node-red/boxes.js';
import { linkNetwork } from '../../src/node-red/device-link.js';
import { FrameIntake } from '../../src/node-red/frame-intake.js';
import { handleInput } from '../../src/node-red/handle-input.js';
import { addTimings } from '../../src/node-red/message.js';
import { SettingsReader } from '../../src/node-red/settings.js';
import { count, RateMeter, StatusLine, withRate } from '../../src/node-red/status.js';
import { inferGeneric } from '../../src/stages/infer.js';

/** Any one model on the frame, or on the boxes of its vehicles or plates. */
export = function (RED: NodeAPI): void {
  function HailoInfer(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    const read = new SettingsReader(config);
    const options = {
      on: read.choice('on', ['frame', 'vehicles', 'plates'], 'frame'),
      confidence: read.optionalNumber('confidence', { min: 0, max: 1 }),
      inputSize: read.optionalNumber('inputSize', { min: 32, max: 4096, integer: true }),
    };
    const model = read.requiredText('model', 'the name of a model');
    const property = read.text('property') || 'payload';
    const status = new StatusLine(this);
    const network = linkNetwork(RED, this, read.text('device'), model, status);
    const intake = new FrameIntake({ camera: this.name || this.id });
    const rate = new RateMeter();

    handleInput(
      this,
      async (msg, context) => {
        const frame = await intake.frameFor(msg);
        const { vehicles, plates } =
          options.on === 'frame' ? { vehicles: undefined, plates: undefined } : requireBoxes(msg, options.on, frame);
        const { results, timings } = await inferGeneric(frame, vehicles, plates, await network.get(), options);
        rate.tick();
        const result = options.on === 'frame' ? (plain(results)[0] ?? null) : plain(results);
        RED.util.setMessageProperty(msg, property, result, true);
        addTimings(msg, timings);
        context.report(withRate(rate, summary(results)));
        return msg;
      },
      { status, problem: read.error, onClose: () => network.close() },
    );
    if (read.error === undefined) network.warmUp();
  }
  RED.nodes.registerType('alpr-hailo-infer', HailoInfer);
};

/** What a person works with: the list of detections, the reading, or the tensors by name. */
function plain(results: ViewResult[]): unknown[] {
  return results.map((result) => {
    if (result.kind === 'detections') return result.detections;
    return result.kind === 'reading' ? result.reading : result.tensors;
  });
}

function summary(results: ViewResult[]): string {
  const detections = results.reduce((sum, r) => sum + (r.kind === 'detections' ? r.detections.length : 0), 0);
  const first = results[0];
  if (first?.kind === 'detections') return count(detections, 'find');
  if (first?.kind === 'reading' && results.length === 1) return first.reading.text || 'nothing read';
  return count(results.length, 'result');
}

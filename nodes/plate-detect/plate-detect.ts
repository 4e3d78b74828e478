import type { Node, NodeAPI, NodeDef } from 'node-red';
import { vehiclesIn } from '../../src/node-red/boxes.js';
import { linkNetwork } from '../../src/node-red/device-link.js';
import { FrameIntake } from '../../src/node-red/frame-intake.js';
import { handleInput } from '../../src/node-red/handle-input.js';
import { addTimings } from '../../src/node-red/message.js';
import { SettingsReader } from '../../src/node-red/settings.js';
import { count, RateMeter, StatusLine, withRate } from '../../src/node-red/status.js';
import { detectPlates } from '../../src/stages/plate-detect.js';

/** Plates inside vehicles that are not read yet, in the whole frame, or both → msg.plates. */
export = function (RED: NodeAPI): void {
  function PlateDetect(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    const read = new SettingsReader(config);
    const options = {
      where: read.choice('where', ['auto', 'vehicles', 'frame'], 'auto'),
      frameEvery: read.number('frameEvery', 5, { min: 1, max: 1000, integer: true }),
      looks: read.choice('looks', ['auto', 'one', 'two'], 'auto'),
      confidence: read.optionalNumber('confidence', { min: 0, max: 1 }),
      iou: read.optionalNumber('iou', { min: 0, max: 1 }),
      inputSize: read.optionalNumber('inputSize', { min: 32, max: 4096, integer: true }),
      minVehicleArea: read.number('minVehicleArea', 0, { min: 0 }),
      minVehicleBottom: read.number('minVehicleBottom', 0, { min: 0, max: 1 }),
      wholeVehicles: read.flag('wholeVehicles', false),
    };
    const model = read.text('model') || 'plateflow-plate';
    const status = new StatusLine(this);
    const network = linkNetwork(RED, this, read.text('device'), model, status);
    const intake = new FrameIntake({ camera: this.name || this.id });
    const rate = new RateMeter();

    handleInput(
      this,
      async (msg, context) => {
        const frame = await intake.frameFor(msg);
        const tracked = typeof msg.tracker === 'string';
        const vehicles = vehiclesIn(msg, frame);
        const found = await detectPlates(frame, vehicles, await network.get(), { ...options, tracked });
        rate.tick();
        if (found.vehicles !== undefined) msg.vehicles = found.vehicles;
        msg.plates = found.plates;
        msg.payload = [...found.plates];
        addTimings(msg, found.timings);
        context.report(withRate(rate, count(found.plates.length, 'plate')));
        return msg;
      },
      { status, problem: read.error, onClose: () => network.close() },
    );
    if (read.error === undefined) network.warmUp();
  }
  RED.nodes.registerType('alpr-plate-detect', PlateDetect);
};

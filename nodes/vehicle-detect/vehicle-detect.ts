import type { Node, NodeAPI, NodeDef } from 'node-red';
import { linkNetwork } from '../../src/node-red/device-link.js';
import { FrameIntake } from '../../src/node-red/frame-intake.js';
import { handleInput } from '../../src/node-red/handle-input.js';
import { addTimings } from '../../src/node-red/message.js';
import { SettingsReader } from '../../src/node-red/settings.js';
import { count, RateMeter, StatusLine, withRate } from '../../src/node-red/status.js';
import { detectVehicles } from '../../src/stages/vehicle-detect.js';

/** Vehicles in the frame, or in the picture in msg.payload → msg.vehicles. */
export = function (RED: NodeAPI): void {
  function VehicleDetect(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    const read = new SettingsReader(config);
    const options = {
      confidence: read.optionalNumber('confidence', { min: 0, max: 1 }),
      iou: read.optionalNumber('iou', { min: 0, max: 1 }),
      inputSize: read.optionalNumber('inputSize', { min: 32, max: 4096, integer: true }),
    };
    const model = read.text('model') || 'plateflow-vehicle';
    const status = new StatusLine(this);
    const network = linkNetwork(RED, this, read.text('device'), model, status);
    const intake = new FrameIntake({ camera: this.name || this.id });
    const rate = new RateMeter();

    handleInput(
      this,
      async (msg, context) => {
        const frame = await intake.frameFor(msg);
        const { vehicles, timings } = await detectVehicles(frame, await network.get(), options);
        rate.tick();
        msg.vehicles = vehicles;
        msg.payload = [...vehicles];
        addTimings(msg, timings);
        context.report(withRate(rate, count(vehicles.length, 'vehicle')));
        return msg;
      },
      { status, problem: read.error, onClose: () => network.close() },
    );
    if (read.error === undefined) network.warmUp();
  }
  RED.nodes.registerType('alpr-vehicle-detect', VehicleDetect);
};

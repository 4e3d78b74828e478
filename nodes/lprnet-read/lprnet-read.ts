import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { Plate } from '../../src/detection/types.js';
import type { Frame } from '../../src/frame/frame.js';
import { platesIn, requirePlates } from '../../src/node-red/boxes.js';
import { linkNetwork } from '../../src/node-red/device-link.js';
import { FrameIntake } from '../../src/node-red/frame-intake.js';
import { handleInput } from '../../src/node-red/handle-input.js';
import { addTimings, frameOf, type AlprMessage } from '../../src/node-red/message.js';
import { SettingsReader } from '../../src/node-red/settings.js';
import { count, RateMeter, StatusLine, withRate } from '../../src/node-red/status.js';
import { readFormats } from '../../src/reading/formats/catalogue.js';
import { READ_DEFAULTS, readPlates } from '../../src/stages/read.js';
import { findTracker } from '../../src/tracking/registry.js';

/** The text of every plate that is neither held back nor settled → msg.plates. */
export = function (RED: NodeAPI): void {
  function LprnetRead(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    const read = new SettingsReader(config);
    const options = {
      minConfidence: read.number('minConfidence', READ_DEFAULTS.minConfidence, { min: 0, max: 1 }),
      minLength: read.number('minLength', READ_DEFAULTS.minLength, { min: 0, max: 32, integer: true }),
      secondLook: read.choice('secondLook', ['never', 'unsure', 'always'], READ_DEFAULTS.secondLook),
      candidates: read.number('candidates', READ_DEFAULTS.candidates, { min: 1, max: 20, integer: true }),
      formats: readFormats(read.checkedText('formats', readFormats)),
    };
    const model = read.text('model') || 'plateflow-reader';
    const status = new StatusLine(this);
    const network = linkNetwork(RED, this, read.text('device'), model, status);
    const intake = new FrameIntake({ camera: this.name || this.id });
    const rate = new RateMeter();

    handleInput(
      this,
      async (msg, context) => {
        const bare = frameOf(msg) === undefined;
        const frame = await intake.frameFor(msg);
        const before = bare ? (platesIn(msg, frame) ?? [wholePicture(frame)]) : requirePlates(msg, frame);
        const tracker = trackerOf(msg, frame);
        const { plates, timings } = await readPlates(frame, before, await network.get(), options, tracker);
        rate.tick();
        msg.plates = plates;
        msg.payload = [...plates];
        addTimings(msg, timings);
        context.report(latestText(plates) ?? withRate(rate, count(plates.length, 'plate')));
        return msg;
      },
      { status, problem: read.error, onClose: () => network.close() },
    );
    if (read.error === undefined) network.warmUp();
  }
  RED.nodes.registerType('alpr-lprnet-read', LprnetRead);
};

/** A picture that comes alone is taken for the plate itself. */
function wholePicture(frame: Frame): Plate {
  return { box: { x1: 0, y1: 0, x2: frame.width, y2: frame.height }, confidence: 1 };
}

/** The camera's tracks, where a tracker came before. */
function trackerOf(msg: AlprMessage, frame: Frame): ReturnType<typeof findTracker> {
  return typeof msg.tracker === 'string' ? findTracker(msg.tracker, frame.cameraId) : undefined;
}

/** `AB123CD 97 %` of the last plate that was read. */
function latestText(plates: Plate[]): string | undefined {
  const plate = plates.filter(({ text, held }) => text !== undefined && text !== '' && held === undefined).at(-1);
  if (plate === undefined) return undefined;
  const confidence = plate.vote?.confidence ?? plate.textConfidence ?? 0;
  return `${plate.text} ${Math.round(confidence * 100)} %`;
}

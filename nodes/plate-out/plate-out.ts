import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { PlateEvent, PlateMiss } from '../../src/events/plate-event.js';
import { VISIT_DEFAULTS } from '../../src/events/options.js';
import { VisitBook } from '../../src/events/visits.js';
import { departedIn, requirePlates, vehiclesIn } from '../../src/node-red/boxes.js';
import { requireFrame } from '../../src/node-red/frame-intake.js';
import { handleInput, type Output } from '../../src/node-red/handle-input.js';
import { cameraOf, frameOf, type AlprMessage } from '../../src/node-red/message.js';
import { SettingsReader } from '../../src/node-red/settings.js';
import { StatusLine } from '../../src/node-red/status.js';

/** The events of each visit on the first output; every vehicle or plate that gave none, with the reason, on the second. */
export = function (RED: NodeAPI): void {
  function PlateOut(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    const read = new SettingsReader(config);
    const options = {
      minConfidence: read.number('minConfidence', VISIT_DEFAULTS.minConfidence, { min: 0, max: 1 }),
      minReads: read.number('minReads', VISIT_DEFAULTS.minReads, { min: 1, max: 100, integer: true }),
      minLength: read.number('minLength', VISIT_DEFAULTS.minLength, { min: 1, max: 32, integer: true }),
      format: read.pattern('format'),
      dedupeSeconds: read.number('dedupeSeconds', VISIT_DEFAULTS.dedupeSeconds, { min: 0, max: 86_400 }),
      provisional: read.flag('provisional', VISIT_DEFAULTS.provisional),
    };
    const status = new StatusLine(this);
    const book = new VisitBook(options);
    status.idle('no plate yet');

    /** What the book makes of a message, as this node's two outputs. */
    const enter = (
      msg: AlprMessage,
      heavy: Partial<AlprMessage>,
      input: Parameters<VisitBook['update']>[0],
    ): Output => {
      const { events, misses } = book.update(input);
      // What is done with an event (a gate, a web request) may take longer than a frame of the stream lasts.
      if (events.length > 0) frameOf(heavy)?.lease.keep();
      const last = events.at(-1);
      if (last !== undefined) status.ok(`${last.event} ${last.plate}`);
      const id = msg._msgid === undefined ? {} : { _msgid: msg._msgid };
      return [
        events.map((event: PlateEvent) => ({ ...id, ...heavy, topic: event.camera, payload: event })),
        misses.map((miss: PlateMiss) => ({ ...id, topic: miss.camera, payload: miss })),
      ];
    };

    handleInput(
      this,
      (msg) => {
        if (msg.reset === true) book.reset(topicOf(msg));
        const frame = requireFrame(msg);
        const plates = requirePlates(msg, frame);
        const vehicles = vehiclesIn(msg, frame);
        const tracked = typeof msg.tracker === 'string';
        const departed = departedIn(msg);
        // By reference: an overlay behind this node draws what the event is about.
        const heavy: Partial<AlprMessage> = { frame, plates, ...(vehicles === undefined ? {} : { vehicles }) };
        return enter(msg, heavy, { cameraId: frame.cameraId, frame, vehicles, plates, departed, tracked });
      },
      {
        status,
        problem: read.error,
        // Visits are a memory: frames must be taken one after the other.
        concurrency: 1,
        control: (msg) => {
          if (msg.reset === true) book.reset(topicOf(msg));
          const departed = departedIn(msg);
          if (departed === undefined) return null;
          const tracked = typeof msg.tracker === 'string';
          return enter(msg, {}, { cameraId: cameraOf(msg), departed, tracked });
        },
        onClose: () => book.reset(),
      },
    );
  }
  RED.nodes.registerType('alpr-plate-out', PlateOut);
};

function topicOf(msg: AlprMessage): string | undefined {
  return typeof msg.topic === 'string' && msg.topic !== '' ? msg.topic : undefined;
}

import { resolve } from 'node:path';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { VISIT_DEFAULTS } from '../../src/events/options.js';
import { lineSides, readLine } from '../../src/events/line-crossing.js';
import { takePictures, type PictureSettings } from '../../src/events/pictures.js';
import type { PlateEvent, PlateMiss } from '../../src/events/plate-event.js';
import { toJsonEvent } from '../../src/events/shapes/json-event.js';
import { eventShapes, shapeEvent } from '../../src/events/shapes/shape.js';
import { VisitBook, type VisitOutput } from '../../src/events/visits.js';
import { readZones } from '../../src/areas/zones.js';
import { encodeJpeg } from '../../src/image/encode.js';
import { departedIn, requirePlates, vehiclesIn } from '../../src/node-red/boxes.js';
import { toError } from '../../src/node-red/errors.js';
import { requireFrame } from '../../src/node-red/frame-intake.js';
import { handleInput, type Output } from '../../src/node-red/handle-input.js';
import { cameraOf, frameOf, type AlprMessage } from '../../src/node-red/message.js';
import { SettingsError, SettingsReader } from '../../src/node-red/settings.js';
import { StatusLine } from '../../src/node-red/status.js';
import { EventPrivacy, privacyModes } from '../../src/privacy/event-privacy.js';
import { ListedPlates } from '../../src/privacy/listed-plates.js';

/** From so many waiting messages on, events go without pictures: those take time, and events must not be lost to it. */
const MAX_BACKLOG = 16;
/** What goes wrong with one picture goes wrong with the next. */
const WARNING_MS = 60_000;

/** The events of each visit on the first output; every vehicle or plate that gave none, with the reason, on the second. */
export = function (RED: NodeAPI): void {
  function PlateOut(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    const read = new SettingsReader(config);
    const { privacy, listed, error } = openPrivacy(RED, this, read);
    const pictures = readPictures(read, privacy);
    const asBase64 = read.flag('imageBase64', false);
    const shape = read.choice('shape', eventShapes, 'plateflow');
    const inSide = read.choice('inSide', lineSides, VISIT_DEFAULTS.inSide);
    const options = {
      minConfidence: read.number('minConfidence', VISIT_DEFAULTS.minConfidence, { min: 0, max: 1 }),
      minReads: read.number('minReads', VISIT_DEFAULTS.minReads, { min: 1, max: 100, integer: true }),
      minLength: read.number('minLength', VISIT_DEFAULTS.minLength, { min: 1, max: 32, integer: true }),
      format: read.pattern('format'),
      dedupeSeconds: read.number('dedupeSeconds', VISIT_DEFAULTS.dedupeSeconds, { min: 0, max: 86_400 }),
      provisional: read.flag('provisional', VISIT_DEFAULTS.provisional),
      line: read.checkedText('line', (text) => readLine(text, inSide)),
      inSide,
      closer: read.choice('closer', ['in', 'out'] as const, VISIT_DEFAULTS.closer),
      zones: read.checkedText('zones', readZones),
      pictures: pictures.plate || pictures.vehicle || pictures.frame,
    };
    const problem = read.error ?? error;
    const status = new StatusLine(this);
    const book = new VisitBook(options);
    const counts = { told: 0, withheld: 0 };
    status.idle('no plate yet');

    let warnedAt = -Infinity;
    const warn = (message: string): void => {
      if (performance.now() - warnedAt < WARNING_MS) return;
      warnedAt = performance.now();
      this.warn(message);
    };

    /** One message per event that may be told, in the form that was asked for. */
    const eventMessages = (id: object, heavy: Partial<AlprMessage>, { events, views }: VisitOutput): AlprMessage[] => {
      const messages: AlprMessage[] = [];
      for (const event of events) {
        const { images, imageViews } = views.get(event)?.pictures ?? {};
        const whole = images === undefined ? event : { ...event, images: { ...images }, imageViews };
        const told = privacy.event(whole as PlateEvent);
        if (told === undefined) {
          counts.withheld++;
          continue;
        }
        counts.told++;
        const shaped = shapeEvent(told, shape);
        if (shaped === undefined) continue;
        if (shape === 'plateflow' && asBase64) shaped.payload = toJsonEvent(told);
        messages.push({ ...id, ...heavy, topic: event.camera, ...shaped });
      }
      return messages;
    };

    /** What the book makes of a message, as this node's two outputs. */
    const deliver = (msg: AlprMessage, heavy: Partial<AlprMessage>, output: VisitOutput): Output => {
      const id = msg._msgid === undefined ? {} : { _msgid: msg._msgid };
      const shown = privacy.hides ? {} : heavy;
      const events = eventMessages(id, shown, output);
      // What is done with an event (a gate, a web request) may take longer than a frame of the stream lasts.
      if (events.length > 0) frameOf(shown)?.lease.keep();
      const last = output.events.at(-1);
      if (last !== undefined) status.ok(privacy.hides ? countsText(counts) : `${last.event} ${last.plate}`);
      return [
        events,
        output.misses.map((miss: PlateMiss) => ({ ...id, topic: miss.camera, payload: privacy.miss(miss) })),
      ];
    };

    const queue = handleInput(
      this,
      async (msg) => {
        await listed?.started;
        if (msg.reset === true) book.reset(topicOf(msg));
        const frame = requireFrame(msg);
        const plates = requirePlates(msg, frame);
        const vehicles = vehiclesIn(msg, frame);
        const tracked = typeof msg.tracker === 'string';
        const departed = departedIn(msg);
        const output = book.update({ cameraId: frame.cameraId, frame, vehicles, plates, departed, tracked });
        if (output.requests.length > 0) {
          if (queue.backlog < MAX_BACKLOG) await takePictures(frame, output.requests, pictures, encodeJpeg, warn);
          else warn(`A picture is missing from a plate event: ${queue.backlog} messages are waiting`);
        }
        // By reference: an overlay behind this node draws what the event is about.
        const heavy: Partial<AlprMessage> = { frame, plates, ...(vehicles === undefined ? {} : { vehicles }) };
        return deliver(msg, heavy, output);
      },
      {
        status,
        problem,
        // Visits are a memory: frames must be taken one after the other.
        concurrency: 1,
        control: (msg) => {
          if (msg.reset === true) book.reset(topicOf(msg));
          const departed = departedIn(msg);
          // A node whose settings are wrong may not know what to keep to itself.
          if (departed === undefined || problem !== undefined) return null;
          const tracked = typeof msg.tracker === 'string';
          return deliver(msg, {}, book.update({ cameraId: cameraOf(msg), departed, tracked }));
        },
        onClose: () => {
          book.reset();
          listed?.close();
        },
      },
    );
  }
  RED.nodes.registerType('alpr-plate-out', PlateOut, { credentials: { hashKey: { type: 'password' } } });
};

/** The pictures that events get, as far as privacy lets them out: around a plate are others. */
function readPictures(read: SettingsReader, privacy: EventPrivacy): PictureSettings {
  const flag = (name: string, isAllowed: boolean): boolean => read.flag(name, false) && isAllowed;
  return {
    plate: flag('imagePlate', privacy.allowsPictures),
    vehicle: flag('imageVehicle', !privacy.hides),
    frame: flag('imageFrame', !privacy.hides),
    quality: read.number('imageQuality', 80, { min: 1, max: 100, integer: true }),
    maxWidth: read.optionalNumber('imageMaxWidth', { min: 16, max: 16384, integer: true }),
  };
}

interface OpenPrivacy {
  privacy: EventPrivacy;
  listed: ListedPlates | undefined;
  error: Error | undefined;
}

/** What the settings of privacy come to; with an error nothing may leave the node. */
function openPrivacy(RED: NodeAPI, node: Node, read: SettingsReader): OpenPrivacy {
  const mode = read.choice('privacy', privacyModes, 'plain');
  const rotationDays = read.number('hashDays', 1, { min: 0, max: 3650, integer: true });
  const plates = read.text('listed');
  const file = read.text('listFile');
  let listed: ListedPlates | undefined;
  try {
    if (mode === 'listed-only' || mode === 'hash-unless-listed') {
      listed = new ListedPlates(plates, pathOf(RED, file), (message) => node.warn(message));
    }
    const key = (node as Node<{ hashKey?: string }>).credentials?.hashKey;
    const isListed = listed && ((plate: string): boolean => listed!.has(plate));
    return { privacy: new EventPrivacy({ mode, key, rotationDays, isListed }), listed, error: undefined };
  } catch (thrown) {
    listed?.close();
    const privacy = new EventPrivacy({ mode: 'listed-only', rotationDays: 0, isListed: () => false });
    return { privacy, listed: undefined, error: new SettingsError([toError(thrown).message]) };
  }
}

/** Relative to where the file nodes look. */
function pathOf(RED: NodeAPI, file: string): string {
  const { fileWorkingDirectory, userDir } = RED.settings as { fileWorkingDirectory?: string; userDir?: string };
  return file === '' ? '' : resolve(fileWorkingDirectory ?? userDir ?? '.', file);
}

function countsText({ told, withheld }: { told: number; withheld: number }): string {
  return withheld === 0 ? `${told} told` : `${told} told, ${withheld} not`;
}

function topicOf(msg: AlprMessage): string | undefined {
  return typeof msg.topic === 'string' && msg.topic !== '' ? msg.topic : undefined;
}

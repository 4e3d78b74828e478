import type { Node, NodeAPI, NodeDef } from 'node-red';
import { requireBoxes } from '../../src/node-red/boxes.js';
import { requireFrame } from '../../src/node-red/frame-intake.js';
import { handleInput, type Output } from '../../src/node-red/handle-input.js';
import { addTimings, type AlprMessage } from '../../src/node-red/message.js';
import { SettingsReader } from '../../src/node-red/settings.js';
import { StatusLine } from '../../src/node-red/status.js';
import { plateVoting } from '../../src/reading/vote.js';
import { trackScene } from '../../src/stages/track.js';
import { TRACKER_DEFAULTS } from '../../src/tracking/options.js';
import { TrackerSet } from '../../src/tracking/registry.js';
import { Tracker } from '../../src/tracking/tracker.js';

const SILENCE_CHECK_MS = 500;

/** Identities over frames, per camera, and what was read of them; says once when a track has left. */
export = function (RED: NodeAPI): void {
  function TrackerNode(this: Node, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    const read = new SettingsReader(config);
    const what = read.choice('track', ['auto', 'vehicles', 'plates'], 'auto');
    const options = {
      iouThreshold: read.number('iouThreshold', TRACKER_DEFAULTS.iouThreshold, { min: 0, max: 1 }),
      keepLostMs: read.number('keepLostMs', TRACKER_DEFAULTS.keepLostMs, { min: 0 }),
      settleReads: read.number('settleReads', TRACKER_DEFAULTS.settleReads, { min: 1, integer: true }),
      settleConfidence: read.number('settleConfidence', TRACKER_DEFAULTS.settleConfidence, { min: 0, max: 1 }),
      rereadGrowth: read.number('rereadGrowth', TRACKER_DEFAULTS.rereadGrowth, { min: 1 }),
      silenceMs: read.number('silenceMs', TRACKER_DEFAULTS.silenceMs, { min: 0 }),
      newIouThreshold: read.optionalNumber('newIouThreshold', { min: 0, max: 1 }),
      kalmanDistance: read.optionalNumber('kalmanDistance', { min: 0, max: 1 }),
      keepTrackedFrames: read.optionalNumber('keepTrackedFrames', { min: 1, integer: true }),
      keepNewFrames: read.optionalNumber('keepNewFrames', { min: 1, integer: true }),
      keepLostFrames: read.optionalNumber('keepLostFrames', { min: 1, integer: true }),
    };
    const status = new StatusLine(this);
    const cameras = new TrackerSet(this.id, () => new Tracker(options, plateVoting));

    const track = (msg: AlprMessage): Output => {
      if (msg.reset === true) forget(cameras, msg);
      const frame = requireFrame(msg);
      const { vehicles, plates } = requireBoxes(msg, what, frame);
      const started = performance.now();
      const tracker = cameras.get(frame.cameraId);
      const scene = trackScene(tracker, frame, vehicles, plates, what);
      if (scene.vehicles !== undefined) msg.vehicles = scene.vehicles;
      if (scene.plates !== undefined) msg.plates = scene.plates;
      msg.tracker = this.id;
      if (scene.departed.length > 0) msg.departed = scene.departed;
      else delete msg.departed;
      const tracksPlates = what === 'plates' || (what === 'auto' && scene.vehicles === undefined);
      msg.payload = [...((tracksPlates ? scene.plates : scene.vehicles) ?? [])];
      addTimings(msg, { track: performance.now() - started });
      return msg;
    };

    const queue = handleInput(
      this,
      (msg, context) => {
        const output = track(msg);
        context.report(statusText(cameras));
        return output;
      },
      {
        status,
        problem: read.error,
        // Tracks are a memory: frames must be taken one after the other.
        concurrency: 1,
        control: (msg) => {
          if (msg.reset === true) forget(cameras, msg);
          if (msg.complete !== true) return msg;
          const flushed = flush(cameras, msg, this.id);
          status.ok(statusText(cameras));
          return flushed;
        },
        onClose: () => {
          clearInterval(timer);
          cameras.close();
        },
      },
    );

    const timer = setInterval(() => {
      for (const [camera, tracker] of cameras.entries()) {
        if (!tracker.isSilent()) continue;
        const departed = tracker.flush();
        status.idle('silent');
        queue.sendInOrder(camera, () => ({ topic: camera, tracker: this.id, departed }));
      }
    }, SILENCE_CHECK_MS).unref();
  }
  RED.nodes.registerType('alpr-tracker', TrackerNode);
};

/** The camera in msg.topic, or all of them. */
function forget(cameras: TrackerSet, msg: AlprMessage): void {
  if (typeof msg.topic === 'string' && msg.topic !== '') cameras.delete(msg.topic);
  else cameras.close();
}

/**
 * Lets the tracks of the camera in msg.topic depart with the message. Without a topic every camera ends: then each one's
 * departed tracks go ahead in a message of their own.
 */
function flush(cameras: TrackerSet, msg: AlprMessage, id: string): Output {
  if (typeof msg.topic === 'string' && msg.topic !== '') {
    msg.departed = [...(Array.isArray(msg.departed) ? msg.departed : []), ...(cameras.peek(msg.topic)?.flush() ?? [])];
    msg.tracker = id;
    return msg;
  }
  const ahead = cameras.entries().map(([topic, tracker]) => ({ topic, tracker: id, departed: tracker.flush() }));
  return [[...ahead.filter(({ departed }) => departed.length > 0), msg]];
}

function statusText(cameras: TrackerSet): string {
  let tracks = 0;
  let settled = 0;
  for (const [, tracker] of cameras.entries()) {
    const counts = tracker.counts;
    tracks += counts.tracks;
    settled += counts.settled;
  }
  return `${tracks} here · ${settled} read`;
}

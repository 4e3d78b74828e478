import { decodeImage } from '../image/decode.js';
import { pictureFromPayload } from '../image/payload.js';
import type { Frame } from '../frame/frame.js';
import { FrameCounter } from '../sources/counter.js';
import { AlprNodeError, describeValue, toError } from './errors.js';
import { addTimings, frameOf, type AlprMessage } from './message.js';

/** Flows that put a file name into msg.topic make a camera of every picture. */
const MAX_CAMERAS = 256;

export interface IntakeOptions {
  /** Camera id for messages without a topic. */
  camera: string;
  maxMegapixels?: number | undefined;
}

/** Gives every message its frame: the one it carries, or the picture in msg.payload decoded (design §3). */
export class FrameIntake {
  private readonly counters = new Map<string, FrameCounter>();

  constructor(private readonly options: IntakeOptions) {}

  /**
   * The message's frame. One that had to be decoded is put into msg.frame, its camera into msg.topic.
   * @throws ImageError when there is neither, or no picture that can be decoded
   */
  async frameFor(msg: AlprMessage): Promise<Frame> {
    return frameOf(msg) ?? this.decode(msg);
  }

  /** Decodes msg.payload even when the message has a frame already. */
  async decode(msg: AlprMessage, camera = cameraNamed(msg) ?? this.options.camera): Promise<Frame> {
    const started = performance.now();
    const { maxMegapixels } = this.options;
    const counter = this.counterOf(camera);
    // Before anything is waited for: pictures are numbered as they arrive.
    const stamp = counter.next(counter.begin());
    const picture = await pictureFromPayload(msg.payload).catch((thrown: unknown) => {
      throw msg.frame === undefined ? thrown : withoutPixels(msg, toError(thrown));
    });
    const header = { ...stamp, still: true };
    const frame = await decodeImage(picture, header, maxMegapixels === undefined ? {} : { maxMegapixels });
    msg.frame = frame;
    if (cameraNamed(msg) === undefined) msg.topic = camera;
    addTimings(msg, { decode: performance.now() - started });
    return frame;
  }

  private counterOf(camera: string): FrameCounter {
    const counter = this.counters.get(camera) ?? new FrameCounter(camera);
    // The one used last goes to the end; the first is the one not seen for longest.
    this.counters.delete(camera);
    this.counters.set(camera, counter);
    const oldest = this.counters.keys().next().value;
    if (this.counters.size > MAX_CAMERAS && oldest !== undefined) this.counters.delete(oldest);
    return counter;
  }
}

/**
 * The frame of a message for nodes that need one made by an earlier node.
 * @throws AlprNodeError ALPR_NO_FRAME
 */
export function requireFrame(msg: AlprMessage): Frame {
  const frame = frameOf(msg);
  if (frame !== undefined) return frame;
  throw new AlprNodeError(
    'ALPR_NO_FRAME',
    `Expected a frame (from camera-in or a detecting node) for msg.frame but received ${describeValue(msg.frame)}`,
  );
}

function cameraNamed(msg: AlprMessage): string | undefined {
  return typeof msg.topic === 'string' && msg.topic !== '' ? msg.topic : undefined;
}

/** A frame that went through JSON, or another node's use of the name. */
function withoutPixels(msg: AlprMessage, cause: Error): AlprNodeError {
  const received = `${describeValue(msg.frame)} without pixels`;
  return new AlprNodeError(
    'ALPR_NO_FRAME',
    `Expected a frame for msg.frame but received ${received}. ${cause.message}`,
    { cause },
  );
}

import type { Box } from '../detection/types.js';
import { closer, lookCloser, wayBack, type Sight } from '../frame/detail.js';
import type { Frame } from '../frame/frame.js';
import type { EventImages, ImageView, ImageViews } from './plate-event.js';
import type { PictureRequest } from './views.js';

/** Which pictures events carry, and how they are made. */
export interface PictureSettings {
  plate: boolean;
  vehicle: boolean;
  frame: boolean;
  /** JPEG, 1–100. */
  quality: number;
  /** Pixels; wider pictures are made smaller. */
  maxWidth: number | undefined;
}

/** Encodes a part of a frame as JPEG, in another thread; `area` is in whole pixels, within the frame. */
export type EncodeArea = (
  frame: Frame,
  options: { area: Box; quality: number; maxWidth?: number },
) => Promise<Uint8Array>;

/** Margin around plate and vehicle, share of their width and height: a plate without its rim is hard to look at. */
const PLATE_MARGIN = 0.15;
const VEHICLE_MARGIN = 0.03;
/** Encoding takes milliseconds; what takes this long (a machine that stalls) must not hold up the events. */
const PATIENCE_MS = 5000;

/**
 * Makes the pictures that were asked for. Never rejects: a picture that cannot be made is left out.
 *
 * @param warn told once per call what went wrong
 */
export async function takePictures(
  frame: Frame,
  requests: readonly PictureRequest[],
  settings: PictureSettings,
  encode: EncodeArea,
  warn: (message: string) => void,
  patienceMs: number = PATIENCE_MS,
): Promise<void> {
  let trouble: string | undefined;
  const note = (error: unknown): void => void (trouble ??= error instanceof Error ? error.message : String(error));
  await lookCloser(frame, settings.plate || settings.vehicle, (sight) =>
    Promise.all(
      requests.map(async (request) => {
        try {
          await withinTime(takeOne(frame, sight, request, settings, encode, note), patienceMs);
        } catch (error) {
          // It may go on reading the pixels.
          frame.lease.keep();
          note(error);
        }
      }),
    ),
  );
  if (trouble !== undefined) warn(`A picture is missing from a plate event: ${trouble}`);
}

/** Plate and vehicle are cut from the larger picture where there is one; the whole frame is the one that boxes are told in. */
async function takeOne(
  frame: Frame,
  sight: Sight,
  request: PictureRequest,
  settings: PictureSettings,
  encode: EncodeArea,
  note: (error: unknown) => void,
): Promise<void> {
  const { quality, maxWidth } = settings;
  const { vehicle } = request;
  const whole = { frame, scaleX: 1, scaleY: 1 };
  const wanted: [keyof EventImages, Box | undefined, Sight][] = [
    ['plate', settings.plate ? grown(request.plate, PLATE_MARGIN) : undefined, sight],
    ['vehicle', settings.vehicle && vehicle !== undefined ? grown(vehicle, VEHICLE_MARGIN) : undefined, sight],
    ['frame', settings.frame ? { x1: 0, y1: 0, x2: frame.width, y2: frame.height } : undefined, whole],
  ];
  const images: EventImages = {};
  const imageViews: ImageViews = {
    timestamp: frame.timestamp,
    plateBox: request.plate,
    ...(request.vehicle === undefined ? {} : { vehicleBox: request.vehicle }),
  };
  await Promise.all(
    wanted.map(async ([name, box, from]) => {
      const area = box === undefined ? undefined : wholePixels(closer(box, from), from.frame);
      if (area === undefined) return;
      // Whoever waits for this may give up and give the picture back before the encoder is done with it.
      from.frame.lease.retain();
      try {
        images[name] = await encode(from.frame, { area, quality, ...(maxWidth === undefined ? {} : { maxWidth }) });
        imageViews[name] = viewOf(area, maxWidth, from);
      } catch (error) {
        note(error);
      } finally {
        from.frame.lease.release();
      }
    }),
  );
  if (Object.keys(images).length > 0) request.store({ images, imageViews });
}

function viewOf(area: Box, maxWidth: number | undefined, from: Sight): ImageView {
  const width = area.x2 - area.x1;
  const height = area.y2 - area.y1;
  const scale = maxWidth !== undefined && maxWidth < width ? maxWidth / width : 1;
  return {
    area: closer(area, wayBack(from)),
    width: Math.round(width * scale),
    height: Math.max(1, Math.round(height * scale)),
  };
}

function grown({ x1, y1, x2, y2 }: Box, margin: number): Box {
  const x = (x2 - x1) * margin;
  const y = (y2 - y1) * margin;
  return { x1: x1 - x, y1: y1 - y, x2: x2 + x, y2: y2 + y };
}

/** The whole pixels that a box touches within the frame; undefined where there are none. */
function wholePixels({ x1, y1, x2, y2 }: Box, { width, height }: Frame): Box | undefined {
  const area = {
    x1: Math.max(0, Math.floor(x1)),
    y1: Math.max(0, Math.floor(y1)),
    x2: Math.min(width, Math.ceil(x2)),
    y2: Math.min(height, Math.ceil(y2)),
  };
  return area.x2 > area.x1 && area.y2 > area.y1 ? area : undefined;
}

async function withinTime(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Expected a JPEG within ${ms} ms but received none`)), ms);
  });
  try {
    await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

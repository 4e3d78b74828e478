import type { Box } from '../../detection/types.js';
import type { ImageView, PlateEvent } from '../plate-event.js';

/** The picture that goes with an event in formats that take one only, and where plate and vehicle are in it. */
export interface ShownPicture {
  /** JPEG; undefined when the event carries none. */
  jpeg?: Uint8Array;
  /** In pixels of the picture; of the frame when there is no picture. Whole numbers. */
  plate: Box;
  vehicle?: Box;
}

/** The largest picture that the event has: the frame, else the vehicle, else the plate. */
export function pictureOf(event: PlateEvent): ShownPicture {
  const { images, imageViews } = event;
  for (const name of ['frame', 'vehicle', 'plate'] as const) {
    const jpeg = images?.[name];
    const view = imageViews?.[name];
    if (jpeg === undefined || imageViews === undefined || view === undefined) continue;
    const { plateBox, vehicleBox } = imageViews;
    const vehicle = vehicleBox === undefined ? undefined : withinView(vehicleBox, view);
    return { jpeg, plate: withinView(plateBox, view), ...(vehicle === undefined ? {} : { vehicle }) };
  }
  const vehicle = event.vehicle === undefined ? undefined : wholePixels(event.vehicle.box);
  return { plate: wholePixels(event.box), ...(vehicle === undefined ? {} : { vehicle }) };
}

function withinView(box: Box, { area, width, height }: ImageView): Box {
  const scaleX = width / (area.x2 - area.x1);
  const scaleY = height / (area.y2 - area.y1);
  const x = (value: number): number => Math.min(width, Math.max(0, (value - area.x1) * scaleX));
  const y = (value: number): number => Math.min(height, Math.max(0, (value - area.y1) * scaleY));
  return wholePixels({ x1: x(box.x1), y1: y(box.y1), x2: x(box.x2), y2: y(box.y2) });
}

function wholePixels({ x1, y1, x2, y2 }: Box): Box {
  return { x1: Math.round(x1), y1: Math.round(y1), x2: Math.round(x2), y2: Math.round(y2) };
}

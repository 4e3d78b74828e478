import type { PlateEvent } from '../plate-event.js';
import { toAlprDatabase } from './alpr-database.js';
import { toFrigate } from './frigate.js';
import { toPlateRecognizer } from './plate-recognizer.js';

/** What an event becomes for a program that knows another format; the parts that an mqtt-out or http request node uses. */
export interface ShapedEvent {
  topic?: string;
  payload: unknown;
  headers?: Record<string, string>;
  method?: 'POST';
}

/** `plateflow` is our own event; the others are what the programs of these names take. */
export const eventShapes = ['plateflow', 'plate-recognizer', 'alpr-database', 'frigate'] as const;
export type EventShape = (typeof eventShapes)[number];

/**
 * The event in another program's form. Those know one kind of event only, a plate that was read: `left` and `provisional` give
 * nothing there, or a plate would be entered several times.
 *
 * @returns undefined for an event that the form has no place for
 */
export function shapeEvent(event: PlateEvent, shape: EventShape): ShapedEvent | undefined {
  if (shape === 'plateflow') return { topic: event.camera, payload: event };
  if (event.event !== 'final') return undefined;
  switch (shape) {
    case 'plate-recognizer':
      return toPlateRecognizer(event);
    case 'alpr-database':
      return toAlprDatabase(event);
    case 'frigate':
      return toFrigate(event);
  }
}

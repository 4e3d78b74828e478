import type { Box } from '../detection/types.js';
import type { Label } from './drawing.js';
import { overlayColours, type Style } from './style.js';
import { measureText } from './text.js';

/** Whose picture it is, of when, and how many come. */
export interface Caption {
  camera: string;
  /** ms since the epoch. */
  timestamp: number;
  /** Frames per second. */
  rate: number | undefined;
}

/**
 * One line in the lower left corner: camera, local date and time, frames per second; on a small picture less of it, and none
 * where not even the time fits.
 */
export function composeCaption(
  caption: Caption,
  frame: { width: number; height: number },
  style: Style,
): { label: Label; area: Box } | undefined {
  const { padding, small: size } = style;
  const widthOf = (text: string): number => measureText(text, size) + 2 * padding;
  const text = captionTexts(caption).find((one) => one !== '' && widthOf(one) <= frame.width);
  const height = size + 1 + 2 * padding;
  if (text === undefined || height > frame.height) return undefined;
  const width = widthOf(text);
  const y = frame.height - height;
  const line = { text, x: padding, y: y + padding, size, colour: overlayColours.faint };
  return {
    label: { kind: 'label', x: 0, y, width, height, accent: overlayColours.faint, bar: 0, lines: [line] },
    area: { x1: 0, y1: y, x2: width, y2: y + height },
  };
}

/** The best first. */
function captionTexts({ camera, timestamp, rate }: Caption): string[] {
  const date = new Date(timestamp);
  const two = (value: number): string => String(value).padStart(2, '0');
  const isDate = !Number.isNaN(date.getTime());
  const day = isDate ? [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-') : '';
  const time = isDate ? [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':') : '';
  const fps = rate === undefined ? '' : `${rate >= 9.95 ? Math.round(rate) : rate.toFixed(1)} fps`;
  const join = (...parts: string[]): string => parts.filter((part) => part !== '').join('  ');
  const when = `${day} ${time}`.trim();
  return [join(camera, when, fps), join(when, fps), when, time];
}

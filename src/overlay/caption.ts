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

/** One line in the lower left corner: camera, local date and time, frames per second. */
export function composeCaption(
  caption: Caption,
  frame: { width: number; height: number },
  style: Style,
): { label: Label; area: Box } {
  const { padding } = style;
  const text = captionText(caption);
  let size = style.small;
  while (size > 6 && measureText(text, size) + 2 * padding > frame.width) size--;
  const width = measureText(text, size) + 2 * padding;
  const height = size + 1 + 2 * padding;
  const y = Math.max(0, frame.height - height);
  const line = { text, x: padding, y: y + padding, size, colour: overlayColours.faint };
  return {
    label: { kind: 'label', x: 0, y, width, height, accent: overlayColours.faint, bar: 0, lines: [line] },
    area: { x1: 0, y1: y, x2: width, y2: y + height },
  };
}

function captionText({ camera, timestamp, rate }: Caption): string {
  const parts = [camera];
  const date = new Date(timestamp);
  if (!Number.isNaN(date.getTime())) {
    const two = (value: number): string => String(value).padStart(2, '0');
    const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
    parts.push(`${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`);
  }
  if (rate !== undefined) parts.push(`${rate >= 9.95 ? Math.round(rate) : rate.toFixed(1)} fps`);
  return parts.filter((part) => part !== '').join('  ');
}

import type { Colour, Outline, Trail } from './drawing.js';

/**
 * Lighter relatives of the colours that people with any kind of colour vision tell apart (Okabe and Ito 2008). Colour never
 * stands alone: settled readings carry a tick, held plates a broken line.
 */
export const overlayColours = {
  vehicle: [110, 195, 245],
  provisional: [255, 186, 50],
  settled: [60, 220, 160],
  held: [240, 140, 200],
  faint: [205, 208, 214],
  place: [245, 232, 95],
} as const satisfies Record<string, Colour>;

/** Sizes in pixels of the frame: heights of capitals and the width of lines. */
export interface Style {
  text: number;
  small: number;
  line: number;
  padding: number;
  /** Width of the bar at a label's edge. */
  bar: number;
}

/** @param outputWidth width the picture will be shown or sent at, pixels; all gets larger when that is less than the frame's */
export function styleFor(frame: { width: number; height: number }, outputWidth: number | undefined): Style {
  const short = Math.min(frame.width, frame.height);
  const shrink = outputWidth !== undefined && outputWidth > 0 ? Math.max(1, frame.width / outputWidth) : 1;
  const text = Math.round(Math.max(9, short / 48, 10 * shrink));
  return {
    text,
    small: Math.round(Math.max(7, text * 0.68, 7 * shrink)),
    line: Math.max(1.4, short / 360, 1.2 * shrink),
    padding: Math.max(2, Math.round(text * 0.3)),
    bar: Math.max(2, Math.round(text * 0.2)),
  };
}

export function outline(points: number[], colour: Colour, width: number, broken: boolean, fill: number): Outline {
  return { kind: 'outline', points, colour, width, rim: rimOf(width), dash: broken ? width * 4 : 0, fill };
}

export function trail(points: number[], colour: Colour, width: number, fade: number): Trail {
  return { kind: 'trail', points, colour, width, rim: rimOf(width), fade };
}

function rimOf(width: number): number {
  return Math.max(0.8, width * 0.4);
}

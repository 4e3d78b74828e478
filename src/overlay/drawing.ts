/** Red, green, blue, 0..255. */
export type Colour = readonly [number, number, number];

/** A closed line along points in frame pixels. */
export interface Outline {
  kind: 'outline';
  /** x0, y0, x1, y1, …; the last point is joined to the first. */
  points: number[];
  colour: Colour;
  /** Of the coloured line, pixels; a dark rim of `rim` pixels goes around it. */
  width: number;
  rim: number;
  /** Length of a dash, pixels; 0 for an unbroken line. */
  dash: number;
  /** Opacity of the inside, 0..1. */
  fill: number;
}

export interface LabelLine {
  text: string;
  /** Left edge of the first glyph and top of the capitals, whole frame pixels. */
  x: number;
  y: number;
  /** Height of the capitals, whole pixels. */
  size: number;
  colour: Colour;
}

/** Text on a dark plate, with a bar in its colour on the left edge. Whole frame pixels. */
export interface Label {
  kind: 'label';
  x: number;
  y: number;
  width: number;
  height: number;
  accent: Colour;
  /** Width of the bar. */
  bar: number;
  lines: LabelLine[];
}

/** All that is drawn on one frame, in this order; plain data, so that it can be sent to a worker. */
export interface Drawing {
  shapes: (Outline | Label)[];
}

/** 8-bit RGB, row-major, 3 bytes a pixel. */
export interface Canvas {
  pixels: Uint8Array;
  width: number;
  height: number;
}

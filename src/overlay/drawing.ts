import type { Box, Corners } from '../detection/types.js';

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

/** An open line along points in frame pixels, with a dark rim. */
export interface Trail {
  kind: 'trail';
  /** x0, y0, x1, y1, … */
  points: number[];
  colour: Colour;
  width: number;
  rim: number;
  /** Opacity at its beginning, 0..1; at its end it is 1. */
  fade: number;
}

/** A small picture put onto the frame, scaled to whole frame pixels. */
export interface Picture {
  kind: 'picture';
  x: number;
  y: number;
  width: number;
  height: number;
  /** 8-bit RGB, row-major; shared with other drawings, so only read. */
  pixels: SharedArrayBuffer;
  pixelWidth: number;
  pixelHeight: number;
}

/** A part of the frame that is copied out of it before anything is drawn, straightened along its corners. */
export interface Cut {
  corners: Corners;
  /** Width × height × 3 bytes of 8-bit RGB. */
  pixels: SharedArrayBuffer;
  width: number;
  height: number;
  /** Another picture, which the corners are told in: the camera's larger one. Left out: the frame. */
  from?: { pixels: SharedArrayBuffer; width: number; height: number };
}

/** A part of the frame, px, that is made unrecognisable before anything is drawn; `margin` widens it (see image/blur.ts). */
export interface HiddenRegion {
  box: Box;
  margin?: number;
}

export type Shape = Outline | Label | Trail | Picture;

/** All that is done to a copy of one frame; plain data, so that it can be sent to a worker. */
export interface Drawing {
  /** Taken from the frame as it came. */
  cuts?: Cut[];
  /** Then these parts are hidden. */
  hidden?: HiddenRegion[];
  /** Then these are drawn, in this order. */
  shapes: Shape[];
}

/** 8-bit RGB, row-major, 3 bytes a pixel. */
export interface Canvas {
  pixels: Uint8Array;
  width: number;
  height: number;
}

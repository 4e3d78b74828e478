import type { Box, Plate, PlateVote, Vehicle } from '../detection/types.js';
import type { Colour, Drawing, Outline } from './drawing.js';
import { placeLabels, type WantedLabel } from './layout.js';

export interface OverlayOptions {
  showVehicles: boolean;
  showPlates: boolean;
  showText: boolean;
  /** Why things were held back, sharpness, detector confidences. */
  debug: boolean;
  /** Width the picture will be shown or sent at, pixels; text is made larger when that is less than the frame's. */
  outputWidth?: number | undefined;
}

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
} as const satisfies Record<string, Colour>;

interface Style {
  text: number;
  small: number;
  line: number;
}

/**
 * What is drawn for a frame's vehicles and plates. Boxes and corners that are not numbers are left away.
 * @param frame size in pixels
 */
export function composeDrawing(
  frame: { width: number; height: number },
  vehicles: readonly Vehicle[] | undefined,
  plates: readonly Plate[] | undefined,
  options: OverlayOptions,
): Drawing {
  const style = styleFor(frame, options.outputWidth);
  const shownVehicles = (vehicles ?? []).filter((vehicle) => isBox(vehicle.box));
  const shownPlates = (plates ?? []).filter((plate) => isBox(plate.box));
  const spoken = new Map<Vehicle, Plate>();
  for (const plate of shownPlates) {
    const vehicle = plate.vehicle === undefined ? undefined : vehicles?.[plate.vehicle];
    if (!vehicle || !isBox(vehicle.box) || readingOf(plate) === undefined) continue;
    const other = spoken.get(vehicle);
    if (!other || (plate.textConfidence ?? 0) > (other.textConfidence ?? 0)) spoken.set(vehicle, plate);
  }

  const outlines: Outline[] = [];
  const labels: WantedLabel[] = [];
  for (const vehicle of shownVehicles) {
    const plate = spoken.get(vehicle);
    const reading = plate ? readingOf(plate) : voteReading(vehicle.plate);
    const colour = reading?.colour ?? overlayColours.vehicle;
    if (options.showVehicles) outlines.push(outline(boxPoints(vehicle.box), colour, style.line, false, 0));
    labels.push(vehicleLabel(vehicle, reading, colour, options, style));
  }
  for (const plate of shownPlates) {
    const owner = plate.vehicle === undefined ? undefined : vehicles?.[plate.vehicle];
    const attached = owner !== undefined && spoken.get(owner) === plate;
    const reading = readingOf(plate);
    const held = plate.held !== undefined;
    const colour = held ? overlayColours.held : (reading?.colour ?? overlayColours.provisional);
    if (options.showPlates) outlines.push(outline(platePoints(plate), colour, style.line, held, 0.12));
    labels.push(plateLabel(plate, attached ? undefined : reading, colour, options, style));
  }
  const padding = Math.max(2, Math.round(style.text * 0.3));
  const placed = placeLabels(
    labels.filter((label) => label.lines.length > 0),
    frame,
    options.showPlates ? shownPlates.map((plate) => boundsOf(platePoints(plate))) : [],
    { padding, bar: Math.max(2, Math.round(style.text * 0.2)), gap: Math.ceil(style.line) + 1 },
  );
  return { shapes: [...outlines, ...placed] };
}

function styleFor(frame: { width: number; height: number }, outputWidth: number | undefined): Style {
  const short = Math.min(frame.width, frame.height);
  const shrink = outputWidth !== undefined && outputWidth > 0 ? Math.max(1, frame.width / outputWidth) : 1;
  const text = Math.round(Math.max(9, short / 48, 10 * shrink));
  return {
    text,
    small: Math.round(Math.max(7, text * 0.68, 7 * shrink)),
    line: Math.max(1.4, short / 360, 1.2 * shrink),
  };
}

interface ShownReading {
  text: string;
  colour: Colour;
}

/**
 * A settled vote stands above the single reading; before that, what was read in this very frame is shown. What was held
 * back is no reading: its text, if it has one, is shown with the reason in debug mode only.
 */
function readingOf(plate: Plate): ShownReading | undefined {
  if (plate.held) return undefined;
  if (plate.vote?.settled) return voteReading(plate.vote);
  if (plate.text !== undefined && plate.text !== '') {
    return { text: `${plate.text}${percent(plate.textConfidence)}`, colour: overlayColours.provisional };
  }
  return voteReading(plate.vote);
}

function voteReading(vote: PlateVote | undefined): ShownReading | undefined {
  if (!vote || vote.text === '') return undefined;
  const text = `${vote.settled ? '✓ ' : ''}${vote.text}${percent(vote.confidence)}`;
  return { text, colour: vote.settled ? overlayColours.settled : overlayColours.provisional };
}

function vehicleLabel(
  vehicle: Vehicle,
  reading: ShownReading | undefined,
  accent: Colour,
  options: OverlayOptions,
  style: Style,
): WantedLabel {
  const lines: WantedLabel['lines'] = [];
  const { faint, held } = overlayColours;
  if (options.showText && reading) lines.push({ text: reading.text, size: style.text, colour: reading.colour });
  if (options.showVehicles) {
    const track = vehicle.trackId === undefined ? '' : ` #${vehicle.trackId}`;
    const text = `${vehicle.label}${track}${percent(vehicle.confidence)}`;
    lines.push({ text, size: style.small, colour: faint });
  }
  if (options.debug && vehicle.held) lines.push({ text: vehicle.held.reason, size: style.small, colour: held });
  return { box: vehicle.box, accent, lines, weight: options.showText && reading ? 2 : 1 };
}

function plateLabel(
  plate: Plate,
  reading: ShownReading | undefined,
  accent: Colour,
  options: OverlayOptions,
  style: Style,
): WantedLabel {
  const lines: WantedLabel['lines'] = [];
  const { faint, held } = overlayColours;
  if (options.showText && reading) lines.push({ text: reading.text, size: style.text, colour: reading.colour });
  if (options.debug) {
    const sharpness =
      plate.sharpness === undefined || !(plate.sharpness >= 0) ? '' : ` sharp ${Math.round(plate.sharpness)}`;
    lines.push({ text: `plate${percent(plate.confidence)}${sharpness}`, size: style.small, colour: faint });
    if (plate.held) {
      if (plate.text)
        lines.push({ text: `${plate.text}${percent(plate.textConfidence)}`, size: style.small, colour: faint });
      lines.push({ text: plate.held.reason, size: style.small, colour: held });
    }
  }
  return { box: boundsOf(platePoints(plate)), accent, lines, weight: options.showText && reading ? 2 : 0 };
}

function percent(confidence: number | undefined): string {
  return confidence === undefined || !Number.isFinite(confidence) ? '' : ` ${Math.round(confidence * 100)}%`;
}

function outline(points: number[], colour: Colour, width: number, broken: boolean, fill: number): Outline {
  return {
    kind: 'outline',
    points,
    colour,
    width,
    rim: Math.max(0.8, width * 0.4),
    dash: broken ? width * 4 : 0,
    fill,
  };
}

function platePoints(plate: Plate): number[] {
  const corners = plate.corners?.flatMap(({ x, y }) => [x, y]);
  return corners?.length === 8 && corners.every(Number.isFinite) ? corners : boxPoints(plate.box);
}

function boundsOf(points: readonly number[]): Box {
  const xs = points.filter((_, index) => index % 2 === 0);
  const ys = points.filter((_, index) => index % 2 === 1);
  return { x1: Math.min(...xs), y1: Math.min(...ys), x2: Math.max(...xs), y2: Math.max(...ys) };
}

function boxPoints({ x1, y1, x2, y2 }: Box): number[] {
  return [x1, y1, x2, y1, x2, y2, x1, y2];
}

function isBox(box: Box | undefined): box is Box {
  return box !== undefined && [box.x1, box.y1, box.x2, box.y2].every(Number.isFinite);
}

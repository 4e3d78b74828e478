import type { Plate, Vehicle } from '../detection/types.js';
import { composeCaption, type Caption } from './caption.js';
import type { Hidden } from './concealment.js';
import type { Colour, Drawing, Shape } from './drawing.js';
import type { LastPlate } from './last-plates.js';
import { placeLabels, type WantedLabel } from './layout.js';
import { composePlaces, type Places } from './places.js';
import { percent, shownText, textOfPlate, textOfVote, type KnownText } from './readings.js';
import { boundsOf, boxPoints, isBox, platePoints } from './shape.js';
import { composeStrip } from './strip.js';
import { outline, overlayColours, styleFor, trail, type Style } from './style.js';
import type { Trails } from './trails.js';

export interface OverlayOptions {
  showVehicles: boolean;
  showPlates: boolean;
  showText: boolean;
  /** Why things were held back, sharpness, detector confidences. */
  debug: boolean;
  /** Width the picture will be shown or sent at, pixels; text is made larger when that is less than the frame's. */
  outputWidth?: number | undefined;
}

/** What is drawn besides this frame's vehicles and plates. */
export interface OverlayExtras {
  /** Recent ways of tracks. */
  trails?: Trails | undefined;
  places?: Places | undefined;
  lastPlates?: readonly LastPlate[] | undefined;
  caption?: Caption | undefined;
  /** What must not be seen of this frame; texts of it are not written either. */
  hidden?: Hidden | undefined;
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
  extras: OverlayExtras = {},
): Drawing {
  const style = styleFor(frame, options.outputWidth);
  const { hidden } = extras;
  const shownVehicles = (vehicles ?? []).filter((vehicle) => isBox(vehicle.box));
  const shownPlates = (plates ?? []).filter((plate) => isBox(plate.box));
  const readingOf = (plate: Plate): ShownReading | undefined =>
    hidden?.plates.has(plate) ? undefined : shownReading(textOfPlate(plate));
  const spoken = new Map<Vehicle, Plate>();
  for (const plate of shownPlates) {
    const vehicle = plate.vehicle === undefined ? undefined : vehicles?.[plate.vehicle];
    if (!vehicle || !isBox(vehicle.box) || readingOf(plate) === undefined) continue;
    const other = spoken.get(vehicle);
    if (!other || (plate.textConfidence ?? 0) > (other.textConfidence ?? 0)) spoken.set(vehicle, plate);
  }

  const shapes: Shape[] = [];
  const labels: WantedLabel[] = [];
  const ways: Shape[] = [];
  const follow = (trackId: number | undefined, colour: Colour): void => {
    const points = trackId === undefined ? [] : (extras.trails?.of(trackId) ?? []);
    const pixels = points.flatMap(({ x, y }) => [x * frame.width, y * frame.height]);
    if (points.length > 1) ways.push(trail(pixels, colour, style.line, 0.15));
  };
  for (const vehicle of shownVehicles) {
    const plate = spoken.get(vehicle);
    const vote = hidden?.vehicles.has(vehicle) ? undefined : shownReading(textOfVote(vehicle.plate));
    const reading = plate ? readingOf(plate) : vote;
    const colour = reading?.colour ?? overlayColours.vehicle;
    follow(vehicle.trackId, colour);
    if (options.showVehicles) shapes.push(outline(boxPoints(vehicle.box), colour, style.line, false, 0));
    labels.push(vehicleLabel(vehicle, reading, colour, options, style));
  }
  for (const plate of shownPlates) {
    const owner = plate.vehicle === undefined ? undefined : vehicles?.[plate.vehicle];
    const attached = owner !== undefined && spoken.get(owner) === plate;
    const reading = readingOf(plate);
    const held = plate.held !== undefined;
    const colour = held ? overlayColours.held : (reading?.colour ?? overlayColours.provisional);
    if (owner === undefined) follow(plate.trackId, colour);
    if (options.showPlates) shapes.push(outline(platePoints(plate), colour, style.line, held, 0.12));
    labels.push(plateLabel(plate, attached ? undefined : reading, colour, options, style, hidden?.plates.has(plate)));
  }
  const places = extras.places === undefined ? undefined : composePlaces(extras.places, frame, style);
  const strip = composeStrip(extras.lastPlates ?? [], frame, style);
  const caption = extras.caption === undefined ? undefined : composeCaption(extras.caption, frame, style);
  const placed = placeLabels(
    [...labels, ...(places?.labels ?? [])].filter((label) => label.lines.length > 0),
    frame,
    options.showPlates ? shownPlates.map((plate) => boundsOf(platePoints(plate))) : [],
    { padding: style.padding, bar: style.bar, gap: Math.ceil(style.line) + 1 },
    [strip.area, caption?.area].filter((box) => box !== undefined),
  );
  const last = caption === undefined ? strip.shapes : [...strip.shapes, caption.label];
  return {
    ...(hidden === undefined ? {} : { hidden: hidden.regions }),
    shapes: [...(places?.shapes ?? []), ...ways, ...shapes, ...placed, ...last],
  };
}

interface ShownReading {
  text: string;
  colour: Colour;
}

function shownReading(known: KnownText | undefined): ShownReading | undefined {
  if (known === undefined) return undefined;
  return { text: shownText(known), colour: known.settled ? overlayColours.settled : overlayColours.provisional };
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
  isHidden = false,
): WantedLabel {
  const lines: WantedLabel['lines'] = [];
  const { faint, held } = overlayColours;
  if (options.showText && reading) lines.push({ text: reading.text, size: style.text, colour: reading.colour });
  if (options.debug) {
    const sharpness =
      plate.sharpness === undefined || !(plate.sharpness >= 0) ? '' : ` sharp ${Math.round(plate.sharpness)}`;
    lines.push({ text: `plate${percent(plate.confidence)}${sharpness}`, size: style.small, colour: faint });
    if (plate.held) {
      if (plate.text && !isHidden)
        lines.push({ text: `${plate.text}${percent(plate.textConfidence)}`, size: style.small, colour: faint });
      lines.push({ text: plate.held.reason, size: style.small, colour: held });
    }
  }
  return { box: boundsOf(platePoints(plate)), accent, lines, weight: options.showText && reading ? 2 : 0 };
}

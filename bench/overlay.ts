/**
 * Milliseconds to compose and draw ten vehicles with plates and labels, by size of the picture.
 * Run: npx tsx bench/overlay.ts
 */
import type { Plate, Vehicle } from '../src/detection/types.js';
import { composeDrawing } from '../src/overlay/compose.js';
import { drawOverlay } from '../src/overlay/draw.js';
import { printTable, summarise } from './table.js';

const RUNS = 100;
const COUNT = 10;

function scene(width: number, height: number): { vehicles: Vehicle[]; plates: Plate[] } {
  const vehicles: Vehicle[] = [];
  const plates: Plate[] = [];
  for (let i = 0; i < COUNT; i++) {
    const [x, y] = [((i % 5) * 0.19 + 0.02) * width, (i < 5 ? 0.1 : 0.55) * height];
    const [w, h] = [0.16 * width, 0.36 * height];
    vehicles.push({ box: { x1: x, y1: y, x2: x + w, y2: y + h }, label: 'car', confidence: 0.9, trackId: i });
    const box = { x1: x + 0.3 * w, y1: y + 0.7 * h, x2: x + 0.6 * w, y2: y + 0.8 * h };
    const lean = 0.02 * h;
    plates.push({
      box,
      confidence: 0.9,
      corners: [
        { x: box.x1, y: box.y1 },
        { x: box.x2, y: box.y1 + lean },
        { x: box.x2, y: box.y2 + lean },
        { x: box.x1, y: box.y2 },
      ],
      vehicle: i,
      sharpness: 250,
      text: `AB12 CD${i}`,
      textConfidence: 0.95,
    });
  }
  return { vehicles, plates };
}

const rows = [
  [320, 240],
  [1280, 720],
  [1920, 1080],
  [3840, 2160],
].map(([width, height]) => {
  const size = { width: width!, height: height! };
  const { vehicles, plates } = scene(width!, height!);
  const target = { ...size, pixels: new Uint8Array(width! * height! * 3).fill(120) };
  const options = { showVehicles: true, showPlates: true, showText: true, debug: true };
  const compose: number[] = [];
  const draw: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const started = performance.now();
    const drawing = composeDrawing(size, vehicles, plates, options);
    const composed = performance.now();
    drawOverlay(target, drawing);
    compose.push(composed - started);
    draw.push(performance.now() - composed);
  }
  const [composing, drawing] = [summarise(compose), summarise(draw)];
  const ms = (value: number) => value.toFixed(2);
  return [`${width}x${height}`, ms(composing.median), ms(drawing.median), ms(drawing.p95), ms(drawing.max)];
});
printTable(
  `Overlay of ${COUNT} vehicles with plates, all labels, ms`,
  ['picture', 'compose', 'draw', 'p95', 'max'],
  rows,
);

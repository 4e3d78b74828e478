/**
 * Milliseconds to compose and draw ten vehicles with plates and labels, by size of the picture: boxes and labels alone, then with
 * trails, a zone, a line, the last plates and every plate blurred.
 * Run: npx tsx bench/overlay.ts
 */
import type { Plate, Vehicle } from '../src/detection/types.js';
import { blurRegions } from '../src/image/blur.js';
import { composeDrawing, type OverlayExtras } from '../src/overlay/compose.js';
import { Concealment } from '../src/overlay/concealment.js';
import { drawOverlay } from '../src/overlay/draw.js';
import { Trails } from '../src/overlay/trails.js';
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

function extrasOf(size: { width: number; height: number }, vehicles: Vehicle[], plates: Plate[]): OverlayExtras {
  const trails = new Trails();
  for (let step = 0; step < 40; step++) {
    for (const { trackId, box } of vehicles) {
      const way = { x: box.x1 / size.width + 0.08, y: box.y2 / size.height - 0.3 + step * 0.0075 };
      trails.see(trackId!, way, 1000 + step * 66);
    }
  }
  const picture = { pixels: new SharedArrayBuffer(300 * 75 * 3), width: 300, height: 75 };
  const conceal = new Concealment({ who: 'all', windscreens: false, isReadable: () => false });
  const corners = [0.1, 0.9].flatMap((y) => [0.1, 0.9].map((x) => ({ x, y })));
  const points = [corners[0]!, corners[1]!, corners[3]!, corners[2]!];
  return {
    trails,
    places: { zones: [{ name: 'yard', points }], line: { from: points[3]!, to: points[1]!, inSign: 1 } },
    lastPlates: Array.from({ length: 5 }, () => ({ text: 'AB12 CDE', confidence: 0.9, settled: true, picture })),
    caption: { camera: 'gate', timestamp: 0, rate: 15 },
    hidden: conceal.conceal({ ...size, timestamp: 0 }, vehicles, plates),
  };
}

const rows = [
  [320, 240],
  [1280, 720],
  [1920, 1080],
  [3840, 2160],
].flatMap(([width, height]) => {
  const size = { width: width!, height: height! };
  const { vehicles, plates } = scene(width!, height!);
  const target = { ...size, pixels: new Uint8Array(width! * height! * 3).fill(120) };
  const options = { showVehicles: true, showPlates: true, showText: true, debug: true };
  const ms = (value: number) => value.toFixed(2);
  return (['boxes', 'all'] as const).map((what) => {
    const extras = what === 'all' ? extrasOf(size, vehicles, plates) : {};
    const compose: number[] = [];
    const draw: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const started = performance.now();
      const drawing = composeDrawing(size, vehicles, plates, options, extras);
      const composed = performance.now();
      blurRegions(target, drawing.hidden ?? []);
      drawOverlay(target, drawing);
      compose.push(composed - started);
      draw.push(performance.now() - composed);
    }
    const [composing, drawing] = [summarise(compose), summarise(draw)];
    return [`${width}x${height}`, what, ms(composing.median), ms(drawing.median), ms(drawing.p95), ms(drawing.max)];
  });
});
printTable(
  `Overlay of ${COUNT} vehicles with plates, all labels, ms`,
  ['picture', 'drawn', 'compose', 'draw', 'p95', 'max'],
  rows,
);

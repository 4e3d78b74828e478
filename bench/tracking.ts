/**
 * How long the tracker takes per frame, and one vote. Run: npx tsx bench/tracking.ts
 */
import type { RatedReading } from '../src/detection/types.js';
import { plateVoting, votePlate } from '../src/reading/vote.js';
import { Tracker } from '../src/tracking/tracker.js';

const FRAMES = 2000;
const WARM_UP = 200;

/** `count` vehicles in rows, driving to and fro, a tenth of them unseen in any frame. */
function measureUpdates(count: number): { mean: number; p99: number } {
  const tracker = new Tracker({}, plateVoting);
  const times: number[] = [];
  for (let frame = 0; frame < FRAMES + WARM_UP; frame++) {
    const observations = [];
    for (let index = 0; index < count; index++) {
      if ((frame + index) % 10 === 0) continue;
      const x = 100 + (index % 10) * 180 + 60 * Math.sin(frame / 20 + index);
      const y = 60 + Math.floor(index / 10) * 100;
      observations.push({ box: { x1: x, y1: y, x2: x + 120, y2: y + 80 }, label: 'car', confidence: 0.9 });
    }
    const started = performance.now();
    tracker.update(observations, frame * 33, { width: 1920, height: 1080 });
    if (frame >= WARM_UP) times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  return {
    mean: times.reduce((sum, time) => sum + time, 0) / times.length,
    p99: times[Math.floor(times.length * 0.99)]!,
  };
}

function measureVote(count: number): number {
  const texts = ['AB12CDE', 'A812CDE', 'AB12CD', 'IAB12CDE', 'AB12CDE', 'AB1ZCDE'];
  const readings: RatedReading[] = Array.from({ length: count }, (_, index) => {
    const text = texts[index % texts.length]!;
    const characters = [...text].map((character) => ({ text: character, confidence: 0.9 }));
    const reading = { text, confidence: 0.9, characters, candidates: [{ text, confidence: 1 }], lines: 1 };
    return { reading, quality: { width: 100, height: 25, sharpness: 150, timestamp: 0 } };
  });
  const rounds = 2000;
  for (let round = 0; round < 200; round++) votePlate(readings, { settleReads: 3, settleConfidence: 0.85 });
  const started = performance.now();
  for (let round = 0; round < rounds; round++) votePlate(readings, { settleReads: 3, settleConfidence: 0.85 });
  return (performance.now() - started) / rounds;
}

console.log('tracks  ms per update (mean)  (99 %)');
for (const count of [10, 50, 100]) {
  const { mean, p99 } = measureUpdates(count);
  console.log(`${String(count).padStart(6)}  ${mean.toFixed(3).padStart(20)}  ${p99.toFixed(3).padStart(6)}`);
}
console.log('\nreadings  ms per vote');
for (const count of [3, 10, 32])
  console.log(`${String(count).padStart(8)}  ${measureVote(count).toFixed(3).padStart(11)}`);

import { PlateDesign } from './plates.js';
import { Kind } from './vehicles.js';

/** Clip: frames per second, length, and how long the shutter is open. */
export const clip = { width: 1920, height: 1080, fps: 15, seconds: 28, shutter: 1 / 110 };

/** One vehicle passing through. */
export interface Visit {
  name: string;
  kind: Kind['name'];
  paint: string;
  plate: PlateDesign;
  direction: 'away' | 'towards';
  /** Across the road, metres. */
  x: number;
  /** Along the road at the start, metres from the camera. */
  y: number;
  /** Seconds into the clip, metres per second; linear between, the first is the start, the last speed stays. */
  speeds: ReadonlyArray<readonly [seconds: number, speed: number]>;
}

export const visits: Visit[] = [
  {
    name: 'red hatchback',
    kind: 'hatchback',
    paint: '#a3141c',
    plate: { country: 'GB', style: 'gb-rear', lines: ['LM73 KXR'] },
    direction: 'away',
    x: 1.75,
    y: 7.5,
    speeds: [
      [0, 4.2],
      [3, 4.6],
      [6, 8],
    ],
  },
  {
    name: 'blue saloon that waits at the line',
    kind: 'saloon',
    paint: '#1b2f5c',
    plate: { country: 'DE', style: 'de', lines: ['M KT 4827'] },
    direction: 'towards',
    x: -1.72,
    y: 66,
    speeds: [
      [0, 10],
      [3, 9],
      [8.26, 0],
      [13.2, 0],
      [15.5, 5],
      [18, 7],
    ],
  },
  {
    name: 'white car with a two-line plate',
    kind: 'suv',
    paint: '#d9dbdc',
    plate: { country: 'VN', style: 'vn-two-line', lines: ['51G', '384.72'] },
    direction: 'away',
    x: 1.8,
    y: 3,
    speeds: [
      [5.5, 4],
      [10, 4.4],
      [14, 9],
    ],
  },
  {
    name: 'green box lorry',
    kind: 'lorry',
    paint: '#2c6b4a',
    plate: { country: 'NL', style: 'nl', lines: ['57-BKN-4'] },
    direction: 'away',
    x: 1.75,
    y: 2,
    speeds: [
      [12.5, 4.4],
      [17, 4.8],
      [22, 9],
    ],
  },
  {
    name: 'silver SUV',
    kind: 'suv',
    paint: '#9aa0a6',
    plate: { country: 'US', style: 'us-ca', lines: ['7KRL428'] },
    direction: 'towards',
    x: -1.7,
    y: 74,
    speeds: [
      [12, 9],
      [16.5, 7.5],
      [19.5, 3],
      [22, 3],
      [25, 4],
    ],
  },
  {
    name: 'grey van with a muddy plate',
    kind: 'van',
    paint: '#4b5157',
    plate: { country: 'FR', style: 'fr', lines: ['GK-374-XN'], muddy: true },
    direction: 'towards',
    x: -1.75,
    y: 74,
    speeds: [
      [18.2, 10],
      [21, 8],
      [24, 6.5],
      [28, 5.5],
    ],
  },
  {
    name: 'dark grey hatchback',
    kind: 'hatchback',
    paint: '#33383d',
    plate: { country: 'BR', style: 'br', lines: ['RKT4E72'] },
    direction: 'away',
    x: 1.7,
    y: 3,
    speeds: [
      [21.5, 4.2],
      [28, 6],
    ],
  },
];

/** Where a visit's vehicle is along the road at a time, or undefined before its start. */
export function positionAt(visit: Visit, seconds: number): number | undefined {
  const start = visit.speeds[0]![0];
  if (seconds < start) return undefined;
  let travelled = 0;
  for (let i = 0; i < visit.speeds.length; i++) {
    const [from, speed] = visit.speeds[i]!;
    const next = visit.speeds[i + 1];
    const to = Math.min(seconds, next ? next[0] : seconds);
    if (to <= from) break;
    const speedThen = next ? speed + ((next[1] - speed) * (to - from)) / (next[0] - from) : speed;
    travelled += ((speed + speedThen) / 2) * (to - from);
  }
  return visit.y + (visit.direction === 'away' ? travelled : -travelled);
}

import {
  disc,
  Distance,
  ellipsoid,
  Mesh,
  meshOf,
  Polygon,
  polygonDistance,
  roundedBox,
  roundedMax,
  smoothClosed,
} from './shape.js';

/** Measures of one kind of vehicle, metres in its own axes (x forward, y left, z up). */
export interface Kind {
  name: 'hatchback' | 'saloon' | 'suv' | 'van' | 'lorry';
  halfWidth: number;
  /** x of the rearmost and foremost point. */
  rear: number;
  front: number;
  height: number;
  wheelRadius: number;
  axles: readonly [number, number];
  /** Heights and half widths that the liveries are drawn to. */
  rearGlass: readonly [low: number, high: number, halfLow: number, halfHigh: number];
  windscreen: readonly [low: number, high: number, halfLow: number, halfHigh: number];
  belt: number;
  headlight: number;
  tailLight: readonly [low: number, high: number];
  rearPlate: number;
  frontPlate: number;
  side: Polygon;
}

// prettier-ignore
export const kinds: Record<Kind['name'], Kind> = {
  hatchback: {
    name: 'hatchback',
    halfWidth: 0.89,
    rear: -2.02,
    front: 2.06,
    height: 1.5,
    wheelRadius: 0.32,
    axles: [-1.28, 1.3],
    rearGlass: [1.02, 1.4, 0.66, 0.53],
    windscreen: [0.99, 1.43, 0.73, 0.56],
    belt: 0.93,
    headlight: 0.68,
    tailLight: [0.72, 1.0],
    rearPlate: 0.8,
    frontPlate: 0.45,
    side: [[-1.86, 0.24], [-2.0, 0.36], [-2.04, 0.55], [-2.02, 0.72], [-1.96, 0.95], [-1.82, 1.2], [-1.62, 1.43], [-1.2, 1.49], [-0.5, 1.52], [0.1, 1.49], [0.45, 1.37], [0.8, 1.15], [1.08, 0.99], [1.5, 0.91], [1.85, 0.8], [2.02, 0.64], [2.07, 0.45], [1.98, 0.26], [1.6, 0.2], [0, 0.19], [-1.5, 0.2]],
  },
  saloon: {
    name: 'saloon',
    halfWidth: 0.92,
    rear: -2.34,
    front: 2.34,
    height: 1.45,
    wheelRadius: 0.33,
    axles: [-1.4, 1.42],
    rearGlass: [1.09, 1.36, 0.68, 0.54],
    windscreen: [0.98, 1.39, 0.75, 0.57],
    belt: 0.93,
    headlight: 0.68,
    tailLight: [0.74, 0.95],
    rearPlate: 0.78,
    frontPlate: 0.44,
    side: [[-2.16, 0.25], [-2.3, 0.38], [-2.35, 0.58], [-2.33, 0.8], [-2.27, 1.0], [-2.1, 1.07], [-1.7, 1.1], [-1.25, 1.3], [-0.85, 1.42], [-0.3, 1.46], [0.2, 1.43], [0.55, 1.31], [0.9, 1.12], [1.2, 0.98], [1.7, 0.9], [2.1, 0.79], [2.28, 0.64], [2.34, 0.45], [2.24, 0.26], [1.8, 0.2], [0, 0.19], [-1.8, 0.2]],
  },
  suv: {
    name: 'suv',
    halfWidth: 0.95,
    rear: -2.24,
    front: 2.28,
    height: 1.72,
    wheelRadius: 0.37,
    axles: [-1.36, 1.4],
    rearGlass: [1.18, 1.58, 0.7, 0.58],
    windscreen: [1.16, 1.64, 0.77, 0.6],
    belt: 1.08,
    headlight: 0.84,
    tailLight: [0.82, 1.14],
    rearPlate: 0.88,
    frontPlate: 0.58,
    side: [[-2.06, 0.34], [-2.2, 0.46], [-2.26, 0.66], [-2.24, 0.85], [-2.19, 1.1], [-2.06, 1.4], [-1.9, 1.64], [-1.4, 1.71], [-0.6, 1.74], [0.0, 1.7], [0.4, 1.58], [0.78, 1.34], [1.05, 1.16], [1.55, 1.09], [2.0, 1.0], [2.2, 0.84], [2.28, 0.6], [2.2, 0.4], [1.7, 0.3], [0, 0.28], [-1.6, 0.3]],
  },
  van: {
    name: 'van',
    halfWidth: 0.98,
    rear: -2.52,
    front: 2.5,
    height: 1.98,
    wheelRadius: 0.34,
    axles: [-1.55, 1.6],
    rearGlass: [1.22, 1.72, 0.7, 0.68],
    windscreen: [1.17, 1.78, 0.82, 0.7],
    belt: 1.1,
    headlight: 0.82,
    tailLight: [0.78, 1.34],
    rearPlate: 0.72,
    frontPlate: 0.5,
    side: [[-2.42, 0.28], [-2.5, 0.4], [-2.53, 0.7], [-2.52, 1.1], [-2.48, 1.6], [-2.4, 1.88], [-2.1, 1.96], [-0.5, 1.99], [0.7, 1.96], [1.15, 1.82], [1.5, 1.48], [1.8, 1.18], [2.15, 1.06], [2.4, 0.92], [2.5, 0.7], [2.5, 0.45], [2.4, 0.28], [1.8, 0.22], [0, 0.21], [-1.9, 0.22]],
  },
  lorry: {
    name: 'lorry',
    halfWidth: 1.2,
    rear: -3.6,
    front: 3.5,
    height: 2.7,
    wheelRadius: 0.46,
    axles: [-2.2, 2.5],
    rearGlass: [1.2, 3.1, 1.1, 1.1],
    windscreen: [1.55, 2.4, 1.05, 0.98],
    belt: 1.5,
    headlight: 0.8,
    tailLight: [0.74, 0.92],
    rearPlate: 0.62,
    frontPlate: 0.55,
    side: [],
  },
};

/** Outline seen from the front or the rear: full width up to the belt, the cabin leaning inwards above it. */
function elevation(kind: Kind): Polygon {
  const w = kind.halfWidth;
  const bottom = kind.name === 'suv' ? 0.3 : 0.2;
  const upper = kind.name === 'van' ? 0.86 : 0.7;
  const roof = kind.height;
  const half: Array<[number, number]> = [
    [w * 0.88, bottom],
    [w * 0.97, bottom + 0.14],
    [w, bottom + 0.4],
    [w, kind.belt - 0.12],
    [w * 0.965, kind.belt],
    [w * (0.25 + 0.75 * upper) + 0.06, kind.belt + (roof - kind.belt) * 0.5],
    [w * upper + 0.02, roof - 0.13],
    [w * upper - 0.12, roof - 0.02],
    [w * 0.35, roof + 0.02],
  ];
  return smoothClosed([...half, ...half.map(([y, z]) => [-y, z] as const).reverse()]);
}

/** Outline seen from above: bowed ends with rounded corners. */
function plan(kind: Kind): Polygon {
  const w = kind.halfWidth;
  const boxy = kind.name === 'van' ? 0.5 : 1;
  const half: Array<[number, number]> = [
    [kind.front + 0.01, 0.3],
    [kind.front - 0.09, w * 0.66],
    [kind.front - 0.3, w * 0.9],
    [kind.front - 0.8, w * 0.98],
    [0.2, w],
    [kind.rear + 0.8, w],
    [kind.rear + 0.26 * boxy, w * 0.945],
    [kind.rear + 0.08 * boxy, w * 0.78],
    [kind.rear - 0.01, 0.35],
  ];
  return smoothClosed([...half, ...half.map(([x, y]) => [x, -y] as const).reverse()]);
}

function carBody(kind: Kind): Distance {
  const side = polygonDistance(smoothClosed(kind.side));
  const front = polygonDistance(elevation(kind));
  const above = polygonDistance(plan(kind));
  const mirrorX = kind.front - (kind.name === 'van' ? 0.95 : 1.28);
  const mirrors = [1, -1].map((s) =>
    ellipsoid(mirrorX, s * (kind.halfWidth + 0.07), kind.belt + 0.07, 0.09, 0.12, 0.075),
  );
  const arch = kind.wheelRadius + 0.05;
  return (x, y, z) => {
    let d = roundedMax(roundedMax(side(x, z), front(y, z), 0.1), above(x, y), 0.12);
    if (Math.abs(y) > kind.halfWidth - 0.3) {
      for (const axle of kind.axles) d = Math.max(d, arch - Math.hypot(x - axle, z - kind.wheelRadius));
    }
    return Math.min(d, mirrors[0]!(x, y, z), mirrors[1]!(x, y, z));
  };
}

function lorryBody(): Distance {
  const parts = [
    roundedBox(-1.0, 0, 1.83, 2.6, 1.12, 0.83, 0.03),
    roundedBox(2.55, 0, 1.45, 0.95, 1.08, 0.95, 0.14),
    roundedBox(-0.4, 0, 0.86, 3.1, 0.42, 0.14, 0.03),
    roundedBox(-3.52, 0, 0.66, 0.07, 1.15, 0.13, 0.02),
    roundedBox(-3.45, 0, 0.9, 0.12, 1.16, 0.1, 0.02),
    roundedBox(0.2, 0.9, 0.62, 1.0, 0.05, 0.28, 0.03),
    roundedBox(0.2, -0.9, 0.62, 1.0, 0.05, 0.28, 0.03),
    roundedBox(-2.85, 0.85, 0.45, 0.02, 0.24, 0.3, 0.01),
    roundedBox(-2.85, -0.85, 0.45, 0.02, 0.24, 0.3, 0.01),
    ellipsoid(2.9, 1.17, 2.0, 0.08, 0.12, 0.26),
    ellipsoid(2.9, -1.17, 2.0, 0.08, 0.12, 0.26),
  ];
  return (x, y, z) => Math.min(...parts.map((part) => part(x, y, z)));
}

export interface VehicleShape {
  kind: Kind;
  body: Mesh;
  wheels: Mesh;
  /** Where the surface lies at height z on the centre line, looking from behind (−1) or from the front (1). */
  surfaceAt(z: number, end: 1 | -1): number;
}

/** Meshes of one kind of vehicle. `step` is the voxel size in metres. */
export function buildShape(kind: Kind, step: number): VehicleShape {
  const distance = kind.name === 'lorry' ? lorryBody() : carBody(kind);
  const wide = kind.halfWidth + 0.3;
  const body = meshOf(
    distance,
    [kind.rear - 0.15, -wide, 0.05],
    [kind.front + 0.15, wide, kind.height + 0.2],
    kind.name === 'lorry' ? step * 1.6 : step,
  );
  const wheelWidth = kind.name === 'lorry' ? 0.22 : 0.105;
  const inset = kind.halfWidth - wheelWidth - 0.025;
  const discs = kind.axles.flatMap((axle) =>
    [1, -1].map((s) => disc(axle, s * inset, kind.wheelRadius, kind.wheelRadius, wheelWidth)),
  );
  const wheels = meshOf(
    (x, y, z) => Math.min(...discs.map((d) => d(x, y, z))),
    [kind.axles[0] - 0.6, -wide, -0.06],
    [kind.axles[1] + 0.6, wide, kind.wheelRadius * 2 + 0.1],
    step * 1.4,
  );
  return {
    kind,
    body,
    wheels,
    surfaceAt: (z, end) => {
      let x = end * 6;
      while (distance(x, 0, z) > 0 && x * end > 0) x -= end * 0.005;
      return x;
    },
  };
}

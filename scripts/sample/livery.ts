import { Kind } from './vehicles.js';

/**
 * What is painted on a body: three elevations (front, rear, side) as SVG in millimetres, y downwards, projected straight onto the mesh.
 * Every shape has a class; the classes are coloured once as surface colour and once as finish.
 */
export interface Livery {
  front: string;
  rear: string;
  side: string;
}

/** Finish: red = gloss at grazing angles, green = mirror at right angles, blue = own light. */
const finishes: Record<string, string> = {
  paint: 'rgb(190,12,0)',
  glass: 'rgb(255,22,0)',
  tint: 'rgb(255,22,0)',
  plastic: 'rgb(40,6,0)',
  dark: 'rgb(10,2,0)',
  chrome: 'rgb(255,120,0)',
  clear: 'rgb(220,40,0)',
  bulb: 'rgb(200,40,190)',
  red: 'rgb(200,16,26)',
  redlit: 'rgb(200,16,120)',
  amber: 'rgb(200,16,8)',
  seam: 'rgb(20,3,0)',
  white: 'rgb(120,10,0)',
  metal: 'rgb(120,40,0)',
  skin: 'rgb(255,22,0)',
};

function colours(paint: string): Record<string, string> {
  return {
    paint,
    glass: '#14191d',
    tint: '#0b0e11',
    plastic: '#232527',
    dark: '#08090a',
    chrome: '#b9bec4',
    clear: '#aab1b8',
    bulb: '#f6f8ff',
    red: '#8d0d12',
    redlit: '#d3241c',
    amber: '#c8731c',
    seam: '#0d0e0f',
    white: '#d6d8da',
    metal: '#777b80',
    skin: '#4a3a33',
  };
}

type P = readonly [number, number];
const path = (points: readonly P[]) => `M${points.map(([x, y]) => `${x.toFixed(0)},${(-y).toFixed(0)}`).join('L')}Z`;
const shape = (kind: string, points: readonly P[], extra = '') =>
  `<path class="${kind}" d="${path(points)}" ${extra}/>`;
const both = (kind: string, points: readonly P[], extra = '') =>
  shape(kind, points, extra) +
  shape(
    kind,
    points.map(([x, y]) => [-x, y] as const),
    extra,
  );
const seam = (points: readonly P[], width = 7) =>
  `<path class="seamline" fill="none" stroke-width="${width}" d="M${points.map(([x, y]) => `${x.toFixed(0)},${(-y).toFixed(0)}`).join('L')}"/>`;
const bothSeams = (points: readonly P[], width = 7) =>
  seam(points, width) +
  seam(
    points.map(([x, y]) => [-x, y] as const),
    width,
  );

function sheet(halfWidth: number, height: number, paint: string, finish: boolean, inside: string): string {
  const palette = finish ? finishes : colours(paint);
  const style = Object.entries(palette)
    .map(([name, colour]) => `.${name}{fill:${colour}}`)
    .join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-halfWidth} ${-height} ${halfWidth * 2} ${height}"><style>${style}.seamline{stroke:${palette['seam']}}</style><rect class="paint" x="${-halfWidth}" y="${-height}" width="${halfWidth * 2}" height="${height}"/>${inside}</svg>`;
}

// prettier-ignore
function rearOf(kind: Kind): string {
  const mm = (v: number) => v * 1000;
  const w = mm(kind.halfWidth);
  const [glassLow, glassHigh, halfLow, halfHigh] = kind.rearGlass.map(mm) as [number, number, number, number];
  const [lampLow, lampHigh] = kind.tailLight.map(mm) as [number, number];
  const plate = mm(kind.rearPlate);
  const bumper = plate - 150;
  const glass: P[] = [[-halfLow, glassLow], [-halfHigh, glassHigh], [halfHigh, glassHigh], [halfLow, glassLow]];
  let art = '';
  art += shape('plastic', [[-w, 0], [w, 0], [w, 330], [w * 0.8, 390], [-w * 0.8, 390], [-w, 330]]);
  art += shape('dark', [[-w, 0], [w, 0], [w, 235], [-w, 235]]);
  art += both('metal', [[w * 0.62, 270], [w * 0.72, 270], [w * 0.72, 315], [w * 0.62, 315]]);
  art += both('red', [[w * 0.74, 430], [w * 0.95, 430], [w * 0.95, 465], [w * 0.74, 465]]);
  art += seam([[-w, bumper], [-w * 0.74, bumper], [-w * 0.7, bumper - 30], [w * 0.7, bumper - 30], [w * 0.74, bumper], [w, bumper]], 9);
  art += shape('plastic', [[-330, plate - 85], [330, plate - 85], [310, plate + 100], [-310, plate + 100]]);
  art += shape('chrome', [[-240, plate + 100], [240, plate + 100], [240, plate + 122], [-240, plate + 122]]);
  if (kind.name === 'van') {
    art += both('tint', [[30, glassLow], [halfLow, glassLow], [halfHigh, glassHigh], [30, glassHigh]]);
    art += seam([[0, bumper], [0, mm(kind.height) - 60]], 12);
    art += both('red', [[w * 0.85, lampLow], [w, lampLow], [w, lampHigh], [w * 0.83, lampHigh]]);
    art += both('amber', [[w * 0.85, lampLow + 240], [w, lampLow + 240], [w, lampLow + 330], [w * 0.845, lampLow + 330]]);
    art += both('clear', [[w * 0.855, lampLow + 60], [w, lampLow + 60], [w, lampLow + 130], [w * 0.853, lampLow + 130]]);
    art += bothSeams([[w * 0.8, bumper], [w * 0.8, mm(kind.height) - 80]], 8);
  } else {
    art += shape('tint', glass);
    art += `<path class="plastic" opacity="0.6" d="${path([[-halfLow * 0.8, glassLow + 30], [-halfLow * 0.72, glassLow + 150], [-halfLow * 0.3, glassLow + 150], [-halfLow * 0.2, glassLow + 30]])}${path([[halfLow * 0.8, glassLow + 30], [halfLow * 0.72, glassLow + 150], [halfLow * 0.3, glassLow + 150], [halfLow * 0.2, glassLow + 30]])}"/>`;
    art += seam([[-halfLow * 0.1, glassLow + 25], [halfLow * 0.62, glassLow + 40]], 12);
    art += shape('redlit', [[-150, glassHigh + 12], [150, glassHigh + 12], [150, glassHigh + 32], [-150, glassHigh + 32]]);
    const inner = kind.name === 'saloon' ? 0.5 : 0.66;
    art += both('dark', [[w * inner - 14, lampLow + 6], [w + 20, lampLow - 26], [w + 20, lampHigh + 16], [w * (inner + 0.1) - 10, lampHigh + 16], [w * inner - 14, lampHigh - 44]]);
    art += both('red', [[w * inner, lampLow + 20], [w, lampLow - 10], [w, lampHigh], [w * (inner + 0.1), lampHigh], [w * inner, lampHigh - 50]]);
    art += both('redlit', [[w * (inner + 0.07), lampHigh - 75], [w, lampHigh - 70], [w, lampHigh - 30], [w * (inner + 0.11), lampHigh - 30]]);
    art += both('clear', [[w * (inner + 0.05), lampLow + 50], [w * 0.86, lampLow + 42], [w * 0.86, lampLow + 90], [w * (inner + 0.05), lampLow + 95]]);
    art += bothSeams([[w * 0.72, bumper], [w * (inner - 0.03), lampLow], [w * (inner - 0.02), lampHigh], [halfLow + 40, glassLow - 30]], 7);
    if (kind.name === 'saloon')
      art += seam([[-w * 0.72, glassLow - 60], [w * 0.72, glassLow - 60]], 8);
  }
  art += `<circle class="chrome" cx="0" cy="${-(plate + 165)}" r="34"/><circle class="dark" cx="0" cy="${-(plate + 165)}" r="22"/>`;
  return art;
}

// prettier-ignore
function frontOf(kind: Kind): string {
  const mm = (v: number) => v * 1000;
  const w = mm(kind.halfWidth);
  const [low, high, halfLow, halfHigh] = kind.windscreen.map(mm) as [number, number, number, number];
  const lamp = mm(kind.headlight);
  const plate = mm(kind.frontPlate);
  let art = '';
  art += shape('plastic', [[-w, 0], [w, 0], [w, 270], [w * 0.7, 330], [-w * 0.7, 330], [-w, 270]]);
  art += shape('dark', [[-w, 0], [w, 0], [w, 220], [-w, 220]]);
  art += shape('dark', [[-w * 0.6, plate - 140], [w * 0.6, plate - 140], [w * 0.66, plate + 75], [-w * 0.66, plate + 75]]);
  art += both('dark', [[w * 0.72, plate - 120], [w * 0.94, plate - 90], [w * 0.94, plate + 20], [w * 0.74, plate]]);
  art += both('clear', [[w * 0.79, plate - 80], [w * 0.87, plate - 76], [w * 0.87, plate - 40], [w * 0.79, plate - 40]]);
  for (let i = 0; i < 3; i++)
    art += seam([[-w * 0.6, plate - 100 + i * 55], [w * 0.6, plate - 100 + i * 55]], 5);
  const grilleTop = lamp + 55;
  art += shape('dark', [[-w * 0.44, lamp - 75], [w * 0.44, lamp - 75], [w * 0.5, grilleTop], [-w * 0.5, grilleTop]]);
  for (let i = 0; i < 3; i++)
    art += shape('chrome', [[-w * 0.46, lamp - 50 + i * 40], [w * 0.46, lamp - 50 + i * 40], [w * 0.46, lamp - 42 + i * 40], [-w * 0.46, lamp - 42 + i * 40]]);
  art += shape('chrome', [[-w * 0.5, grilleTop], [w * 0.5, grilleTop], [w * 0.5, grilleTop + 16], [-w * 0.5, grilleTop + 16]]);
  art += `<circle class="chrome" cx="0" cy="${-lamp}" r="52"/><circle class="dark" cx="0" cy="${-lamp}" r="36"/>`;
  art += both('clear', [[w * 0.53, lamp - 60], [w * 0.8, lamp - 50], [w, lamp], [w, lamp + 95], [w * 0.78, lamp + 85], [w * 0.54, lamp + 40]]);
  art += both('dark', [[w * 0.56, lamp - 45], [w * 0.8, lamp - 35], [w * 0.93, lamp], [w * 0.93, lamp + 60], [w * 0.58, lamp + 25]]);
  art += [1, -1]
    .map(
      (s) =>
        `<circle class="bulb" cx="${s * w * 0.66}" cy="${-(lamp - 2)}" r="40"/><circle class="clear" cx="${s * w * 0.83}" cy="${-(lamp + 15)}" r="34"/>`,
    )
    .join('');
  art += both('bulb', [[w * 0.55, lamp - 62], [w * 0.8, lamp - 52], [w * 0.8, lamp - 40], [w * 0.55, lamp - 48]]);
  art += bothSeams([[w * 0.5, grilleTop + 20], [w * 0.84, lamp + 105], [w * 0.82, low - 30], [halfLow, low - 15]], 7);
  art += shape('glass', [[-halfLow, low], [-halfHigh, high], [halfHigh, high], [halfLow, low]]);
  art += shape('dark', [[-halfLow, low], [-halfLow * 0.97, low + 45], [halfLow * 0.97, low + 45], [halfLow, low]]);
  const seat = (x: number) =>
    `<path class="plastic" opacity="0.75" d="${path([[x - 150, low + 60], [x - 130, low + 190], [x - 60, low + 225], [x - 50, low + 290], [x + 50, low + 290], [x + 60, low + 225], [x + 130, low + 190], [x + 150, low + 60]])}"/>`;
  art += seat(330) + seat(-330);
  art += `<circle class="skin" cx="330" cy="${-(low + 250)}" r="58"/>`;
  art += shape('dark', [[-60, high - 80], [60, high - 80], [60, high - 30], [-60, high - 30]]);
  art +=
    seam([[-halfLow * 0.9, low + 18], [-60, low + 60]], 10) +
    seam([[80, low + 18], [halfLow * 0.85, low + 65]], 10);
  return art;
}

/** x forward to the right. */
// prettier-ignore
function sideOf(kind: Kind): string {
  const mm = (v: number) => v * 1000;
  const belt = mm(kind.belt) + 30;
  const top = mm(kind.height) - 120;
  const front = mm(kind.front);
  const rear = mm(kind.rear);
  let art = '';
  art += shape('plastic', [[rear, 0], [front, 0], [front, 300], [rear, 300]]);
  if (kind.name === 'van') {
    art += shape('glass', [[front - 1900, belt], [front - 850, belt], [front - 1330, top - 60], [front - 1900, top - 60]]);
    art +=
      seam([[front - 1960, 320], [front - 1960, top]], 8) +
      seam([[rear + 900, 320], [rear + 900, top]], 8) +
      seam([[rear + 150, 1250], [front - 1960, 1250]], 10);
    art += shape('plastic', [[rear, 480], [front, 480], [front, 580], [rear, 580]]);
  } else {
    const tail = kind.name === 'saloon' ? 900 : 330;
    art += shape('tint', [[rear + tail, belt], [front - 1270, belt], [front - 1780, top], [rear + tail + (kind.name === 'saloon' ? 420 : 240), top]]);
    const pillar = (rear + front) / 2 - 130;
    art += shape('plastic', [[pillar - 40, belt], [pillar + 40, belt], [pillar + 20, top], [pillar - 50, top]]);
    art +=
      seam([[pillar, 300], [pillar, belt]], 8) +
      seam([[pillar + 1080, 320], [pillar + 1120, belt]], 8) +
      seam([[pillar - 900, belt], [pillar - 830, 560]], 8);
    art += shape('chrome', [[pillar + 120, belt - 110], [pillar + 320, belt - 110], [pillar + 320, belt - 80], [pillar + 120, belt - 80]]);
    art += shape('chrome', [[pillar - 780, belt - 110], [pillar - 580, belt - 110], [pillar - 580, belt - 80], [pillar - 780, belt - 80]]);
    art += seam([[rear + 60, 540], [front - 60, 520]], 9);
  }
  const lampLow = mm(kind.tailLight[0]);
  const lampHigh = mm(kind.tailLight[1]);
  art += shape('red', [[rear - 100, lampLow], [rear + 190, lampLow + 20], [rear + 170, lampHigh], [rear - 100, lampHigh]]);
  const lamp = mm(kind.headlight);
  art += shape('clear', [[front + 100, lamp - 50], [front - 330, lamp + 30], [front - 420, lamp + 95], [front + 100, lamp + 95]]);
  return art;
}

// prettier-ignore
const lorryRear = (): string => {
  let art = '';
  art += shape('paint', [[-1200, 1000], [1200, 1000], [1200, 2660], [-1200, 2660]]);
  art += shape('dark', [[-1200, 0], [1200, 0], [1200, 1000], [-1200, 1000]]);
  art += both('metal', [[1120, 1000], [1200, 1000], [1200, 2660], [1120, 2660]]);
  art +=
    shape('metal', [[-1200, 2600], [1200, 2600], [1200, 2660], [-1200, 2660]]) +
    shape('metal', [[-1200, 1000], [1200, 1000], [1200, 1090], [-1200, 1090]]);
  art += seam([[0, 1090], [0, 2600]], 18);
  for (const x of [230, 760]) {
    art += both('metal', [[x - 18, 1090], [x + 18, 1090], [x + 18, 2600], [x - 18, 2600]]);
    art += both('dark', [[x - 60, 1480], [x + 70, 1480], [x + 70, 1530], [x - 60, 1530]]);
    art += both('metal', [[x - 34, 2420], [x + 34, 2420], [x + 34, 2490], [x - 34, 2490]]);
  }
  for (const z of [1250, 1700, 2400])
    art += both('metal', [[1010, z], [1130, z], [1130, z + 46], [1010, z + 46]]);
  art += both('red', [[1135, 1110], [1185, 1110], [1185, 2590], [1135, 2590]]);
  art += both('tint', [[320, 1700], [700, 1700], [700, 2260], [320, 2260]]);
  art += shape('metal', [[-1150, 790], [1150, 790], [1150, 1000], [-1150, 1000]]);
  art += shape('plastic', [[-1150, 530], [1150, 530], [1150, 790], [-1150, 790]]);
  art +=
    both('red', [[820, 820], [1130, 820], [1130, 960], [820, 960]]) +
    both('amber', [[960, 830], [1030, 830], [1030, 950], [960, 950]]) +
    both('clear', [[840, 835], [920, 835], [920, 945], [840, 945]]);
  art += both('red', [[1010, 590], [1100, 590], [1100, 640], [1010, 640]]);
  return art;
};

// prettier-ignore
const lorrySide = (): string =>
  shape('white', [[-3600, 1000], [1600, 1000], [1600, 2660], [-3600, 2660]]) +
  shape('dark', [[-3700, 0], [1600, 0], [1600, 1000], [-3700, 1000]]) +
  shape('plastic', [[-800, 340], [1250, 340], [1250, 900], [-800, 900]]) +
  shape('metal', [[-3600, 1000], [1600, 1000], [1600, 1080], [-3600, 1080]]) +
  shape('paint', [[-3600, 1500], [1600, 1900], [1600, 2300], [-3600, 1900]]) +
  shape('glass', [[2500, 1550], [3300, 1550], [3200, 2250], [2500, 2250]]);

// prettier-ignore
const lorryFront = (): string =>
  shape('glass', [[-1040, 1550], [-980, 2380], [980, 2380], [1040, 1550]]) +
  shape('dark', [[-900, 900], [900, 900], [900, 1350], [-900, 1350]]) +
  shape('plastic', [[-1200, 0], [1200, 0], [1200, 620], [-1200, 620]]) +
  both('clear', [[650, 680], [1080, 680], [1080, 860], [650, 860]]);

/** Half the width and the height of an elevation's sheet, millimetres: [front and rear, side]. */
export function sheetSize(kind: Kind): { end: [number, number]; side: [number, number] } {
  const height = Math.round(kind.height * 1000 + 200);
  return {
    end: [Math.round(kind.halfWidth * 1000 + 250), height],
    side: [Math.round(Math.max(kind.front, -kind.rear) * 1000 + 200), height],
  };
}

/** The elevations of a vehicle, as colours or as finish. */
export function drawLivery(kind: Kind, paint: string, finish: boolean): Livery {
  const size = sheetSize(kind);
  const lorry = kind.name === 'lorry';
  const end = (art: string) => sheet(size.end[0], size.end[1], paint, finish, art);
  return {
    front: end(lorry ? lorryFront() : frontOf(kind)),
    rear: end(lorry ? lorryRear() : rearOf(kind)),
    side: sheet(size.side[0], size.side[1], paint, finish, lorry ? lorrySide() : sideOf(kind)),
  };
}

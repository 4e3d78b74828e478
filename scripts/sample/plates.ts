import { Font } from './font.js';
import { randomFrom } from './noise.js';

/** Plate designs of several countries, drawn from their published dimensions (millimetres). The texts are invented. */
export interface PlateDesign {
  country: string;
  style: 'de' | 'gb-rear' | 'nl' | 'us-ca' | 'br' | 'vn-two-line' | 'fr';
  /** As painted, one entry per line. */
  lines: string[];
  /** Covered with mud so that nobody can read it. */
  muddy?: boolean;
}

export interface PlateFonts {
  /** Narrow, even strokes. */
  condensed: Font;
  /** Squarish, for the continental plates. */
  square: Font;
}

export interface PlateArtwork {
  svg: string;
  /** Millimetres. */
  width: number;
  height: number;
}

/** Text without separators, as a reader gives it. */
export function plateText(design: PlateDesign): string {
  return design.lines.join('').replace(/[^A-Z0-9]/g, '');
}

function centred(
  font: Font,
  text: string,
  centre: number,
  baseline: number,
  size: number,
  widest: number,
  spacing: number,
): string {
  const natural = font.width(text, size, spacing);
  const stretch = Math.min(1.12, (widest - spacing * (text.length - 1)) / (natural - spacing * (text.length - 1)));
  const width = font.width(text, size, spacing, stretch);
  return font.path(text, centre - width / 2, baseline, size, spacing, stretch);
}

function blueBand(width: number, height: number, letters: string, font: Font): string {
  const stars = Array.from({ length: 12 }, (_, i) => {
    const angle = (i * Math.PI) / 6;
    return `<circle cx="${width / 2 + 12 * Math.cos(angle)}" cy="${34 + 12 * Math.sin(angle)}" r="2.1" fill="#ffd83a"/>`;
  }).join('');
  return `<rect x="3" y="3" width="${width - 3}" height="${height - 6}" fill="#17399b"/>${stars}<path fill="#fff" d="${centred(font, letters, width / 2, height - 18, 24, width - 8, 1)}"/>`;
}

function frame(width: number, height: number, ground: string, inside: string): PlateArtwork {
  return {
    width,
    height,
    svg: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"><rect width="${width}" height="${height}" rx="9" fill="#15161a"/><rect x="2.5" y="2.5" width="${width - 5}" height="${height - 5}" rx="7" fill="${ground}"/>${inside}</svg>`,
  };
}

/** Splashes of dried mud that hide most characters. */
function mud(width: number, height: number): string {
  const random = randomFrom(77);
  let splashes = '';
  for (let i = 0; i < 138; i++) {
    const x = random() * width;
    const y = height * (1 - Math.pow(random(), 1.3));
    const r = 4 + random() * random() * 34;
    const shade = 95 + Math.floor(random() * 40);
    splashes += `<ellipse cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" rx="${r.toFixed(1)}" ry="${(r * (0.5 + random() * 0.5)).toFixed(1)}" fill="rgb(${shade},${Math.round(shade * 0.83)},${Math.round(shade * 0.62)})" opacity="${(0.55 + random() * 0.42).toFixed(2)}"/>`;
  }
  return splashes;
}

/** The plate as SVG in millimetres. */
export function drawPlate(design: PlateDesign, fonts: PlateFonts): PlateArtwork {
  const [first = '', second = ''] = design.lines;
  const ink = (path: string, colour = '#101114') => `<path fill="${colour}" d="${path}"/>`;
  const european = (letters: string, ground: string, font: Font): PlateArtwork => {
    const text = ink(centred(font, first, 282, 87, 66, 420, 7));
    return frame(
      520,
      110,
      ground,
      blueBand(46, 110, letters, fonts.condensed) + text + (design.muddy ? mud(520, 110) : ''),
    );
  };
  switch (design.style) {
    case 'de':
      return european('D', '#f4f4f0', fonts.square);
    case 'fr':
      return european('F', '#f4f4f0', fonts.square);
    case 'nl':
      return european('NL', '#f6b81f', fonts.square);
    case 'gb-rear':
      return frame(520, 111, '#f7c51d', ink(centred(fonts.square, first, 260, 91, 72, 470, 11)));
    case 'us-ca':
      return frame(
        305,
        152,
        '#f5f6f8',
        ink(centred(fonts.condensed, 'CALIFORNIA', 152, 30, 19, 190, 3), '#b3202c') +
          ink(centred(fonts.condensed, first, 152, 115, 68, 268, 7), '#1d2b5e') +
          ink(centred(fonts.condensed, 'dmv.example', 152, 141, 11, 120, 1), '#1d2b5e') +
          '<rect x="14" y="10" width="34" height="20" rx="3" fill="#d8c33a"/><rect x="257" y="10" width="34" height="20" rx="3" fill="#c6512f"/>',
      );
    case 'br':
      return frame(
        400,
        130,
        '#f5f5f2',
        '<rect x="3" y="3" width="394" height="30" rx="6" fill="#16389c"/>' +
          ink(centred(fonts.condensed, 'BRASIL', 200, 26, 17, 130, 4), '#ffffff') +
          '<rect x="362" y="8" width="28" height="19" fill="#1f9a48"/><path d="M376 10l11 7.500-11 7.500-11-7.500z" fill="#f6d32a"/>' +
          ink(centred(fonts.square, first, 200, 114, 66, 360, 7)),
      );
    case 'vn-two-line':
      return frame(
        330,
        165,
        '#f4f4ef',
        ink(centred(fonts.condensed, first, 165, 74, 56, 220, 10)) +
          ink(centred(fonts.condensed, second, 165, 149, 62, 290, 10)),
      );
  }
}

import { platesOf, type CountryFormats } from '../format.js';

/** Counties of Ireland. Left out of a year's two or three digits: who made them up, a county and a number follow. */
const ireland = 'C|CE|CN|CW|D|DL|G|KE|KK|KY|L|LD|LH|LK|LM|LS|MH|MN|MO|OY|RN|SO|T|TN|TS|W|WD|WH|WX|WW';
const cantons = 'AG|AI|AR|BE|BL|BS|FR|GE|GL|GR|JU|LU|NE|NW|OW|SG|SH|SO|SZ|TG|TI|UR|VD|VS|ZG|ZH';

/** West, north and south of Europe. */
export const westernEurope: readonly CountryFormats[] = [
  { code: 'AD', name: 'Andorra', weight: 0.02, patterns: 'A9{4}', source: platesOf('Andorra') },
  { code: 'AT', name: 'Austria', letters: 'A-PR-Z', patterns: 'A{1,2}N9{0,4}A{1,3}', source: platesOf('Austria') },
  { code: 'BE', name: 'Belgium', patterns: 'NA{3}9{3} A{3}9{3} 9{3}A{3}', source: platesOf('Belgium') },
  {
    ...{ code: 'CH', name: 'Switzerland', source: platesOf('Switzerland') },
    patterns: `<${cantons}>N9{0,5}`,
  },
  {
    ...{ code: 'DE', name: 'Germany', letters: 'A-ZÄÖÜ', source: 'Fahrzeug-Zulassungsverordnung, § 9 and annexes' },
    // One to three letters of the district, one or two of the serial, at most eight signs; E electric, H historic.
    patterns:
      'A{1,2}[A-Z]{1,2}N9{0,3} A{3}[A-Z]N9{0,3} A{3}[A-Z]{2}N9{0,2} A{1,2}[A-Z]{1,2}N9{0,2}[EH] A[A-Z]{1,2}N9{3}[EH] A{2}[A-Z]N9{3}[EH]',
  },
  { code: 'DK', name: 'Denmark', letters: 'A-HJ-NPR-Z', patterns: 'A{2}9{5}', source: platesOf('Denmark') },
  {
    ...{ code: 'ES', name: 'Spain', letters: 'BCDFGHJ-NPR-TV-Z', source: platesOf('Spain') },
    patterns: '9{4}A{3} [A-PR-Z]{1,2}9{4}[A-PR-Z]{1,2}',
  },
  { code: 'FI', name: 'Finland', patterns: 'A{2,3}N9{0,2}', source: platesOf('Finland') },
  {
    ...{ code: 'FR', name: 'France', letters: 'A-HJ-NP-TV-Z', source: platesOf('France') },
    patterns: 'A{2}9{3}A{2} N9{1,3}A{2,3}(9{2}|2[AB])',
  },
  {
    ...{ code: 'GB', name: 'United Kingdom', letters: 'A-HJ-PR-Z', source: 'DVLA leaflet INF104' },
    // Since 2001; with the year in front, behind; Northern Ireland.
    patterns: '[A-HJ-PR-Y]{2}9{2}[A-HJ-PR-Z]{3} A{1}N9{0,2}A{3} A{3}N9{0,2}A A[A-Z][IZ]N9{0,3} [A-Z]{1}[IZ]N9{0,3}',
  },
  {
    ...{ code: 'GR', name: 'Greece', letters: 'ABEHIKMNOPTXYZ', source: platesOf('Greece') },
    patterns: 'A{3}N9{3} A{3}N9{0,2}',
  },
  { code: 'IE', name: 'Ireland', patterns: `9{2}[12]?<${ireland}>N9{0,5}`, source: platesOf('Ireland') },
  { code: 'IS', name: 'Iceland', weight: 0.1, patterns: 'A{2}[A-Z0-9]9{2}', source: platesOf('Iceland') },
  {
    ...{ code: 'IT', name: 'Italy', letters: 'A-HJ-NPR-TV-Z', source: platesOf('Italy') },
    patterns: 'A{2}9{3}A{2} A{2}9{5}',
  },
  { code: 'LI', name: 'Liechtenstein', weight: 0.02, patterns: '<FL>N9{0,4}', source: platesOf('Liechtenstein') },
  { code: 'LU', name: 'Luxembourg', weight: 0.1, patterns: 'A{2}9{4} 9{5}', source: platesOf('Luxembourg') },
  { code: 'MC', name: 'Monaco', weight: 0.02, patterns: '9{4} 9[A-Z0-9]9{2} 9{3}[A-Z]', source: platesOf('Monaco') },
  { code: 'MT', name: 'Malta', weight: 0.1, patterns: 'A{3}9{3}', source: platesOf('Malta') },
  {
    ...{ code: 'NL', name: 'Netherlands', letters: 'BDFGHJ-NPR-TV-Z', source: platesOf('the Netherlands') },
    // The latest "sidecodes" first; the first three still knew vowels.
    patterns:
      'A{2}9{3}A A9{3}A{2} 9{3}A{2}9 9A{2}9{3} 9A{3}9{2} 9{2}A{3}9 9{2}A{4} A{4}9{2} A{2}9{2}A{2} A{3}9{2}A A9{2}A{3} 9{2}[A-PR-Z]{2}9{2} 9{4}[A-PR-Z]{2} [A-PR-Z]{2}9{4}',
  },
  {
    ...{ code: 'NO', name: 'Norway', letters: 'A-FHJ-LNPR-VX-Z', source: platesOf('Norway') },
    patterns: 'A{2}N9{3,4}',
  },
  {
    ...{ code: 'PT', name: 'Portugal', source: platesOf('Portugal') },
    patterns: 'A{2}9{2}A{2} 9{2}A{2}9{2} 9{4}A{2} A{2}9{4}',
  },
  {
    ...{ code: 'SE', name: 'Sweden', letters: 'A-HJ-PR-UW-Z', source: platesOf('Sweden') },
    patterns: 'A{3}9{2}[A-HJ-NPR-UW-Z0-9]',
  },
];

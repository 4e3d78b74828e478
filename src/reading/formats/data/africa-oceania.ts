import { platesOf, type CountryFormats } from '../format.js';

const australia = platesOf('Australia');
const southAfrica = platesOf('South Africa');

/** Africa south of the Sahara. */
export const africa: readonly CountryFormats[] = [
  { code: 'GH', name: 'Ghana', patterns: 'A{2}9{1,4}(9{2}|[A-Z])', source: platesOf('Ghana') },
  { code: 'KE', name: 'Kenya', letters: 'A-HJ-NP-Z', patterns: '[K]A{2}9{3}A [K]A{2}9{3}', source: platesOf('Kenya') },
  { code: 'NG', name: 'Nigeria', letters: 'A-HJ-NP-Z', patterns: '[A-Z]{3}9{2,3}A{2}', source: platesOf('Nigeria') },
  { code: 'TZ', name: 'Tanzania', patterns: '[T]9{3}A{3}', source: platesOf('Tanzania') },
  { code: 'UG', name: 'Uganda', patterns: '[U]A{2}9{3}[A-Z]', source: platesOf('Uganda') },
  {
    ...{ code: 'ZA', name: 'South Africa', letters: 'BCDFGHJ-NPR-TV-Z', source: southAfrica },
    // Gauteng new and old, the other provinces, Western Cape and KwaZulu-Natal by town.
    patterns:
      'A{2}9{2}A{2}<GP> A{3}9{3}<GP|EC|FS|L|MP|NC|NW> [C][A-Z]{0,2}N9{2,5} [N][A-Z]{0,3}N9{2,5} A{2}9{2}A{2}<ZN|FS|EC|L|MP|NW|NC>',
  },
  { code: 'ZW', name: 'Zimbabwe', patterns: 'A{3}9{4}', source: platesOf('Zimbabwe') },
];

/** Australia's states, and New Zealand. */
export const oceania: readonly CountryFormats[] = [
  {
    code: 'AU-ACT',
    name: 'Australian Capital Territory',
    patterns: '[Y][A-Z]{2}9{2}[A-Z] [Y][A-Z]{2}9{3}',
    source: australia,
  },
  { code: 'AU-NSW', name: 'New South Wales', patterns: 'A{2}9{2}A{2} A{3}9{2}A A{3}9{3}', source: australia },
  { code: 'AU-NT', name: 'Northern Territory', patterns: '[C][A-Z]9{2}[A-Z]{2} 9{6}', source: australia },
  { code: 'AU-QLD', name: 'Queensland', patterns: '9{3}A{3} 9{3}A{2}9', source: australia },
  { code: 'AU-SA', name: 'South Australia', patterns: '[S]9{3}[A-Z]{3} [A-Z]{3}9{3}', source: australia },
  { code: 'AU-TAS', name: 'Tasmania', patterns: 'A9{2}A{2}', source: australia },
  { code: 'AU-VIC', name: 'Victoria', patterns: '[12]A{2}9[A-Z]{2} A{3}9{3}', source: australia },
  { code: 'AU-WA', name: 'Western Australia', patterns: '1A{3}9{3}', source: australia },
  { code: 'NZ', name: 'New Zealand', patterns: 'A{3}9{3} A{2}9{1,4}', source: platesOf('New Zealand') },
];

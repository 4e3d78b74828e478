import { platesOf, type CountryFormats } from '../format.js';

/** South and Central America, and Mexico. */
export const americas: readonly CountryFormats[] = [
  {
    ...{ code: 'AR', name: 'Argentina', source: platesOf('Argentina') },
    patterns: 'A{2}9{3}A{2} A{3}9{3} A9{3}A{3} 9{3}A{3}',
  },
  { code: 'BO', name: 'Bolivia', patterns: '9{3,4}A{3}', source: platesOf('Bolivia') },
  {
    // Before Mercosul, and since.
    ...{ code: 'BR', name: 'Brazil', source: 'Resolução CONTRAN 969/2022' },
    patterns: 'A{3}9{4} A{3}9A9{2}',
  },
  {
    ...{ code: 'CL', name: 'Chile', letters: 'BCDFGHJ-LPR-TV-Z', source: platesOf('Chile') },
    patterns: 'A{4}9{2} [A-Z]{2}9{4} A{3}9{2} [A-Z]{2}9{3}',
  },
  { code: 'CO', name: 'Colombia', patterns: 'A{3}9{3} A{3}9{2}A', source: platesOf('Colombia') },
  {
    code: 'CR',
    name: 'Costa Rica',
    letters: 'BCDFGHJ-NP-TV-Z',
    patterns: 'A{3}9{3} 9{6}',
    source: platesOf('Costa Rica'),
  },
  { code: 'CU', name: 'Cuba', patterns: 'A9{6}', source: platesOf('Cuba') },
  { code: 'DO', name: 'Dominican Republic', patterns: 'A9{6} A{2}9{5}', source: platesOf('the Dominican Republic') },
  { code: 'EC', name: 'Ecuador', patterns: 'A{3}9{3,4}', source: platesOf('Ecuador') },
  {
    code: 'GT',
    name: 'Guatemala',
    letters: 'BCDFGHJ-NP-TV-Z',
    patterns: '[A-Z]9{3}A{3}',
    source: platesOf('Guatemala'),
  },
  {
    ...{ code: 'MX', name: 'Mexico', letters: 'A-HJ-NPR-Z', source: 'NOM-001-SCT-2-2016' },
    patterns: 'A{3}9{3}A A{3}9{4} A9{2}A{3} 9{3}A{3} A{2}9{5} A{2}9{4}A',
  },
  { code: 'PA', name: 'Panama', patterns: 'A{2}9{4} 9{6}', source: platesOf('Panama') },
  {
    ...{ code: 'PE', name: 'Peru', source: platesOf('Peru') },
    patterns: 'A[A-Z0-9]A9{3} A{2}9{4} 9{4}[A-Z0-9]A',
  },
  { code: 'PY', name: 'Paraguay', patterns: 'A{4}9{3} A{3}9{3} 9{3}A{4}', source: platesOf('Paraguay') },
  { code: 'UY', name: 'Uruguay', patterns: 'A{3}9{4}', source: platesOf('Uruguay') },
  { code: 'VE', name: 'Venezuela', patterns: 'A{2}9{3}A{2} A{3}9{2}A', source: platesOf('Venezuela') },
];

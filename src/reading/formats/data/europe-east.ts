import { platesOf, type CountryFormats } from '../format.js';

const bulgaria = 'A|B|BH|BP|BT|E|EB|EH|K|KH|M|H|OB|P|PA|PB|PK|PP|C|CA|CB|CC|CH|CM|CO|CP|CT|T|TX|X|Y';
const romania =
  'AB|AG|AR|BC|BH|BN|BR|BT|BV|BZ|CJ|CL|CS|CT|CV|DB|DJ|GJ|GL|GR|HD|HR|IF|IL|IS|MH|MM|MS|NT|OT|PH|SB|SJ|SM|SV|TL|TM|TR|VL|VN|VS';
const slovenia = 'CE|GO|KK|KP|KR|LJ|MB|MS|NM|PO|SG';
const uzbekistan = '01|10|20|25|30|40|50|60|70|75|80|85|90|95';
const turkey = '0N|[1-7]9|8[01]';

/** East and south-east of Europe, the Caucasus, and the former Soviet Union in Asia. */
export const easternEurope: readonly CountryFormats[] = [
  { code: 'AL', name: 'Albania', patterns: 'A{2}9{3}A{2}', source: platesOf('Albania') },
  { code: 'AM', name: 'Armenia', patterns: '9{2}A{2}9{3} 9{3}A{2}9{2}', source: platesOf('Armenia') },
  { code: 'AZ', name: 'Azerbaijan', patterns: '9{2}A{2}9{3}', source: platesOf('Azerbaijan') },
  {
    ...{ code: 'BA', name: 'Bosnia and Herzegovina', letters: 'AEJKMOT', source: platesOf('Bosnia and Herzegovina') },
    patterns: 'A9{2}A9{3}',
  },
  {
    ...{ code: 'BG', name: 'Bulgaria', letters: 'ABEKMHOPCTYX', source: platesOf('Bulgaria') },
    patterns: `<${bulgaria}>9{4}A{2}`,
  },
  {
    ...{ code: 'BY', name: 'Belarus', letters: 'ABEIKMHOPCTX', source: platesOf('Belarus') },
    patterns: '9{4}A{2}[0-8] [E]9{3}A{2}[0-8] A{2}9{4}[0-8]',
  },
  { code: 'CY', name: 'Cyprus', patterns: 'A{3}9{3}', source: platesOf('Cyprus') },
  {
    ...{ code: 'CZ', name: 'Czech Republic', letters: 'A-FHI-NPR-VX-Z', source: platesOf('the Czech Republic') },
    patterns: 'N[ABCEHJ-MPSTUZ][A-FHI-NPR-VX-Z0-9]9{4} [E][LV][A-FHI-NPR-VX-Z0-9]9{2}[A-FHI-NPR-VX-Z0-9]{2} A{3}9{4}',
  },
  { code: 'EE', name: 'Estonia', patterns: '9{3}A{3}', source: platesOf('Estonia') },
  { code: 'GE', name: 'Georgia', patterns: 'A{2}9{3}A{2} A{3}9{3}', source: platesOf('Georgia (country)') },
  {
    ...{ code: 'HR', name: 'Croatia', letters: 'A-PR-VZČŠŽ', source: platesOf('Croatia') },
    patterns: 'A{2}9{3,4}[A-PR-VZ]{1,2}',
  },
  { code: 'HU', name: 'Hungary', patterns: 'A{3}9{3} A{4}9{3}', source: platesOf('Hungary') },
  {
    ...{ code: 'KG', name: 'Kyrgyzstan', source: platesOf('Kyrgyzstan') },
    patterns: '0N<KG>9{3}A{2,3} A9{4}A{1,2}',
  },
  { code: 'KZ', name: 'Kazakhstan', patterns: '9{3}A{2,3}(0N|1[0-9]|20)', source: platesOf('Kazakhstan') },
  { code: 'LT', name: 'Lithuania', patterns: 'A{3}9{3} [E][A-Z]9{4}', source: platesOf('Lithuania') },
  { code: 'LV', name: 'Latvia', patterns: 'A{2}N9{0,3}', source: platesOf('Latvia') },
  { code: 'MD', name: 'Moldova', patterns: 'A{3}9{3} A{1,2}[A-Z]{2}9{3}', source: platesOf('Moldova') },
  { code: 'ME', name: 'Montenegro', patterns: 'A{4}9{3}', source: platesOf('Montenegro') },
  { code: 'MK', name: 'North Macedonia', patterns: 'A{2}9{4}A{2} A{2}9{3}A{2}', source: platesOf('North Macedonia') },
  {
    // The serial behind the district knows fewer letters.
    ...{ code: 'PL', name: 'Poland', letters: 'AC-HJ-NPR-Y', source: platesOf('Poland') },
    patterns:
      '[A-Z]{2}9{5} [A-Z]{2}9{4}A [A-Z]{2}9{3}A{2} [A-Z]{2}9A9{3} [A-Z]{2}9A{2}9{2} [A-Z]{3}A9{3} [A-Z]{3}9{2}A{2} [A-Z]{3}9A9{2} [A-Z]{3}9{2}A9 [A-Z]{3}9A{2}9 [A-Z]{3}A{2}9{2} [A-Z]{3}9{5} [A-Z]{3}9{4}A [A-Z]{3}9{3}A{2} [A-Z]{3}A9{2}A [A-Z]{3}A9A{2}',
  },
  {
    ...{ code: 'RO', name: 'Romania', letters: 'A-HJ-NPR-Z', source: platesOf('Romania') },
    patterns: `<${romania}>9{2}A{3} [B]9{2,3}A{3}`,
  },
  { code: 'RS', name: 'Serbia', letters: 'A-ZČĆŠŽĐ', patterns: 'A{2}9{3,5}[A-Z]{2}', source: platesOf('Serbia') },
  {
    ...{ code: 'RU', name: 'Russia', letters: 'ABEKMHOPCTYX', source: 'GOST R 50577-2018' },
    // Cars; trailers; taxis; motorcycles.
    patterns: 'A9{3}A{2}9{2} A9{3}A{2}[1279]9{2} A{2}9{4}[1-9]9 A{2}9{3}9{2} A{2}9{3}[1279]9{2} 9{4}A{2}9{2}',
  },
  {
    ...{ code: 'SI', name: 'Slovenia', letters: 'A-PR-VZ', source: platesOf('Slovenia') },
    patterns: `<${slovenia}>([A-PR-VZ]{2}9{3}|9{3}[A-PR-VZ]{2}|[A-PR-VZ]9{4}|9{4}[A-PR-VZ]|9{2}[A-PR-VZ]{2}9|9[A-PR-VZ]{2}9{2}|[A-PR-VZ]9[A-PR-VZ]9{2}|[A-PR-VZ]9{3}[A-PR-VZ]|9{2}[A-PR-VZ]9[A-PR-VZ])`,
  },
  { code: 'SK', name: 'Slovakia', patterns: 'A{2}9{3}A{2}', source: platesOf('Slovakia') },
  {
    ...{ code: 'TJ', name: 'Tajikistan', letters: 'A-Z', source: platesOf('Tajikistan') },
    patterns: '9{4}A{2}0[1-8]',
  },
  {
    ...{ code: 'TR', name: 'Turkey', letters: 'A-PR-VYZ', source: platesOf('Turkey') },
    patterns: `(${turkey})A9{4,5} (${turkey})A{2}9{3,4} (${turkey})A{3}9{2,3}`,
  },
  {
    ...{ code: 'UA', name: 'Ukraine', letters: 'ABCEHIKMOPTX', source: platesOf('Ukraine') },
    patterns: 'A{2}9{4}A{2}',
  },
  {
    ...{ code: 'UZ', name: 'Uzbekistan', source: platesOf('Uzbekistan') },
    // Of people, of companies.
    patterns: `<${uzbekistan}>A9{3}A{2} <${uzbekistan}>9{3}A{3}`,
  },
  { code: 'XK', name: 'Kosovo', patterns: '0[1-7]9{3}A{2}', source: platesOf('Kosovo') },
];

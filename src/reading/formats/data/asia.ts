import { platesOf, type CountryFormats } from '../format.js';

const chinaProvinces = '京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼';
const korea = '가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주하허호바사아자배';
const thai = 'กขฃคฅฆงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮ';
const arabicEgypt = 'ابجدرسصطعفقلمنهوىي';
const arabicIran = 'الفبپتثجدزژسشصطعفقکگلمنوهی';
const indiaStates =
  'AN|AP|AR|AS|BR|CG|CH|DD|DL|DN|GA|GJ|HP|HR|JH|JK|KA|KL|LA|LD|MH|ML|MN|MP|MZ|NL|OD|OR|PB|PY|RJ|SK|TG|TN|TR|TS|UA|UK|UP|WB';
const indonesiaAreas =
  'A|AA|AB|AD|AE|AG|B|BA|BB|BD|BE|BG|BH|BK|BL|BM|BN|BP|D|DA|DB|DC|DD|DE|DG|DH|DK|DL|DM|DN|DP|DR|DS|DT|DW|E|EA|EB|ED|F|G|H|K|KB|KH|KT|KU|L|M|N|P|PA|PB|PG|PS|PT|R|S|T|W|Z';

/**
 * Asia. Characters that are not Latin may be missing: most readers do not know them. Where nothing but digits is left, as in Israel,
 * the format says little of the country and only which characters are digits.
 */
export const asia: readonly CountryFormats[] = [
  {
    code: 'AE',
    name: 'United Arab Emirates',
    patterns: 'A{1,2}9{1,5} 9{1,2}9{5}',
    source: platesOf('the United Arab Emirates'),
  },
  { code: 'BH', name: 'Bahrain', patterns: '9{5,6}', source: platesOf('Bahrain') },
  {
    ...{ code: 'CN', name: 'China', letters: 'A-HJ-NP-Z', source: 'GA 36-2018' },
    // Petrol; electric, where a letter says which kind.
    patterns: `[${chinaProvinces}]?A[A-HJ-NP-Z0-9]{5} [${chinaProvinces}]?A[A-HJK]([A-HJ-NP-Z0-9]9{4}) [${chinaProvinces}]?A9{5}[A-HJK]`,
  },
  { code: 'HK', name: 'Hong Kong', letters: 'A-HJ-NPR-Z', patterns: 'A{2}N9{0,3}', source: platesOf('Hong Kong') },
  {
    ...{ code: 'ID', name: 'Indonesia', source: platesOf('Indonesia') },
    patterns: `<${indonesiaAreas}>N9{0,3}A{1,3}`,
  },
  { code: 'IL', name: 'Israel', patterns: '9{7,8}', source: platesOf('Israel') },
  {
    // The letter O is left out of the serial, and so is I.
    ...{ code: 'IN', name: 'India', letters: 'A-HJ-NP-Z', source: 'Central Motor Vehicles Rules 1989, rule 50' },
    patterns: `<${indiaStates}>9{2}A{0,3}9{4} <${indiaStates}>9A{1,3}9{4} <${indiaStates}>9{2}A{1,2}9{3} 9{2}<BH>9{4}A{1,2}`,
  },
  { code: 'IR', name: 'Iran', patterns: `9{2}[${arabicIran}]?9{5}`, source: platesOf('Iran') },
  { code: 'JO', name: 'Jordan', patterns: '9{3,7}', source: platesOf('Jordan') },
  {
    // Area and kana cannot be read; what is left is class and number.
    ...{ code: 'JP', name: 'Japan', letters: 'ACFHKLMPXY', source: platesOf('Japan') },
    patterns: '9[A0-9]{2}9{4} 9{2}9{4} 9{3}9{1,3} 9{4}',
  },
  { code: 'KR', name: 'South Korea', patterns: `9{2,3}[${korea}]?9{4}`, source: platesOf('South Korea') },
  { code: 'KW', name: 'Kuwait', patterns: '9{1,2}9{4,5}', source: platesOf('Kuwait') },
  { code: 'LB', name: 'Lebanon', patterns: 'A9{3,7}', source: platesOf('Lebanon') },
  { code: 'LK', name: 'Sri Lanka', patterns: '([CENSUW][PAWGC])?A{2,3}9{4} 9{2,3}9{4}', source: platesOf('Sri Lanka') },
  { code: 'MN', name: 'Mongolia', patterns: '9{4}A{3}', source: platesOf('Mongolia') },
  { code: 'MO', name: 'Macau', patterns: 'A{2}9{4}', source: platesOf('Macau') },
  {
    ...{ code: 'MY', name: 'Malaysia', letters: 'A-HJ-NP-Y', source: platesOf('Malaysia') },
    patterns: 'A{1,3}N9{0,3} [WV]A{0,2}N9{0,3}A',
  },
  { code: 'OM', name: 'Oman', patterns: '9{1,5}A{1,2}', source: platesOf('Oman') },
  {
    ...{ code: 'PH', name: 'Philippines', source: platesOf('the Philippines') },
    patterns: 'A{3}9{3,4} A{2}9{4,5} A9{3}A{2} 9{3}A{3}',
  },
  { code: 'PK', name: 'Pakistan', patterns: 'A{2,3}9{3,4}', source: platesOf('Pakistan') },
  { code: 'QA', name: 'Qatar', patterns: '9{5,6}', source: platesOf('Qatar') },
  {
    // Only the letters that an Arabic one stands for.
    ...{ code: 'SA', name: 'Saudi Arabia', letters: 'ABDEGHJKLNRSTUVXZ', source: platesOf('Saudi Arabia') },
    patterns: '9{4}A{3} A{3}9{4} N9{0,2}A{3} A{3}N9{0,2}',
  },
  {
    ...{ code: 'SG', name: 'Singapore', letters: 'A-HJ-NP-Z', source: platesOf('Singapore') },
    patterns: 'A{2,3}N9{0,3}[ABCDEGHJ-MPR-UX-Z]',
  },
  { code: 'TH', name: 'Thailand', patterns: `N?[${thai}]{0,2}N9{2,3}`, source: platesOf('Thailand') },
  {
    // Seven signs since 2012; before that two, three or four in either order.
    ...{ code: 'TW', name: 'Taiwan', letters: 'A-HJ-NP-Z', source: platesOf('Taiwan') },
    patterns:
      'A{3}9{4} 9{4}A{2} A{2}9{4} 9{3}A{3} A{3}9{3} 9{4}[A-HJ-NP-Z][0-9] 9A9{4} 9A{2}9{3} A9A9{3} A{2}9{3} 9{3}A{2} 9{3}A9 A9{5}',
  },
  {
    // Letters without look-alikes; two-line motorcycles have one more sign.
    ...{ code: 'VN', name: 'Vietnam', letters: 'A-HK-NPR-VX-Z', source: 'Thông tư 79/2024/TT-BCA' },
    patterns:
      '[1-9]9A9{5} [1-9]9A9{6} [1-9]9A9{4} [1-9]9A{2}9{4,5} [1-9]9<CD|DA|HC|KT|LD|MK|NG|NN|QT|TD>9{4,5} [1-9]9<MD>9{6} A{2}9{4}',
  },
];

/** Latin is what they write beside it, or all that can be read. */
export const northAfrica: readonly CountryFormats[] = [
  { code: 'DZ', name: 'Algeria', patterns: '9{5,6}[1-5]9{2}9{2}', source: platesOf('Algeria') },
  {
    code: 'EG',
    name: 'Egypt',
    patterns: `[${arabicEgypt}]{0,3}N9{1,3} N9{1,3}[${arabicEgypt}]{2,3}`,
    source: platesOf('Egypt'),
  },
  { code: 'MA', name: 'Morocco', patterns: '9{4,5}[A-Z]?9{1,2}', source: platesOf('Morocco') },
  { code: 'TN', name: 'Tunisia', patterns: '9{1,3}<TUN>?9{4}', source: platesOf('Tunisia') },
];

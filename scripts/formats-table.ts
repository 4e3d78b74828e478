// The list of countries in docs/formats.md. Usage: node --import tsx scripts/formats-table.ts
import fs from 'node:fs';
import path from 'node:path';
import { countryFormats } from '../src/reading/formats/catalogue.js';

export const formatsPage = path.join(__dirname, '..', 'docs', 'formats.md');
const begin = '<!-- list of countries: written by scripts/formats-table.ts -->';

/** The page with the list as the tables in src/reading/formats say. */
export function withTable(page: string): string {
  const end = page.indexOf(begin);
  if (end < 0) throw new Error(`Expected the line ${begin} in docs/formats.md`);
  const rows = countryFormats.map(({ code, name, letters = 'A-Z', patterns, source }) => {
    const cells = patterns.split(' ').map((pattern) => `\`${pattern.replaceAll('|', '\\|')}\``);
    const link = /^[A-Z][\w.,()'%-]*_/.test(source) ? `[Wikipedia](https://en.wikipedia.org/wiki/${source})` : source;
    return `| ${code} | ${name} | ${letters} | ${cells.join('<br>')} | ${link} |`;
  });
  const head = ['| code | country or state | `A` | patterns | source |', '|---|---|---|---|---|'];
  return `${page.slice(0, end)}${begin}\n\n${[...head, ...rows].join('\n')}\n`;
}

if (require.main === module) fs.writeFileSync(formatsPage, withTable(fs.readFileSync(formatsPage, 'utf8')));

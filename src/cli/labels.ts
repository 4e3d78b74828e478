import fs from 'node:fs';
import path from 'node:path';
import type { Box, Corners } from '../detection/types.js';

/** One thing that somebody marked in a picture. */
export interface Label {
  box: Box;
  /** Where somebody marked them; the box is their hull then. */
  corners?: Corners;
  /** Of text, 1 or 2. */
  lines?: number;
  text?: string;
}

/** One labelled picture. `text` is set for plate crops, `labels` for scenes. */
export interface LabelledPicture {
  file: string;
  split: string;
  text?: string;
  /** Country or state, as the labels say. */
  region?: string;
  /** Of a plate crop: lines of text, 1 or 2. */
  lines?: number;
  labels: Label[];
}

/** A folder of labelled pictures. */
export interface LabelledSource {
  name: string;
  /** text: crops of plates with their text; plates and vehicles: scenes with boxes. */
  kind: 'text' | 'plates' | 'vehicles';
  pictures: LabelledPicture[];
}

/** A labels file could not be understood. */
export class LabelError extends Error {
  readonly code = 'ALPR_LABELS';
}

/**
 * Finds labelled sources: `labels.csv` (file, text, region, lines, split, note) and `labels.jsonl`
 * ({file, width, height, plates | objects: [{x, y, w, h, corners?, lines?, text?}], split, region?}) in a folder or any folder below it, or one such file.
 *
 * @throws LabelError when nothing is found or a line does not fit the format
 */
export function readLabels(target: string): LabelledSource[] {
  if (!fs.existsSync(target)) throw new LabelError(`Expected a folder or a labels file but '${target}' does not exist`);
  const files = fs.statSync(target).isDirectory() ? labelFiles(target) : [target];
  if (files.length === 0)
    throw new LabelError(`Expected labels.csv or labels.jsonl in or below '${target}' but found none`);
  return files.map((file) => (file.endsWith('.csv') ? readCsv(file) : readJsonLines(file)));
}

function labelFiles(folder: string): string[] {
  const found: string[] = [];
  const entries = fs.readdirSync(folder, { withFileTypes: true }).sort((a, b) => a.name.localeCompare(b.name));
  for (const entry of entries) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) found.push(...labelFiles(full));
    else if (entry.name === 'labels.csv' || entry.name === 'labels.jsonl') found.push(full);
  }
  return found;
}

function readCsv(file: string): LabelledSource {
  const [header = '', ...lines] = fs
    .readFileSync(file, 'utf8')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
  const columns = header.split(',');
  const column = (name: string): number => {
    const index = columns.indexOf(name);
    if (index < 0) throw new LabelError(`${file}: Expected a column '${name}' but the header is '${header}'`);
    return index;
  };
  const [fileColumn, textColumn, splitColumn] = [column('file'), column('text'), column('split')];
  const [regionColumn, linesColumn] = [columns.indexOf('region'), columns.indexOf('lines')];
  const folder = path.dirname(file);
  const pictures = lines.map((line) => {
    const cells = line.split(',');
    const picture: LabelledPicture = {
      ...{ file: path.join(folder, cells[fileColumn] ?? ''), text: cells[textColumn] ?? '' },
      ...{ split: cells[splitColumn] ?? '', labels: [] },
    };
    const region = cells[regionColumn] ?? '';
    const count = Number(cells[linesColumn] ?? '');
    return { ...picture, ...(region === '' ? {} : { region }), ...(count > 0 ? { lines: count } : {}) };
  });
  return { name: path.basename(folder), kind: 'text', pictures };
}

interface JsonObject {
  x: number;
  y: number;
  w: number;
  h: number;
  corners?: [number, number][];
  lines?: number;
  text?: string;
}

function readJsonLines(file: string): LabelledSource {
  const folder = path.dirname(file);
  let kind: LabelledSource['kind'] = 'plates';
  const lines = fs.readFileSync(file, 'utf8').split(/\r?\n/);
  const pictures = lines.flatMap((line, index): LabelledPicture[] => {
    if (line.trim() === '') return [];
    let row: { file?: unknown; split?: unknown; region?: unknown; plates?: JsonObject[]; objects?: JsonObject[] };
    try {
      row = JSON.parse(line) as typeof row;
    } catch (cause) {
      throw new LabelError(`${file}:${index + 1}: Expected JSON but received '${line.slice(0, 40)}'`, { cause });
    }
    const objects = row.plates ?? row.objects;
    if (typeof row.file !== 'string' || !Array.isArray(objects)) {
      throw new LabelError(`${file}:${index + 1}: Expected 'file' and 'plates' or 'objects'`);
    }
    if (row.objects !== undefined) kind = 'vehicles';
    const picture = { file: path.join(folder, row.file), split: String(row.split ?? ''), labels: objects.map(labelOf) };
    return [typeof row.region === 'string' && row.region !== '' ? { ...picture, region: row.region } : picture];
  });
  return { name: path.basename(folder), kind, pictures };
}

function labelOf({ x, y, w, h, corners, lines, text }: JsonObject): Label {
  const label: Label = { box: corners === undefined ? { x1: x, y1: y, x2: x + w, y2: y + h } : hull(corners) };
  if (corners?.length === 4) label.corners = corners.map(([left, top]) => ({ x: left, y: top })) as Corners;
  if (lines !== undefined) label.lines = lines;
  return text === undefined || text === '' ? label : { ...label, text };
}

/** The upright box around the corners: labelled boxes are looser than labelled corners in several sources. */
function hull(corners: [number, number][]): Box {
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  return { x1: Math.min(...xs), y1: Math.min(...ys), x2: Math.max(...xs), y2: Math.max(...ys) };
}

import type { Calibration } from './calibration.js';
import type { Row } from './groups.js';

/** Cells of a Markdown table, its heading first; columns from `words` on are numbers. */
export function markdown(rows: readonly (readonly string[])[], words: number): string {
  const [heading = [], ...body] = rows;
  const rule = heading.map((_, column) => (column < words ? '---' : '--:'));
  return [heading, rule, ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n') + '\n';
}

/** Percent with one decimal; `-` of nothing. */
export function share(part: number | null | undefined, whole: number | null | undefined): string {
  const isNone = part === null || part === undefined || whole === null || whole === undefined || whole === 0;
  return isNone ? '-' : ((100 * part) / whole).toFixed(1);
}

/** All tables of one run. */
export function report(rows: readonly Row[]): string {
  const detecting = rows.filter(({ detection }) => detection !== undefined);
  const reading = rows.filter((row) => row.reading !== undefined);
  const empty = rows.filter((row) => row.falsePlates !== undefined && row.group === 'source');
  const sections = [boxTable(detecting), coverageTable(rows), textTable(reading), falseTable(empty), timeTable(rows)];
  for (const row of rows) {
    if (row.group === 'all' && row.calibration !== undefined) sections.push(calibrationTable(row, row.calibration));
  }
  return sections.filter((section) => section !== '').join('\n');
}

/** Names parts of a source or of everything by what they are. */
export function nameOf({ group, kind, name, region }: Row): string {
  if (group === 'source') return name;
  if (group === 'all') return `**all ${kind}**`;
  return group === 'source region' ? `· ${name}, ${region}` : `*${name}*`;
}

function boxTable(rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const heading = ['boxes', 'kind', 'region', 'pictures', 'labels', 'recall %', 'precision %'];
  const more = ['texts', 'texts exact %', 'corners', 'corner error %, median', '90th percentile'];
  const body = rows.map((row) => {
    const d = row.detection!;
    const cells = [nameOf(row), row.kind, row.region ?? '-', `${d.pictures}`, `${d.labels}`];
    const hits = [share(d.matched, d.labels), share(d.finds === null ? null : d.matched, d.finds)];
    const corners = [`${d.corners}`, share(d.cornerError, 1), share(d.cornerError90, 1)];
    return [...cells, ...hits, `${d.texts}`, share(d.textsExact, d.texts), ...corners];
  });
  return markdown([[...heading, ...more], ...body], 3);
}

function coverageTable(rows: readonly Row[]): string {
  const body = rows.flatMap((row): string[][] => {
    const { coverage: c } = row;
    return c === undefined ? [] : [[nameOf(row), `${c.plates}`, `${c.onVehicle}`, share(c.onVehicle, c.plates)]];
  });
  const heading = ['plates found, 60 px and wider', 'plates', 'on a found vehicle', 'share %'];
  return body.length === 0 ? '' : markdown([heading, ...body], 1);
}

function textTable(rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const heading = ['text', 'region', 'plates', 'exact %', 'exact, O=0 I=1 %', '95 % interval', 'character errors %'];
  const body = rows.map((row) => {
    const r = row.reading!;
    const [low, high] = r.interval;
    const cells = [
      nameOf(row),
      row.region ?? '-',
      `${r.crops}`,
      share(r.exact, r.crops),
      share(r.exactMerged, r.crops),
    ];
    const interval = `${(100 * low).toFixed(0)}–${(100 * high).toFixed(0)}`;
    const error = share(row.calibration?.expectedCalibrationError, 1);
    return [...cells, interval, share(r.edits, r.characters), `${r.unread}`, error];
  });
  return markdown([[...heading, 'unread', 'calibration error %'], ...body], 2);
}

function falseTable(rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const heading = [
    'pictures without plates',
    'pictures',
    'plates found',
    'per 100 pictures',
    'and read',
    'per 100 pictures',
  ];
  const body = rows.map((row) => {
    const { pictures, found, read } = row.falsePlates!;
    return [row.name, `${pictures}`, `${found}`, share(found, pictures), `${read}`, share(read, pictures)];
  });
  return markdown([heading, ...body], 1);
}

function timeTable(rows: readonly Row[]): string {
  const all = rows.filter(({ group, ms }) => group === 'all' && Object.keys(ms).length > 0);
  if (all.length === 0) return '';
  const stages = [...new Set(all.flatMap(({ ms }) => Object.keys(ms)))];
  const body = all.map(({ kind, ms }) => [kind, ...stages.map((stage) => ms[stage]?.toFixed(1) ?? '-')]);
  return markdown([['ms per picture, median', ...stages], ...body], 1);
}

function calibrationTable({ kind }: Row, calibration: Calibration): string {
  const percent = (value: number): string => (100 * value).toFixed(1);
  const body = calibration.bins.map(({ from, to, answers, confidence, right }) => {
    return [`${from.toFixed(2)} to ${to.toFixed(2)}`, `${answers}`, percent(confidence), percent(right)];
  });
  const total = ['all', `${calibration.answers}`, percent(calibration.confidence), percent(calibration.right)];
  const table = markdown([[`confidence, ${kind}`, 'readings', 'confidence %', 'right %'], ...body, total], 1);
  return `${table}\nExpected calibration error: ${percent(calibration.expectedCalibrationError)} %\n`;
}

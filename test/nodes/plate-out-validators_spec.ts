import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { lineSides, readLine, type LineSide } from '../../src/events/line-crossing.js';
import { readZones } from '../../src/areas/zones.js';
import { seededRandom } from '../support/random.js';

/** What the dialogs check zones and lines with, without an editor. */
interface Validators {
  lineProblem(text: string, side: string): string | undefined;
  zonesProblem(text: string): number | undefined;
  readAreas(text: string): { name: string; points: { x: number; y: number }[] }[] | undefined;
  formatAreas(areas: object[]): string;
}
function editorValidators(): Validators {
  const script = readFileSync(join(__dirname, '..', '..', 'resources', 'areas-format.js'), 'utf8');
  const context: { plateflowAreas?: Validators } = {};
  runInNewContext(script, context);
  return context.plateflowAreas!;
}

function isGood(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'ALPR_CONFIG');
    return false;
  }
}

const lines = [
  '',
  '0.1,0.6 0.9,0.6',
  ' 0.1,0.6;0.9,0.6 ',
  '0.5,0 0.5,1',
  '0,0 1,1',
  '0.5,0.5 0.5,0.51',
  '0.5,0.5 0.5,0.53',
  '[[0.1,0.6],[0.9,0.6]]',
  '[{"x":0.1,"y":0.6},[0.9,0.6]]',
  '["0.1,0.6","0.9,0.6"]',
  '[[0.1,0.6]',
  '{}',
  '[]',
  '[null,null]',
  '0.1 0.9',
  '0.1,0.6',
  '0.1,0.6 0.9,0.6 1,1',
  '-0.1,0.6 0.9,0.6',
  '1e-1,6e-1 9e-1,6e-1',
  'x,y z,w',
  ',, ,,',
  '0.1,0.6,0.9,0.6',
  'NaN,0 1,Infinity',
];
const zones = [
  '',
  'gate: 0,0 1,0 1,1',
  'gate: 0,0 1,0 1,1\ngate: 0,0 1,0 0,1',
  'a: 0,0 1,0 1,1\n\nb : 0,0 1,0 0,1',
  'a:b: 0,0 1,0 1,1',
  ': 0,0 1,0 1,1',
  'gate 0,0 1,0 1,1',
  'gate: 0,0 1,0',
  'gate: 0,0 0.5,0.5 1,1',
  'gate: 0,0 0,0 0,0',
  '8: 0,0 1,1 1,0 0,1',
  'gate: 0,0 1,0 2,1',
  `${'n'.repeat(61)}: 0,0 1,0 1,1`,
  `gate: ${'0,0 1,0 1,1 '.repeat(33)}`,
  `gate: ${'0,0 1,0 1,1 '.repeat(34)}`,
  '{"gate":[[0,0],[1,0],[1,1]]}',
  '{"gate":"0,0 1,0 1,1","b":[[0,0],[1,0],{"x":0,"y":1}]}',
  '[{"name":"gate","points":[[0,0],[1,0],[1,1]]}]',
  '[{"name":7,"points":[[0,0],[1,0],[1,1]]}]',
  '[{"points":[[0,0],[1,0],[1,1]]}]',
  '[7]',
  '[null]',
  '[]',
  '{}',
  '{"gate":null}',
  '{"gate"',
  Array.from({ length: 50 }, (_, index) => `z${index}: 0,0 1,0 1,1`).join('\n'),
  Array.from({ length: 51 }, (_, index) => `z${index}: 0,0 1,0 1,1`).join('\n'),
];

describe('The checks of dialogs with zones or a line', () => {
  const editor = editorValidators();

  it('take the lines that the node takes, and no others', () => {
    for (const text of lines) {
      for (const side of lineSides) {
        const good = isGood(() => readLine(text.trim(), side));
        assert.equal(editor.lineProblem(text, side) === undefined, good, `${JSON.stringify(text)} ${side}`);
      }
    }
  });

  it('take the zones that the node takes, and no others', () => {
    for (const text of zones) {
      assert.equal(editor.zonesProblem(text) === undefined, isGood(() => readZones(text.trim())), text); // prettier-ignore
    }
  });

  it('agree with the node about whatever people may type', () => {
    const random = seededRandom(11);
    const pieces = ['0', '1', '0.5', '.', ',', ' ', ';', '\n', ':', 'gate', '[', ']', '{', '}', '"', '-', 'e', '0,0', '1,0', '1,1', '[0,1]']; // prettier-ignore
    let goodOnes = 0;
    for (let turn = 0; turn < 20_000; turn++) {
      const many = 1 + Math.floor(random() * 12);
      const text = Array.from({ length: many }, () => pieces[Math.floor(random() * pieces.length)]).join('');
      const side = lineSides[turn % 4] as LineSide;
      const line = isGood(() => readLine(text.trim(), side));
      assert.equal(editor.lineProblem(text, side) === undefined, line, `line ${JSON.stringify(text)} ${side}`);
      const zone = isGood(() => readZones(text.trim()));
      assert.equal(editor.zonesProblem(text) === undefined, zone, `zones ${JSON.stringify(text)}`);
      if ((line || zone) && text.trim() !== '') goodOnes++;
    }
    assert.ok(goodOnes > 10, `${goodOnes} of them were good`);
  });
});

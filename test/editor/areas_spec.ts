import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { readLine } from '../../src/events/line-crossing.js';
import { readZones } from '../../src/areas/zones.js';
import { Editor } from '../support/editor-browser.js';
import { packageRoot } from '../support/node-red-process.js';
import { useEditor } from '../support/use-editor.js';

const base = { z: 'tab', x: 300, y: 100 };
const plateOut = (id: string, settings: object): object => ({
  ...{ id, type: 'alpr-plate-out', ...base, name: '', minConfidence: 0.7, minReads: 2, minLength: 4, format: '' },
  ...{ dedupeSeconds: 30, provisional: true, line: '', inSide: 'below', zones: '', wires: [[], []] },
  ...settings,
});
const camera = (id: string, wires: string[]): object => ({
  ...{
    id,
    type: 'alpr-camera-in',
    ...base,
    name: id,
    camera: '',
    source: 'message',
    path: '',
    fps: '',
    pace: 'recorded',
  },
  ...{ loop: false, autostart: false, ffmpeg: '', inFlight: 3, maxMegapixels: 64, wires: [wires, []] },
});
const gate = 'gate: 0.2,0.2 0.8,0.2 0.8,0.8 0.2,0.8';
const flows = [
  { id: 'tab', type: 'tab', label: 'areas' },
  {
    id: 'device',
    type: 'alpr-hailo-device',
    name: '',
    backend: 'cpu',
    runtime: 'auto',
    workers: '',
    modelDirectory: '',
  },
  // In the order of the list, the camera without a wire comes first.
  camera('alone', []),
  camera('wired', ['out']),
  { id: 'out', type: 'link out', ...base, name: '', mode: 'link', links: ['in'], wires: [] },
  { id: 'in', type: 'link in', ...base, name: '', links: ['out'], wires: [['drawn', 'text']] },
  plateOut('drawn', {}),
  plateOut('text', { zones: gate, line: '0.1,0.6 0.9,0.6' }),
  {
    ...{
      id: 'overlay',
      type: 'alpr-overlay',
      ...base,
      name: '',
      device: 'device',
      zones: gate,
      line: '0.1,0.6 0.9,0.6',
    },
    ...{ inSide: 'above', blur: 'none', quality: 80, preview: false, showHere: false, previewWidth: 240, wires: [[]] },
  },
];

describe('The editor of areas', function () {
  this.timeout(60_000);
  const fixture = useEditor(flows);
  const still = fs.readFileSync(path.join(packageRoot, 'samples', 'pictures', firstPicture()));

  before(async () => {
    if (fixture.editor !== undefined) await showStills(fixture.editor);
  });
  afterEach(async () => {
    if (fixture.editor !== undefined) await fixture.editor.closeAllDialogs();
  });

  const page = (): Editor['page'] => fixture.editor.page;
  const field = (property: string) => page().locator(`#node-input-${property}`);
  const drawing = () => page().locator('.alpr-areas-picture');
  const button = (name: string) => page().locator('.alpr-areas-bar').getByRole('button', { name, exact: true });
  const held = (key: string) => page().locator(`[data-key="${key}"]`);

  /** Every camera of the editor has a picture. */
  async function showStills(editor: Editor): Promise<void> {
    await editor.page.route('**/hailo-alpr/cameras/*/still', (route) => route.fulfill({ contentType: 'image/jpeg', body: still })); // prettier-ignore
  }

  /** Opens a dialog with its section of areas, and waits for the picture. */
  async function open(id: string, section: string): Promise<void> {
    await fixture.editor.openDialog(id);
    const details = page().locator(section);
    if ((await details.getAttribute('open')) === null) await details.locator('summary').click();
    await drawing().locator('image').waitFor();
    await drawing().scrollIntoViewIfNeeded();
  }
  const openPlateOut = (id: string): Promise<void> => open(id, '#alpr-plate-out-direction');

  /** Where a share of the picture is on the page. */
  async function at(x: number, y: number): Promise<[number, number]> {
    const box = (await drawing().boundingBox())!;
    return [box.x + x * box.width, box.y + y * box.height];
  }
  async function click(x: number, y: number): Promise<void> {
    await page().mouse.click(...(await at(x, y)));
  }
  async function drag(from: [number, number], to: [number, number]): Promise<void> {
    await page().mouse.move(...(await at(...from)));
    await page().mouse.down();
    await page().mouse.move(...(await at((from[0] + to[0]) / 2, (from[1] + to[1]) / 2)));
    await page().mouse.move(...(await at(...to)));
    await page().mouse.up();
  }

  /** The zones of the text field, as the node reads them, in whole hundredths: a mouse is no finer. */
  async function zones(): Promise<[string, ...[number, number][]][]> {
    const text = await field('zones').inputValue();
    return readZones(text).map(({ name, points }) => [name, ...points.map(hundredths)]);
  }
  const hundredths = ({ x, y }: { x: number; y: number }): [number, number] => [
    Math.round(x * 100),
    Math.round(y * 100),
  ];

  it('draws a zone by mouse: the text, what is saved and what is shown again agree', async () => {
    const { editor } = fixture;
    await openPlateOut('drawn');
    await button('Zone').click();
    for (const [x, y] of [[0.2, 0.3], [0.7, 0.3], [0.7, 0.8]] as const) await click(x, y); // prettier-ignore
    await page().mouse.dblclick(...(await at(0.25, 0.75)));
    assert.deepEqual(await zones(), [['zone 1', [20, 30], [70, 30], [70, 80], [25, 75]]]);
    const text = await field('zones').inputValue();
    assert.doesNotMatch(text, /\.\d{5}/, 'at most four decimals');
    await page().locator('.alpr-areas-bar input').fill('drive');
    assert.match(await field('zones').inputValue(), /^drive: /);
    await editor.screenshot('editor/areas-plate-out', '.red-ui-tray');
    await editor.closeDialog('ok');
    const saved = (await editor.property('drawn', 'zones')) as string;
    assert.equal(saved, text.replace('zone 1', 'drive'));
    assert.deepEqual(await editor.validity('drawn'), { valid: true, errors: [] });
    await openPlateOut('drawn');
    assert.equal(await drawing().locator('.alpr-areas-area').count(), 1);
    assert.equal(await field('zones').inputValue(), saved);
  });

  it('moves points and zones, adds and takes away points, and undoes all of it', async () => {
    await openPlateOut('text');
    const steps: [() => Promise<void>, [number, number][]][] = [
      [() => drag([0.3, 0.3], [0.4, 0.35]), [[30, 25], [90, 25], [90, 85], [30, 85]]],
      [() => drag([0.3, 0.25], [0.1, 0.1]), [[10, 10], [90, 25], [90, 85], [30, 85]]],
      // The small dot in the middle of an edge.
      [() => drag([0.9, 0.55], [0.95, 0.5]), [[10, 10], [90, 25], [95, 50], [90, 85], [30, 85]]],
      [() => held('point:zones:0:2').press('Delete'), [[10, 10], [90, 25], [90, 85], [30, 85]]],
      // It stops at the edge of the picture.
      [() => drag([0.5, 0.35], [0.99, 0.35]), [[20, 10], [100, 25], [100, 85], [40, 85]]],
    ]; // prettier-ignore
    const before = await field('zones').inputValue();
    const seen = [];
    for (const [step, expected] of steps) {
      seen.push(await field('zones').inputValue());
      await step();
      assert.deepEqual(await zones(), [['gate', ...expected]]);
    }
    for (const text of seen.reverse()) {
      await button('Undo').click();
      assert.equal(await field('zones').inputValue(), text);
    }
    assert.equal(await field('zones').inputValue(), before);
    assert.equal(await button('Undo').isDisabled(), true);
  });

  it('works with keys alone', async () => {
    await openPlateOut('text');
    await held('area:zones:0').focus();
    await page().keyboard.press('Shift+ArrowRight');
    await page().keyboard.press('ArrowDown');
    assert.match(await field('zones').inputValue(), /^gate: 0\.25,0\.205 0\.85,0\.205 /);
    await held('point:zones:0:0').focus();
    await page().keyboard.press('ArrowLeft');
    assert.match(await field('zones').inputValue(), /^gate: 0\.245,0\.205 /);
    await page().keyboard.press('+');
    assert.match(await field('zones').inputValue(), /^gate: 0\.245,0\.205 0\.5475,0\.205 0\.85,0\.205 /);
    for (let step = 0; step < 3; step++) await page().keyboard.press('Control+z');
    // Steps of the same thing by keys are one.
    assert.equal(await field('zones').inputValue(), gate);
    await held('area:zones:0').focus();
    await page().keyboard.press('Delete');
    assert.equal(await field('zones').inputValue(), '');
    await button('Zone').press('Enter');
    // From the middle of the picture.
    await page().keyboard.press('Space');
    for (const key of ['Shift+ArrowRight', 'Shift+ArrowDown']) {
      await page().keyboard.press(key);
      await page().keyboard.press('Space');
    }
    await page().keyboard.press('Enter');
    assert.equal(await field('zones').inputValue(), 'zone 1: 0.5,0.5 0.55,0.5 0.55,0.55');
    await button('Zone').press('Enter');
    await page().keyboard.press('Escape');
    assert.equal(await button('Finish').isVisible(), false, 'Escape ends the drawing, not the dialog');
    assert.equal(await page().locator('#node-dialog-ok').isVisible(), true);
  });

  it('follows what is typed, and leaves alone what cannot be drawn', async () => {
    await openPlateOut('text');
    await field('zones').fill('{"a": [[0, 0], [0.5, 0], [0.5, 0.5]], "b": [[0.5, 0.5], [1, 0.5], [1, 1]]}');
    assert.equal(await drawing().locator('.alpr-areas-area').count(), 2);
    await field('zones').fill('gate: 0.1,0.1 0.9');
    assert.equal(await drawing().locator('.alpr-areas-area').count(), 2);
    assert.equal(await button('Zone').isDisabled(), true);
    assert.match(await page().locator('.alpr-areas-hint').first().innerText(), /cannot be drawn yet/);
    await drag([0.4, 0.1], [0.5, 0.2]);
    assert.equal(await field('zones').inputValue(), 'gate: 0.1,0.1 0.9');
    await field('zones').fill('gate: 0.1,0.1 0.9,0.1 0.9,0.9');
    assert.equal(await drawing().locator('.alpr-areas-area').count(), 1);
    assert.equal(await button('Zone').isDisabled(), false);
  });

  it('draws a line, turns it, and gives it a side that it has', async () => {
    await openPlateOut('drawn');
    await field('line').fill('');
    await button('Line').click();
    await click(0.2, 0.5);
    await click(0.8, 0.5);
    const line = async (): Promise<[number, number][]> => {
      const { from, to } = readLine(await field('line').inputValue(), (await field('inSide').inputValue()) as 'above')!;
      return [from, to].map(hundredths);
    };
    assert.deepEqual(await line(), [[20, 50], [80, 50]]); // prettier-ignore
    assert.equal(await field('inSide').inputValue(), 'below');
    await held('line:arrow').press('Enter');
    assert.equal(await field('inSide').inputValue(), 'above');
    await drag([0.2, 0.5], [0.8, 0.05]);
    assert.deepEqual(await line(), [[80, 5], [80, 50]]); // prettier-ignore
    assert.equal(await field('inSide').inputValue(), 'left');
    await field('inSide').selectOption('right');
    assert.deepEqual(await page().locator('#node-input-line.input-error').count(), 0);
    await fixture.editor.screenshot('editor/areas-line', '.red-ui-tray');
  });

  it('shows the picture of the camera that is wired to the node, through links too', async () => {
    await openPlateOut('text');
    const list = page().locator('.alpr-areas-camera select');
    assert.deepEqual(await list.locator('option').allInnerTexts(), ['wired (areas)', 'alone (areas)']);
    await page().unroute('**/hailo-alpr/cameras/*/still');
    const asked: string[] = [];
    await page().route('**/hailo-alpr/cameras/*/still', (route) => {
      asked.push(new URL(route.request().url()).pathname);
      return route.fulfill({ status: 404, body: '' });
    });
    await list.selectOption('alone');
    await page().getByText('this camera is not running').waitFor();
    assert.deepEqual(asked, ['/hailo-alpr/cameras/alone/still']);
    assert.equal(await drawing().locator('image').count(), 0, 'a grid instead');
    await fixture.editor.screenshot('editor/areas-grid', '.red-ui-tray');
    await page().unroute('**/hailo-alpr/cameras/*/still');
    await showStills(fixture.editor);
  });

  it('of overlay does the same', async () => {
    const { editor } = fixture;
    await open('overlay', '#alpr-overlay-places');
    await drag([0.3, 0.3], [0.2, 0.2]);
    assert.deepEqual(await zones(), [['gate', [10, 10], [70, 10], [70, 70], [10, 70]]]);
    await editor.screenshot('editor/areas-overlay', '.red-ui-tray');
    await editor.closeDialog('ok');
    assert.deepEqual(await editor.validity('overlay'), { valid: true, errors: [] });
  });

  it('is legible in the dark and on a narrow screen', async () => {
    const dark = await Editor.open(fixture.browser, fixture.nodeRed.url, true);
    try {
      await showStills(dark);
      await dark.openDialog('text');
      const picture = dark.page.locator('.alpr-areas-picture');
      await picture.locator('image').waitFor();
      await picture.scrollIntoViewIfNeeded();
      await dark.screenshot('editor/areas-dark', '.red-ui-tray');
      await dark.page.setViewportSize({ width: 800, height: 800 });
      await dark.settle();
      await picture.scrollIntoViewIfNeeded();
      await dark.screenshot('editor/areas-narrow');
      const box = (await picture.boundingBox())!;
      const tray = (await dark.page.locator('.red-ui-tray').first().boundingBox())!;
      assert.ok(box.x >= tray.x && box.x + box.width <= tray.x + tray.width, `${box.width} px in ${tray.width}`);
      await dark.page.setViewportSize({ width: 1500, height: 1000 });
      await dark.closeAllDialogs();
      await dark.page.unroute('**/hailo-alpr/cameras/*/still');
      await dark.openDialog('text');
      await dark.page.getByText('this camera is not running').waitFor();
      await dark.screenshot('editor/areas-dark-grid', '.red-ui-tray');
      assert.deepEqual(dark.problems, []);
    } finally {
      await dark.page.close();
    }
  });

  it('takes a finger as it takes a mouse', async () => {
    await openPlateOut('text');
    // One finger, as the browser tells of it.
    const client = await page().context().newCDPSession(page());
    const touch = async (type: 'touchStart' | 'touchMove' | 'touchEnd', point?: [number, number]): Promise<void> => {
      const touchPoints = point === undefined ? [] : [{ x: point[0], y: point[1] }];
      await client.send('Input.dispatchTouchEvent', { type, touchPoints });
    };
    await touch('touchStart', await at(0.3, 0.3));
    await touch('touchMove', await at(0.35, 0.35));
    await touch('touchMove', await at(0.4, 0.4));
    await touch('touchEnd');
    assert.deepEqual(await zones(), [['gate', [30, 30], [90, 30], [90, 90], [30, 90]]]);
    await client.detach();
  });

  it('opens and closes without an error in the page', () => {
    assert.deepEqual(fixture.editor.problems, []);
  });
});

function firstPicture(): string {
  return fs.readdirSync(path.join(packageRoot, 'samples', 'pictures')).filter((name) => name.endsWith('.jpg'))[0]!;
}

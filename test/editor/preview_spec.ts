import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { Editor } from '../support/editor-browser.js';
import { useEditor } from '../support/use-editor.js';

const overlay = { type: 'alpr-overlay', z: 'tab', device: 'device', preview: true, maxWidth: 640, quality: 80 };
const flows = [
  { id: 'tab', type: 'tab', label: 'previews' },
  { id: 'other', type: 'tab', label: 'another' },
  {
    id: 'device',
    type: 'alpr-hailo-device',
    name: '',
    backend: 'cpu',
    runtime: 'auto',
    workers: 1,
    modelDirectory: '',
  },
  {
    ...{ id: 'camera', type: 'alpr-camera-in', z: 'tab', camera: 'gate', source: 'sample', pace: 'recorded', fps: 5 },
    ...{ loop: true, autostart: true, inFlight: 2, maxMegapixels: 64, path: '', ffmpeg: '', x: 140, y: 80 },
    wires: [['shown', 'hidden', 'off', 'disabled']],
  },
  { ...overlay, id: 'shown', name: 'shown', showHere: true, previewWidth: 200, x: 340, y: 80, wires: [['below']] },
  { ...overlay, id: 'hidden', name: 'hidden', showHere: false, previewWidth: 200, x: 640, y: 80, wires: [[]] },
  {
    ...overlay,
    id: 'off',
    name: 'off',
    showHere: true,
    preview: false,
    previewWidth: 200,
    x: 640,
    y: 140,
    wires: [[]],
  },
  { ...overlay, id: 'disabled', d: true, showHere: true, previewWidth: 200, x: 640, y: 200, wires: [[]] },
  { id: 'below', type: 'debug', z: 'tab', name: 'below', active: false, x: 640, y: 300, wires: [] },
  { id: 'covered', type: 'comment', z: 'tab', name: 'covered', info: '', x: 430, y: 195, wires: [] },
];

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

interface CanvasWindow {
  RED: {
    nodes: {
      node(id: string): { x: number; y: number; w: number; h: number; dirty: boolean; [property: string]: unknown };
      remove(id: string): unknown;
      import(nodes: object[]): unknown;
    };
    view: { redraw(update: boolean): void };
  };
  document: { elementFromPoint(x: number, y: number): { closest(selector: string): unknown } | null };
}

/** Addresses of pictures that the page has asked for, from now on. */
function watchRequests(page: Page): string[] {
  const asked: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.includes('/hailo-alpr/preview/')) asked.push(pathname.split('/').pop()!);
  });
  return asked;
}

describe('The picture under an overlay node', function () {
  this.timeout(90_000);
  const fixture = useEditor(flows);

  const imageOf = (id: string) => fixture.editor.page.locator(`[id="${id}"] > .alpr-picture image[href^="blob:"]`);
  const pictures = () => fixture.editor.page.locator('.alpr-picture');
  const eye = (id: string) => fixture.editor.page.locator(`[id="${id}"] .alpr-picture-button`);

  async function boxOf(id: string, part = ''): Promise<Box> {
    return (await fixture.editor.page
      .locator(`[id="${id}"] ${part || '.red-ui-flow-node'}`)
      .first()
      .boundingBox())!;
  }

  /** Waits until the picture is another one. */
  async function nextPicture(id: string): Promise<void> {
    const before = await imageOf(id).getAttribute('href');
    await fixture.editor.page.waitForFunction(
      ([node, href]) => {
        const { document } = globalThis as unknown as {
          document: { querySelector(s: string): { getAttribute(n: string): string } | null };
        };
        const now = document.querySelector(`[id="${node}"] .alpr-picture image`)?.getAttribute('href');
        return now !== undefined && now !== null && now !== href;
      },
      [id, before] as const,
    );
  }

  it('is there below the node, as wide as set, and changes; other nodes have none', async () => {
    await imageOf('shown').waitFor();
    await nextPicture('shown');
    const [node, image] = [await boxOf('shown'), await boxOf('shown', '.alpr-picture image')];
    assert.ok(image.y >= node.y + node.height, `${image.y} below ${node.y + node.height}`);
    assert.ok(Math.abs(image.width - 200) <= 2, `${image.width}`);
    // The sample is 16:9.
    assert.ok(Math.abs(image.height - 112.5) <= 3, `${image.height}`);
    assert.equal(await pictures().count(), 1);
    await fixture.editor.screenshot('editor/picture under the node');
  });

  it('asks for small pictures of that node only, and not for one that it has', async () => {
    const { page } = fixture.editor;
    const answers: { id: string; status: number; bytes: number }[] = [];
    page.on('response', (response) => {
      const { pathname } = new URL(response.url());
      if (!pathname.includes('/hailo-alpr/preview/')) return;
      const bytes = Number(response.headers()['content-length'] ?? 0);
      answers.push({ id: pathname.split('/').pop()!, status: response.status(), bytes });
    });
    for (let n = 0; n < 3; n++) await nextPicture('shown');
    while (!answers.some(({ status }) => status === 304)) await page.waitForTimeout(50);
    assert.deepEqual([...new Set(answers.map(({ id }) => id))], ['shown']);
    assert.ok(answers.every(({ bytes }) => bytes < 40_000));
  });

  it('lies in nobody’s way: clicks go through it, and the node can be dragged with it', async () => {
    const { page } = fixture.editor;
    const covered = await boxOf('covered');
    const under = await page.evaluate(
      ([x, y]) => {
        const { document } = globalThis as unknown as CanvasWindow;
        const hit = document.elementFromPoint(x!, y!);
        return { picture: hit?.closest('.alpr-picture') !== null, node: hit?.closest('[id="covered"]') !== null };
      },
      [covered.x + covered.width / 2, covered.y + covered.height / 2],
    );
    assert.deepEqual(under, { picture: false, node: true });

    const before = await boxOf('shown');
    const image = await boxOf('shown', '.alpr-picture image');
    await page.mouse.move(before.x + 40, before.y + 15);
    await page.mouse.down();
    await page.mouse.move(before.x + 70, before.y + 35, { steps: 5 });
    await page.mouse.move(before.x + 100, before.y + 55, { steps: 5 });
    await page.mouse.up();
    const after = await boxOf('shown');
    const moved = await boxOf('shown', '.alpr-picture image');
    assert.ok(after.x - before.x > 20 && after.y - before.y > 10, 'the node was dragged');
    assert.ok(Math.abs(moved.x - image.x - (after.x - before.x)) <= 1);
    assert.ok(Math.abs(moved.y - image.y - (after.y - before.y)) <= 1);
  });

  it('lets a wire be drawn across it', async () => {
    const { page } = fixture.editor;
    const port = (await page.locator('[id="camera"] .red-ui-flow-port-output').first().boundingBox())!;
    const target = (await page.locator('[id="below"] .red-ui-flow-port-input').boundingBox())!;
    const image = await boxOf('shown', '.alpr-picture image');
    await page.mouse.move(port.x + 5, port.y + 5);
    await page.mouse.down();
    await page.mouse.move(image.x + image.width / 2, image.y + image.height / 2, { steps: 8 });
    await page.mouse.move(target.x + 5, target.y + 5, { steps: 8 });
    await page.mouse.up();
    const wires = await page.evaluate(() => {
      const { RED } = globalThis as unknown as {
        RED: { nodes: { getNodeLinks(id: string, type: number): { source: { id: string } }[] } };
      };
      return RED.nodes.getNodeLinks('below', 1).map(({ source }) => source.id);
    });
    assert.deepEqual(wires.sort(), ['camera', 'shown']);
    await page.keyboard.press('Control+z');
  });

  it('folds at its eye and asks for nothing then, also after the page was loaded again', async () => {
    const { page } = fixture.editor;
    await imageOf('shown').waitFor();
    const shown = await page.evaluate(() => (globalThis as unknown as CanvasWindow).RED.nodes.node('shown').x);
    await eye('shown').click();
    await imageOf('shown').waitFor({ state: 'detached' });
    const asked = watchRequests(page);
    await page.waitForTimeout(700);
    assert.deepEqual(asked, []);
    assert.equal(await page.evaluate(() => (globalThis as unknown as CanvasWindow).RED.nodes.node('shown').x), shown);
    await fixture.editor.screenshot('editor/picture folded');

    // The drag of before is not deployed: the editor asks whether to leave.
    page.on('dialog', (dialog) => void dialog.accept());
    await page.reload();
    await eye('shown').waitFor();
    const later = watchRequests(page);
    await page.waitForTimeout(700);
    assert.deepEqual(later, []);
    await eye('shown').click();
    await imageOf('shown').waitFor();
  });

  it('stops with its tab and is there again with it', async () => {
    const { editor } = fixture;
    await imageOf('shown').waitFor();
    await editor.showTab('other');
    await editor.settle();
    const asked = watchRequests(editor.page);
    await editor.page.waitForTimeout(700);
    assert.deepEqual(asked, []);
    await editor.showTab('tab');
    await imageOf('shown').waitFor();
    await nextPicture('shown');
  });

  it('comes, goes and gets its width with the dialog, without a deployment', async () => {
    const { editor } = fixture;
    await editor.openDialog('hidden');
    await editor.page.locator('#node-input-showHere').setChecked(true);
    await editor.page.locator('#node-input-previewWidth').fill('120');
    await editor.closeDialog('ok');
    await imageOf('hidden').waitFor();
    assert.ok(Math.abs((await boxOf('hidden', '.alpr-picture image')).width - 120) <= 2);
    await editor.openDialog('hidden');
    await editor.page.locator('#node-input-showHere').setChecked(false);
    await editor.closeDialog('ok');
    await imageOf('hidden').waitFor({ state: 'detached' });
    assert.equal(await editor.page.locator('[id="hidden"] .alpr-picture').count(), 0);
  });

  it('says that a node was not deployed, and goes with the node', async () => {
    const { page } = fixture.editor;
    await page.evaluate(
      (node) => {
        const { RED } = globalThis as unknown as CanvasWindow;
        RED.nodes.import([node]);
        RED.view.redraw(true);
      },
      { ...overlay, id: 'new', showHere: true, previewWidth: 240, x: 640, y: 400, wires: [[]] },
    );
    await page.getByText('Deploy to see the picture').waitFor();
    await page.evaluate(() => {
      const { RED } = globalThis as unknown as CanvasWindow;
      RED.nodes.remove('new');
      RED.view.redraw(true);
    });
    await page.locator('[id="new"]').waitFor({ state: 'detached' });
    const asked = watchRequests(page);
    await page.waitForTimeout(700);
    assert.ok(!asked.includes('new'));
  });

  it('is readable in the dark theme', async () => {
    const { browser, nodeRed } = fixture;
    const dark = await Editor.open(browser, nodeRed.url, true);
    await dark.page.locator('[id="shown"] .alpr-picture image[href^="blob:"]').waitFor();
    await dark.screenshot('editor/picture under the node, dark');
    await dark.openDialog('shown');
    await dark.page.locator('#alpr-overlay-preview img').waitFor();
    await dark.screenshot('editor/dialog-overlay, dark', '.red-ui-tray');
    assert.deepEqual(dark.problems, []);
    await dark.page.close();
  });

  it('can be watched as a stream in a page, until the node is deployed anew', async () => {
    const { browser, nodeRed } = fixture;
    const page = await browser.newPage();
    // Any page of that server.
    await page.goto(`${nodeRed.url}hailo-alpr/presets`);
    const address = `${nodeRed.url}hailo-alpr/preview/shown/stream`;
    await page.setContent(`<img src="${address}">`, { waitUntil: 'commit' });
    const shownWidth = () =>
      page.evaluate(() => {
        const { document } = globalThis as unknown as { document: { images: { naturalWidth: number }[] } };
        return document.images[0]?.naturalWidth;
      });
    while ((await shownWidth()) !== 640) await page.waitForTimeout(50);
    await page.close();

    const reader = (await fetch(address)).body!.getReader();
    let bytes = 0;
    let deployed: Promise<void> | undefined;
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      bytes += part.value.length;
      if (bytes > 100_000) deployed ??= nodeRed.deploy(flows);
    }
    assert.ok(deployed !== undefined, 'the stream ended by itself');
    await deployed;
  });

  it('brings no error into the page or the log', () => {
    assert.deepEqual(fixture.editor.problems, []);
    assert.deepEqual(fixture.nodeRed.errors(), []);
  });
});

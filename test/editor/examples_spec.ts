import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { dashboardModule } from '../support/dashboard.js';
import { packageRoot } from '../support/node-red-process.js';
import { useEditor } from '../support/use-editor.js';

interface FlowNode {
  id: string;
  type: string;
  z?: string;
  name?: string;
  label?: string;
  wires?: string[][];
  backend?: string;
  source?: string;
}

const folder = path.join(packageRoot, 'examples', 'flows');
const examples = fs
  .readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => ({
    title: path.basename(file, '.json'),
    flow: JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8')) as FlowNode[],
  }));

interface CanvasNode {
  id: string;
  type: string;
  z: string;
  name: string;
  valid: boolean;
  validationErrors: string[];
  x: number;
  y: number;
  w: number;
  h: number;
}

interface CanvasWindow {
  RED: {
    nodes: { eachNode(visit: (node: CanvasNode) => void): void; eachConfig(visit: (node: CanvasNode) => void): void };
    actions: { invoke(name: string): void };
  };
}

describe('The example flows in a real editor', function () {
  this.timeout(120_000);
  let dashboard: Record<string, string> | undefined;
  const fixture = useEditor([], () => (dashboard = dashboardModule()));
  /** Flows of which the comment says that they need a module that is not here. */
  const lacks = (flow: FlowNode[]): boolean => dashboard === undefined && flow.some(({ type }) => type === 'ui-base');

  beforeEach(async () => {
    await fixture.nodeRed.deploy([]);
    await fixture.reopen();
  });

  /** Takes an example out of the menu, as a person does: Import → Examples → the package → flows → its name. */
  async function importExample(title: string): Promise<void> {
    const { page } = fixture.editor;
    await page.evaluate(() => {
      (globalThis as unknown as CanvasWindow).RED.actions.invoke('core:show-examples-import-dialog');
    });
    const tree = page.locator('#red-ui-clipboard-dialog-import-tab-examples');
    const item = (label: string) => tree.locator('.red-ui-treeList-label:visible').filter({ hasText: label });
    await item('@plateflow/node-red-hailo-alpr').click();
    // The first one is Node-RED's own folder of that name.
    await item('flows').nth(1).click();
    await item(title).click();
    await page.click('#red-ui-clipboard-dialog-ok');
    await fixture.editor.settle();
    // The flow comes in on a tab of its own, behind the one that is open.
    const tab = (await canvas()).find(({ type }) => type === 'comment')!.z;
    await fixture.editor.showTab(tab);
    await page.waitForSelector('.red-ui-flow-node');
  }

  function canvas(): Promise<CanvasNode[]> {
    return fixture.editor.page.evaluate(() => {
      const { RED } = globalThis as unknown as CanvasWindow;
      const nodes: CanvasNode[] = [];
      RED.nodes.eachNode((node) => void nodes.push(node));
      RED.nodes.eachConfig((node) => void nodes.push(node));
      return nodes.map(({ id, type, z, name, valid, validationErrors, x, y, w, h }) => {
        return { id, type, z, name, valid, validationErrors: (validationErrors ?? []).map(String), x, y, w, h };
      });
    });
  }

  /** Waits until the line of text under a node of this type says something like this. */
  async function waitForStatus(type: string, text: RegExp): Promise<void> {
    const nodes = await canvas();
    const id = nodes.find((node) => node.type === type)!.id;
    const label = fixture.editor.page.locator(`#${cssId(id)} .red-ui-flow-node-status-label`);
    await label.filter({ hasText: text }).waitFor({ timeout: 60_000 });
  }

  for (const { title, flow } of examples) {
    const needsHailo = flow.some(({ type, backend }) => type === 'alpr-hailo-device' && backend === 'hailo');
    const outcome = needsHailo ? 'says, without a Hailo, what it needs' : 'runs without errors';
    it(`“${title}” is imported from the menu, deploys and ${outcome}`, async () => {
      const { editor, nodeRed } = fixture;
      await importExample(title);
      const nodes = await canvas();
      assert.deepEqual(
        nodes
          .filter(({ type, valid }) => type === 'unknown' || !valid)
          .map(({ name, type, validationErrors }) => ({ name, type, validationErrors })),
        [],
      );
      const types = flow.filter(({ type }) => type !== 'tab' && type !== 'group').map(({ type }) => type);
      assert.deepEqual(nodes.map(({ type }) => type).sort(), types.sort());
      const before = nodeRed.errors().length;
      await editor.deploy();
      const start = nodes.find(({ name }) => name === 'Read this picture');
      if (needsHailo) {
        // test/flows/tappas_spec.ts runs it on a stub.
        for (const type of ['alpr-vehicle-detect', 'alpr-plate-detect', 'alpr-lprnet-read']) {
          await waitForStatus(type, /Hailo|model/i);
        }
        await editor.screenshot(`editor/example ${title}`);
        const errors = nodeRed.errors().slice(before);
        assert.equal(errors.length, 3);
        for (const error of errors) assert.match(error, /HailoRT|libhailort/);
        assert.deepEqual(editor.problems, []);
        return;
      }
      if (start !== undefined) {
        await editor.settle();
        await editor.page.locator(`#${cssId(start.id)} .red-ui-flow-node-button-button`).click();
        await waitForStatus('alpr-plate-out', /^final \w+/);
      } else if (flow.some(({ source }) => source === 'rtsp')) {
        // test/flows/live-camera_spec.ts gives it a camera.
        await waitForStatus('alpr-camera-in', /unreachable · again at/);
      } else if (!types.includes('alpr-camera-in')) {
        await waitForStatus('alpr-plate-list', /\d plates/);
      } else {
        await waitForStatus('alpr-camera-in', /[1-9]\d* sent/);
        await waitForStatus(types.includes('alpr-plate-out') ? 'alpr-lprnet-read' : 'alpr-hailo-infer', /fps|%/);
      }
      await editor.screenshot(`editor/example ${title}`);
      assert.deepEqual(nodeRed.errors().slice(before), []);
      assert.deepEqual(editor.problems, []);
    });

    it(`“${title}” begins with a comment and has a tidy canvas`, async function () {
      assert.equal(flow[0]!.type, 'comment');
      if (lacks(flow)) {
        console.log('      Skipped: FlowFuse Dashboard 2 could not be fetched');
        this.skip();
      }
      await importExample(title);
      const drawn = (await canvas()).filter(({ w }) => w > 0);
      const overlaps = drawn.flatMap((a, index) =>
        drawn
          .slice(index + 1)
          .filter((b) => Math.abs(a.x - b.x) * 2 < a.w + b.w && Math.abs(a.y - b.y) * 2 < a.h + b.h)
          .map((b) => `${a.type} ${a.name} and ${b.type} ${b.name}`),
      );
      assert.deepEqual(overlaps, [], 'nodes that lie on each other');
      const outside = drawn.filter(({ x, y, w, h }) => x - w / 2 < 0 || y - h / 2 < 0 || x + w / 2 > 1000);
      assert.deepEqual(
        outside.map(({ name }) => name),
        [],
        'nodes that are cut off',
      );
    });
  }

  it('together use every node of the package', () => {
    const { 'node-red': declared } = JSON.parse(fs.readFileSync(path.join(packageRoot, 'package.json'), 'utf8')) as {
      'node-red': { nodes: Record<string, string> };
    };
    const used = new Set(examples.flatMap(({ flow }) => flow.map(({ type }) => type)));
    assert.deepEqual(
      Object.keys(declared.nodes).filter((name) => !used.has(`alpr-${name}`)),
      [],
    );
  });

  for (const { name, width, scheme } of [
    { name: 'a light desktop', width: 1360, scheme: 'light' },
    { name: 'a dark desktop', width: 1360, scheme: 'dark' },
    { name: 'a dark phone', width: 390, scheme: 'dark' },
  ] as const) {
    it(`show on the demo page of ${name} the live picture and what was read`, async () => {
      const { nodeRed, browser } = fixture;
      await nodeRed.deploy(examples.find(({ title }) => title === '13 - Demo page')!.flow);
      const page = await browser.newPage({ viewport: { width, height: 844 }, colorScheme: scheme });
      const problems: string[] = [];
      const hosts = new Set<string>();
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('request', (request) => hosts.add(new URL(request.url()).origin));
      await page.goto(`${nodeRed.url}alpr`);
      await page.waitForFunction(() => {
        const picture = (
          globalThis as unknown as { document: { getElementById(id: string): { naturalWidth: number } | null } }
        ).document.getElementById('picture');
        return (picture?.naturalWidth ?? 0) > 100;
      });
      await page.locator('#reads .plate').first().waitFor({ timeout: 90_000 });
      await page.screenshot({
        path: path.join(packageRoot, '.artifacts', 'editor', `demo ${name}.png`),
        fullPage: true,
      });
      assert.match(await page.locator('#reads .plate').first().innerText(), /^[0-9A-Z]{4,}$/);
      const width_ = await page.evaluate(
        () =>
          (globalThis as unknown as { document: { documentElement: { scrollWidth: number } } }).document.documentElement
            .scrollWidth,
      );
      assert.ok(width_ <= width, `the page is ${width_} px wide`);
      assert.deepEqual([...hosts], [new URL(nodeRed.url).origin], 'nothing is loaded from anywhere else');
      assert.deepEqual(problems, []);
      await page.close();
    });
  }

  it('show the live picture in the dialog of overlay', async () => {
    const { nodeRed } = fixture;
    const { flow } = examples.find(({ title }) => title === '13 - Demo page')!;
    await nodeRed.deploy(flow);
    const editor = await fixture.reopen();
    await editor.openDialog(flow.find(({ type }) => type === 'alpr-overlay')!.id);
    await editor.page.locator('#alpr-overlay-preview img').waitFor({ timeout: 60_000 });
    await editor.screenshot('editor/dialog-overlay-live', '.red-ui-tray');
    await editor.closeDialog('cancel');
    assert.deepEqual(editor.problems, []);
  });
});

/** Ids of nodes may begin with a digit, which a CSS selector does not take as it is. */
function cssId(id: string): string {
  return id.replace(/^\d/, (digit) => `\\3${digit} `);
}

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../support/node-red-process.js';
import { useEditor } from '../support/use-editor.js';

const nodes = [
  'camera-in',
  'vehicle-detect',
  'tracker',
  'plate-detect',
  'blur-gate',
  'lprnet-read',
  'hailo-infer',
  'overlay',
  'plate-out',
  'plate-list',
  'home-assistant',
  'outbox',
  'plate-log',
  'parking',
];
const iconAddress = 'icons/@plateflow/node-red-hailo-alpr/';

interface PaletteWindow {
  RED: {
    nodes: {
      getNodeHelp(type: string): string;
      getType(type: string): { defaults: object; category: string } | undefined;
    };
    sidebar: { help: { show(type: string): void } };
    actions: { invoke(name: string): void };
  };
}

describe('The palette of a real editor', function () {
  this.timeout(60_000);
  const fixture = useEditor();

  async function bytes(address: string): Promise<Buffer> {
    const response = await fetch(fixture.nodeRed.url + address);
    return Buffer.from(await response.arrayBuffer());
  }

  /** The catalogue of a node's texts, as it is in the sources. */
  function texts(name: string): Record<string, Record<string, unknown>> {
    const file = path.join(packageRoot, 'nodes', name, 'locales', 'en-US', `${name}.json`);
    const catalogue = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<
      string,
      Record<string, Record<string, unknown>>
    >;
    return catalogue[`alpr-${name}`]!;
  }

  function helpOf(type: string): Promise<string> {
    return fixture.editor.page.evaluate((t) => (globalThis as unknown as PaletteWindow).RED.nodes.getNodeHelp(t), type);
  }

  it('shows all nodes, and nothing else, in the category ALPR', async () => {
    const category = fixture.editor.page.locator('#red-ui-palette-ALPR, .red-ui-palette-category', {
      has: fixture.editor.page.locator('[data-palette-type="alpr-camera-in"]'),
    });
    const types = await category
      .first()
      .locator('.red-ui-palette-node')
      .evaluateAll((elements) => {
        return (elements as unknown as { getAttribute(name: string): string }[]).map((e) =>
          e.getAttribute('data-palette-type'),
        );
      });
    assert.deepEqual([...types].sort(), nodes.map((name) => `alpr-${name}`).sort());
    await category.first().scrollIntoViewIfNeeded();
    await fixture.editor.screenshot('editor/palette');
  });

  for (const name of nodes) {
    it(`labels ${name} with its plain name and shows its own icon`, async () => {
      const entry = fixture.editor.page.locator(`.red-ui-palette-node[data-palette-type="alpr-${name}"]`);
      const lines = await entry.locator('.red-ui-palette-label').innerText();
      // Node-RED puts spaces around a plain hyphen, so the labels have one that does not break (U+2011).
      assert.equal(lines.replace(/\n/g, '').replaceAll('\u2011', '-'), name);
      const icon = await entry.locator('.red-ui-palette-icon').evaluate((element) => {
        return (element as unknown as { style: { backgroundImage: string } }).style.backgroundImage;
      });
      assert.ok(icon.includes(`${iconAddress}${name}.svg`), icon);
    });
  }

  for (const name of [...nodes, 'hailo-device']) {
    it(`is served the icon of ${name}, not the one Node-RED puts in place of a missing icon`, async () => {
      const served = await bytes(`${iconAddress}${name}.svg`);
      const fallback = await bytes(`${iconAddress}there-is-no-such-icon.svg`);
      assert.ok(fallback.length > 0);
      assert.notDeepEqual(served, fallback);
      assert.deepEqual(served, fs.readFileSync(path.join(packageRoot, 'icons', `${name}.svg`)));
    });

    it(`has help for ${name} that explains every field of its dialog`, async () => {
      const help = (await helpOf(`alpr-${name}`)).replaceAll('&gt;', '>').replaceAll('&lt;', '<');
      const labels = Object.values(texts(name)['label'] ?? {}).map(String);
      assert.ok(labels.length > 0);
      const own = name === 'hailo-device' ? labels.filter((label) => label !== 'Device') : labels;
      assert.deepEqual(
        own.filter((label) => !help.includes(label)),
        [],
        'labels that the help does not mention',
      );
    });

    it(`begins the help for ${name} with a sentence that fits its tooltip`, async () => {
      const first = /<p>(.*?)<\/p>/s.exec(await helpOf(`alpr-${name}`))?.[1] ?? '';
      const plain = first.replace(/<[^>]+>/g, '');
      assert.ok(plain.length >= 40 && plain.length <= 180, `${plain.length} characters: ${plain}`);
    });
  }

  it('shows the help in the sidebar, with every reason for a miss', async () => {
    const { page } = fixture.editor;
    await page.evaluate(() => {
      const { RED } = globalThis as unknown as PaletteWindow;
      RED.actions.invoke('core:show-help-tab');
      RED.sidebar.help.show('alpr-plate-out');
    });
    const shown = page.locator('.red-ui-help').filter({ hasText: 'Plate events' }).first();
    await shown.waitFor();
    const codes = await shown.locator('table tbody td:first-child').allTextContents();
    const source = fs.readFileSync(path.join(packageRoot, 'src', 'detection', 'types.ts'), 'utf8');
    const union = /export type MissCode =([^;]+);/.exec(source)![1]!;
    assert.deepEqual(codes.sort(), [...union.matchAll(/'([^']+)'/g)].map((match) => match[1]!).sort());
    await fixture.editor.screenshot('editor/help-plate-out');
  });

  it('loads without errors in the page', () => {
    assert.deepEqual(fixture.editor.problems, []);
    assert.deepEqual(fixture.nodeRed.errors(), []);
  });
});

import assert from 'node:assert/strict';
import { Editor } from '../support/editor-browser.js';
import { useEditor } from '../support/use-editor.js';

interface DialogWindow {
  RED: { nodes: { import(nodes: object[]): unknown }; view: { redraw(update: boolean): void } };
}

const plateOut = (id: string, settings: object): object => ({
  id,
  type: 'alpr-plate-out',
  z: 'tab',
  name: '',
  minConfidence: 0.7,
  minReads: 2,
  minLength: 4,
  format: '',
  dedupeSeconds: 30,
  provisional: true,
  ...settings,
  x: 300,
  y: 100,
  wires: [[], []],
});
const flows = [
  { id: 'tab', type: 'tab', label: 'plate-out' },
  // As flows were before these settings existed.
  plateOut('old', {}),
  plateOut('set', { line: '0.1,0.6 0.9,0.6', zones: 'gate: 0,0 1,0 1,1', imageFrame: true, privacy: 'listed-only', listed: 'AB123CD' }), // prettier-ignore
];

describe('The dialog of plate-out', function () {
  this.timeout(60_000);
  const fixture = useEditor(flows);
  afterEach(async () => {
    if (fixture.editor !== undefined) await fixture.editor.closeAllDialogs();
  });
  let count = 0;

  /** A node with its dialog open. */
  async function open(settings: object = {}): Promise<string> {
    const id = `own${++count}`;
    await fixture.editor.page.evaluate(
      (node) => {
        const { RED } = globalThis as unknown as DialogWindow;
        RED.nodes.import([node]);
        RED.view.redraw(true);
      },
      plateOut(id, settings),
    );
    await fixture.editor.openDialog(id);
    return id;
  }
  const page = (): Editor['page'] => fixture.editor.page;
  const field = (property: string) => page().locator(`#node-input-${property}`);
  const openSection = async (name: string): Promise<void> => {
    const section = page().locator(`#alpr-plate-out-${name}`);
    if ((await section.getAttribute('open')) === null) await section.locator('summary').click();
  };
  async function visible(properties: string[]): Promise<string[]> {
    const shown = [];
    for (const property of properties) if (await field(property).isVisible()) shown.push(property);
    return shown;
  }
  const sectionsOpen = (): Promise<(boolean | undefined)[]> =>
    page()
      .locator('#dialog-form details.alpr-details')
      .evaluateAll((sections) => (sections as unknown as { open: boolean }[]).map((section) => section.open));

  it('shows flows from before with the defaults, folded, and leaves them valid', async () => {
    const { editor } = fixture;
    assert.deepEqual(await editor.validity('old'), { valid: true, errors: [] });
    await editor.openDialog('old');
    assert.deepEqual(await sectionsOpen(), [false, false, false]);
    const values = await Promise.all(['shape', 'inSide', 'closer', 'imageQuality', 'privacy', 'hashDays'].map((property) => field(property).inputValue())); // prettier-ignore
    assert.deepEqual(values, ['plateflow', 'below', 'in', '80', 'plain', '1']);
    await editor.closeDialog('ok');
    assert.deepEqual(await editor.validity('old'), { valid: true, errors: [] });
  });

  it('opens the sections in which something is set', async () => {
    const { editor } = fixture;
    await editor.openDialog('set');
    assert.deepEqual(await sectionsOpen(), [true, true, true]);
    assert.match(await page().locator('#alpr-pictures-note').innerText(), /only known plates have a picture/);
  });

  it('shows the fields that matter', async () => {
    await open();
    for (const section of ['direction', 'pictures', 'privacy']) await openSection(section);
    const direction = ['line', 'inSide', 'closer', 'zones'];
    assert.deepEqual(await visible(direction), ['line', 'closer', 'zones']);
    await field('line').fill('0.1,0.6 0.9,0.6');
    assert.deepEqual(await visible(direction), ['line', 'inSide', 'zones']);
    const pictures = ['imageQuality', 'imageMaxWidth', 'imageBase64'];
    assert.deepEqual(await visible(pictures), []);
    await field('imageVehicle').check();
    assert.deepEqual(await visible(pictures), pictures);
    await field('shape').selectOption('alpr-database');
    assert.deepEqual(await visible(pictures), ['imageQuality', 'imageMaxWidth']);
    const privacy = ['hashKey', 'hashDays', 'listed', 'listFile'];
    const rows: [string, string[]][] = [
      ['plain', []],
      ['hash', ['hashKey', 'hashDays']],
      ['listed-only', ['listed', 'listFile']],
      ['hash-unless-listed', privacy],
    ];
    for (const [mode, expected] of rows) {
      await field('privacy').selectOption(mode);
      assert.deepEqual(await visible(privacy), expected, mode);
      assert.notEqual(await page().locator('#alpr-privacy-note').innerText(), '');
      await fixture.editor.screenshot(`editor/dialog-plate-out-${mode}`, '.red-ui-tray');
    }
  });

  it('makes a key when hashes are chosen, another at a press of the button, and keeps it out of the flow', async () => {
    const { editor } = fixture;
    const id = await open();
    await openSection('privacy');
    await field('privacy').selectOption('hash');
    const first = await field('hashKey').inputValue();
    assert.match(first, /^[A-Za-z0-9+/]{43}=$/);
    assert.equal(await page().locator('.alpr-key-shown').innerText(), first);
    await page().locator('#alpr-new-key').click();
    const second = await field('hashKey').inputValue();
    assert.notEqual(second, first);
    await editor.closeDialog('ok');
    assert.deepEqual(await editor.validity(id), { valid: true, errors: [] });
    await editor.deploy();
    const response = await fetch(`${fixture.nodeRed.url}flows`);
    assert.ok(!(await response.text()).includes(second));
    // It is not shown again, and stays when the dialog is closed once more.
    await editor.openDialog(id);
    assert.equal(await field('hashKey').inputValue(), '__PWRD__');
    assert.equal(await page().locator('.alpr-key-shown').isVisible(), false);
    await editor.closeDialog('ok');
    const stored = (await (await fetch(`${fixture.nodeRed.url}credentials/alpr-plate-out/${id}`)).json()) as object;
    assert.deepEqual(stored, { has_hashKey: true });
  });

  it('does not make up a key for a flow that came without one, and marks the field', async () => {
    await open({ privacy: 'hash' });
    assert.equal(await field('hashKey').inputValue(), '');
    assert.match((await field('hashKey').getAttribute('class')) ?? '', /input-error/);
    await field('hashKey').fill('short');
    await field('hashKey').blur();
    assert.match((await field('hashKey').getAttribute('class')) ?? '', /input-error/);
    await page().locator('#alpr-new-key').click();
    assert.doesNotMatch((await field('hashKey').getAttribute('class')) ?? '', /input-error/);
  });

  it('wants known plates where they are needed, and only plates', async () => {
    const { editor } = fixture;
    const cases: [object, RegExp | undefined][] = [
      [{ privacy: 'listed-only' }, /Known plates: expected plates, a file, or both, but received none/],
      [{ privacy: 'listed-only', listFile: 'plates.csv' }, undefined],
      [{ privacy: 'listed-only', listed: 'AB 123 CD' }, undefined],
      [{ privacy: 'hash-unless-listed', listed: 'AB123CD, *' }, /letters and digits for plate 2 but received “\*”/],
      [{ privacy: 'plain', listed: '***' }, undefined],
    ];
    for (const [settings, reason] of cases) {
      const id = await open(settings);
      await editor.closeDialog('ok');
      const { valid, errors } = await editor.validity(id);
      assert.equal(valid, reason === undefined, JSON.stringify(settings));
      if (reason !== undefined) assert.match(errors.join('\n'), reason);
    }
  });

  it('says that a line has no such side as soon as the side is chosen', async () => {
    await open();
    await openSection('direction');
    await field('line').fill('0.1,0.6 0.9,0.6');
    await field('line').blur();
    assert.doesNotMatch((await field('line').getAttribute('class')) ?? '', /input-error/);
    await field('inSide').selectOption('left');
    assert.match((await field('line').getAttribute('class')) ?? '', /input-error/);
  });

  it('is legible in the dark', async () => {
    const { browser, nodeRed } = fixture;
    const dark = await Editor.open(browser, nodeRed.url, true);
    try {
      await dark.openDialog('set');
      await dark.screenshot('editor/dialog-plate-out-dark', '.red-ui-tray');
      assert.deepEqual(dark.problems, []);
    } finally {
      await dark.page.close();
    }
  });

  it('opens and closes without an error in the page', () => {
    assert.deepEqual(fixture.editor.problems, []);
  });
});

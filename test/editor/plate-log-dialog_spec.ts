import assert from 'node:assert/strict';
import { Editor } from '../support/editor-browser.js';
import { useEditor } from '../support/use-editor.js';

const settings = {
  ...{ place: 'file', file: '', url: '', events: 'final', keepDays: 30, maxMegabytes: 500 },
  ...{ thumbnails: false, thumbnailDays: 7, giveUpMinutes: 10 },
};
const node = (id: string, own: object = {}): object => {
  return { id, type: 'alpr-plate-log', z: 'tab', name: '', x: 300, y: 200, wires: [[], []], ...settings, ...own };
};

describe('The dialog of plate-log in a real editor', function () {
  this.timeout(60_000);
  const fixture = useEditor([
    { id: 'tab', type: 'tab', label: 'dialog', disabled: true },
    node('log'),
    node('server', { place: 'server', url: 'postgres://alpr@db.example:5432/plates' }),
    node('nowhere', { place: 'server', url: '' }),
    node('mysql', { place: 'server', url: 'mysql://host/db' }),
    node('password', { place: 'server', url: 'postgres://alpr:secret@host/db' }),
    node('unused', { place: 'file', url: 'postgres://alpr:secret@host/db' }),
    node('numbers', { keepDays: -1, maxMegabytes: 'much', thumbnailDays: '', giveUpMinutes: 2000 }),
  ]);
  afterEach(async () => {
    if (fixture.editor !== undefined) await fixture.editor.closeAllDialogs();
  });
  const shown = (id: string): Promise<boolean> => fixture.editor.page.locator(`#node-input-${id}`).isVisible();

  it('shows the rows of a file or of a server', async () => {
    const { editor } = fixture;
    await editor.openDialog('log');
    await editor.screenshot('editor/dialog-plate-log', '.red-ui-tray');
    assert.deepEqual(
      [await shown('file'), await shown('key'), await shown('url'), await shown('secret')],
      [true, true, false, false],
    );
    await editor.page.selectOption('#node-input-place', 'server');
    assert.deepEqual(
      [await shown('file'), await shown('key'), await shown('url'), await shown('secret')],
      [false, false, true, true],
    );
    await editor.closeDialog('cancel');
    await editor.openDialog('server');
    await editor.screenshot('editor/dialog-plate-log-server', '.red-ui-tray');
    assert.equal(await shown('file'), false);
    await editor.closeDialog('cancel');
    assert.deepEqual(editor.problems, []);
  });

  it('saves what was chosen, and asks for pictures to be kept only when there are to be any', async () => {
    const { editor } = fixture;
    await editor.openDialog('log');
    const { page } = editor;
    assert.equal(await page.locator('#node-input-thumbnailDays').isDisabled(), true);
    await page.check('#node-input-thumbnails');
    assert.equal(await page.locator('#node-input-thumbnailDays').isDisabled(), false);
    await page.fill('#node-input-thumbnailDays', '3');
    await page.fill('#node-input-file', 'logs/plates.db');
    await page.fill('#node-input-key', 'a key');
    await page.selectOption('#node-input-events', 'all');
    await editor.closeDialog('ok');
    const saved = async (name: string): Promise<unknown> => editor.property('log', name);
    assert.deepEqual(
      [await saved('file'), await saved('thumbnails'), String(await saved('thumbnailDays')), await saved('events')],
      ['logs/plates.db', true, '3', 'all'],
    );
    assert.deepEqual(await editor.validity('log'), { valid: true, errors: [] });
    await editor.openDialog('log');
    assert.equal(await page.inputValue('#node-input-key'), 'a key');
    await editor.closeDialog('cancel');
    await editor.deploy();
    const flows = JSON.stringify(await (await fetch(`${fixture.nodeRed.url}flows`)).json());
    assert.ok(flows.includes('logs/plates.db') && !flows.includes('a key'), 'a key is no part of the flow');
  });

  const validities: [string, RegExp | undefined][] = [
    ['server', undefined],
    ['unused', undefined],
    ['nowhere', /Server: expected an address such as/],
    ['mysql', /Server: expected an address such as/],
    ['password', /Server: expected the password in its own field/],
  ];
  for (const [id, message] of validities) {
    it(`${message === undefined ? 'takes' : 'marks'} the address of ${id}`, async () => {
      const { valid, errors } = await fixture.editor.validity(id);
      assert.equal(valid, message === undefined, errors.join('\n'));
      if (message !== undefined) assert.match(errors.join('\n'), message);
    });
  }

  it('marks numbers that make no sense', async () => {
    const { errors } = await fixture.editor.validity('numbers');
    assert.equal(errors.length, 4, errors.join('\n'));
  });

  it('can be read in the dark', async () => {
    const dark = await Editor.open(fixture.browser, fixture.nodeRed.url, true);
    try {
      await dark.openDialog('log');
      await dark.screenshot('editor/dialog-plate-log-dark', '.red-ui-tray');
      await dark.page.selectOption('#node-input-place', 'server');
      await dark.screenshot('editor/dialog-plate-log-server-dark', '.red-ui-tray');
      assert.deepEqual(dark.problems, []);
    } finally {
      await dark.page.close();
    }
  });
});

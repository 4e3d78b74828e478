import assert from 'node:assert/strict';
import { Editor } from '../support/editor-browser.js';
import { useEditor } from '../support/use-editor.js';

interface ListEntry {
  plate: string;
  name: string;
  rule: string;
  tags: string[];
  validUntil: string;
  note?: string;
}

const settings = {
  entries: [
    {
      plate: 'LM73 KXR',
      name: 'red hatchback',
      rule: 'allow',
      tags: ['residents', 'early'],
      validUntil: '',
      note: 'kept',
    },
    { plate: '57-BKN-4', name: '', rule: 'deny', tags: [], validUntil: '2030-12-31' },
  ],
  ...{ file: '', store: '', allowDistance: 0, alertDistance: 0.5, denyDistance: 0.5, minReads: 2, minConfidence: 0.8 },
  ...{ cooldownSeconds: 10, finalOnly: true },
};
const node = (id: string, own: object = {}): object => {
  return {
    id,
    type: 'alpr-plate-list',
    z: 'tab',
    name: '',
    x: 300,
    y: 200,
    wires: [[], [], [], []],
    ...settings,
    ...own,
  };
};

describe('The dialog of plate-list in a real editor', function () {
  this.timeout(60_000);
  const fixture = useEditor([
    { id: 'tab', type: 'tab', label: 'dialog' },
    node('list'),
    node('empty', { entries: [] }),
    node('wrong', { entries: [{ plate: 'AB*', rule: 'allow' }] }),
    node('ruleless', { entries: [{ plate: 'AB1' }] }),
    node('dated', { entries: [{ plate: 'AB1', rule: 'allow', validUntil: '2026-02-30' }] }),
    node('same', { file: 'a.csv', store: 'a.csv' }),
  ]);
  afterEach(async () => {
    if (fixture.editor !== undefined) await fixture.editor.closeAllDialogs();
  });

  const row = (index: number) => fixture.editor.page.locator('.alpr-entry').nth(index);
  const entriesOf = async (id: string): Promise<ListEntry[]> => {
    return (await fixture.editor.property(id, 'entries')) as ListEntry[];
  };

  it('shows the plates with all of their fields, and saves them unchanged', async () => {
    const { editor } = fixture;
    await editor.openDialog('list');
    await editor.screenshot('editor/dialog-plate-list', '.red-ui-tray');
    assert.equal(await editor.page.locator('.alpr-entry').count(), 2);
    const shown = async (index: number) => {
      const value = (name: string) => row(index).locator(`.alpr-entry-${name}`).inputValue();
      return [
        await value('plate'),
        await value('name'),
        await value('rule'),
        await value('tags'),
        await value('until'),
      ];
    };
    assert.deepEqual(await shown(0), ['LM73 KXR', 'red hatchback', 'allow', 'residents, early', '']);
    assert.deepEqual(await shown(1), ['57-BKN-4', '', 'deny', '', '2030-12-31']);
    await editor.closeDialog('ok');
    assert.deepEqual(await entriesOf('list'), settings.entries);
    assert.deepEqual(await editor.validity('list'), { valid: true, errors: [] });
  });

  it('takes a plate that is added, and leaves out a row that stays empty', async () => {
    const { editor } = fixture;
    await editor.openDialog('empty');
    const add = editor.page.locator('.red-ui-tray .red-ui-editableList-addButton');
    await add.click();
    await add.click();
    await row(0).locator('.alpr-entry-plate').fill(' ab 12 ');
    await row(0).locator('.alpr-entry-name').fill('Bakery');
    await row(0).locator('.alpr-entry-rule').selectOption('alert');
    await row(0).locator('.alpr-entry-tags').fill('van, , early');
    await row(0).locator('.alpr-entry-until').fill('2030-01-31');
    await editor.closeDialog('ok');
    assert.deepEqual(await entriesOf('empty'), [
      { plate: 'ab 12', name: 'Bakery', rule: 'alert', tags: ['van', 'early'], validUntil: '2030-01-31' },
    ]);
    await editor.openDialog('empty');
    await editor.page.locator('.red-ui-tray .red-ui-editableList-item-remove').first().click();
    await editor.settle();
    await editor.closeDialog('ok');
    assert.deepEqual(await entriesOf('empty'), []);
  });

  it('marks what cannot be a plate or a date, and says why', async () => {
    const { editor } = fixture;
    await editor.openDialog('empty');
    await editor.page.locator('.red-ui-tray .red-ui-editableList-addButton').click();
    await row(0).locator('.alpr-entry-plate').fill('AB?');
    await row(0).locator('.alpr-entry-until').fill('31.12.2026');
    await row(0).locator('.alpr-entry-until').press('Tab');
    for (const field of ['plate', 'until']) {
      assert.match((await row(0).locator(`.alpr-entry-${field}`).getAttribute('class')) ?? '', /input-error/);
    }
    await editor.closeDialog('ok');
    const { valid, errors } = await editor.validity('empty');
    assert.equal(valid, false);
    assert.match(errors.join('\n'), /Plates: expected 1 to 20 letters and digits.* for plate 1 but received “AB\?”/);
  });

  const refused: [string, RegExp][] = [
    ['wrong', /for plate 1 but received “AB\*”/],
    ['ruleless', /expected allow, alert or deny as rule of plate 1/],
    ['dated', /expected a date like 2026-12-31 for plate 1 but received “2026-02-30”/],
    ['same', /Keep added in: expected another file than the list file/],
  ];
  for (const [id, reason] of refused) {
    it(`refuses a node that is ${id}`, async () => {
      const { valid, errors } = await fixture.editor.validity(id);
      assert.equal(valid, false);
      assert.match(errors.join('\n'), reason);
    });
  }

  it('saves every other setting and shows it again', async () => {
    const { editor } = fixture;
    const values: Record<string, string> = {
      ...{
        name: 'gate',
        file: '/lists/plates.csv',
        store: '/lists/added.json',
        allowDistance: '0.25',
        alertDistance: '1',
      },
      ...{ denyDistance: '2', minReads: '3', minConfidence: '0.9', cooldownSeconds: '45' },
    };
    await editor.openDialog('list');
    for (const [property, value] of Object.entries(values)) {
      const field = editor.page.locator(`#node-input-${property}`);
      await field.fill(value);
      await field.blur();
    }
    await editor.page.locator('#node-input-finalOnly').setChecked(false);
    await editor.closeDialog('ok');
    for (const [property, value] of Object.entries(values))
      assert.equal(await editor.property('list', property), value);
    assert.equal(await editor.property('list', 'finalOnly'), false);
    assert.deepEqual(await editor.validity('list'), { valid: true, errors: [] });
    await editor.openDialog('list');
    for (const [property, value] of Object.entries(values)) {
      assert.equal(await editor.page.locator(`#node-input-${property}`).inputValue(), value);
    }
  });

  const numbers: [string, string, RegExp][] = [
    ['allowDistance', '2.5', /Distance: allow: expected a number from 0 to 2 but received “2\.5”/],
    ['minReads', '0', /Let in after: expected a number from 1 to 100/],
    ['minConfidence', '', /Min\. confidence: expected a value/],
    ['cooldownSeconds', '-1', /Again after: expected a number from 0 to 86400/],
  ];
  for (const [property, value, reason] of numbers) {
    it(`refuses “${value}” for ${property}`, async () => {
      const { editor } = fixture;
      const id = 'list';
      await editor.openDialog(id);
      const before = await editor.page.locator(`#node-input-${property}`).inputValue();
      await editor.page.locator(`#node-input-${property}`).fill(value);
      await editor.closeDialog('ok');
      assert.match((await editor.validity(id)).errors.join('\n'), reason);
      await editor.openDialog(id);
      await editor.page.locator(`#node-input-${property}`).fill(before);
      await editor.closeDialog('ok');
    });
  }

  it('has a label and a tooltip for every field, and no missing text', async () => {
    const { editor } = fixture;
    await editor.openDialog('list');
    const rows = await editor.page.locator('.alpr-form .form-row').evaluateAll((elements) => {
      interface Element {
        textContent: string;
        querySelector(selector: string): Element | null;
        getAttribute(name: string): string | null;
      }
      return (elements as unknown as Element[]).map((element) => [
        element.querySelector('label span')?.textContent ?? '',
        element.getAttribute('title') ?? '',
      ]);
    });
    assert.equal(rows.length, 11);
    for (const [label, tip] of rows.slice(1)) {
      assert.match(label!, /^[A-Z]/);
      assert.match(tip!, /^[A-Z]/, label);
    }
    assert.doesNotMatch(await editor.page.locator('.alpr-form').innerText(), /alpr-|__/);
    assert.deepEqual(editor.problems, []);
  });

  it('is shown in dark', async () => {
    const dark = await Editor.open(fixture.browser, fixture.nodeRed.url, true);
    await dark.openDialog('list');
    await dark.screenshot('editor/dialog-plate-list-dark', '.red-ui-tray');
    assert.equal(await dark.page.locator('.alpr-entry').count(), 2);
    assert.deepEqual(dark.problems, []);
    await dark.page.close();
  });
});

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Editor } from '../support/editor-browser.js';
import { useEditor } from '../support/use-editor.js';

const outbox = {
  ...{ type: 'alpr-outbox', z: 'tab', name: '', folder: '', maxMessages: 10_000, maxMegabytes: 256, maxAgeHours: 168 },
  ...{
    latestRetained: false,
    inFlight: 1,
    answerSeconds: 30,
    retrySeconds: 2,
    maxRetrySeconds: 300,
    maxUnanswered: 10,
  },
  ...{ sign: false, x: 300, y: 100, wires: [[], []] },
};
const homeAssistant = {
  ...{ type: 'alpr-home-assistant', z: 'tab', name: '', base: '', prefix: '', retain: true, lastPlate: true },
  ...{ images: true, readsToday: true, diagnostics: true, plates: 'LM73 KXR = Red hatchback\n57-BKN-4 = Green lorry' },
  ...{ seenSeconds: 60, silenceSeconds: 60, reportSeconds: 60, x: 300, y: 200, wires: [[]] },
};

describe('The dialogs of outbox and home-assistant in a real editor', function () {
  this.timeout(60_000);
  const fixture = useEditor([
    { id: 'tab', type: 'tab', label: 'dialog' },
    { id: 'box', ...outbox },
    { id: 'ha', ...homeAssistant },
  ]);
  afterEach(async () => {
    if (fixture.editor !== undefined) await fixture.editor.closeAllDialogs();
  });

  it('ask for the secret only where messages are signed, and keep it out of the flow', async () => {
    const { editor, nodeRed } = fixture;
    await editor.openDialog('box');
    const secret = editor.page.locator('#node-input-secret');
    assert.equal(await secret.isVisible(), false);
    await editor.page.locator('#node-input-sign').setChecked(true);
    assert.equal(await secret.isVisible(), true);
    await secret.fill('only for this test');
    await editor.screenshot('editor/dialog-outbox-signed', '.red-ui-tray');
    await editor.closeDialog('ok');
    await editor.deploy();
    const flows = fs.readFileSync(path.join(nodeRed.userDirectory, 'flows.json'), 'utf8');
    assert.ok(flows.includes('"sign": true') || flows.includes('"sign":true'));
    const answer = await (await fetch(`${nodeRed.url}flows`)).text();
    assert.ok(!flows.includes('only for this test') && !answer.includes('only for this test'));
    await editor.openDialog('box');
    assert.equal(await secret.inputValue(), '__PWRD__');
    await editor.closeDialog('cancel');
    assert.deepEqual(nodeRed.errors(), []);
  });

  for (const id of ['box', 'ha']) {
    it(`are shown in dark: ${id}`, async () => {
      const dark = await Editor.open(fixture.browser, fixture.nodeRed.url, true);
      await dark.openDialog(id);
      await dark.screenshot(`editor/dialog-${id}-dark`, '.red-ui-tray');
      const text = await dark.page.locator('.alpr-form').innerText();
      assert.doesNotMatch(text, /alpr-|__/);
      assert.deepEqual(dark.problems, []);
      await dark.page.close();
    });
  }

  it('have help that opens in the sidebar', async () => {
    const { page } = fixture.editor;
    interface HelpWindow {
      RED: { actions: { invoke(name: string): void }; sidebar: { help: { show(type: string): void } } };
    }
    for (const [type, word] of [
      ['alpr-outbox', 'How to wire it'],
      ['alpr-home-assistant', 'Entities of a camera'],
    ] as const) {
      await page.evaluate((shown) => {
        const { RED } = globalThis as unknown as HelpWindow;
        RED.actions.invoke('core:show-help-tab');
        RED.sidebar.help.show(shown);
      }, type);
      await page.locator('.red-ui-help').filter({ hasText: word }).first().waitFor();
      await fixture.editor.screenshot(`editor/help-${type.slice(5)}`);
    }
  });
});

import type { Browser } from 'playwright-core';
import { Editor, findChromium, launchChromium } from './editor-browser.js';
import { startNodeRed, type NodeRedProcess } from './node-red-process.js';

/** What a suite of editor tests works with; there from its first test to its last. */
export interface EditorFixture {
  readonly nodeRed: NodeRedProcess;
  readonly browser: Browser;
  /** The editor opened last. */
  readonly editor: Editor;
  /** Closes the editor and opens it again, as a person reloads the page. */
  reopen(): Promise<Editor>;
}

/**
 * Runs the calling suite's tests in a real Node-RED and a real browser.
 * Without Chromium the suite is skipped with a printed reason, except on CI, where that fails.
 * @param flows what Node-RED starts with
 * @param modules other modules of nodes, for NodeRedOptions; asked for when the suite begins
 */
export function useEditor(
  flows: object[] = [],
  modules: () => Record<string, string> | undefined = () => undefined,
): EditorFixture {
  let nodeRed: NodeRedProcess | undefined;
  let browser: Browser | undefined;
  let editor: Editor | undefined;

  before(async function () {
    this.timeout(480_000);
    const chromium = findChromium();
    if (chromium === undefined) {
      const reason = 'Expected Chromium at /usr/bin/chromium or in CHROMIUM_PATH but found none';
      if (process.env['CI']) throw new Error(reason);
      console.log(`      Skipped: ${reason}`);
      this.skip();
    }
    nodeRed = await startNodeRed({ flows, modules: modules() ?? {} });
    browser = await launchChromium(chromium);
    editor = await Editor.open(browser, nodeRed.url);
  });

  after(async function () {
    this.timeout(60_000);
    await browser?.close();
    await nodeRed?.stop();
  });

  return {
    get nodeRed() {
      return nodeRed!;
    },
    get browser() {
      return browser!;
    },
    get editor() {
      return editor!;
    },
    async reopen() {
      await editor!.page.close();
      editor = await Editor.open(browser!, nodeRed!.url);
      return editor;
    },
  };
}

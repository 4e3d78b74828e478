import fs from 'node:fs';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { packageRoot } from './node-red-process.js';

/** Screenshots for people; never committed. */
export const artifacts = path.join(packageRoot, '.artifacts');

/** The Chromium to use, or undefined when there is none. */
export function findChromium(): string | undefined {
  const candidates = [
    process.env['CHROMIUM_PATH'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ];
  return candidates.find((candidate) => candidate !== undefined && candidate !== '' && fs.existsSync(candidate));
}

export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--force-color-profile=srgb'] });
}

/** The editor's globals, as far as the tests look at them. */
interface EditorWindow {
  RED: {
    version?: string;
    nodes: {
      node(id: string): { type: string; valid: boolean; validationErrors?: string[] } | null;
      dirty(value?: boolean): boolean;
    };
    editor: { edit(node: unknown): void; editConfig(name: string, type: string, id: string): void };
    view: { focus(): void };
    workspaces: { show(id: string): void };
    actions: { invoke(name: string, options?: unknown): void };
  };
}

/** Node-RED 5's own dark theme; Node-RED 4.1 has none. */
function useDarkTheme(): void {
  const { document } = globalThis as unknown as {
    document: { documentElement: { classList: { add(name: string): void } } };
  };
  document.documentElement.classList.add('nr-theme-dark');
}

/** One open editor and everything that went wrong in it. */
export class Editor {
  readonly problems: string[] = [];

  private constructor(readonly page: Page) {
    page.on('pageerror', (error) => this.problems.push(error.message));
    page.on('console', (message) => {
      // Node-RED catches errors of node definitions and only writes them to the console.
      if (/Definition error|Validation error|oneditprepare|missing/.test(message.text()))
        this.problems.push(message.text());
    });
  }

  /** Opens the editor and waits until the palette shows our category. */
  static async open(browser: Browser, url: string, dark = false): Promise<Editor> {
    const page = await browser.newPage({
      viewport: { width: 1500, height: 1000 },
      colorScheme: dark ? 'dark' : 'light',
    });
    const editor = new Editor(page);
    await page.goto(url);
    await page.waitForSelector('.red-ui-palette-node[data-palette-type="alpr-plate-out"]', {
      state: 'attached',
      timeout: 60_000,
    });
    await page.waitForSelector('#red-ui-loading-progress', { state: 'hidden' }).catch(() => undefined);
    if (dark) await page.evaluate(useDarkTheme);
    return editor;
  }

  /** Opens a node's dialog by its id and waits until it stands still. */
  async openDialog(id: string): Promise<void> {
    await this.page.evaluate((nodeId) => {
      const { RED } = globalThis as unknown as EditorWindow;
      RED.editor.edit(RED.nodes.node(nodeId));
    }, id);
    await this.page.waitForSelector('#node-dialog-ok:visible');
    await this.settle();
  }

  async openConfigDialog(type: string, id: string): Promise<void> {
    await this.page.evaluate(
      ([configType, configId]) => {
        const { RED } = globalThis as unknown as EditorWindow;
        RED.editor.editConfig('', configType!, configId!);
      },
      [type, id],
    );
    await this.page.waitForSelector('#node-config-dialog-ok:visible');
    await this.settle();
  }

  /** Presses the dialog's button and waits until the dialog is gone. */
  async closeDialog(button: 'ok' | 'cancel', config = false): Promise<void> {
    const selector = `#node-${config ? 'config-' : ''}dialog-${button}`;
    await this.page.click(selector);
    await this.page.waitForSelector(selector, { state: 'detached' });
    await this.settle();
  }

  /** Presses Deploy and waits until Node-RED has taken the flows. */
  async deploy(): Promise<void> {
    const answered = this.page.waitForResponse((response) => {
      return new URL(response.url()).pathname.endsWith('/flows') && response.request().method() === 'POST';
    });
    await this.page.evaluate(() => {
      (globalThis as unknown as EditorWindow).RED.actions.invoke('core:deploy-flows');
    });
    const confirm = this.page.getByRole('button', { name: 'Confirm deploy' });
    const response = await Promise.race([answered, confirm.click({ timeout: 20_000 }).then(() => answered)]);
    if (!response.ok()) throw new Error(`Expected the flows to be deployed but received ${await response.text()}`);
  }

  /** Cancels whatever is open. */
  async closeAllDialogs(): Promise<void> {
    const cancel = this.page.locator('#node-dialog-cancel, #node-config-dialog-cancel');
    for (let open = await cancel.count(); open > 0; open = await cancel.count()) {
      await cancel.last().click();
      await this.settle();
    }
  }

  /** One property of a node, as the editor holds it. */
  property(id: string, name: string): Promise<unknown> {
    return this.page.evaluate(
      ([nodeId, property]) => {
        const { RED } = globalThis as unknown as EditorWindow;
        return (RED.nodes.node(nodeId!) as Record<string, unknown> | null)?.[property!];
      },
      [id, name],
    );
  }

  /** Valid, and if not, why. */
  validity(id: string): Promise<{ valid: boolean; errors: string[] }> {
    return this.page.evaluate((nodeId) => {
      const { RED } = globalThis as unknown as EditorWindow;
      const node = RED.nodes.node(nodeId);
      return { valid: node?.valid === true, errors: (node?.validationErrors ?? []).map(String) };
    }, id);
  }

  showTab(id: string): Promise<void> {
    return this.page.evaluate((tab) => {
      (globalThis as unknown as EditorWindow).RED.workspaces.show(tab);
    }, id);
  }

  /** A picture of the whole page (or one part of it) in the artifacts folder. */
  async screenshot(name: string, selector?: string): Promise<void> {
    const file = path.join(artifacts, `${name}.png`);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    if (selector === undefined) await this.page.screenshot({ path: file });
    else await this.page.locator(selector).first().screenshot({ path: file });
  }

  /** Trays and menus slide in; this outlasts their animation. */
  async settle(): Promise<void> {
    await this.page.waitForTimeout(350);
  }
}

import assert from 'node:assert/strict';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { findChromium, launchChromium } from './editor-browser.js';
import { packageRoot } from './node-red-process.js';

/** In which looks a page is tried. */
export const LOOKS = [
  { name: 'light', width: 1280, scheme: 'light' },
  { name: 'dark', width: 1280, scheme: 'dark' },
  { name: 'dark phone', width: 390, scheme: 'dark' },
] as const;

export type Look = (typeof LOOKS)[number];

/** A page of a flow in a real browser, and what went wrong in it. */
export interface OpenPage {
  readonly page: Page;
  /** Errors of scripts, requests to other places, and alerts: nothing of ours opens one. */
  readonly problems: string[];
  /** A picture for people, in .artifacts. */
  shoot(name: string): Promise<void>;
}

/**
 * Gives the calling suite's tests a browser. Without Chromium the suite is skipped with a printed reason, except on CI, where
 * that fails.
 */
export function useBrowser(): { open(address: string, look: Look): Promise<OpenPage> } {
  let browser: Browser | undefined;
  const open: Page[] = [];

  before(async function () {
    const chromium = findChromium();
    if (chromium === undefined) {
      const reason = 'Expected Chromium at /usr/bin/chromium or in CHROMIUM_PATH but found none';
      if (process.env['CI']) throw new Error(reason);
      console.log(`      Skipped: ${reason}`);
      this.skip();
    }
    browser = await launchChromium(chromium);
  });
  afterEach(async () => {
    for (const page of open.splice(0)) await page.close();
  });
  after(async () => browser?.close());

  return {
    async open(address, { width, scheme }) {
      const page = await browser!.newPage({ viewport: { width, height: 844 }, colorScheme: scheme });
      open.push(page);
      const problems: string[] = [];
      const { origin } = new URL(address);
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('dialog', (dialog) => {
        if (dialog.type() === 'alert') problems.push('a text ran as a script');
      });
      page.on('request', (request) => {
        if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).origin !== origin) {
          problems.push(`loads ${request.url()}`);
        }
      });
      await page.goto(address);
      return {
        page,
        problems,
        async shoot(name) {
          await assertFits(page, width);
          const file = path.join(packageRoot, '.artifacts', 'flows', `${name}.png`);
          await page.screenshot({ path: file, fullPage: true });
        },
      };
    },
  };
}

async function assertFits(page: Page, width: number): Promise<void> {
  const wide = await page.evaluate(
    () =>
      (globalThis as unknown as { document: { documentElement: { scrollWidth: number } } }).document.documentElement
        .scrollWidth,
  );
  assert.ok(wide <= width, `the page is ${wide} px wide, the window ${width}`);
}

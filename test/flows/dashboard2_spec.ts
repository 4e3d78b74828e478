import assert from 'node:assert/strict';
import { dashboardModule } from '../support/dashboard.js';
import { startNodeRed, type NodeRedProcess } from '../support/node-red-process.js';
import { LOOKS, useBrowser } from '../support/page.js';
import { plateEvent, postEvent, withEvents } from './plate-events.js';
import { exampleFlow, onlyNode } from './recorded-flow.js';

describe('The shipped dashboard of FlowFuse Dashboard 2', function () {
  this.timeout(120_000);
  let modules: Record<string, string> | undefined;
  let nodeRed: NodeRedProcess | undefined;
  before(function () {
    this.timeout(400_000);
    modules = dashboardModule();
    if (modules === undefined) {
      console.log('      Skipped: FlowFuse Dashboard 2 could not be fetched');
      this.skip();
    }
  });
  afterEach(async () => {
    await nodeRed?.stop();
    nodeRed = undefined;
  });
  const browser = useBrowser();

  async function start(): Promise<NodeRedProcess> {
    const flow = exampleFlow('05 ', { pace: 'recorded', fps: 2 });
    // The picture only: the plates come from the test.
    onlyNode(flow, 'alpr-plate-out').wires = [[], []];
    return startNodeRed({ flows: withEvents(flow), modules: modules! });
  }

  async function happened(...plates: string[]): Promise<void> {
    for (const plate of plates) await postEvent(nodeRed!.url, plateEvent(plate, 1000));
  }

  for (const look of LOOKS) {
    it(`shows the picture, the last plates and alarms: ${look.name}`, async () => {
      nodeRed = await start();
      const { page, problems, shoot } = await browser.open(`${nodeRed.url}dashboard/live`, look);
      await page.waitForFunction(() => {
        const { document } = globalThis as unknown as {
          document: { querySelector(selector: string): { naturalWidth: number } | null };
        };
        return (document.querySelector('.alpr-live')?.naturalWidth ?? 0) > 100;
      });
      await happened('MKT4827', '<img src=x onerror=alert(1)>', '51G38472');
      await page.getByText('Alarm: 51G38472, white car, two-line plate, camera road').waitFor();
      const cell = (text: string) => page.locator('td', { hasText: text });
      await cell('MKT4827').waitFor();
      await cell('<img src=x onerror=alert(1)>').waitFor();
      // In the list of alarms and in that of the last plates.
      await cell('51G38472').nth(1).waitFor();
      await shoot(`dashboard 2 live ${look.name}`);
      await page.locator('.alpr-alarms button').click();
      await cell('51G38472').nth(1).waitFor({ state: 'detached' });
      assert.deepEqual(problems, []);
      assert.deepEqual(nodeRed.errors(), []);
    });

    it(`searches, counts and erases: ${look.name}`, async () => {
      nodeRed = await start();
      await happened('LM73KXR', 'RKT4E72', 'RKT4E72', '7KRL428');
      const { page, problems, shoot } = await browser.open(`${nodeRed.url}dashboard/search`, look);
      await page.locator('.alpr-numbers', { hasText: /4\s*visits\s*3\s*plates\s*75\s*%\s*unknown/ }).waitFor();
      const other = await browser.open(`${nodeRed.url}dashboard/search`, look);
      await page.locator('.alpr-form input').first().fill('RKT');
      await page.getByRole('button', { name: 'Search' }).click();
      const erase = page.getByRole('button', { name: 'erase' });
      await erase.nth(1).waitFor();
      await shoot(`dashboard 2 search ${look.name}`);
      page.on('dialog', (dialog) => void dialog.accept());
      await erase.first().click();
      await page.getByText('Nothing found.').waitFor();
      await page.locator('.alpr-numbers', { hasText: /2\s*visits/ }).waitFor();
      assert.equal(await other.page.getByText('Nothing found.').count(), 0, 'what one person finds, others do not see');
      assert.deepEqual([...problems, ...other.problems], []);
    });

    it(`edits the list: ${look.name}`, async () => {
      nodeRed = await start();
      const { page, problems, shoot } = await browser.open(`${nodeRed.url}dashboard/known`, look);
      const rows = page.locator('.alpr-table tbody tr');
      await rows.nth(2).waitFor();
      const fields = page.locator('.alpr-form input');
      await fields.nth(0).fill('KA51 MD7349');
      await fields.nth(1).fill('<script>alert(1)</script>');
      await page.locator('.alpr-form input[type="date"]').fill('2099-12-31');
      await page.getByRole('button', { name: 'Add' }).click();
      const added = rows.filter({ hasText: 'KA51 MD7349' });
      await added.waitFor();
      assert.match(
        (await added.innerText()).replace(/\s+/g, ' '),
        /<script>alert\(1\)<\/script> until 2099-12-31 allow/,
      );
      await shoot(`dashboard 2 known ${look.name}`);
      await added.getByRole('button', { name: 'remove' }).click();
      await added.waitFor({ state: 'detached' });
      await fields.nth(0).fill('--');
      await page.getByRole('button', { name: 'Add' }).click();
      await page.getByText('Expected entries with plate and rule').waitFor();
      assert.deepEqual(problems, []);
    });
  }
});

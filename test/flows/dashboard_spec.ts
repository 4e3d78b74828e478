import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { packageRoot, startNodeRed, type NodeRedProcess } from '../support/node-red-process.js';
import { LOOKS, useBrowser } from '../support/page.js';
import { plateEvent, postEvent, withEvents } from './plate-events.js';
import { exampleFlow, onlyNode } from './recorded-flow.js';

const samples = path.join(packageRoot, 'samples');
const truth = JSON.parse(fs.readFileSync(path.join(samples, 'truth.json'), 'utf8')) as {
  vehicles: { text: string; readable: boolean }[];
};
const readable = truth.vehicles.filter((vehicle) => vehicle.readable).map(({ text }) => text);
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;

describe('The shipped dashboard of core nodes', function () {
  this.timeout(300_000);
  let nodeRed: NodeRedProcess | undefined;
  afterEach(async () => {
    await nodeRed?.stop();
    nodeRed = undefined;
  });

  const address = (rest: string): string => `${nodeRed!.url}alpr-dashboard${rest}`;

  async function post(to: string, body: unknown): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return fetch(`${nodeRed!.url}${to}`, { method: 'POST', headers, body: JSON.stringify(body) });
  }
  async function ask(to: string, action: string, payload?: unknown): Promise<Record<string, unknown>> {
    const response = await post('alpr-dashboard/ask', { to, action, payload });
    return { status: response.status, ...((await response.json()) as object) };
  }
  const state = async (): Promise<{ scene?: object; alarms: { plate: string; name: string }[]; stored: number }> =>
    (await fetch(address('/state.json'))).json() as never;

  async function happened(plates: string[], ago = 0): Promise<void> {
    const before = (await state()).stored;
    for (const plate of plates) await postEvent(nodeRed!.url, plateEvent(plate, ago));
    while ((await state()).stored < before + plates.length) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  it('shows the sample: its picture, its plates in the log, the alarm', async function () {
    if (!hasFfmpeg && process.env['CI'] === undefined) {
      console.log('    skipped: the clip needs ffmpeg, which is not installed');
      this.skip();
    }
    nodeRed = await startNodeRed({
      flows: exampleFlow('05b', { source: 'video', path: path.join(samples, 'road.mp4') }),
    });
    for (let waited = 0; (await state()).stored < readable.length; waited += 200) {
      assert.ok(waited < 200_000, `Expected ${readable.length} visits in the log\n${nodeRed.log().slice(-2000)}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const { visits: logged } = await ask('log', 'search', { limit: 50 });
    const rules = new Map(
      (logged as { plate: string; known: { rule: string } }[]).map(({ plate, known }) => [plate, known.rule]),
    );
    assert.deepEqual([...rules.keys()].sort(), [...readable].sort());
    assert.deepEqual(
      ['LM73KXR', '51G38472', '57BKN4', 'MKT4827'].map((plate) => rules.get(plate)),
      ['allow', 'alert', 'deny', 'unknown'],
    );
    assert.deepEqual(
      (await state()).alarms.map(({ plate, name }) => [plate, name]),
      [['51G38472', 'white car, two-line plate']],
    );
    const picture = await fetch(address('/picture.jpg'));
    assert.equal(picture.headers.get('content-type'), 'image/jpeg');
    assert.deepEqual([...Buffer.from(await picture.arrayBuffer()).subarray(0, 3)], [0xff, 0xd8, 0xff]);
    assert.deepEqual((await ask('alarms', 'seen'))['alarms'], []);
    assert.deepEqual((await state()).alarms, []);
    assert.deepEqual(nodeRed.errors(), []);
  });

  it('refuses what the page has no button for, and what another site might send', async () => {
    nodeRed = await startNodeRed({ flows: exampleFlow('05b', { autostart: false }) });
    for (const [to, action] of [
      ['list', 'clear'],
      ['log', 'export'],
      ['log', 'vacuum'],
      ['constructor', 'name'],
    ] as const) {
      assert.equal((await ask(to, action))['status'], 400, `${to} ${action}`);
    }
    const form = await fetch(address('/ask'), {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'to=list&action=add&payload=AB12CDE',
    });
    assert.equal(form.status, 400);
    const { status, error } = await ask('list', 'add', { plate: '', rule: 'allow' });
    assert.equal(status, 400);
    assert.match(String(error), /^Expected entries with plate and rule/);
  });

  it('needs the password of httpNodeAuth at all of its addresses', async () => {
    const bcrypt = require('bcryptjs') as { hashSync(text: string, rounds: number): string };
    const httpNodeAuth = { user: 'guard', pass: bcrypt.hashSync('let me in', 8) };
    nodeRed = await startNodeRed({ flows: exampleFlow('05b', { autostart: false }), settings: { httpNodeAuth } });
    for (const rest of ['', '/state.json', '/picture.jpg'])
      assert.equal((await fetch(address(rest))).status, 401, rest);
    assert.equal((await post('alpr-dashboard/ask', { to: 'list', action: 'list' })).status, 401);
    const authorization = `Basic ${Buffer.from('guard:let me in').toString('base64')}`;
    assert.equal((await fetch(address(''), { headers: { authorization } })).status, 200);
  });

  describe('on its page', () => {
    const browser = useBrowser();

    for (const look of LOOKS) {
      it(`shows, searches, counts, erases and edits: ${look.name}`, async () => {
        const flow = exampleFlow('05b', { pace: 'recorded', fps: 2 });
        // The picture only: the plates come from the test.
        onlyNode(flow, 'alpr-plate-out').wires = [[], []];
        nodeRed = await startNodeRed({ flows: withEvents(flow) });
        // Of another day, whatever the time is now: those show their date.
        await happened(['LM73KXR', 'MKT4827', '<img src=x onerror=alert(1)>'], 26 * 3_600_000);
        await happened(['7KRL428', '57BKN4', 'RKT4E72', 'RKT4E72'], 60_000);
        const { page, problems, shoot } = await browser.open(address(''), look);
        await page.locator('#last .plate').nth(6).waitFor();
        assert.ok((await page.locator('#last .plate').allInnerTexts()).includes('<img src=x onerror=alert(1)>'));
        assert.equal(await page.locator('#alarms').isVisible(), false);
        await happened(['51G38472']);
        await page.locator('#alarmRows .plate', { hasText: '51G38472' }).waitFor();
        assert.equal(await page.title(), '(1) Alarm');
        await page.locator('#numbers', { hasText: /8\s*visits\s*7\s*plates\s*63\s*%\s*unknown/ }).waitFor();
        await page.waitForFunction(() => {
          const { document } = globalThis as unknown as {
            document: { getElementById(id: string): { naturalWidth: number } | null };
          };
          return (document.getElementById('picture')?.naturalWidth ?? 0) > 100;
        });
        await page.fill('#part', 'RKT');
        await page.click('#search button');
        await page.locator('#found tr').nth(1).waitFor();
        assert.deepEqual(await page.locator('#found .plate').allInnerTexts(), ['RKT4E72', 'RKT4E72']);
        await shoot(`dashboard core ${look.name}`);

        await page.click('#seen');
        await page.locator('#alarms').waitFor({ state: 'hidden' });
        page.on('dialog', (dialog) => void dialog.accept());
        await page.locator('#found button').first().click();
        await page.locator('#found tr').first().waitFor({ state: 'detached' });
        await page.locator('#last .plate', { hasText: 'RKT4E72' }).first().waitFor({ state: 'detached' });

        await page.fill('#plate', 'KA51 MD7349');
        await page.fill('#name', '<script>alert(1)</script>');
        await page.selectOption('#rule', 'alert');
        await page.fill('#until', '2099-12-31');
        await page.click('#add button');
        const added = page.locator('#list tr', { hasText: 'KA51 MD7349' });
        await added.waitFor();
        assert.match(
          (await added.innerText()).replace(/\s+/g, ' '),
          /<script>alert\(1\)<\/script> until 2099-12-31 alert/,
        );
        await happened(['KA51MD7349']);
        await page.locator('#alarmRows tr', { hasText: '<script>alert(1)</script>' }).waitFor();
        await added.locator('button').click();
        await added.waitFor({ state: 'detached' });
        assert.equal(await page.locator('#list tr').count(), 3, 'those of the dialog stay');

        await page.fill('#plate', '--');
        await page.click('#add button');
        await page.locator('#trouble', { hasText: 'Expected entries with plate and rule' }).waitFor();
        assert.deepEqual(problems, []);
      });
    }
  });
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Reply } from '../../src/parking/parking.js';
import { packageRoot, startNodeRed, type NodeRedProcess } from '../support/node-red-process.js';
import { LOOKS, useBrowser } from '../support/page.js';
import { exampleFlow, onlyNode, type FlowNode } from './recorded-flow.js';

const samples = path.join(packageRoot, 'samples');
const truth = JSON.parse(fs.readFileSync(path.join(samples, 'truth.json'), 'utf8')) as {
  vehicles: { text: string; readable: boolean }[];
};
const readable = truth.vehicles.filter((vehicle) => vehicle.readable).map(({ text }) => text);
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;

/** The shipped car park, at which nothing moves until its buttons are pressed. */
function quietFlow(file: string, settings: Record<string, unknown> = {}): FlowNode[] {
  const flow = exampleFlow('06', { autostart: false, ...settings });
  for (const inject of flow.filter(({ type }) => type === 'inject')) inject['once'] = false;
  onlyNode(flow, 'alpr-parking')['file'] = file;
  return flow;
}

describe('The shipped car park', function () {
  this.timeout(300_000);
  let folder = '';
  let file = '';
  let nodeRed: NodeRedProcess | undefined;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-car-park-'));
    file = path.join(folder, 'park.jsonl');
  });
  afterEach(async () => {
    await nodeRed?.stop();
    nodeRed = undefined;
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const address = (rest: string): string => `${nodeRed!.url}car-park${rest}`;
  const state = async (query = ''): Promise<Reply> => {
    return (await fetch(address(`/state.json${query}`))).json() as Promise<Reply>;
  };

  async function act(
    action: string,
    payload: unknown,
  ): Promise<{ status: number; answer: Reply & { error?: string } }> {
    const body = JSON.stringify({ action, payload });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(address('/act'), { method: 'POST', headers, body });
    return { status: response.status, answer: (await response.json()) as Reply };
  }

  async function press(flow: FlowNode[], name: string): Promise<void> {
    const { id } = flow.find((node) => node.type === 'inject' && node['name'] === name)!;
    assert.equal((await fetch(`${nodeRed!.url}inject/${id}`, { method: 'POST' })).status, 200);
  }

  async function until(what: string, done: (state: Reply) => boolean): Promise<Reply> {
    for (let waited = 0; ; waited += 200) {
      const now = await state();
      if (done(now)) return now;
      assert.ok(
        waited < 200_000,
        `Expected ${what} but received ${JSON.stringify(now)}\n${nodeRed!.log().slice(-2000)}`,
      );
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  it('lets the cars of the sample in by one camera and out by the other', async function () {
    if (!hasFfmpeg && process.env['CI'] === undefined) {
      console.log('    skipped: the clip needs ffmpeg, which is not installed');
      this.skip();
    }
    const flow = quietFlow(file, { source: 'video', path: path.join(samples, 'road.mp4') });
    nodeRed = await startNodeRed({ flows: flow });
    await press(flow, 'start the entry again');
    const full = await until('all cars inside', ({ count }) => count === readable.length);
    assert.deepEqual(full.stays!.map(({ plate }) => plate).sort(), [...readable].sort());
    assert.deepEqual([full.capacity, full.free], [6, 0]);
    await press(flow, 'start the exit, 15 s after the entry');
    const empty = await until('all cars gone', ({ count }) => count === 0);
    assert.deepEqual(empty.stays!.map(({ plate }) => plate).sort(), [...readable].sort());
    for (const stay of empty.stays!) {
      assert.deepEqual([stay.inside, stay.entryCamera, stay.exitCamera, stay.remarks], [false, 'entry', 'exit', []]);
      assert.ok(stay.dwellMs! > 0);
    }
    assert.deepEqual(nodeRed.errors(), []);
  });

  it('is where it was after it was killed', async () => {
    const flow = quietFlow(file);
    nodeRed = await startNodeRed({ flows: flow });
    for (let car = 0; car < 20; car++) await act('enter', `CAR ${car * 7919}`);
    await act('leave', 'CAR 0');
    await act('correct', 22);
    process.kill(nodeRed.pid, 'SIGKILL');
    await nodeRed.stop();
    nodeRed = await startNodeRed({ flows: flow });
    const { count, adjustment, stays } = await state();
    assert.deepEqual([count, adjustment, stays!.length], [22, 3, 20]);
  });

  it('gives a spreadsheet, answers a search and erases a plate', async () => {
    nodeRed = await startNodeRed({ flows: quietFlow(file) });
    for (const plate of ['=1+1', 'AB12 CDE', 'XY99ZZZ']) await act('enter', plate);
    await act('leave', 'AB12CDE');
    const response = await fetch(address('/stays.csv'));
    assert.match(response.headers.get('content-disposition')!, /attachment; filename="car-park-\d{4}-\d\d-\d\d\.csv"/);
    const csv = await response.text();
    assert.ok(csv.includes("\n'=1+1,"), 'no formula for a spreadsheet');
    assert.equal(csv.trim().split('\r\n').length, 4);
    assert.deepEqual(
      (await state('?plate=b12c')).stays!.map(({ plate }) => plate),
      ['AB12 CDE'],
    );
    await act('forget', 'ab12cde');
    assert.ok(!JSON.stringify(await state()).includes('AB12'));
    assert.ok(!fs.readFileSync(file, 'utf8').includes('AB12'));
  });

  it('refuses what the page has no button for, and what another site might send', async () => {
    nodeRed = await startNodeRed({ flows: quietFlow(file) });
    await act('enter', 'AB12CDE');
    assert.deepEqual((await act('clear', undefined)).status, 400);
    assert.deepEqual(await act('remove', 'ZZ1'), {
      status: 400,
      answer: { error: 'Expected a car that is inside but received another one' } as never,
    });
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const body = type === 'text/plain' ? '{"action":"forget","payload":"AB12CDE"}' : 'action=forget&payload=AB12CDE';
      const response = await fetch(address('/act'), { method: 'POST', headers: { 'content-type': type }, body });
      assert.equal(response.status, 400, type);
    }
    assert.equal((await state()).count, 1);
  });

  describe('on its page', () => {
    const browser = useBrowser();

    for (const look of LOOKS) {
      it(`shows who is inside and takes corrections: ${look.name}`, async () => {
        nodeRed = await startNodeRed({ flows: quietFlow(file) });
        await act('enter', { plate: 'LM73KXR', at: Date.now() - 5_400_000 });
        await act('leave', 'ZZ99 999');
        await act('enter', { plate: '<img src=x onerror=alert(1)>', at: Date.now() - 200_000 });
        for (const plate of ['MKT4827', '51G38472']) await act('enter', { plate, at: Date.now() - 70_000 });
        await act('leave', { plate: 'MKT4B27' });
        const { page, problems, shoot } = await browser.open(address(''), look);
        await page.locator('#inside .plate').nth(2).waitFor();
        assert.deepEqual(await page.locator('#inside .plate').allInnerTexts(), [
          '51G38472',
          '<img src=x onerror=alert(1)>',
          'LM73KXR',
        ]);
        assert.match((await page.locator('#inside tr').nth(2).innerText()).replace(/\s+/g, ' '), /1 h 30 min/);
        assert.equal(await page.locator('#count').innerText(), '3');
        const stays = (await page.locator('#stays').innerText()).replace(/\s+/g, ' ');
        assert.match(stays, /MKT4827 at the exit MKT4B27 .* 1 min 10 s read differently, by hand/);
        assert.match(stays, /ZZ99 999 – .* – not seen coming, by hand/);
        await shoot(`car park ${look.name}`);

        await page.click('[data-change="1"]');
        await page.locator('#count', { hasText: '4' }).waitFor();
        await page.fill('#really', '2');
        await page.click('#correct button:text("Set")');
        await page.locator('#count', { hasText: '2' }).waitFor();
        await page.locator('#adjustment', { hasText: '1 of those listed are taken as gone' }).waitFor();
        await page.locator('#inside tr', { hasText: 'LM73KXR' }).locator('button').click();
        await page.locator('#inside tr').nth(2).waitFor({ state: 'detached' });
        assert.equal(await page.locator('#count').innerText(), '2', 'it had been taken off the count already');
        await page.fill('#plate', 'AB 12');
        await page.click('#byhand button[name="leave"]');
        await page.locator('#stays .plate', { hasText: 'AB 12' }).waitFor();
        page.once('dialog', (dialog) => void dialog.accept());
        await page.locator('#stays tr', { hasText: 'AB 12' }).locator('button').click();
        await page.locator('#stays .plate', { hasText: 'AB 12' }).waitFor({ state: 'detached' });
        await page.fill('#search', '4827');
        await page.locator('#stays tr').nth(1).waitFor({ state: 'detached' });
        assert.match((await page.locator('#csv').getAttribute('href'))!, /stays\.csv\?plate=4827$/);
        assert.deepEqual(problems, []);
      });
    }
  });
});

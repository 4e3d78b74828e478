import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { PlateEvent } from '../../src/events/plate-event.js';
import { packageRoot, startNodeRed, type NodeRedProcess } from '../support/node-red-process.js';
import { LOOKS, useBrowser } from '../support/page.js';
import { plateEvent, postEvent } from './plate-events.js';
import { exampleFlow, onlyNode, type FlowNode } from './recorded-flow.js';

const samples = path.join(packageRoot, 'samples');
const truth = JSON.parse(fs.readFileSync(path.join(samples, 'truth.json'), 'utf8')) as {
  vehicles: { text: string; readable: boolean }[];
};
const readable = truth.vehicles.filter((vehicle) => vehicle.readable).map(({ text }) => text);
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
const picture = fs.readFileSync(path.join(samples, 'pictures', '01.jpg'));

interface State {
  keeping: boolean;
  total: number;
  checked: number;
  crops: { id: string; plate: string; text: string; checked: boolean }[];
}

describe('The shipped retraining loop', function () {
  this.timeout(300_000);
  let home = '';
  let folder = '';
  let nodeRed: NodeRedProcess | undefined;

  beforeEach(() => {
    home = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-retraining-'));
    folder = path.join(home, 'crops');
  });
  afterEach(async () => {
    await nodeRed?.stop();
    nodeRed = undefined;
    fs.rmSync(home, { recursive: true, force: true });
  });

  /** The flow with its folder elsewhere; plates come from `kept` and not from its camera, unless that is set. */
  function flowOf(settings: Record<string, unknown> = { autostart: false }): FlowNode[] {
    const flow = exampleFlow('10', settings);
    const tab = onlyNode(flow, 'tab') as FlowNode & { env: { name: string; value: string }[] };
    tab.env.find(({ name }) => name === 'FOLDER')!.value = folder;
    const crops = flow.find(({ name }) => name === 'crops')!;
    const z = crops['z'];
    // JSON has no bytes: the picture arrives as base64.
    const func =
      "msg.payload.images = { plate: Buffer.from(msg.payload.base64, 'base64') }; delete msg.payload.base64; return msg;";
    return [
      ...flow,
      { id: 'test-in', z, type: 'http in', url: '/test-event', method: 'post', wires: [['test-out', 'test-bytes']] },
      { id: 'test-out', z, type: 'http response', wires: [] },
      { id: 'test-bytes', z, type: 'function', func, outputs: 1, wires: [[crops.id]] },
    ];
  }

  const address = (rest: string): string => `${nodeRed!.url}alpr-retraining${rest}`;
  const state = async (show = 'new'): Promise<State> =>
    (await fetch(address(`/state.json?show=${show}`))).json() as Promise<State>;

  async function act(action: string, more: object = {}): Promise<{ status: number; error?: string }> {
    const body = JSON.stringify({ action, ...more });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(address('/act'), { method: 'POST', headers, body });
    return { status: response.status, ...((await response.json()) as object) };
  }

  async function happened(plate: string, ago = 0): Promise<PlateEvent> {
    const event = plateEvent(plate, ago);
    event.id = event.id.replace(' ', '-');
    await postEvent(nodeRed!.url, { ...event, base64: picture.toString('base64') } as never);
    return event;
  }

  async function until(what: string, done: (now: State) => boolean): Promise<State> {
    for (let waited = 0; ; waited += 100) {
      const now = await state();
      if (done(now)) return now;
      assert.ok(
        waited < 120_000,
        `Expected ${what} but received ${JSON.stringify(now)}\n${nodeRed!.log().slice(-2000)}`,
      );
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  it('keeps the sample’s crops when it is asked to, and gives labels that alpr evaluate takes', async function () {
    if (!hasFfmpeg && process.env['CI'] === undefined) {
      console.log('    skipped: the clip needs ffmpeg, which is not installed');
      this.skip();
    }
    const flow = flowOf({ source: 'video', path: path.join(samples, 'road.mp4'), autostart: false });
    nodeRed = await startNodeRed({ flows: flow });
    const { id: button } = flow.find(({ type, name }) => type === 'inject' && name === 'start again')!;
    await act('keeping', { on: true });
    await fetch(`${nodeRed.url}inject/${button}`, { method: 'POST' });
    await until('all crops', ({ total }) => total === readable.length);
    // The last pictures of the visits that go on.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const { crops } = await state();
    assert.deepEqual(crops.map(({ plate }) => plate).sort(), [...readable].sort());
    for (const crop of crops) {
      const response = await fetch(address(`/picture.jpg?id=${crop.id}`));
      assert.equal(response.headers.get('content-type'), 'image/jpeg');
      assert.equal((await act('correct', { id: crop.id, text: crop.text.toLowerCase() })).status, 200);
    }
    const csv = fs.readFileSync(path.join(folder, 'labels.csv'), 'utf8');
    assert.equal(await (await fetch(address('/labels.csv'))).text(), csv);
    assert.equal(csv.split('\n')[0], 'file,text,region,lines,split,note');
    assert.deepEqual(
      csv
        .trim()
        .split('\n')
        .slice(1)
        .map((row) => row.split(',')[1]!)
        .sort(),
      [...readable].sort(),
    );
    const cli = path.join(packageRoot, 'dist', 'src', 'cli', 'alpr.js');
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [cli, 'evaluate', folder, '--split', 'all', '--json'],
      { encoding: 'utf8', timeout: 120_000 },
    );
    assert.equal(status, 0, stderr);
    // One row per line; the first is of the whole source.
    const { reading } = JSON.parse(stdout.split('\n', 1)[0]!) as { reading: { crops: number; exact: number } };
    assert.equal(reading.crops, readable.length, stdout);
    assert.ok(reading.exact >= readable.length - 1, stdout);
    assert.deepEqual(nodeRed.errors(), []);
  });

  it('stores nothing until it is asked to, and nothing after it is told to stop', async () => {
    nodeRed = await startNodeRed({ flows: flowOf() });
    await happened('AB12CDE');
    assert.deepEqual([(await state()).total, fs.existsSync(folder)], [0, false]);
    await act('keeping', { on: true });
    await happened('XY99ZZZ');
    await until('one crop', ({ total }) => total === 1);
    await act('keeping', { on: false });
    await happened('FL4001');
    await happened('FL4002');
    assert.equal((await state()).total, 1);
  });

  it('knows after a restart what it has kept, but does not go on keeping', async () => {
    nodeRed = await startNodeRed({ flows: flowOf() });
    await act('keeping', { on: true });
    const { id } = await happened('AB12CDE');
    await until('one crop', ({ total }) => total === 1);
    await act('correct', { id, text: 'AB12 CDF' });
    fs.writeFileSync(path.join(folder, 'alpr-crops', 'broken.json'), '{"id":');
    fs.writeFileSync(path.join(folder, 'alpr-crops', 'half.jpg'), picture);
    await nodeRed.stop();
    nodeRed = await startNodeRed({ flows: flowOf() });
    const { crops, keeping, total } = await state('checked');
    assert.deepEqual(
      [keeping, total, crops.map(({ plate, text }) => [plate, text])],
      [false, 1, [['AB12CDE', 'AB12CDF']]],
    );
    assert.deepEqual(fs.readdirSync(path.join(folder, 'alpr-crops')).sort(), [`${id}.jpg`, `${id}.json`]);
  });

  it('erases a crop, a plate, what is old, and everything, from the disk', async () => {
    const flow = flowOf();
    nodeRed = await startNodeRed({ flows: flow });
    await act('keeping', { on: true });
    const first = await happened('AB12CDE');
    await happened('XY99ZZZ');
    await happened('XY99ZZX');
    const old = await happened('OLD1', 29.999 * 86_400_000);
    const all = await until('four crops', ({ total }) => total === 4);
    assert.ok(all.crops.some(({ id }) => id === old.id));
    await act('correct', { id: all.crops.find(({ plate }) => plate === 'XY99ZZX')!.id, text: 'XY99ZZZ' });
    assert.ok(fs.readFileSync(path.join(folder, 'labels.csv'), 'utf8').includes('XY99ZZZ'));
    await act('erase', { id: first.id });
    // As it was read, and as it was corrected.
    await act('erase plate', { plate: 'xy99 zzz' });
    const { crops } = await state();
    assert.deepEqual(
      crops.map(({ plate }) => plate),
      ['OLD1'],
    );
    for (const name of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!name.isFile() || name.name.endsWith('.jpg')) continue;
      const text = fs.readFileSync(path.join(name.parentPath, name.name), 'utf8');
      assert.ok(!/XY99|AB12/.test(text), name.name);
    }
    assert.equal(fs.readdirSync(path.join(folder, 'alpr-crops')).length, 2);

    const kept = path.join(folder, 'alpr-crops', `${old.id}.json`);
    const crop = JSON.parse(fs.readFileSync(kept, 'utf8')) as { at: number };
    await nodeRed.stop();
    fs.writeFileSync(kept, JSON.stringify({ ...crop, at: crop.at - 86_400_000 }));
    nodeRed = await startNodeRed({ flows: flow });
    await until('what is old to be erased', ({ total }) => total === 0);
    await act('keeping', { on: true });
    await happened('AB12CDE');
    await until('one crop', ({ total }) => total === 1);
    await act('erase all');
    assert.equal(fs.existsSync(folder), false);
  });

  it('takes no ids that lead out of its folder, no texts that break the labels, no forms of other sites', async () => {
    nodeRed = await startNodeRed({ flows: flowOf() });
    await act('keeping', { on: true });
    const secret = path.join(home, 'secret.jpg');
    fs.writeFileSync(secret, 'secret');
    const { id } = await happened('AB12CDE');
    await until('one crop', ({ total }) => total === 1);
    assert.equal((await fetch(address('/picture.jpg?id=..%2F..%2Fsecret'))).status, 404);
    const evil = { ...plateEvent('ZZ1'), id: '../../evil', base64: picture.toString('base64') };
    await postEvent(nodeRed.url, evil as never);
    assert.equal((await act('correct', { id, text: '--' })).status, 400);
    assert.equal((await act('correct', { id: 'gone', text: 'AB1' })).status, 400);
    assert.equal((await act('correct', { id, text: 'AB,12\nCDE"' })).status, 200);
    assert.match(fs.readFileSync(path.join(folder, 'labels.csv'), 'utf8'), /\.jpg,AB12CDE,,,(train|val|test),\n$/);
    assert.equal((await act('tidy')).status, 400);
    const body = 'action=erase+all';
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    assert.equal((await fetch(address('/act'), { method: 'POST', headers, body })).status, 400);
    assert.equal((await state()).total, 1);
    assert.deepEqual(fs.readdirSync(home).sort(), ['crops', 'secret.jpg']);
  });

  describe('on its page', () => {
    const browser = useBrowser();

    for (const look of LOOKS) {
      it(`keeps, corrects and erases: ${look.name}`, async () => {
        nodeRed = await startNodeRed({ flows: flowOf() });
        const { page, problems, shoot } = await browser.open(address(''), look);
        await page.getByRole('button', { name: 'Keep crops from now on' }).click();
        await page.getByRole('button', { name: 'Keeping crops: stop' }).waitFor();
        for (const plate of ['AB12CDE', 'XY99ZZZ', 'FL4001']) await happened(plate);
        await page.locator('.crop').nth(2).waitFor();
        await page.waitForFunction(() => {
          const { document } = globalThis as unknown as {
            document: { querySelector(selector: string): { naturalWidth: number } | null };
          };
          return (document.querySelector('.crop img')?.naturalWidth ?? 0) > 100;
        });
        await shoot(`retraining ${look.name}`);
        const typing = page.locator('.crop input').nth(1);
        await typing.fill('XY 99 ZZ');
        await happened('LATE1');
        await page.locator('.crop').nth(3).waitFor();
        assert.ok(
          (
            await page.locator('.crop input').evaluateAll((all) => all.map((one) => (one as { value?: string }).value))
          ).includes('XY 99 ZZ'),
          'what is being typed stays',
        );
        await page.keyboard.press('Enter');
        await page.locator('#summary', { hasText: '4 kept, 1 of them checked' }).waitFor();
        await page.selectOption('#show', 'checked');
        await page.locator('.crop.checked input').waitFor();
        assert.equal(await page.locator('.crop.checked input').inputValue(), 'XY99ZZ');
        page.on('dialog', (dialog) => void dialog.accept('xy99zz'));
        await page.click('#erasePlate');
        await page.locator('#summary', { hasText: '3 kept, 0 of them checked' }).waitFor();
        await page.click('#eraseAll');
        await page.locator('#summary', { hasText: '0 kept' }).waitFor();
        assert.equal(fs.existsSync(folder), false);
        assert.deepEqual(problems, []);
      });
    }
  });
});

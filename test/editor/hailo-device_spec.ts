import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type http from 'node:http';
import { Catalogue } from '../../src/models/catalogue.js';
import { FileServer, serve } from '../support/file-server.js';
import { makeStub, skipWithoutCompiler, type Stub } from '../support/hailort-stub/stub.js';
import { hefBytes, sha256 } from '../support/pulled-model.js';
import { useEditor } from '../support/use-editor.js';

type Value = string | boolean;

const modelDirectory = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-dialog-models-'));
const device = (id: string, settings: object = {}) => ({
  id,
  type: 'alpr-hailo-device',
  // Not its id: Node-RED would take that for a reference to itself.
  name: '',
  backend: 'auto',
  runtime: 'auto',
  workers: '',
  modelDirectory: '',
  ...settings,
});
const flows = [
  { id: 'tab', type: 'tab', label: 'devices' },
  { id: 'note', type: 'comment', z: 'tab', name: 'devices', info: '', x: 100, y: 40, wires: [] },
  device('plain'),
  device('with-models', { modelDirectory }),
  device('no-library', { backend: 'hailo', hailoLibrary: path.join(modelDirectory, 'none', 'libhailort.so') }),
  device('wrong', { backend: 'hailo', hailoTimeout: 5 }),
];

/** Every setting, on the tab where it is, and a value that is not its default. */
const changes: Record<string, Value> = {
  name: 'shared',
  backend: 'hailo',
  hailoDevice: '0000:01:00.0',
  hailoLibrary: '/opt/hailo',
  hailoTimeout: '900',
  hailoService: true,
  hailoGroup: 'gate',
  workers: '3',
};

/** Which of these a back end shows. */
const rowsOfBackend: [string, string[]][] = [
  ['auto', ['hailoDevice', 'hailoLibrary', 'hailoTimeout', 'hailoService', 'runtime', 'workers']],
  ['cpu', ['runtime', 'workers']],
  ['hailo', ['hailoDevice', 'hailoLibrary', 'hailoTimeout', 'hailoService', 'workers']],
];

const refusals: [Record<string, Value>, string, RegExp][] = [
  [{ workers: '0.5' }, 'workers', /Workers: expected a number from 1 to 64 but received “0\.5”/],
  [{ hailoTimeout: '99' }, 'hailoTimeout', /Give up after: expected a number from 100 to 60000 but received “99”/],
  [{ hailoTimeout: '100.5' }, 'hailoTimeout', /Give up after: expected a whole number but received “100\.5”/],
  [{ hailoDevice: 'hailo0' }, 'hailoDevice', /Accelerator: expected a PCIe address like .* received “hailo0”/],
  [{ hailoService: true }, 'hailoGroup', /Group: expected a value but it is empty/],
  [{ hailoService: true, hailoGroup: 'UNIQUE' }, 'hailoGroup', /Group: expected a name of its own .*“UNIQUE”/],
];

const schedulerRefusals: [string, string, string, RegExp][] = [
  [
    'vehicles',
    'threshold',
    '0',
    /Scheduler, Vehicles, Frames at once: expected a number from 1 to 1024 but received “0”/,
  ],
  ['plates', 'timeoutMs', '-1', /Scheduler, Plates, Timeout \(ms\): expected a number from 0 to 60000/],
  ['text', 'priority', '32', /Scheduler, Text, Priority: expected a number from 0 to 31 but received “32”/],
  ['generic', 'priority', '1.5', /Scheduler, Other, Priority: expected a whole number but received “1\.5”/],
];

describe('The dialog of hailo-device in a real editor', function () {
  this.timeout(120_000);
  const fixture = useEditor(flows);
  const files = new FileServer();
  const bytes = hefBytes(600_000);
  /** Half of the file was sent; this sends the rest. */
  let sendRest: () => void = () => assert.fail('nobody asked for the file');

  before(async () => {
    await files.start();
    const own = { manifestVersion: 1, version: '1', licence: 'MIT', source: 'built in a test' };
    const { input, output } = new Catalogue().get('plateflow-plate');
    const entry = (file: string) => ({ file, url: `${files.url}/${file}`, size: bytes.length, sha256: sha256(bytes) });
    const models = {
      'far-away': { title: 'A model <far> away', task: 'plates', files: { onnx: entry('far-away.onnx') } },
      broken: { title: 'A damaged model', task: 'plates', files: { onnx: entry('broken.onnx') } },
      'by-hand': {
        title: 'A model to be built',
        description: 'Build it.',
        task: 'plates',
        files: { onnx: { file: 'by-hand.onnx' } },
      },
    };
    for (const [name, model] of Object.entries(models)) {
      const manifest = { ...own, name, ...model, input, output };
      fs.writeFileSync(path.join(modelDirectory, `${name}.json`), JSON.stringify(manifest));
    }
    fs.writeFileSync(path.join(modelDirectory, 'broken.onnx'), bytes.subarray(0, 1000));
  });
  after(async () => {
    await files.close();
    fs.rmSync(modelDirectory, { recursive: true, force: true });
  });
  afterEach(async () => {
    if (fixture.editor !== undefined) await fixture.editor.closeAllDialogs();
  });

  const open = (id: string): Promise<void> => fixture.editor.openConfigDialog('alpr-hailo-device', id);
  const close = (button: 'ok' | 'cancel'): Promise<void> => fixture.editor.closeDialog(button, true);
  const field = (property: string) => fixture.editor.page.locator(`#node-config-input-${property}`);
  const cell = (task: string, setting: string) =>
    fixture.editor.page.locator(`#alpr-scheduler input[data-task="${task}"][data-setting="${setting}"]`);
  async function showTab(label: string): Promise<void> {
    await fixture.editor.page.locator('#alpr-device-tabs a', { hasText: label }).click();
    // Node-RED takes another click that comes sooner for half of a double click.
    await fixture.editor.page.waitForTimeout(500);
  }

  async function set(property: string, value: Value): Promise<void> {
    if (typeof value === 'boolean') await field(property).setChecked(value);
    else if (property === 'backend' || property === 'runtime') await field(property).selectOption(value);
    else await field(property).fill(value);
    await field(property).blur();
  }

  it('saves every setting and shows it again', async () => {
    const { editor } = fixture;
    await open('plain');
    await set('runtime', 'wasm');
    for (const [property, value] of Object.entries(changes)) await set(property, value);
    await editor.page.click('#alpr-scheduler summary');
    await cell('plates', 'threshold').fill('5');
    await cell('plates', 'timeoutMs').fill('100');
    await cell('text', 'priority').fill('0');
    await showTab('Models');
    await set('modelDirectory', '/models');
    await close('ok');
    assert.deepEqual(await editor.validity('plain'), { valid: true, errors: [] });
    const expected: Record<string, unknown> = { ...changes, runtime: 'wasm', modelDirectory: '/models' };
    for (const [property, value] of Object.entries(expected)) {
      assert.equal(await editor.property('plain', property), value, `${property} as saved`);
    }
    const scheduler = { plates: { threshold: 5, timeoutMs: 100 }, text: { priority: 0 } };
    assert.deepEqual(await editor.property('plain', 'hailoScheduler'), scheduler);

    await open('plain');
    for (const [property, value] of Object.entries(expected)) {
      const shown = typeof value === 'boolean' ? field(property).isChecked() : field(property).inputValue();
      assert.equal(await shown, value, `${property} as shown`);
    }
    assert.equal(await cell('plates', 'timeoutMs').inputValue(), '100');
    assert.ok(await cell('plates', 'timeoutMs').isVisible(), 'a table with something in it is unfolded');
    assert.equal(await cell('generic', 'priority').getAttribute('placeholder'), 'default');
    await cell('text', 'priority').fill('');
    await close('ok');
    assert.deepEqual(await editor.property('plain', 'hailoScheduler'), { plates: { threshold: 5, timeoutMs: 100 } });
  });

  it('has a label and a tooltip for every setting, and no text that is missing', async () => {
    const { editor } = fixture;
    await open('plain');
    for (const property of [...Object.keys(changes), 'runtime', 'modelDirectory']) {
      const row = field(property).locator('xpath=ancestor::div[contains(@class,"form-row")]');
      assert.match((await row.locator('label span').textContent()) ?? '', /^[A-Z]/, property);
      if (property !== 'name') assert.match((await row.getAttribute('title')) ?? '', /^[A-Z]/, property);
    }
    for (const tab of ['Device', 'Models', 'Test']) {
      await showTab(tab);
      assert.doesNotMatch(await editor.page.locator('.alpr-form').innerText(), /alpr-hailo-device|__/);
    }
  });

  it('shows what concerns the back end, and says what it does', async () => {
    const { editor } = fixture;
    await open('with-models');
    const notes = new Set<string>();
    for (const [backend, expected] of rowsOfBackend) {
      await set('backend', backend);
      const properties = [
        'hailoDevice',
        'hailoLibrary',
        'hailoTimeout',
        'hailoService',
        'hailoGroup',
        'runtime',
        'workers',
      ];
      const visible: string[] = [];
      for (const property of properties) if (await field(property).isVisible()) visible.push(property);
      assert.deepEqual(visible, expected, backend);
      assert.equal(await editor.page.locator('#alpr-scheduler').isVisible(), backend !== 'cpu');
      notes.add(await editor.page.locator('#alpr-backend-note').innerText());
      await editor.screenshot(`editor/dialog-hailo-device-${backend}`, '.red-ui-tray');
    }
    assert.equal(notes.size, 3);
    await set('hailoService', true);
    assert.ok(await field('hailoGroup').isVisible());
  });

  for (const [values, property, reason] of refusals) {
    it(`refuses ${JSON.stringify(values)} and says why`, async () => {
      const { editor } = fixture;
      await open('with-models');
      for (const [name, value] of Object.entries({ hailoTimeout: '5000', hailoDevice: '', workers: '', ...values })) {
        await set(name, value);
      }
      assert.match((await field(property).getAttribute('class')) ?? '', /input-error/);
      await close('ok');
      const { valid, errors } = await editor.validity('with-models');
      assert.equal(valid, false);
      assert.match(errors.join('\n'), reason);
      await open('with-models');
      for (const [name, value] of Object.entries(values).reverse()) {
        await set(name, typeof value === 'boolean' ? false : name === 'hailoTimeout' ? '5000' : '');
      }
      await close('ok');
      assert.deepEqual(await editor.validity('with-models'), { valid: true, errors: [] });
    });
  }

  for (const [task, setting, value, reason] of schedulerRefusals) {
    it(`refuses “${value}” for the ${setting} of ${task} networks and says why`, async () => {
      const { editor } = fixture;
      await open('with-models');
      await editor.page
        .locator('#alpr-scheduler')
        .evaluate((section) => void ((section as unknown as { open: boolean }).open = true));
      await cell(task, setting).fill(value);
      assert.match((await cell(task, setting).getAttribute('class')) ?? '', /input-error/);
      assert.match((await cell(task, setting).getAttribute('title')) ?? '', reason);
      await close('ok');
      const { valid, errors } = await editor.validity('with-models');
      assert.equal(valid, false);
      assert.match(errors.join('\n'), reason);
      await open('with-models');
      await cell(task, setting).fill('');
      await close('ok');
      assert.deepEqual(await editor.validity('with-models'), { valid: true, errors: [] });
    });
  }

  it('asks nothing of the Hailo where the CPU computes', async () => {
    const { editor } = fixture;
    await open('with-models');
    await set('hailoTimeout', '1');
    await set('hailoService', true);
    await set('backend', 'cpu');
    await close('ok');
    assert.deepEqual(await editor.validity('with-models'), { valid: true, errors: [] });
    await open('with-models');
    await set('backend', 'auto');
    await set('hailoTimeout', '5000');
    await set('hailoService', false);
    await close('ok');
  });

  for (const width of [1500, 600]) {
    it(`stays within its width on every tab in a window of ${width} px`, async () => {
      const { page } = fixture.editor;
      await page.setViewportSize({ width, height: 1000 });
      try {
        await open('plain');
        await set('backend', 'hailo');
        await set('hailoService', true);
        for (const tab of ['Device', 'Models', 'Test']) {
          await showTab(tab);
          if (tab === 'Models') await page.locator('.alpr-model:visible').first().waitFor();
          const [wide, room] = await page.locator('#alpr-device-tabs-content').evaluate((content) => {
            const { scrollWidth, clientWidth } = content as unknown as { scrollWidth: number; clientWidth: number };
            return [scrollWidth, clientWidth];
          });
          assert.ok(wide! <= room!, `${tab}: ${wide} px in ${room} px`);
          await fixture.editor.screenshot(`editor/dialog-hailo-device-${tab}-${width}`, '.red-ui-tray');
        }
      } finally {
        await page.setViewportSize({ width: 1500, height: 1000 });
      }
    });
  }

  describe('tests the device:', () => {
    let stub: Stub | undefined;
    after(() => stub?.remove());
    const findings = () => fixture.editor.page.locator('#alpr-device-findings li');

    async function test(id: string): Promise<void> {
      const { page } = fixture.editor;
      await open(id);
      await showTab('Test');
      await page.click('#alpr-device-test');
      await page.locator('#alpr-device-test:not([disabled])').waitFor({ timeout: 60_000 });
    }

    it('one that is not deployed is to be deployed first', async () => {
      const { editor } = fixture;
      await editor.page.evaluate((node) => {
        const { RED } = globalThis as unknown as { RED: { nodes: { import(nodes: object[]): void } } };
        RED.nodes.import([node]);
      }, device('fresh'));
      await test('fresh');
      assert.deepEqual(await findings().allInnerTexts(), [
        'This device is not deployed yet: deploy first, then test it.',
      ]);
    });

    it('lists what was found, with a sign, and what to do about it', async () => {
      const { editor } = fixture;
      await test('no-library');
      assert.ok((await editor.page.locator('.alpr-ok[data-finding="system"] .fa-check-circle').count()) === 1);
      const library = editor.page.locator('[data-finding="library"]');
      assert.match(await library.innerText(), /libhailort/);
      assert.ok((await editor.page.locator('.alpr-fix').allInnerTexts()).every((text) => text.trim() !== ''));
      await editor.screenshot('editor/dialog-hailo-device-test', '.red-ui-tray');
    });

    it('names settings that make no device', async () => {
      await test('wrong');
      const [text, ...more] = await findings().allInnerTexts();
      assert.match(text!, /Expected a whole number from 100 to 60000 for hailoTimeout but received 5/);
      assert.deepEqual(more, []);
      assert.equal(await fixture.editor.page.locator('#alpr-device-findings .fa-times-circle').count(), 1);
    });

    it('says so when Node-RED does not answer, or may not', async () => {
      const { page } = fixture.editor;
      for (const [status, reason] of [
        [500, /Node-RED did not answer as expected \(500\)/],
        [401, /needs the permission hailo-alpr\.write/],
      ] as const) {
        await page.route('**/hailo-alpr/doctor', (route) => route.fulfill({ status, body: '' }));
        await test('plain');
        assert.match(await findings().innerText(), reason);
        await page.unroute('**/hailo-alpr/doctor');
        await close('cancel');
      }
    });

    it('finds library and chip through the deployed settings', async function () {
      skipWithoutCompiler(this);
      stub = makeStub({ version: '4.23.0' });
      const { nodeRed } = fixture;
      await nodeRed.deploy([...flows, device('stubbed', { backend: 'hailo', hailoLibrary: stub.path })]);
      const editor = await fixture.reopen();
      await test('stubbed');
      assert.match(await editor.page.locator('[data-finding="library"]').innerText(), /4\.23\.0/);
      assert.match((await findings().allInnerTexts()).join('\n'), /0000:01:00\.0/);
      await editor.screenshot('editor/dialog-hailo-device-found', '.red-ui-tray');
    });
  });

  describe('lists models:', () => {
    const line = (model: string) => fixture.editor.page.locator(`[data-file="${model}/onnx"]`);
    const button = (model: string, label: string) => line(model).locator('.red-ui-button', { hasText: label });

    async function openModel(name: string): Promise<void> {
      await open('with-models');
      await showTab('Models');
      await fixture.editor.page.locator(`[data-model="${name}"] summary`).click();
    }

    /** Half of the file now, the rest when `sendRest` is called. */
    function answerInHalves(): void {
      files.answer((_: http.IncomingMessage, response: http.ServerResponse) => {
        response.writeHead(200, { 'Content-Length': bytes.length });
        response.write(bytes.subarray(0, 300_000));
        sendRest = () => void response.end(bytes.subarray(300_000));
      });
    }

    it('those of the package and of the folder, with their files, their state and who may use them', async () => {
      const { page } = fixture.editor;
      await openModel('far-away');
      const entry = page.locator('[data-model="far-away"]');
      assert.equal(await entry.locator('.alpr-model-title').innerText(), 'A model <far> away');
      assert.equal(await entry.locator('.alpr-model-facts').innerText(), 'far-away · MIT');
      assert.match(await line('far-away').innerText(), /CPU\s+not here, 0\.6 MB\s+Download/);
      assert.equal(await page.locator('[data-file="plateflow-plate/onnx"]').getAttribute('data-state'), 'shipped');
      await page.locator('[data-model="broken"] summary').click();
      assert.match(await line('broken').innerText(), /damaged/);
      await page.locator('[data-model="by-hand"] summary').click();
      assert.match(await line('by-hand').innerText(), /no address to fetch it from: put by-hand\.onnx beside/);
      assert.equal(await button('by-hand', 'Download').count(), 0);
      const listed = await page
        .locator('.alpr-model')
        .evaluateAll((all) =>
          (all as unknown as { getAttribute(name: string): string }[]).map((one) => one.getAttribute('data-model')),
        );
      const names = new Catalogue([modelDirectory]).list().map(({ name }) => name);
      assert.deepEqual(listed.sort(), names.sort());
      await fixture.editor.screenshot('editor/dialog-hailo-device-models', '.red-ui-tray');
    });

    it('fetches a file with a bar that fills, and can be stopped', async () => {
      const { editor } = fixture;
      answerInHalves();
      await openModel('far-away');
      await button('far-away', 'Download').click();
      await editor.page.waitForFunction(() => {
        const { document } = globalThis as unknown as {
          document: { querySelector(path: string): { value: number } | null };
        };
        return Math.abs((document.querySelector('[data-file="far-away/onnx"] progress')?.value ?? 0) - 0.5) < 0.01;
      });
      assert.match(await line('far-away').innerText(), /0\.3 MB\s+Cancel/);
      await editor.screenshot('editor/dialog-hailo-device-download', '.red-ui-tray');
      await button('far-away', 'Cancel').click();
      await line('far-away').getByText('Cancelled; what came so far is kept').waitFor();
      assert.equal(await line('far-away').getAttribute('data-state'), 'missing');
    });

    it('tells why a file could not be fetched', async () => {
      files.answer((_, response) => void response.writeHead(410).end());
      await openModel('far-away');
      await button('far-away', 'Download').click();
      const reason = line('far-away').locator('.alpr-fix.alpr-error');
      await reason.waitFor();
      assert.match(await reason.innerText(), /410/);
      await button('far-away', 'Download').waitFor();
    });

    it('goes on while the dialog is closed, and shows the file as there in the end', async () => {
      answerInHalves();
      await openModel('far-away');
      await button('far-away', 'Download').click();
      await line('far-away').locator('progress').waitFor();
      await close('cancel');
      await openModel('far-away');
      await line('far-away').locator('progress').waitFor();
      sendRest();
      await fixture.editor.page.locator('[data-file="far-away/onnx"][data-state="downloaded"]').waitFor();
      assert.equal(await button('far-away', 'Download').count(), 0);
      const fetched = path.join(fixture.nodeRed.userDirectory, 'alpr-models', 'far-away.onnx');
      assert.ok(fs.readFileSync(fetched).equals(bytes));
    });

    it('fetches a damaged file anew', async () => {
      files.answer(serve(bytes));
      await openModel('broken');
      await button('broken', 'Download').click();
      await fixture.editor.page.locator('[data-file="broken/onnx"][data-state="downloaded"]').waitFor();
    });

    it('shows a file as there that came before anybody could look', async () => {
      const { page } = fixture.editor;
      fs.writeFileSync(
        path.join(fixture.nodeRed.userDirectory, 'alpr-models', 'far-away.onnx'),
        bytes.subarray(0, 1000),
      );
      files.answer(serve(bytes));
      await openModel('far-away');
      const jobs = '**/hailo-alpr/models/pulls';
      await page.route(jobs, async (route) => {
        for (;;) {
          const answer = await route.fetch();
          const listed = (await answer.json()) as { name: string; state: string }[];
          const job = listed.find(({ name }) => name === 'far-away');
          if (job?.state === 'done') {
            await route.fulfill({ response: answer });
            return;
          }
        }
      });
      await button('far-away', 'Download').click();
      await page.locator('[data-file="far-away/onnx"][data-state="downloaded"]').waitFor();
      await page.unroute(jobs);
    });

    it('says so when it cannot look', async () => {
      const { page } = fixture.editor;
      await page.route('**/hailo-alpr/model-files**', (route) =>
        route.fulfill({ status: 500, body: '{"error":"no disk"}' }),
      );
      await open('plain');
      await showTab('Models');
      await page.locator('#alpr-model-files').getByText('no disk').waitFor();
      await page.unroute('**/hailo-alpr/model-files**');
    });
  });

  it('opens and closes without an error in the page', () => {
    assert.deepEqual(fixture.editor.problems, []);
  });
});

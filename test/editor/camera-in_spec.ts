import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { basicLogin, CameraServer, picture } from '../support/camera-server.js';
import { Editor } from '../support/editor-browser.js';
import { packageRoot } from '../support/node-red-process.js';
import { useEditor } from '../support/use-editor.js';

const SECRET = 'p@ss/w#rd';
const node = (id: string, settings: object): object => ({
  ...{
    id,
    type: 'alpr-camera-in',
    z: 'tab',
    name: id,
    camera: '',
    source: 'message',
    path: '',
    fps: '',
    pace: 'recorded',
  },
  ...{ loop: false, autostart: false, ffmpeg: '', inFlight: 3, maxMegapixels: 64, x: 300, y: 100, wires: [[], []] },
  ...settings,
});
const flows = [
  { id: 'tab', type: 'tab', label: 'cameras' },
  // As flows were before these settings existed.
  node('old', { source: 'video', path: '/cars.mp4', wires: [[]] }),
  node('rtsp', { source: 'rtsp' }),
  node('own', { source: 'ffmpeg' }),
  node('snap', { source: 'snapshot' }),
  node('video', { source: 'video', path: path.join(packageRoot, 'samples', 'road.mp4') }),
];

/** What another dialog draws on while the flow runs. */
const running = [
  node('running', { source: 'sample', autostart: true, loop: true, fps: 2, wires: [['out'], []] }),
  {
    ...{
      id: 'out',
      type: 'alpr-plate-out',
      z: 'tab',
      name: '',
      minConfidence: 0.7,
      minReads: 2,
      minLength: 4,
      format: '',
    },
    ...{ dedupeSeconds: 30, provisional: true, line: '', zones: '', x: 500, y: 100, wires: [[], []] },
  },
];

describe('The dialog of camera-in', function () {
  this.timeout(60_000);
  const fixture = useEditor([...flows, ...running]);
  const camera = new CameraServer();
  const samples = path.join(packageRoot, 'samples', 'pictures');
  const jpeg = fs.readFileSync(path.join(samples, fs.readdirSync(samples).filter((name) => name.endsWith('.jpg'))[0]!));

  before(async () => {
    await camera.start();
    camera.on('/snap.jpg', basicLogin('admin', SECRET, picture(jpeg)));
    camera.on('/silent.jpg', () => undefined);
  });
  after(() => camera.close());
  afterEach(async () => {
    if (fixture.editor !== undefined) await fixture.editor.closeAllDialogs();
  });

  const page = (): Editor['page'] => fixture.editor.page;
  const field = (property: string) => page().locator(`#node-input-${property}`);
  const facts = () => page().locator('.alpr-camera-facts');
  const testButton = () => page().locator('#alpr-camera-test-button');

  /** Pastes into a field, as from another window. */
  async function paste(property: string, text: string): Promise<void> {
    await field(property).focus();
    await page().evaluate((pasted) => {
      const { document } = globalThis as unknown as { document: { activeElement: { value: string; dispatchEvent(event: object): void } } }; // prettier-ignore
      const { Event } = globalThis as unknown as { Event: new (name: string, options: object) => object };
      document.activeElement.value = pasted;
      for (const name of ['paste', 'input']) document.activeElement.dispatchEvent(new Event(name, { bubbles: true }));
    }, text);
  }
  const login = async (): Promise<string[]> => [await field('user').inputValue(), await field('password').inputValue()];

  it('shows flows from before with the defaults, folded, and leaves them valid', async () => {
    const { editor } = fixture;
    assert.deepEqual(await editor.validity('old'), { valid: true, errors: [] });
    await editor.openDialog('old');
    const open = await page().locator('#dialog-form details').evaluateAll((sections) => (sections as unknown as { open: boolean }[]).map((section) => section.open)); // prettier-ignore
    assert.deepEqual(open, [false, false, false]);
    const values = await Promise.all(['transport', 'hwaccel', 'timeout', 'motionHold', 'watchFiles', 'interval'].map((property) => field(property).inputValue())); // prettier-ignore
    assert.deepEqual(values, ['tcp', 'none', '10', '5', 'keep', '1']);
    await editor.closeDialog('ok');
    assert.deepEqual(await editor.validity('old'), { valid: true, errors: [] });
  });

  it('moves user and password out of a pasted address at once', async () => {
    await fixture.editor.openDialog('rtsp');
    const cases: [string, string, string, string][] = [
      ['rtsp://admin:secret@10.0.0.5:554/h264/ch1', 'rtsp://10.0.0.5:554/h264/ch1', 'admin', 'secret'],
      ['rtsp://admin:p%40ss@cam.lan/a?b=c', 'rtsp://cam.lan/a?b=c', 'admin', 'p@ss'],
      ['rtsp://admin:p@ss@cam.lan/', 'rtsp://cam.lan/', 'admin', 'p@ss'],
      // As they stand on the camera's sticker, not as an address wants them.
      [`rtsp://admin:${SECRET}@10.0.0.5/live`, 'rtsp://10.0.0.5/live', 'admin', SECRET],
      ['rtsp://admin:100%@[fe80::1]:554/x', 'rtsp://[fe80::1]:554/x', 'admin', '100%'],
    ];
    for (const [pasted, address, user, password] of cases) {
      await paste('url', pasted);
      await page().waitForFunction((expected) => {
        const { document } = globalThis as unknown as { document: { querySelector(selector: string): { value: string } } }; // prettier-ignore
        return document.querySelector('#node-input-url').value === expected;
      }, address);
      assert.deepEqual(await login(), [user, password], pasted);
    }
    await page().getByText('User and password were moved out of the address').waitFor();
    await fixture.editor.screenshot('editor/camera-in-moved', '.red-ui-tray');
    // The @ of a path is none of a login.
    await paste('url', 'rtsp://cam.lan/live/a@b');
    await field('url').blur();
    assert.equal(await field('url').inputValue(), 'rtsp://cam.lan/live/a@b');
    assert.deepEqual(await login(), ['admin', '100%']);
  });

  it('keeps a login out of the flow, however it is typed, and the main stream’s, too', async () => {
    const { editor, nodeRed } = fixture;
    await editor.openDialog('rtsp');
    await page().locator('#alpr-camera-detail summary').click();
    await field('detailUrl').fill(`rtsp://admin:${SECRET}@10.0.0.5/main`);
    // Saved from within the field.
    await field('url').fill(`rtsp://admin:${SECRET}@10.0.0.5/sub`);
    await page().keyboard.press('Control+Enter');
    await page().waitForSelector('#node-dialog-ok', { state: 'detached' });
    assert.deepEqual(await editor.validity('rtsp'), { valid: true, errors: [] });
    assert.equal(await editor.property('rtsp', 'url'), 'rtsp://10.0.0.5/sub');
    assert.equal(await editor.property('rtsp', 'detailUrl'), 'rtsp://10.0.0.5/main');
    const exported = await page().evaluate(() => {
      const { RED } = globalThis as unknown as { RED: { nodes: { createExportableNodeSet(nodes: object[]): object; node(id: string): object } } }; // prettier-ignore
      return JSON.stringify(RED.nodes.createExportableNodeSet([RED.nodes.node('rtsp')]));
    });
    await editor.deploy();
    const stored = fs.readFileSync(path.join(nodeRed.userDirectory, 'flows.json'), 'utf8');
    const answer = await (await fetch(`${nodeRed.url}flows`)).text();
    for (const text of [exported, stored, answer]) {
      assert.ok(text.includes('rtsp://10.0.0.5/sub'));
      for (const secret of [SECRET, encodeURIComponent(SECRET), 'admin']) assert.ok(!text.includes(secret), secret);
    }
    await editor.openDialog('rtsp');
    assert.deepEqual(await login(), ['admin', '__PWRD__']);
  });

  it('warns of what it cannot keep out', async () => {
    await fixture.editor.openDialog('own');
    await field('arguments').fill(`-rtsp_transport tcp -i rtsp://admin:${SECRET}@10.0.0.5/live`);
    await page().getByText('It becomes part of the flow and can be read by every user').waitFor();
    await fixture.editor.closeDialog('cancel');
    await fixture.editor.openDialog('snap');
    await field('url').fill('http://10.0.0.5/cgi-bin/api.cgi?cmd=Snap&user=admin&password=x');
    await page().getByText('says a password or token behind its').waitFor();
    await field('url').fill('http://10.0.0.5/snapshot.jpg?channel=1');
    assert.equal(await page().locator('#alpr-camera-address-note').innerText(), '');
  });

  it('refuses an address of another kind, and one with a login that came with an imported flow', async () => {
    const { editor } = fixture;
    await editor.openDialog('rtsp');
    for (const [address, good] of [
      ['http://cam.lan/', false],
      ['cam.lan/live', false],
      ['rtsp://cam.lan:70000000/', false],
      ['rtsps://cam.lan/', true],
      ['${CAMERA}', true],
    ] as const) {
      // prettier-ignore
      await field('url').fill(address);
      await field('url').blur();
      assert.equal(await page().locator('#node-input-url.input-error').count(), good ? 0 : 1, address);
    }
    await editor.closeDialog('cancel');
    const valid = await page().evaluate(
      (imported) => {
        const { RED } = globalThis as unknown as { RED: { nodes: { import(nodes: object[]): unknown; node(id: string): { valid: boolean } }; editor: { validateNode(node: object): boolean } } }; // prettier-ignore
        RED.nodes.import([imported]);
        return RED.editor.validateNode(RED.nodes.node('imported'));
      },
      node('imported', { source: 'rtsp', url: 'rtsp://a:b@cam.lan/' }),
    );
    assert.equal(valid, false);
  });

  it('tests a camera with what is typed, and draws areas on what it sees', async () => {
    const { editor } = fixture;
    await editor.openDialog('snap');
    await field('url').fill(camera.url('/snap.jpg'));
    await field('user').fill('admin');
    await field('password').fill(SECRET);
    await testButton().click();
    await page().locator('.alpr-camera-picture img').waitFor();
    await facts()
      .getByText(/^\d+ × \d+ · .*after \d+\.\d s$/)
      .waitFor();
    assert.equal((await page().locator('body').innerText()).includes(SECRET), false);
    await page().locator('#alpr-camera-areas summary').click();
    const drawing = page().locator('.alpr-areas-picture');
    await drawing.locator('image').waitFor();
    await drawing.scrollIntoViewIfNeeded();
    const click = async (x: number, y: number): Promise<void> => {
      const box = (await drawing.boundingBox())!;
      await page().mouse.click(box.x + x * box.width, box.y + y * box.height);
    };
    for (const [name, points] of [
      [
        'Area',
        [
          [0.1, 0.4],
          [0.9, 0.4],
          [0.9, 0.95],
          [0.1, 0.95],
        ],
      ],
      [
        'Mask',
        [
          [0.02, 0.02],
          [0.3, 0.02],
          [0.3, 0.3],
        ],
      ],
    ] as const) {
      // prettier-ignore
      await page().getByRole('button', { name, exact: true }).click();
      for (const [x, y] of points) await click(x, y);
      await page().getByRole('button', { name: 'Finish' }).click();
    }
    assert.match(await field('regions').inputValue(), /^area 1: 0\.\d+,0\.\d+( 0\.\d+,0\.\d+){3}$/);
    assert.match(await field('masks').inputValue(), /^mask 1: 0\.\d+,0\.\d+( 0\.\d+,0\.\d+){2}$/);
    await editor.screenshot('editor/camera-in-areas', '.red-ui-tray');
    await testButton().scrollIntoViewIfNeeded();
    await editor.screenshot('editor/camera-in-still', '.red-ui-tray');
    await editor.closeDialog('ok');
    await editor.deploy();
  });

  it('tests with the saved password without telling the browser, and not at another host', async () => {
    const { editor } = fixture;
    const sent: string[] = [];
    page().on('request', (request) => sent.push(request.postData() ?? ''));
    await editor.openDialog('snap');
    assert.equal(await field('password').inputValue(), '__PWRD__');
    await testButton().click();
    await page().locator('.alpr-camera-picture img').waitFor();
    assert.equal(sent.filter((body) => body.includes('savedPassword')).length, 1);
    assert.ok(!sent.some((body) => body.includes(SECRET)));
    camera.requests.length = 0;
    await field('url').fill(camera.url('/snap.jpg', 'localhost'));
    await testButton().click();
    await facts()
      .getByText(/password to be typed again/)
      .waitFor();
    assert.equal(camera.requests.length, 0);
    assert.equal(await page().locator('.alpr-camera-picture').isVisible(), false);
  });

  it('says why there is no picture', async () => {
    const { editor } = fixture;
    await editor.openDialog('snap');
    await field('password').fill('wrong-one');
    await testButton().click();
    const error = page().locator('.alpr-camera-facts.alpr-error');
    await error.waitFor();
    assert.doesNotMatch(await error.innerText(), /wrong-one/);
    await editor.screenshot('editor/camera-in-error', '.red-ui-tray');
    await field('url').fill('http://127.0.0.1:1/snap.jpg');
    await field('password').fill('');
    await testButton().click();
    await error.getByText(/127\.0\.0\.1/).waitFor();
  });

  it('ends a test by its button, and with the dialog', async () => {
    const { editor } = fixture;
    await editor.openDialog('snap');
    await field('url').fill(camera.url('/silent.jpg'));
    await field('timeout').fill('60');
    for (const end of [() => page().locator('#alpr-camera-test-cancel').click(), () => editor.closeDialog('cancel')]) {
      const asked = camera.requests.length;
      await testButton().click();
      await facts().getByText('Waiting for a picture').waitFor();
      while (camera.requests.length === asked) await page().waitForTimeout(20);
      await end();
      await camera.empty();
    }
  });

  it('tests a video by its first frame', async () => {
    await fixture.editor.openDialog('video');
    await testButton().click();
    await facts()
      .getByText(/^1920 × 1080 · .*after/)
      .waitFor();
  });

  it('gives its picture, while the node runs, to the dialogs of nodes behind it', async () => {
    await fixture.editor.openDialog('out');
    await page().locator('#alpr-plate-out-direction summary').click();
    await page().locator('.alpr-areas-picture image').waitFor();
    assert.equal(await page().locator('.alpr-areas-camera select').inputValue(), 'running');
    await fixture.editor.closeDialog('cancel');
    await fixture.editor.openDialog('running');
    await page().locator('#alpr-camera-areas summary').click();
    await page().locator('.alpr-areas-picture image').waitFor();
  });

  it('lists the USB cameras and what they can send', async () => {
    const { editor } = fixture;
    const cameras = [{ device: '/dev/v4l/by-id/usb-cam', node: '/dev/video2', name: 'USB <b>Camera</b>' }];
    const modes = [{ mode: '1920x1080@30 mjpeg' }, { mode: '640x480@30 yuyv422' }];
    await page().route('**/cameras/usb', (route) => route.fulfill({ json: cameras }));
    await page().route('**/cameras/usb/modes?*', (route) => route.fulfill({ json: modes }));
    await editor.openDialog('own');
    await field('source').selectOption('usb');
    await page().getByText('Found: USB <b>Camera</b> (/dev/video2)').waitFor();
    assert.equal(await field('device').inputValue(), '/dev/v4l/by-id/usb-cam');
    await page().getByText('2 modes are in the list').waitFor();
    assert.equal(await page().locator('#alpr-camera-modes option').count(), 2);
    await editor.screenshot('editor/camera-in-usb', '.red-ui-tray');
    await page().unroute('**/cameras/usb');
    await page().unroute('**/cameras/usb/modes?*');
  });

  it('is legible in the dark and in a narrow window', async () => {
    const dark = await Editor.open(fixture.browser, fixture.nodeRed.url, true);
    try {
      for (const id of ['rtsp', 'snap']) {
        await dark.openDialog(id);
        if (id === 'snap') {
          await dark.page.locator('#alpr-camera-test-button').click();
          await dark.page.locator('.alpr-camera-picture img').waitFor();
        }
        await dark.screenshot(`editor/camera-in-${id}-dark`, '.red-ui-tray');
        await dark.closeAllDialogs();
      }
      await dark.page.setViewportSize({ width: 800, height: 900 });
      await dark.openDialog('snap');
      await dark.screenshot('editor/camera-in-narrow');
      assert.doesNotMatch(await dark.page.locator('.alpr-form').innerText(), /alpr-|__/);
      assert.deepEqual(dark.problems, []);
    } finally {
      await dark.page.close();
    }
  });

  it('has help for every setting', async () => {
    interface HelpWindow {
      RED: {
        actions: { invoke(name: string): void };
        sidebar: { help: { show(type: string): void } };
      };
    }
    await page().evaluate(() => {
      const { RED } = globalThis as unknown as HelpWindow;
      RED.actions.invoke('core:show-help-tab');
      RED.sidebar.help.show('alpr-camera-in');
    });
    const help = page().locator('.red-ui-help').filter({ hasText: 'Paint over' }).first();
    await help.waitFor();
    await fixture.editor.screenshot('editor/help-camera-in');
    const texts = JSON.parse(
      fs.readFileSync(path.join(packageRoot, 'nodes/camera-in/locales/en-US/camera-in.json'), 'utf8'),
    ) as { 'alpr-camera-in': { label: Record<string, string> } };
    const terms = (await help.locator('dt').allInnerTexts()).join('\n');
    for (const label of Object.values(texts['alpr-camera-in'].label)) assert.ok(terms.includes(label), label);
  });

  it('opens and closes without an error in the page or in the log', () => {
    assert.deepEqual(fixture.editor.problems, []);
    assert.ok(!fixture.nodeRed.log().includes(SECRET));
  });
});

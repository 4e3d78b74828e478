import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Catalogue } from '../../src/models/catalogue.js';
import { packageRoot } from '../support/node-red-process.js';
import { useEditor } from '../support/use-editor.js';

type Value = string | boolean;

/** Per node: every setting and a value that is not its default. */
const changes: Record<string, Record<string, Value>> = {
  'camera-in': {
    name: 'gate camera',
    camera: 'gate',
    source: 'rtsp',
    url: 'rtsp://192.168.1.10:554/stream2',
    transport: 'udp',
    detailUrl: 'rtsp://192.168.1.10:554/stream1',
    detailOffset: '-200',
    fps: '7.5',
    autostart: false,
    hwaccel: 'vaapi',
    hwDevice: '/dev/dri/renderD129',
    maxWidth: '1280',
    motion: true,
    motionShare: '2',
    motionHold: '8',
    idleInterval: '60',
    regions: 'drive: 0.1,0.5 0.9,0.5 0.5,1',
    masks: 'window: 0,0 0.2,0 0,0.2\ndoor: 0.8,0 1,0 1,0.2',
    timeout: '30',
    inFlight: '5',
    maxMegapixels: '20',
    ffmpeg: '/opt/ffmpeg',
    // Of other sources: kept, although this one does not show them.
    path: '/videos/cars.mp4',
    pace: 'fast',
    loop: true,
    device: '/dev/video2',
    mode: '1280x720@15 mjpeg',
    arguments: '-f lavfi -i testsrc',
    interval: '2.5',
    watchFiles: 'delete',
    watchExisting: true,
  },
  'vehicle-detect': { name: 'v', model: 'plateflow-vehicle', confidence: '0.55', iou: '0.6', inputSize: '416' },
  tracker: {
    name: 't',
    track: 'plates',
    iouThreshold: '0.3',
    keepLostMs: '900',
    silenceMs: '8000',
    settleReads: '4',
    settleConfidence: '0.8',
    rereadGrowth: '2.5',
    newIouThreshold: '0.1',
    kalmanDistance: '0.15',
    keepTrackedFrames: '4',
    keepNewFrames: '2',
    keepLostFrames: '9',
  },
  'plate-detect': {
    name: 'p',
    model: 'plateflow-plate',
    where: 'auto',
    frameEvery: '9',
    looks: 'two',
    minVehicleArea: '40000',
    minVehicleBottom: '0.75',
    wholeVehicles: true,
    confidence: '0.3',
    iou: '0.4',
    inputSize: '640',
  },
  'blur-gate': { name: 'b', minSharpness: '63', minWidth: '40', minHeight: '12' },
  'lprnet-read': {
    name: 'r',
    model: 'plateflow-reader',
    minConfidence: '0.6',
    minLength: '5',
    secondLook: 'always',
    candidates: '7',
    formats: 'DE, US-CA',
  },
  'hailo-infer': {
    name: 'i',
    model: 'plateflow-reader',
    on: 'plates',
    confidence: '0.25',
    inputSize: '320',
    property: 'result.texts',
  },
  overlay: {
    name: 'o',
    showVehicles: false,
    showPlates: false,
    showText: false,
    trails: false,
    lastPlates: true,
    caption: true,
    debug: true,
    zones: 'drive: 0.1,0.5 0.9,0.5 0.5,1\nyard: 0,0 1,0 1,.5',
    line: '0.1,0.6 0.9,0.6',
    inSide: 'above',
    blur: 'strangers',
    readable: 'AB 123\nCD-45',
    blurWindscreens: true,
    maxWidth: '800',
    quality: '65',
    previewWidth: '320',
    // These hide what depends on them.
    showHere: false,
    preview: false,
  },
  'plate-out': {
    name: 'out',
    minConfidence: '0.8',
    minReads: '3',
    minLength: '6',
    format: '^[A-Z]{2}\\d{4}$',
    dedupeSeconds: '5',
    provisional: false,
    // In this order: a choice hides the fields that it makes useless.
    closer: 'out',
    line: '0.1,0.6 0.9,0.7',
    inSide: 'above',
    zones: 'gate: 0.4,0.4 0.6,0.4 0.6,0.6\ndrive: 0,0 1,0 1,1 0,1',
    imagePlate: true,
    imageVehicle: true,
    imageFrame: true,
    imageQuality: '70',
    imageMaxWidth: '640',
    imageBase64: true,
    shape: 'frigate',
    privacy: 'hash-unless-listed',
    hashDays: '7',
    listed: 'AB 123 CD\nXY 999 ZZ',
    listFile: '/lists/plates.csv',
  },
  parking: {
    name: 'p',
    entryCameras: 'front, side',
    exitCameras: 'back',
    capacity: '40',
    file: '/data/park.jsonl',
    distance: '0.5',
    repeatSeconds: '30',
    keepDays: '7',
    maxStayDays: '14',
  },
  'home-assistant': {
    name: 'ha',
    base: 'home/plates',
    prefix: 'ha',
    retain: false,
    lastPlate: false,
    images: false,
    readsToday: false,
    diagnostics: false,
    plates: 'AB12 CDE = Bakery van\nXY 9',
    seenSeconds: '30',
    silenceSeconds: '20',
    reportSeconds: '15',
  },
  outbox: {
    name: 'o',
    folder: '/data/outbox',
    maxMessages: '500',
    maxMegabytes: '20',
    maxAgeHours: '12.5',
    latestRetained: true,
    inFlight: '4',
    answerSeconds: '10',
    retrySeconds: '0.5',
    maxRetrySeconds: '60',
    maxUnanswered: '0',
    sign: true,
  },
};

/** Values that must be refused, and what the reason must say. */
const refusals: [string, string, string, RegExp][] = [
  ['camera-in', 'inFlight', '0', /In flow at once: expected a number from 1 to 64 but received “0”/],
  ['camera-in', 'inFlight', '2.5', /In flow at once: expected a whole number but received “2.5”/],
  ['camera-in', 'maxMegapixels', '', /Largest picture: expected a value but it is empty/],
  ['camera-in', 'regions', 'drive: 0,0 1,1', /Look here: expected a name, a colon and at least three points/],
  ['camera-in', 'masks', '{"a": [', /Paint over: expected JSON but received broken JSON/],
  ['vehicle-detect', 'confidence', '1.2', /Min\. confidence: expected a number from 0 to 1 but received “1\.2”/],
  ['plate-detect', 'frameEvery', '0', /Whole frame every: expected a number from 1 to 1000/],
  ['tracker', 'keepLostMs', '-1', /Keep unseen: expected a number of at least 0 but received “-1”/],
  ['tracker', 'keepNewFrames', '1.5', /New leaves after: expected a whole number but received “1\.5”/],
  ['tracker', 'kalmanDistance', '2', /Distance cap: expected a number from 0 to 1 but received “2”/],
  ['blur-gate', 'minSharpness', '', /Min\. sharpness: expected a value/],
  ['lprnet-read', 'candidates', '21', /Candidates: expected a number from 1 to 20/],
  ['lprnet-read', 'formats', 'DE, Bavaria', /Countries: expected codes such as DE or US-CA but received “BAVARIA”/],
  ['hailo-infer', 'property', ' ', /Result in msg\.: expected a value/],
  ['overlay', 'quality', '101', /JPEG quality: expected a number from 1 to 100/],
  ['overlay', 'previewWidth', '79', /Its width: expected a number from 80 to 1000/],
  ['overlay', 'zones', 'drive: 0.1,0.5 0.9,0.5', /Zones: expected a name, a colon and at least three points/],
  ['overlay', 'zones', '{"drive": [[0.1,', /Zones: expected JSON but received broken JSON/],
  ['overlay', 'line', '0.1,0.6 0.9,60', /Line: expected two points .* but received “0\.1,0\.6 0\.9,60”/],
  ['home-assistant', 'base', 'home/#', /Base topic: expected a topic without wildcards .* but received “home\/#”/],
  ['home-assistant', 'plates', 'AB12\n--- = nobody', /expected a plate of 1 to 20 letters and digits in line 2/],
  ['outbox', 'inFlight', '0', /On the way: expected a number from 1 to 100 but received “0”/],
  ['outbox', 'maxAgeHours', '', /Keep for: expected a value but it is empty/],
  ['parking', 'capacity', '0', /Spaces: expected a number from 1 to 100000 but received “0”/],
  ['parking', 'distance', '3', /Distance: expected a number from 0 to 2/],
  ['plate-out', 'format', '[A-Z', /Format: expected a regular expression but received “\[A-Z”/],
  ['plate-out', 'line', '10,20 30,40', /Line: expected two points like .* but received “10,20 30,40”/],
  ['plate-out', 'line', '0.5,0.1 0.5,0.9', /Line: expected a line with a side that is below the line but received/],
  ['plate-out', 'zones', 'gate: 0,0 1,1', /Zones: expected a name, a colon and at least three points .* for zone 1/],
];

/** Settings of camera-in that some sources do not have, as the dialog orders them. */
const ofSources = [
  ...['path', 'url', 'device', 'mode', 'arguments', 'user', 'password', 'transport', 'interval', 'pace', 'fps', 'loop'],
  ...[
    'autostart',
    'watchFiles',
    'watchExisting',
    'hwaccel',
    'hwDevice',
    'maxWidth',
    'detailUrl',
    'detailOffset',
    'motion',
  ],
  ...['motionShare', 'timeout', 'inFlight', 'ffmpeg'],
];
/** Those of them that it shows for a source. */
const rowsOfSource: [string, string[]][] = [
  ['message', []],
  ['rtsp', ['url', 'user', 'password', 'transport', 'fps', 'autostart', 'hwaccel', 'maxWidth', 'detailUrl', 'motion', 'timeout', 'inFlight', 'ffmpeg']], // prettier-ignore
  ['mjpeg', ['url', 'user', 'password', 'fps', 'autostart', 'maxWidth', 'motion', 'timeout', 'inFlight']],
  ['snapshot', ['url', 'user', 'password', 'interval', 'autostart', 'maxWidth', 'motion', 'timeout', 'inFlight']],
  ['usb', ['device', 'mode', 'fps', 'autostart', 'hwaccel', 'maxWidth', 'motion', 'timeout', 'inFlight', 'ffmpeg']],
  ['picamera', ['device', 'mode', 'fps', 'autostart', 'maxWidth', 'motion', 'timeout', 'inFlight', 'ffmpeg']],
  ['ffmpeg', ['arguments', 'fps', 'autostart', 'hwaccel', 'maxWidth', 'motion', 'timeout', 'inFlight', 'ffmpeg']],
  ['watch', ['path', 'fps', 'autostart', 'watchFiles', 'watchExisting', 'hwaccel', 'maxWidth', 'motion', 'inFlight', 'ffmpeg']], // prettier-ignore
  ['picture', ['path', 'loop', 'autostart', 'inFlight']],
  ['folder', ['path', 'pace', 'fps', 'loop', 'autostart', 'motion', 'inFlight']],
  ['video', ['path', 'pace', 'fps', 'loop', 'autostart', 'hwaccel', 'maxWidth', 'motion', 'inFlight', 'ffmpeg']],
  ['sample', ['pace', 'fps', 'loop', 'autostart', 'motion', 'inFlight', 'ffmpeg']],
];
/** What a source cannot do without, and how that is said. */
const neededBySource: Record<string, RegExp> = {
  rtsp: /Address: expected an address such as rtsp:.* but it is empty/,
  mjpeg: /Address: expected an address such as http:.* but it is empty/,
  snapshot: /Address: expected an address such as http:.* but it is empty/,
  ffmpeg: /Input: expected a value/,
  watch: /Path: expected a value/,
  picture: /Path: expected a value/,
  folder: /Path: expected a value/,
  video: /Path: expected a value/,
};

interface DialogWindow {
  RED: {
    nodes: {
      getType(type: string): { defaults: Record<string, { value: unknown }> };
      import(nodes: object[]): unknown;
      remove(id: string): unknown;
    };
    view: { redraw(update: boolean): void };
    editor: { validateNode(node: unknown): boolean };
  };
}

const flows = [
  { id: 'tab', type: 'tab', label: 'dialogs' },
  {
    id: 'device',
    type: 'alpr-hailo-device',
    name: '',
    backend: 'auto',
    runtime: 'auto',
    workers: '',
    modelDirectory: '',
  },
  { id: 'note', type: 'comment', z: 'tab', name: 'dialogs', info: '', x: 100, y: 40, wires: [] },
];

describe('The dialogs in a real editor', function () {
  this.timeout(60_000);
  const fixture = useEditor(flows);
  let count = 0;

  afterEach(async () => {
    // A test that failed with an open dialog must not fail the next ones.
    if (fixture.editor !== undefined) await fixture.editor.closeAllDialogs();
  });

  /** Puts a node with its default settings onto the canvas, as dragging it from the palette does. */
  async function addNode(name: string, settings: Record<string, unknown> = {}): Promise<string> {
    const id = `node${++count}`;
    await fixture.editor.page.evaluate(
      ([nodeId, type, own]) => {
        const { RED } = globalThis as unknown as DialogWindow;
        const node: Record<string, unknown> = { id: nodeId, type, z: 'tab', x: 300, y: 200, wires: [] };
        const { defaults } = RED.nodes.getType(type as string);
        for (const [property, { value }] of Object.entries(defaults)) node[property] = value;
        // The config node; camera-in's device is a camera.
        if ('type' in (defaults['device'] ?? {})) node['device'] = 'device';
        RED.nodes.import([Object.assign(node, own)]);
        RED.view.redraw(true);
      },
      [id, `alpr-${name}`, settings] as const,
    );
    return id;
  }

  async function set(property: string, value: Value): Promise<void> {
    const { page } = fixture.editor;
    const field = page.locator(`#node-input-${property}`);
    // Folded sections are opened by a click on their heading; here it is only about the field.
    await field.evaluate((element) => {
      const row = element as unknown as { closest(selector: string): { open: boolean } | null };
      const section = row.closest('details');
      if (section !== null) section.open = true;
    });
    if (!(await field.isVisible())) {
      await field.evaluate(fillHidden, value);
    } else if (typeof value === 'boolean') await field.setChecked(value);
    else if (property === 'model') await page.locator('#alpr-model-list').selectOption(value);
    else if ((await field.evaluate((element) => (element as unknown as { tagName: string }).tagName)) === 'SELECT') {
      await field.selectOption(value);
    } else {
      await field.fill(value);
      // Node-RED looks at a field when it is left.
      await field.blur();
    }
  }

  function shown(property: string): Promise<Value> {
    return fixture.editor.page.locator(`#node-input-${property}`).evaluate((element) => {
      const input = element as unknown as { type: string; checked: boolean; value: string };
      return input.type === 'checkbox' ? input.checked : input.value;
    });
  }

  it('of plate-detect: takes a node of an older flow, which says nothing of looks, for automatic', async () => {
    const id = await addNode('plate-detect', { looks: undefined });
    await fixture.editor.openDialog(id);
    assert.equal(await fixture.editor.page.locator('#node-input-looks').inputValue(), 'auto');
    await fixture.editor.closeDialog('ok');
    assert.equal(await fixture.editor.property(id, 'looks'), 'auto');
  });

  for (const [name, values] of Object.entries(changes)) {
    it(`of ${name}: shows a labelled field with a tooltip for every setting`, async () => {
      const { editor } = fixture;
      const id = await addNode(name);
      await editor.openDialog(id);
      await editor.page.waitForTimeout(300);
      await editor.screenshot(`editor/dialog-${name}`, '.red-ui-tray');
      const rows = await editor.page.evaluate((type) => {
        const { RED } = globalThis as unknown as DialogWindow;
        interface Element {
          textContent: string;
          querySelector(selector: string): Element | null;
          closest(selector: string): Element | null;
          getAttribute(name: string): string | null;
        }
        const { document } = globalThis as unknown as { document: Element };
        return Object.keys(RED.nodes.getType(type).defaults).map((property) => {
          const row = document.querySelector(`#node-input-${property}`)?.closest('.form-row');
          return {
            property,
            label: row?.querySelector('label span')?.textContent ?? '',
            tip: property === 'name' ? 'Name' : (row?.getAttribute('title') ?? ''),
          };
        });
      }, `alpr-${name}`);
      const properties = rows
        .map(({ property }) => property)
        .filter((property) => property !== 'device' || name === 'camera-in');
      assert.deepEqual(properties.sort(), Object.keys(values).sort(), 'settings of the node');
      for (const { property, label, tip } of rows) {
        assert.match(label, /^[A-Z]|^ffmpeg$/, `label of ${property}`);
        assert.match(tip, /^[A-Z1]/, `tooltip of ${property}`);
      }
      const text = await editor.page.locator('.alpr-form').innerText();
      assert.doesNotMatch(text, /alpr-|__/, 'no key of a text that is missing, no value that is not filled in');
      await editor.closeDialog('cancel');
    });

    it(`of ${name}: saves every setting and shows it again`, async () => {
      const { editor } = fixture;
      const id = await addNode(name);
      await editor.openDialog(id);
      if ('model' in values) await editor.page.waitForSelector('#alpr-model-list');
      for (const [property, value] of Object.entries(values)) await set(property, value);
      await editor.closeDialog('ok');
      for (const [property, value] of Object.entries(values)) {
        assert.equal(await editor.property(id, property), value, `${property} as saved`);
      }
      assert.deepEqual(await editor.validity(id), { valid: true, errors: [] });
      await editor.openDialog(id);
      for (const [property, value] of Object.entries(values)) {
        assert.equal(await shown(property), value, `${property} as shown`);
      }
      await editor.closeDialog('cancel');
    });
  }

  it('of blur-gate: what was saved reaches the runtime with the next deployment', async () => {
    const { editor, nodeRed } = fixture;
    const id = await addNode('blur-gate');
    await editor.openDialog(id);
    await set('minSharpness', '77');
    await editor.closeDialog('ok');
    await editor.deploy();
    const deployed = (await (await fetch(`${nodeRed.url}flows`)).json()) as Record<string, unknown>[];
    assert.equal(deployed.find((node) => node['id'] === id)?.['minSharpness'], '77');
  });

  for (const [name, property, value, reason] of refusals) {
    it(`of ${name}: refuses “${value}” for ${property} and says why`, async () => {
      const { editor } = fixture;
      const id = await addNode(name, { source: 'sample', model: 'plateflow-plate' });
      await editor.openDialog(id);
      await set(property, value);
      assert.match((await editor.page.locator(`#node-input-${property}`).getAttribute('class')) ?? '', /input-error/);
      await editor.closeDialog('ok');
      const { valid, errors } = await editor.validity(id);
      assert.equal(valid, false);
      assert.match(errors.join('\n'), reason);
    });
  }

  for (const name of ['vehicle-detect', 'plate-detect', 'blur-gate', 'lprnet-read', 'hailo-infer', 'overlay']) {
    it(`of ${name}: needs a device`, async () => {
      const id = await addNode(name, { device: '', model: 'plateflow-plate' });
      const { valid, errors } = await fixture.editor.validity(id);
      assert.equal(valid, false);
      assert.match(errors.join('\n'), /Device/);
    });
  }

  it('of camera-in: needs what its source needs, and nothing else', async () => {
    const { editor } = fixture;
    for (const [source] of rowsOfSource) {
      const id = await addNode('camera-in', { source });
      const { valid, errors } = await editor.validity(id);
      const needed = neededBySource[source];
      assert.equal(valid, needed === undefined, source);
      if (needed !== undefined) assert.match(errors.join('\n'), needed);
    }
  });

  it('of camera-in: shows the fields that matter for the source', async () => {
    const { editor } = fixture;
    await editor.openDialog(await addNode('camera-in'));
    await editor.page.locator('#dialog-form details').evaluateAll((sections) => {
      for (const section of sections as unknown as { open: boolean }[]) section.open = true;
    });
    for (const [source, expected] of rowsOfSource) {
      await set('source', source);
      const visible = [];
      for (const property of ofSources) {
        if (await editor.page.locator(`#node-input-${property}`).isVisible()) visible.push(property);
      }
      assert.deepEqual(visible, expected, source);
      await editor.screenshot(`editor/dialog-camera-in-${source}`, '.red-ui-tray');
    }
    await editor.closeDialog('cancel');
  });

  it('of plate-detect: lists the models that find plates and shows their own numbers', async () => {
    const { editor } = fixture;
    await editor.openDialog(await addNode('plate-detect'));
    await editor.page.waitForSelector('#alpr-model-list');
    const models = new Catalogue().list('plates').map(({ name }) => name);
    assert.deepEqual(await editor.page.locator('#alpr-model-list option').evaluateAll(valuesOf), models);
    const labels = await editor.page.locator('#alpr-model-list option').allInnerTexts();
    assert.equal(labels[models.indexOf('plateflow-plate')], 'Plateflow plates with corners');
    assert.match(labels[models.indexOf('tiny_yolov4_license_plates')]!, /\(file missing\)$/);
    const file = path.join(packageRoot, 'models', 'plateflow-plate.json');
    const manifest = JSON.parse(fs.readFileSync(file, 'utf8')) as { thresholds: { confidence: number } };
    const placeholder = await editor.page.locator('#node-input-confidence').getAttribute('placeholder');
    assert.equal(placeholder, `${manifest.thresholds.confidence} (model’s own)`);
    await editor.closeDialog('cancel');
  });

  it('of lprnet-read: keeps the name of a model that is not here', async () => {
    const { editor } = fixture;
    const id = await addNode('lprnet-read', { model: 'my-own-reader' });
    await editor.openDialog(id);
    const list = editor.page.locator('#alpr-model-list');
    assert.equal(await list.inputValue(), 'my-own-reader');
    assert.match(await list.locator('option:checked').innerText(), /my-own-reader \(not in the catalogue\)/);
    await set('minLength', '4');
    await editor.closeDialog('ok');
    assert.equal(await editor.property(id, 'model'), 'my-own-reader');
  });

  it('of hailo-infer: takes the name of a model as text when the list cannot be fetched', async () => {
    const { editor } = fixture;
    await editor.page.route('**/hailo-alpr/models**', (route) => route.fulfill({ status: 500, body: '{}' }));
    const id = await addNode('hailo-infer');
    await editor.openDialog(id);
    assert.equal(await editor.page.locator('#alpr-model-list').count(), 0);
    await editor.page.fill('#node-input-model', 'some-model');
    await editor.closeDialog('ok');
    await editor.page.unroute('**/hailo-alpr/models**');
    assert.equal(await editor.property(id, 'model'), 'some-model');
  });

  it('of overlay: asks to deploy while there is no running node to preview', async () => {
    const { editor } = fixture;
    await editor.openDialog(await addNode('overlay'));
    const preview = editor.page.locator('#alpr-overlay-preview');
    await preview.getByText('Deploy the flow first').waitFor();
    await set('preview', false);
    assert.equal(await preview.isVisible(), false);
    await editor.closeDialog('cancel');
  });

  it('all of them open and close without an error in the page', () => {
    // The browser reports the request that the test above let fail.
    assert.deepEqual(fixture.editor.problems, []);
  });
});

/** A setting that the dialog does not show with the others as they are. */
function fillHidden(element: unknown, value: Value): void {
  const input = element as { checked: boolean; value: string };
  if (typeof value === 'boolean') input.checked = value;
  else input.value = value;
}

function valuesOf(options: unknown[]): string[] {
  return (options as { value: string }[]).map(({ value }) => value);
}

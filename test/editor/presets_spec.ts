import assert from 'node:assert/strict';
import { PRESETS, type PresetValue } from '../../src/node-red/presets.js';
import { useEditor } from '../support/use-editor.js';

interface PresetWindow {
  RED: {
    nodes: { node(id: string): Record<string, unknown> & { changed?: boolean; locked?: boolean }; dirty(): boolean };
    actions: { invoke(name: string): void };
    history: { depth(): number };
  };
}

/** As flows saved before there were presets: without the settings that came with them. */
const older = {
  tracker: {
    type: 'alpr-tracker',
    track: 'auto',
    iouThreshold: 0.2,
    keepLostMs: 1500,
    settleReads: 3,
    settleConfidence: '0.9',
    rereadGrowth: 1.6,
    silenceMs: 5000,
  },
  plates: {
    type: 'alpr-plate-detect',
    model: 'plateflow-plate',
    confidence: '',
    iou: '',
    where: 'auto',
    frameEvery: 5,
    inputSize: '',
    minVehicleArea: 0,
    minVehicleBottom: 0,
  },
  vehicles: { type: 'alpr-vehicle-detect', model: 'plateflow-vehicle', confidence: '', iou: '', inputSize: '' },
  gate: { type: 'alpr-blur-gate', minSharpness: 100, minWidth: 0, minHeight: 0 },
  read: {
    type: 'alpr-lprnet-read',
    model: 'plateflow-reader',
    minConfidence: 0.1,
    minLength: 3,
    secondLook: 'unsure',
    candidates: 3,
  },
  out: {
    type: 'alpr-plate-out',
    minConfidence: 0.6,
    minReads: 2,
    minLength: 4,
    format: '',
    dedupeSeconds: 30,
    provisional: true,
  },
};
const stages = Object.entries(older);

/** The stages in one tab, named `<stage>-<tab>`; tracker and plate-out name no device. */
function line(tab: string, device: string): object[] {
  return stages.map(([stage, settings], index) => ({
    ...settings,
    id: `${stage}-${tab}`,
    z: tab,
    name: '',
    ...(stage === 'tracker' || stage === 'out' ? {} : { device }),
    x: 120 + 160 * (index % 4),
    y: 80 + 80 * Math.floor(index / 4),
    wires: stage === 'out' ? [[], []] : [[]],
  }));
}

const device = (id: string) => ({
  id,
  type: 'alpr-hailo-device',
  name: '',
  backend: 'cpu',
  runtime: 'auto',
  workers: '',
  modelDirectory: '',
});
const flows = [
  { id: 'mine', type: 'tab', label: 'mine' },
  { id: 'neighbour', type: 'tab', label: 'neighbour' },
  { id: 'closed', type: 'tab', label: 'closed', locked: true },
  device('device-a'),
  device('device-b'),
  device('device-c'),
  ...line('mine', 'device-a'),
  ...line('neighbour', 'device-b'),
  ...line('closed', 'device-c'),
];

describe('The presets in a real editor', function () {
  this.timeout(60_000);
  const fixture = useEditor(flows);

  beforeEach(async () => {
    await fixture.reopen();
  });

  const preset = () => fixture.editor.page.locator('#alpr-preset');
  const field = (property: string) => fixture.editor.page.locator(`#node-input-${property}`);

  async function shown(property: string): Promise<string | boolean> {
    const checkbox = (await field(property).getAttribute('type')) === 'checkbox';
    return checkbox ? field(property).isChecked() : field(property).inputValue();
  }

  async function fieldsAre(values: Readonly<Record<string, PresetValue>>): Promise<void> {
    for (const [property, value] of Object.entries(values)) {
      assert.equal(await shown(property), typeof value === 'boolean' ? value : String(value), property);
    }
  }

  /** What the editor holds of these nodes' presets, and which of them it calls changed. */
  function held(tabs: string[]): Promise<{ values: Record<string, Record<string, unknown>>; changed: string[] }> {
    return fixture.editor.page.evaluate(
      ([ids, settings]) => {
        const { RED } = globalThis as unknown as PresetWindow;
        const nodes = ids.map((id) => RED.nodes.node(id));
        const values = nodes.map((node) => {
          const names = Object.keys(settings[node['type'] as string]!);
          return [node['id'], Object.fromEntries(names.map((name) => [name, node[name]]))] as const;
        });
        const changed = nodes.filter((node) => node.changed === true).map((node) => node['id'] as string);
        return { values: Object.fromEntries(values) as Record<string, Record<string, unknown>>, changed };
      },
      [tabs.flatMap((tab) => stages.map(([stage]) => `${stage}-${tab}`)), PRESETS.plateflow] as const,
    );
  }

  async function apply(deviceId: string, name: string): Promise<string> {
    const { editor } = fixture;
    await editor.openConfigDialog('alpr-hailo-device', deviceId);
    return applyInOpenDialog(name);
  }

  async function applyInOpenDialog(name: string): Promise<string> {
    const { page } = fixture.editor;
    await page.locator('#alpr-device-tabs a', { hasText: 'Test' }).click();
    await page.selectOption('#alpr-preset-all', name);
    await page.click('#alpr-preset-apply');
    return page.locator('#alpr-preset-done').innerText();
  }

  for (const [stage, { type }] of stages) {
    const same = stage === 'gate';
    it(`of ${type}: says whose values they are, sets them, and notices own ones`, async () => {
      const { editor } = fixture;
      const tappas = PRESETS.tappas[type]!;
      await editor.openDialog(`${stage}-mine`);
      await preset().waitFor();
      assert.equal(await preset().inputValue(), 'plateflow', 'what an older flow has');
      const choices = await preset().locator('option').allInnerTexts();
      assert.deepEqual(
        choices,
        same ? ['Plateflow and TAPPAS (the same)', 'Own values'] : ['Plateflow', 'TAPPAS', 'Own values'],
      );
      if (!same) await preset().selectOption('tappas');
      await fieldsAre(tappas);
      if (!same) assert.equal(await preset().inputValue(), 'tappas');

      const number = Object.keys(tappas).find((name) => typeof tappas[name] === 'number')!;
      await field(number).fill('0.77');
      assert.equal(await preset().inputValue(), 'own');
      await preset().selectOption('plateflow');
      await fieldsAre(PRESETS.plateflow[type]!);
      if (!same) await preset().selectOption('tappas');
      await editor.screenshot(`editor/dialog-preset-${stage}`, '.red-ui-tray');
      await editor.closeDialog('ok');
      assert.deepEqual(await editor.validity(`${stage}-mine`), { valid: true, errors: [] });

      await editor.openDialog(`${stage}-mine`);
      await preset().waitFor();
      assert.equal(await preset().inputValue(), same ? 'plateflow' : 'tappas');
      await fieldsAre(tappas);
      assert.deepEqual(editor.problems, []);
    });
  }

  it('leaves the dialog without the choice when Node-RED does not give it', async () => {
    const { page } = fixture.editor;
    await page.route('**/hailo-alpr/presets', (route) => route.fulfill({ status: 500, body: '' }));
    await fixture.editor.openDialog('tracker-mine');
    assert.equal(await preset().count(), 0);
    await field('iouThreshold').fill('0.3');
    await fixture.editor.closeDialog('ok');
    assert.equal(await fixture.editor.property('tracker-mine', 'iouThreshold'), '0.3');
  });

  it('go in one step to every node of a device, and to tracker and plate-out in its tabs', async () => {
    const { editor } = fixture;
    const before = await held(['mine', 'neighbour', 'closed']);
    assert.deepEqual(before.changed, []);
    const said = await apply('device-a', 'tappas');
    const fields = Object.entries(PRESETS.tappas).flatMap(([type, settings]) =>
      Object.entries(settings).filter(([name, value]) => value !== PRESETS.plateflow[type]![name]),
    );
    assert.equal(said, `Set ${fields.length} fields of 5 nodes; deploy to use them. Undo: Ctrl-Z.`);
    await editor.closeDialog('cancel', true);

    const after = await held(['mine', 'neighbour', 'closed']);
    for (const [stage, { type }] of stages.filter(([name]) => name !== 'gate')) {
      assert.deepEqual(after.values[`${stage}-mine`], PRESETS.tappas[type], stage);
      assert.deepEqual(await editor.validity(`${stage}-mine`), { valid: true, errors: [] });
    }
    assert.deepEqual(after.values['gate-mine'], before.values['gate-mine']);
    assert.deepEqual(
      after.changed.sort(),
      ['out', 'plates', 'read', 'tracker', 'vehicles'].map((stage) => `${stage}-mine`),
    );
    const others = (held_: typeof before) => Object.entries(held_.values).filter(([id]) => !id.endsWith('-mine'));
    assert.deepEqual(others(after), others(before), 'other devices');

    const undo = (action: string) =>
      editor.page.evaluate((name) => (globalThis as unknown as PresetWindow).RED.actions.invoke(name), action);
    await undo('core:undo');
    const undone = await held(['mine', 'neighbour', 'closed']);
    assert.deepEqual(undone, before);
    await undo('core:redo');
    assert.deepEqual((await held(['mine'])).values['tracker-mine'], PRESETS.tappas['alpr-tracker']);
    assert.deepEqual(editor.problems, []);
  });

  it('reach the runtime with the next deployment', async () => {
    const { editor, nodeRed } = fixture;
    await apply('device-b', 'tappas');
    await editor.closeDialog('cancel', true);
    await editor.deploy();
    const deployed = (await (await fetch(`${nodeRed.url}flows`)).json()) as Record<string, unknown>[];
    const tracker = deployed.find(({ id }) => id === 'tracker-neighbour')!;
    for (const [name, value] of Object.entries(PRESETS.tappas['alpr-tracker']!))
      assert.equal(tracker[name], value, name);
    await nodeRed.deploy(flows);
  });

  it('say what all nodes have now, and when there is nothing to do', async () => {
    const { editor } = fixture;
    await editor.openConfigDialog('alpr-hailo-device', 'device-a');
    const note = editor.page.locator('#alpr-preset-done');
    await note.getByText('Now: Plateflow').waitFor({ state: 'attached' });
    assert.equal(await editor.page.locator('#alpr-preset-all').inputValue(), 'plateflow');
    assert.equal(await applyInOpenDialog('plateflow'), 'All nodes have it already.');
    await editor.closeDialog('cancel', true);
    await editor.openDialog('read-mine');
    await field('minLength').fill('5');
    await editor.closeDialog('ok');
    await editor.openConfigDialog('alpr-hailo-device', 'device-a');
    await note.getByText('Now: Own values').waitFor({ state: 'attached' });
  });

  it('leave locked flows alone, and say so', async () => {
    const before = await held(['closed']);
    assert.equal(await apply('device-c', 'tappas'), '5 nodes are in locked flows and stay as they are.');
    await fixture.editor.closeDialog('cancel', true);
    assert.deepEqual(await held(['closed']), before);
  });

  it('last, although the dialog of one of the nodes lay open beneath', async () => {
    const { editor } = fixture;
    await editor.openDialog('plates-mine');
    await preset().waitFor();
    await editor.page.click(
      '#node-input-lookup-device, #node-input-device + a, a[id^="node-input-"][id*="edit-device"]',
    );
    await editor.page.waitForSelector('#node-config-dialog-ok:visible');
    await editor.settle();
    await applyInOpenDialog('tappas');
    await editor.closeDialog('ok', true);
    await fieldsAre(PRESETS.tappas['alpr-plate-detect']!);
    assert.equal(await preset().inputValue(), 'tappas');
    await editor.closeDialog('ok');
    const { values } = await held(['mine']);
    for (const [name, value] of Object.entries(PRESETS.tappas['alpr-plate-detect']!)) {
      assert.equal(String(values['plates-mine']![name]), String(value), name);
    }
    assert.deepEqual(values['tracker-mine'], PRESETS.tappas['alpr-tracker']);
    assert.deepEqual(editor.problems, []);
  });
});

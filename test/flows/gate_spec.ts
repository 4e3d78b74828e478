import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { PlateEvent } from '../../src/events/plate-event.js';
import type { Known } from '../../src/lists/gate.js';
import { packageRoot, startNodeRed, type NodeRedProcess } from '../support/node-red-process.js';
import { exampleFlow, onlyNode, recordFlow, type FlowNode } from './recorded-flow.js';

const samples = path.join(packageRoot, 'samples');
const truth = JSON.parse(fs.readFileSync(path.join(samples, 'truth.json'), 'utf8')) as {
  vehicles: { text: string; readable: boolean }[];
};
const readable = truth.vehicles.filter((vehicle) => vehicle.readable).map(({ text }) => text);
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;

const known = (msg: Record<string, unknown>): Known => msg['known'] as Known;
const plateOf = (msg: Record<string, unknown>): string => (msg['payload'] as PlateEvent).plate;

describe('The shipped gate opener', function () {
  this.timeout(300_000);

  it('opens once for the listed car of the sample, gives one alert and opens for nobody else', async function () {
    if (!hasFfmpeg && process.env['CI'] === undefined) {
      console.log('    skipped: the clip needs ffmpeg, which is not installed');
      this.skip();
    }
    const flow = exampleFlow('03', { source: 'video', path: path.join(samples, 'road.mp4') });
    const { id } = onlyNode(flow, 'alpr-plate-list');
    const pulse = onlyNode(flow, 'trigger').id;
    const record = [...[0, 1, 2, 3].map((output) => ({ id, output })), { id: pulse, output: 0 }];
    const { outputs, errors } = await recordFlow(flow, record, onlyNode(flow, 'alpr-lprnet-read').id, 240_000);
    assert.deepEqual(errors, []);
    const [allowed, alert, others, answers, gate] = outputs;
    assert.deepEqual(allowed!.map(plateOf), ['LM73KXR']);
    assert.equal(known(allowed![0]!).name, 'red hatchback');
    assert.deepEqual(alert!.map(plateOf), ['51G38472']);
    const rest = readable.filter((plate) => plate !== 'LM73KXR' && plate !== '51G38472');
    assert.deepEqual(others!.map(plateOf).sort(), rest.sort());
    const codes = new Map(others!.map((msg) => [plateOf(msg), known(msg).code]));
    for (const plate of rest) assert.equal(codes.get(plate), plate === '57BKN4' ? 'denied' : 'unknown', plate);
    assert.deepEqual(answers, []);
    assert.deepEqual(
      gate!.map(({ payload }) => payload),
      [true, false],
    );
  });

  describe('by its buttons', () => {
    let nodeRed: NodeRedProcess | undefined;
    let folder = '';
    let flow: FlowNode[] = [];

    before(async () => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-gate-'));
      flow = exampleFlow('03', { autostart: false });
      const list = onlyNode(flow, 'alpr-plate-list');
      list['cooldownSeconds'] = 3600;
      const taps = [0, 1, 2, 3].flatMap((output) => tap(list, output));
      nodeRed = await startNodeRed({ flows: [...flow, ...taps] });
    });
    after(async () => {
      await nodeRed?.stop();
      fs.rmSync(folder, { recursive: true, force: true });
    });

    const fileOf = (output: number): string => path.join(folder, String(output));

    /** Writes down what the node sends by this output. */
    function tap(node: FlowNode, output: number): FlowNode[] {
      const id = `tap${output}`;
      node.wires![output]!.push(id);
      const z = node['z'];
      const func = 'return { payload: JSON.stringify(msg) };';
      const file = { filename: fileOf(output), filenameType: 'str', appendNewline: true, overwriteFile: 'false' };
      return [
        { id, z, type: 'function', func, outputs: 1, wires: [[`${id}-file`]] },
        { id: `${id}-file`, z, type: 'file', ...file, encoding: 'utf8', wires: [[]] },
      ];
    }

    const sent = (output: number): Record<string, unknown>[] => {
      if (!fs.existsSync(fileOf(output))) return [];
      const lines = fs.readFileSync(fileOf(output), 'utf8').split('\n').slice(0, -1);
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    };

    /** Presses an inject button and waits for what comes of it. */
    async function press(name: string, output: number): Promise<Record<string, unknown>> {
      const before = sent(output).length;
      const { id } = flow.find((node) => node.type === 'inject' && node['name'] === name)!;
      const response = await fetch(`${nodeRed!.url}inject/${id}`, { method: 'POST' });
      assert.equal(response.status, 200);
      for (let waited = 0; sent(output).length === before; waited += 50) {
        assert.ok(waited < 15_000, `Expected something on output ${output} after “${name}”`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return sent(output).at(-1)!;
    }

    it('opens for the allowed plate, and not again within the cool-down', async () => {
      assert.equal(known(await press('try an allowed plate', 0)).verdict, 'allowed');
      assert.equal(known(await press('try an allowed plate', 2)).code, 'cool-down');
      assert.equal(sent(0).length, 1);
    });

    it('stays closed for a stranger', async () => {
      assert.equal(known(await press('try a stranger', 2)).code, 'unknown');
      assert.equal(sent(0).length, 1);
    });

    it('takes a plate in and out by messages', async () => {
      const plates = async (name: string): Promise<unknown> => {
        return ((await press(name, 3))['payload'] as { plates: number }).plates;
      };
      assert.equal(await plates('add 7KRL428'), 4);
      assert.equal(await plates('list'), 4);
      assert.equal(await plates('remove 7KRL428'), 3);
      assert.deepEqual(nodeRed!.errors(), []);
    });
  });
});

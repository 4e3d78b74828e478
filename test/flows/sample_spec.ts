import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { PlateEvent, PlateMiss } from '../../src/events/plate-event.js';
import { packageRoot } from '../support/node-red-process.js';
import { assertPlateEvent } from '../support/plate-event-schema.js';
import { exampleFlow, onlyNode, recordFlow } from './recorded-flow.js';

interface Truth {
  vehicles: { name: string; text: string; readable: boolean; direction: string }[];
}

const samples = path.join(packageRoot, 'samples');
const truth = JSON.parse(fs.readFileSync(path.join(samples, 'truth.json'), 'utf8')) as Truth;
const readable = truth.vehicles.filter((vehicle) => vehicle.readable).map(({ text }) => text);
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;

describe('The shipped sample through the shipped flows', function () {
  this.timeout(300_000);

  const flows: [string, string][] = [
    ['02', 'vehicles first'],
    ['11', 'plates first'],
    ['13', 'the demo'],
  ];
  for (const [number, title] of flows) {
    it(`gives every readable plate of the clip once, and nothing else: ${title}`, async function () {
      if (!hasFfmpeg && process.env['CI'] === undefined) {
        console.log('    skipped: the clip needs ffmpeg, which is not installed');
        this.skip();
      }
      const flow = exampleFlow(number, { source: 'video', path: path.join(samples, 'road.mp4') });
      const out = onlyNode(flow, 'alpr-plate-out').id;
      const record = [
        { id: out, output: 0 },
        { id: out, output: 1 },
      ];
      const { outputs, errors } = await recordFlow(flow, record, onlyNode(flow, 'alpr-lprnet-read').id, 240_000);
      assert.deepEqual(errors, []);
      const events = outputs[0]!.map(({ payload }) => payload as PlateEvent);
      events.forEach(assertPlateEvent);
      const of = (event: string): string[] => events.filter((e) => e.event === event).map(({ plate }) => plate);
      assert.deepEqual(of('final').sort(), [...readable].sort());
      assert.deepEqual(of('left').sort(), [...readable].sort());
      for (const plate of readable) {
        const visit = events.filter((event) => event.plate === plate);
        assert.equal(new Set(visit.map(({ id }) => id)).size, 1, `one visit of ${plate} has one id`);
        assert.equal(visit.at(-1)!.event, 'left', `${plate} leaves last`);
        const { direction } = truth.vehicles.find(({ text }) => text === plate)!;
        assert.equal(visit.at(-1)!.direction, direction === 'away' ? 'out' : 'in', `where ${plate} goes`);
      }
      const misses = outputs[1]!.map(({ payload }) => payload as PlateMiss);
      const codes = new Set(misses.map(({ code }) => code));
      assert.ok(codes.has('small') || codes.has('blurred'), `far plates are held back: ${[...codes].join(', ')}`);
    });
  }

  it('gives a readable plate for the pictures, where there is no ffmpeg', async () => {
    const flow = exampleFlow('11', { source: 'sample', ffmpeg: path.join(samples, 'no-such-ffmpeg') });
    const record = [{ id: onlyNode(flow, 'alpr-plate-out').id, output: 0 }];
    const { outputs } = await recordFlow(flow, record, onlyNode(flow, 'alpr-lprnet-read').id, 120_000);
    const finals = outputs[0]!.map(({ payload }) => payload as PlateEvent).filter(({ event }) => event === 'final');
    assert.ok(finals.length >= 3, `${finals.length} plates`);
    for (const { plate } of finals) assert.ok(readable.includes(plate), plate);
  });
});

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { figuresOf } from '../../src/cli/evaluation/figures.js';
import { judgeScene, readTextOf, type PictureOutcome } from '../../src/cli/evaluation/outcome.js';
import { readLabels, type LabelledPicture } from '../../src/cli/labels.js';
import type { Plate } from '../../src/detection/types.js';
import type { PlateEvent } from '../../src/events/plate-event.js';
import { foldLookAlikes } from '../../src/detection/look-alikes.js';
import { datasetsFolder, exampleFlow, onlyNode, recordFlow, type FlowNode } from './recorded-flow.js';

const datasets = datasetsFolder();

/** Real pictures and clips through the real flow must reach what the model card states (less a margin of two pictures). */
describe('Real pictures and clips through the flow', function () {
  this.timeout(300_000);
  before(function () {
    if (datasets !== undefined) return;
    console.log('    skipped: there are no labelled pictures here (set ALPR_DATASETS to their folder)');
    this.skip();
  });

  // The plates as a person reads them in the clips.
  const clips: [string, string[]][] = [
    ['parkpow__cars.mp4', ['34A36837', '34A23126', '89C20339']],
    ['theAIGuysCode__license_plate.mp4', ['LS15EBC']],
    ['IssaHanou__ZVideo44.mp4', ['32LBD6']],
  ];
  const flows: [string, string][] = [
    ['02', 'vehicles first'],
    ['11', 'plates first'],
  ];
  for (const [number, title] of flows) {
    for (const [clip, expected] of clips) {
      it(`reads ${expected.join(', ')} in ${clip}, ${title}, once each`, async () => {
        const flow = exampleFlow(number, { source: 'video', path: path.join(datasets!, 'videos', clip) });
        const record = [{ id: onlyNode(flow, 'alpr-plate-out').id, output: 0 }];
        const { outputs, errors } = await recordFlow(flow, record, onlyNode(flow, 'alpr-lprnet-read').id, 240_000);
        assert.deepEqual(errors, []);
        const events = outputs[0]!.map(({ payload }) => payload as PlateEvent);
        const finals = events.filter(({ event }) => event === 'final').map(({ plate }) => foldLookAlikes(plate));
        for (const plate of expected.map((text) => foldLookAlikes(text))) {
          assert.equal(finals.filter((text) => text === plate).length, 1, `${plate} in ${finals.join(', ')}`);
        }
      });
    }
  }

  /** The test pictures of a source in a folder of their own, in label order; and their labels. */
  function testPictures(source: string): { folder: string; pictures: LabelledPicture[] } {
    const pictures = readLabels(path.join(datasets!, source))[0]!.pictures.filter(({ split }) => split === 'test');
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-pictures-'));
    pictures.forEach(({ file }, index) => fs.copyFileSync(file, path.join(folder, `${index}${path.extname(file)}`)));
    return { folder, pictures };
  }

  function tabWith(folder: string, nodes: FlowNode[]): FlowNode[] {
    const common = { z: 'tab', x: 0, y: 0 };
    const camera = {
      source: 'folder',
      path: folder,
      pace: 'fast',
      loop: false,
      autostart: true,
      inFlight: 3,
      maxMegapixels: 64,
    };
    return [
      { id: 'tab', type: 'tab', label: 'test' },
      { id: 'device', type: 'alpr-hailo-device', backend: 'auto', runtime: 'auto', workers: '', modelDirectory: '' },
      {
        id: 'camera',
        type: 'alpr-camera-in',
        name: '',
        camera: 'folder',
        ...camera,
        ...common,
        wires: [[nodes[0]!.id]],
      },
      ...nodes.map((node) => ({ ...common, device: 'device', ...node })),
    ];
  }

  it('reads European plate crops as well as the model card states', async () => {
    const { folder, pictures } = testPictures('plates_text/eu_phucnguyen_lprds');
    const whole =
      'if (msg.frame) msg.plates = [{ box: { x1: 0, y1: 0, x2: msg.frame.width, y2: msg.frame.height }, confidence: 1 }]; return msg;';
    const read = { model: 'plateflow-reader', minConfidence: 0, minLength: 0, secondLook: 'unsure', candidates: 3 };
    const flow = tabWith(folder, [
      { id: 'crop', type: 'function', func: whole, outputs: 1, wires: [['read']] },
      { id: 'read', type: 'alpr-lprnet-read', ...read, wires: [[]] },
    ]);
    const { outputs } = await recordFlow(flow, [{ id: 'read', output: 0 }], 'read', 120_000);
    fs.rmSync(folder, { recursive: true });
    const results = outputs[0]!.flatMap((message): PictureOutcome[] => {
      const frame = message['frame'] as { sequence: number; width: number } | undefined;
      if (frame === undefined) return [];
      const { file, text = '' } = pictures[frame.sequence]!;
      const read = readTextOf((message['plates'] as Plate[])[0] ?? {});
      const label = { width: frame.width, found: true, expected: text, ...(read === undefined ? {} : { read }) };
      return [{ file, region: '', finds: null, labels: [label] }];
    });
    const { crops, exactMerged } = figuresOf(results, false).reading!;
    assert.equal(crops, pictures.length);
    assert.ok(exactMerged >= 0.917 * crops - 2, `${exactMerged} of ${crops} exact`);
  });

  it('finds plates in scenes as well as the model card states', async () => {
    const { folder, pictures } = testPictures('plates_det/vn_minkue_roboflow');
    const detect = { model: 'plateflow-plate', where: 'frame', frameEvery: 5, minVehicleArea: 0, minVehicleBottom: 0 };
    const flow = tabWith(folder, [{ id: 'detect', type: 'alpr-plate-detect', ...detect, wires: [[]] }]);
    const { outputs } = await recordFlow(flow, [{ id: 'detect', output: 0 }], 'detect', 120_000);
    fs.rmSync(folder, { recursive: true });
    const results = outputs[0]!.flatMap((message): PictureOutcome[] => {
      const frame = message['frame'] as { sequence: number } | undefined;
      if (frame === undefined) return [];
      const { file, labels } = pictures[frame.sequence]!;
      const plates = message['plates'] as Plate[];
      return [{ file, region: '', finds: plates.length, labels: judgeScene(labels, plates) }];
    });
    const { pictures: count, labels, matched } = figuresOf(results, true).detection!;
    assert.equal(count, pictures.length);
    assert.ok(matched >= 0.956 * labels - 2, `${matched} of ${labels} found`);
  });
});

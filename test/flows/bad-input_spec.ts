import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { NodeInitializer } from 'node-red';
import sharp from 'sharp';
import type { Plate } from '../../src/detection/types.js';
import { FramePool } from '../../src/frame/pool.js';
import type { Frame } from '../../src/frame/frame.js';
import type { AlprMessage } from '../../src/node-red/message.js';
import { packageRoot } from '../support/node-red-process.js';
import { detection, FakeNetwork, reading } from '../support/fake-network.js';
import { FakeAccess, fakeDevices, loadFlow, settle, withRuntime, type Running } from '../support/node-red-flow.js';
import { needFfmpeg, TemporaryFolder } from '../sources/clips.js';
import blurGate = require('../../nodes/blur-gate/blur-gate.js');
import cameraIn = require('../../nodes/camera-in/camera-in.js');
import hailoDevice = require('../../nodes/hailo-device/hailo-device.js');
import hailoInfer = require('../../nodes/hailo-infer/hailo-infer.js');
import lprnetRead = require('../../nodes/lprnet-read/lprnet-read.js');
import overlay = require('../../nodes/overlay/overlay.js');
import plateDetect = require('../../nodes/plate-detect/plate-detect.js');
import plateOut = require('../../nodes/plate-out/plate-out.js');
import tracker = require('../../nodes/tracker/tracker.js');
import vehicleDetect = require('../../nodes/vehicle-detect/vehicle-detect.js');

const all = [
  hailoDevice,
  cameraIn,
  vehicleDetect,
  tracker,
  plateDetect,
  blurGate,
  lprnetRead,
  hailoInfer,
  overlay,
  plateOut,
] as unknown as NodeInitializer[];

const pool = new FramePool();
const frame = (sequence = 0): Frame =>
  pool.acquire({ cameraId: 'cam', sequence, timestamp: 1000 + sequence, width: 64, height: 48 });
const box = { x1: 8, y1: 8, x2: 40, y2: 20 };
const good = (sequence = 0): AlprMessage => ({
  topic: 'cam',
  frame: frame(sequence),
  vehicles: [{ box: { x1: 2, y1: 2, x2: 60, y2: 40 }, label: 'car', confidence: 0.9 }],
  plates: [{ box, confidence: 0.9, text: 'AB12CD', textConfidence: 0.99 }],
});

type Failure = { message: string; code?: string };
const failureOf = (msg: AlprMessage): Failure => msg['error'] as Failure;

/** One node `n` with a device that always has an answer. */
function load(type: string, settings: Record<string, unknown> = {}): Promise<Running> {
  const network = new FakeNetwork(({ views }) =>
    Array.from({ length: Math.max(1, views.length) }, () =>
      type === 'lprnet-read'
        ? { kind: 'reading' as const, reading: reading('AB12CD') }
        : { kind: 'detections' as const, detections: [detection(8, 8, 40, 20)] },
    ),
  );
  const pixels = { sharpness: async (_: unknown, boxes: unknown[]) => boxes.map(() => 150), draw: async () => {} };
  fakeDevices.set('dev', new FakeAccess({ network: () => network, pixels }));
  const model = type === 'hailo-infer' ? { model: 'any' } : {};
  const outputs = type === 'plate-out' ? [['out'], []] : [['out']];
  return loadFlow(all, [
    { id: 'dev', type: 'fake-device' },
    { id: 'n', type: `alpr-${type}`, device: 'dev', ...model, ...settings, wires: outputs },
    { id: 'out', type: 'helper' },
  ]);
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !condition(); waited += 20) {
    assert.ok(waited < 15_000, `Expected ${what}`);
    await settle(20);
  }
}

/** Exactly one error with code and message, red, and the next message works. */
async function assertRefused(
  run: Running,
  msg: AlprMessage,
  next: AlprMessage,
  { code, message }: { code: string; message: RegExp },
): Promise<void> {
  run.receive('n', msg);
  const failure = failureOf(await run.inbox('errors').first());
  assert.equal(failure.code, code, failure.message);
  assert.match(failure.message, message);
  assert.match(failure.message, /Expected .* received /s);
  assert.ok(failure.message.length < 400, failure.message);
  assert.equal(run.statuses('n').at(-1)?.fill, 'red');
  run.receive('n', next);
  await run.inbox('out').wait(1);
  await settle(30);
  assert.deepEqual([run.inbox('errors').messages.length, run.inbox('completed').messages.length], [1, 1]);
}

/** 20000 × 20000 in a few bytes: only the header says so. */
async function hugeJpeg(): Promise<Buffer> {
  const jpeg = await sharp({ create: { width: 16, height: 16, channels: 3, background: 'red' } })
    .jpeg()
    .toBuffer();
  const startOfFrame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  jpeg.writeUInt16BE(20000, startOfFrame + 5);
  jpeg.writeUInt16BE(20000, startOfFrame + 7);
  return jpeg;
}

const plain = (width: number, height: number): sharp.Sharp =>
  sharp({ create: { width, height, channels: 3, background: { r: 200, g: 60, b: 20 } } });

describe('Bad input', () => {
  withRuntime();
  const folder = new TemporaryFolder();
  let png: Buffer;
  before(async () => {
    png = await plain(8, 6).png().toBuffer();
  });
  after(() => folder.remove());

  describe('instead of a picture', () => {
    const input = 'ALPR_IMAGE_INPUT';
    const broken = 'ALPR_IMAGE_DECODE';
    const secret = 'my password is 1234';
    const cases: [string, () => unknown, string, RegExp][] = [
      ['a truncated JPEG', async () => (await noise().jpeg().toBuffer()).subarray(0, 4000), broken, /whole jpeg/],
      ['text as bytes', () => Buffer.from(secret), broken, /19 bytes of text$/],
      ['text', () => secret, input, /text of 19 characters/],
      ['20 MB of text', () => 'lorem '.repeat(3_500_000), input, /text of \d+ characters/],
      ['20 MB of base64 of nothing', () => 'AAAA'.repeat(5_000_000), input, /text of \d+ characters/],
      ['0 bytes', () => Buffer.alloc(0), input, /received 0 bytes$/],
      ['empty text', () => '  ', input, /received empty text$/],
      ['20000 × 20000 pixels', hugeJpeg, 'ALPR_IMAGE_TOO_LARGE', /at most 64 megapixels .* 20000 × 20000 \(400 meg/],
      ['a missing file', () => join(folder.path, 'none.jpg'), input, /a file that is not there: "none\.jpg"$/],
      ['an empty file', () => folder.file('empty.jpg'), input, /in file "empty\.jpg" but received 0 bytes$/],
      ['a text file', () => folder.file('note.jpg', secret), broken, /in file "note\.jpg" but received 19 bytes/],
      ['a folder', () => folder.path, input, /received the folder "/],
      ['a broken data URL', () => 'data:image/png;base64,@@', input, /data URL \(image\/png;base64\) whose base64/],
      ['a number', () => 42, input, /received a number$/],
      ['NaN', () => NaN, input, /received a number$/],
      ['a boolean', () => true, input, /received a boolean$/],
      ['null', () => null, input, /received null$/],
      ['nothing', () => undefined, input, /received undefined$/],
      ['an object', () => ({ a: 1 }), input, /received an object with a$/],
      ['an object that fakes a Buffer', () => ({ type: 'Buffer', data: [1] }), input, /an object with type, data$/],
      ['an array', () => [1, 2, 3], input, /received an array of 3$/],
      ['a function', () => () => 1, input, /received a function$/],
      ['a bigint', () => 1n, input, /received a bigint$/],
    ];
    for (const [title, make, code, message] of cases) {
      it(`${title}: says so, and takes the next picture`, async () => {
        const run = await load('camera-in');
        await assertRefused(run, { payload: await make() }, { payload: png }, { code, message });
        const text = failureOf(run.inbox('errors').messages[0]!).message;
        assert.ok(!text.includes('password') && !text.includes(`${folder.path}/`), text);
      });
    }

    it('is green again after the next good one, and goes red once a burst of bad ones', async () => {
      const run = await load('camera-in');
      for (let n = 0; n < 20; n++) run.receive('n', { payload: 'no picture' });
      await run.inbox('errors').wait(20);
      run.receive('n', { payload: png });
      await until(() => run.statuses('n').at(-1)?.fill === 'green', 'a green status');
      const shown = run.statuses('n').filter(({ fill }) => fill !== 'grey');
      assert.deepEqual(
        shown.map(({ fill, text }) => (fill === 'red' ? text : fill)),
        ['image input', 'green'],
      );
    });
  });

  it('Odd pictures are pictures', async () => {
    const odd: [string, Buffer, number, number][] = [
      ['1 × 1', await plain(1, 1).png().toBuffer(), 1, 1],
      ['CMYK', await plain(20, 10).toColourspace('cmyk').jpeg().toBuffer(), 20, 10],
      ['16 bits', await plain(20, 10).toColourspace('rgb16').png().toBuffer(), 20, 10],
      ['grey', await plain(20, 10).greyscale().png().toBuffer(), 20, 10],
      ['alpha', await plain(20, 10).ensureAlpha(1).png().toBuffer(), 20, 10],
      ['turned by EXIF', await plain(20, 10).withMetadata({ orientation: 6 }).jpeg().toBuffer(), 10, 20],
      ['animated GIF', await animation().gif().toBuffer(), 20, 10],
      ['animated WebP', await animation().webp({ lossless: true }).toBuffer(), 20, 10],
    ];
    const run = await load('camera-in');
    for (const [title, payload] of odd) run.receive('n', { payload, title });
    for (const msg of await run.inbox('out').wait(odd.length)) {
      const [title, , width, height] = odd.find(([name]) => name === msg['title'])!;
      const { width: w, height: h, pixels } = msg.frame as Frame;
      assert.deepEqual([w, h], [width, height], title);
      const [red, green, blue] = pixels as Uint8Array as unknown as [number, number, number];
      if (title === 'grey') assert.ok(red === green && green === blue);
      else assert.ok(red > green && green >= blue, `${title}: ${red} ${green} ${blue}`);
    }
    assert.equal(run.inbox('errors').messages.length, 0);
  });

  it('A picture turned by EXIF has the plates of the upright one', async function () {
    this.timeout(60_000);
    const upright = await sharp(readFileSync(join(packageRoot, 'samples', 'pictures', '05.jpg')))
      .png()
      .toBuffer();
    // Stored lying on its side (a quarter against the clock), with the mark that says "turn it a quarter with the clock".
    const lying = await sharp(await sharp(upright).rotate(270).png().toBuffer()).withMetadata({ orientation: 6 });
    const run = await loadFlow(
      all,
      [
        { id: 'dev', type: 'alpr-hailo-device', workers: 1 },
        { id: 'n', type: 'alpr-camera-in', wires: [['find']] },
        { id: 'find', type: 'alpr-vehicle-detect', device: 'dev', wires: [['plates']] },
        { id: 'plates', type: 'alpr-plate-detect', device: 'dev', wires: [['read']] },
        { id: 'read', type: 'alpr-lprnet-read', device: 'dev', wires: [['out']] },
        { id: 'out', type: 'helper' },
      ],
      ['n', 'find', 'plates', 'read'],
    );
    run.receive('n', { payload: upright });
    run.receive('n', { payload: await lying.png().toBuffer() });
    const [first, second] = (await run.inbox('out').wait(2)) as [AlprMessage, AlprMessage];
    assert.ok(
      first.plates!.some(({ text }) => text !== undefined && text.length >= 4),
      'the picture has a plate',
    );
    assert.deepEqual(second.plates, first.plates);
    assert.deepEqual(second.vehicles, first.vehicles);
  });

  describe('instead of a frame', () => {
    const types = ['vehicle-detect', 'tracker', 'plate-detect', 'blur-gate', 'lprnet-read', 'hailo-infer', 'overlay'];
    const junk: [string, unknown][] = [
      ['a frame that went through JSON', JSON.parse(JSON.stringify(frame()))],
      ['a frame that went through JSON, with pixels beside it', { ...frame().toJSON(), pixels: [1, 2, 3] }],
      ['nothing', undefined],
      ['null', null],
      ['text', 'frame'],
      ['a function', () => new SharedArrayBuffer(4)],
      ['a lease that only looks like one', { ...frame().toJSON(), lease: Object.assign(() => null, { retain: 1 }) }],
    ];
    for (const type of [...types, 'plate-out']) {
      for (const [title, value] of junk) {
        it(`${type} refuses ${title}`, async () => {
          const run = await load(type);
          const code = ['tracker', 'blur-gate', 'plate-out'].includes(type) || value !== undefined;
          const expected = {
            code: code ? 'ALPR_NO_FRAME' : 'ALPR_IMAGE_INPUT',
            message: /^\w+: Expected a (frame|picture)/,
          };
          await assertRefused(run, { ...good(), frame: value }, good(1), expected);
        });
      }
    }
  });

  describe('where boxes are expected', () => {
    const inside = /a box \(x1 < x2, y1 < y2\) inside the frame of 64 × 48 for msg\.(plates|vehicles)\[0\]\.box/;
    const list = /Expected a list of (plates|boxes).* received /;
    const bad: [string, unknown, string, RegExp][] = [
      ['outside the frame', [{ box: { x1: 70, y1: 8, x2: 90, y2: 20 } }], 'ALPR_BOX', inside],
      ['NaN', [{ box: { ...box, x1: NaN } }], 'ALPR_BOX', inside],
      ['negative', [{ box: { x1: -9, y1: -9, x2: -3, y2: -2 } }], 'ALPR_BOX', inside],
      ['inverted', [{ box: { x1: 40, y1: 20, x2: 8, y2: 8 } }], 'ALPR_BOX', inside],
      ['a vote of junk', [{ box, vote: 7, plate: 7 }], 'ALPR_BOX', /the vote of a tracker for msg\./],
      ['text that is none', [{ box, text: { a: 1 } }], 'ALPR_BOX', /Expected text for msg\./],
      ['text for the list', 'AB12CD', 'LIST', list],
      ['null for the list', null, 'LIST', list],
      ['a list of junk', [1, 'a', null], 'LIST', list],
    ];
    // Which list each node needs, and what it says when the list is none of ours.
    const nodes: [string, 'plates' | 'vehicles', string | undefined, Record<string, unknown>?][] = [
      ['tracker', 'vehicles', 'ALPR_NO_BOXES', { track: 'vehicles' }],
      ['tracker', 'plates', 'ALPR_NO_BOXES', { track: 'plates' }],
      ['plate-detect', 'vehicles', undefined],
      ['blur-gate', 'plates', 'ALPR_NO_PLATES'],
      ['lprnet-read', 'plates', 'ALPR_NO_PLATES'],
      ['hailo-infer', 'plates', 'ALPR_NO_BOXES', { on: 'plates' }],
      ['overlay', 'plates', undefined],
      ['plate-out', 'plates', 'ALPR_NO_PLATES'],
    ];
    for (const [type, name, listCode, settings] of nodes) {
      for (const [title, value, code, message] of bad) {
        if (code === 'LIST' && listCode === undefined) {
          it(`${type} leaves msg.${name} to other nodes: ${title}`, async () => {
            const run = await load(type, settings);
            run.receive('n', { ...good(), [name]: value as never });
            await run.inbox('out').wait(1);
            assert.equal(run.inbox('errors').messages.length, 0);
          });
          continue;
        }
        it(`${type} refuses msg.${name}: ${title}`, async () => {
          const msg = { ...good(), [name]: value as never };
          const expected = { code: code === 'LIST' ? listCode! : code, message };
          await assertRefused(await load(type, settings), msg, good(1), expected);
          assert.equal((msg.frame as Frame).lease.holders, 0);
        });
      }
    }

    it('plate-out refuses departed tracks that are none, and works on', async () => {
      const expected = { code: 'ALPR_DEPARTED', message: /for msg\.departed\[0\] but received null$/ };
      await assertRefused(await load('plate-out'), { topic: 'cam', departed: [null] as never }, good(), expected);
    });
  });

  describe('in settings, as in a flow file written by hand', () => {
    const numbers: Record<string, string[]> = {
      'camera-in': ['fps', 'inFlight', 'maxMegapixels'],
      'vehicle-detect': ['confidence', 'iou', 'inputSize'],
      tracker: ['iouThreshold', 'keepLostMs', 'settleReads', 'settleConfidence', 'rereadGrowth', 'silenceMs'],
      'plate-detect': ['confidence', 'iou', 'inputSize', 'frameEvery', 'minVehicleArea', 'minVehicleBottom'],
      'blur-gate': ['minSharpness', 'minWidth', 'minHeight'],
      'lprnet-read': ['minConfidence', 'minLength', 'candidates'],
      'hailo-infer': ['confidence', 'inputSize'],
      overlay: ['maxWidth', 'quality'],
      'plate-out': ['minConfidence', 'minReads', 'minLength', 'dedupeSeconds'],
    };
    const choices: Record<string, string[]> = {
      'camera-in': ['source', 'pace', 'loop', 'autostart'],
      tracker: ['track'],
      'plate-detect': ['where'],
      'lprnet-read': ['secondLook'],
      'hailo-infer': ['on', 'model'],
      overlay: [
        ...['showVehicles', 'showPlates', 'showText', 'trails', 'lastPlates', 'caption', 'debug', 'preview'],
        ...['blur', 'blurWindscreens', 'inSide'],
      ],
      'plate-out': ['format', 'provisional'],
    };
    const noNumbers: unknown[] = ['NaN', NaN, 'Infinity', '-1', -1, '1e999', '12 px', true, [], {}];
    const noChoices: unknown[] = ['(unknown', {}, ['a']];

    for (const [type, fields] of Object.entries(numbers)) {
      it(`${type} is red and says which setting cannot be`, async () => {
        const bad = [
          ...fields.flatMap((field) => noNumbers.map((value) => [field, value] as const)),
          ...(choices[type] ?? []).flatMap((field) => noChoices.map((value) => [field, value] as const)),
        ].filter(([field, value]) => field !== 'model' || typeof value !== 'string');
        const model = type === 'hailo-infer' ? { model: 'any' } : {};
        const ids = bad.map((_, index) => `n${index}`);
        const run = await loadFlow(
          all,
          bad.map(([field, value], index) => {
            return { id: ids[index]!, type: `alpr-${type}`, ...model, [field]: value, wires: [] };
          }),
          ids,
        );
        for (const id of ids) run.receive(id, good());
        const errors = await run.inbox('errors').wait(bad.length);
        for (const msg of errors) {
          const { source, message, code } = msg['error'] as Failure & { source: { id: string } };
          const [field, value] = bad[ids.indexOf(source.id)]!;
          assert.equal(code, 'ALPR_SETTINGS', message);
          assert.match(message, new RegExp(`Expected .+ for ${field} but received .+`), `${field}: ${String(value)}`);
        }
        await settle(30);
        assert.deepEqual(
          [run.inbox('errors').messages.length, run.inbox('completed').messages.length],
          [bad.length, 0],
        );
      });

      for (const empty of ['', null, undefined]) {
        it(`${type} takes ${JSON.stringify(empty) ?? 'no'} settings for its defaults`, async () => {
          const names = [...fields, ...(choices[type] ?? []).filter((field) => field !== 'model')];
          const run = await load(type, Object.fromEntries(names.map((name) => [name, empty])));
          run.receive('n', type === 'camera-in' ? { payload: png } : good());
          await run.inbox('out').wait(1);
          assert.equal(run.inbox('errors').messages.length, 0);
        });
      }
    }
  });

  describe('as a model', () => {
    const shipped = join(packageRoot, 'models');
    const manifest = (name: string): Record<string, unknown> =>
      JSON.parse(readFileSync(join(shipped, `${name}.json`), 'utf8')) as Record<string, unknown>;
    const onnx = (name: string): string => (manifest(name)['files'] as { onnx: { file: string } }).onnx.file;

    function own(name: string, change: (json: Record<string, unknown>) => void, withFile = true): void {
      const json = { ...manifest('plateflow-plate'), name };
      change(json);
      folder.file(`${name}.json`, JSON.stringify(json));
      if (withFile) copyFileSync(join(shipped, onnx('plateflow-plate')), join(folder.path, onnx('plateflow-plate')));
    }

    const flow = (type: string, model: string): Promise<Running> =>
      loadFlow(all, [
        { id: 'dev', type: 'alpr-hailo-device', workers: 1, modelDirectory: folder.path },
        { id: 'n', type: `alpr-${type}`, device: 'dev', model, wires: [['out']] },
        { id: 'good', type: 'alpr-plate-detect', device: 'dev', wires: [['out']] },
        { id: 'out', type: 'helper' },
      ]);

    const cases: [string, string, string, () => void, string, RegExp][] = [
      ['that is not there', 'plate-detect', 'mine', () => {}, 'ALPR_MODEL', /models .* but received "mine"/],
      [
        'without its file',
        'plate-detect',
        'bare',
        () => own('bare', ownFile, false),
        'ALPR_MODEL',
        /bare\.onnx but found/,
      ],
      ['that was cut off', 'plate-detect', 'cut', cutOff, 'ALPR_MODEL', /Expected \d+ bytes for .*cut\.onnx/],
      [
        'that is another file',
        'plate-detect',
        'other',
        another,
        'ALPR_MODEL',
        /Expected sha256 [0-9a-f]{64} for .*other/,
      ],
      [
        'with a wrong field',
        'plate-detect',
        'odd',
        () => own('odd', wrongField),
        'ALPR_MODEL',
        /odd\.json: input\.fit: /,
      ],
      [
        'without JSON',
        'plate-detect',
        'text',
        () => void folder.file('text.json', 'hi'),
        'ALPR_MODEL',
        /Expected JSON/,
      ],
      ['that reads, where plates are found', 'plate-detect', 'plateflow-reader', () => {}, 'ALPR_MODEL_TASK', /boxes/],
      ['that finds, where plates are read', 'lprnet-read', 'plateflow-plate', () => {}, 'ALPR_MODEL_TASK', /text/],
    ];
    for (const [title, type, model, make, code, message] of cases) {
      it(`one ${title}: says so, and the models beside it work`, async function () {
        this.timeout(60_000);
        make();
        const run = await flow(type, model);
        run.receive('n', good());
        const failure = failureOf(await run.inbox('errors').first());
        assert.equal(failure.code, code, failure.message);
        assert.match(failure.message, message);
        assert.equal(run.statuses('n').at(-1)?.fill, 'red');
        run.receive('good', good(1));
        await run.inbox('out').wait(1);
      });
    }

    it('one whose file comes later works with the next message', async function () {
      this.timeout(60_000);
      own('late', ownFile, false);
      const run = await flow('plate-detect', 'late');
      run.receive('n', good());
      await run.inbox('errors').first();
      copyFileSync(join(shipped, onnx('plateflow-plate')), join(folder.path, 'late.onnx'));
      run.receive('n', good(1));
      await run.inbox('out').wait(1);
      await until(() => run.statuses('n').at(-1)?.fill === 'green', 'a green status');
    });

    /** Lets it have a file of its own. */
    function ownFile(json: Record<string, unknown>): void {
      const { onnx: entry } = json['files'] as { onnx: object };
      json['files'] = { onnx: { ...entry, file: `${String(json['name'])}.onnx` } };
    }
    function cutOff(): void {
      own('cut', ownFile, false);
      writeFileSync(
        join(folder.path, 'cut.onnx'),
        readFileSync(join(shipped, onnx('plateflow-plate'))).subarray(0, 999),
      );
    }
    function another(): void {
      own('other', ownFile, false);
      const bytes = readFileSync(join(shipped, onnx('plateflow-plate')));
      bytes[1000]! ^= 255;
      writeFileSync(join(folder.path, 'other.onnx'), bytes);
    }
    function wrongField(json: Record<string, unknown>): void {
      json['input'] = { ...(json['input'] as object), fit: 'squeeze' };
    }
  });

  describe('as a source', () => {
    const source = (kind: string, path: string, more: Record<string, unknown> = {}): Promise<Running> =>
      loadFlow(all, [
        {
          id: 'n',
          type: 'alpr-camera-in',
          source: kind,
          path,
          pace: 'fast',
          autostart: false,
          ...more,
          wires: [['out']],
        },
        { id: 'out', type: 'helper' },
      ]);
    const picture = join(packageRoot, 'samples', 'pictures', '01.jpg');
    const cases: [string, string, () => string, RegExp][] = [
      [
        'a picture that is not there',
        'picture',
        () => join(folder.path, 'no.jpg'),
        /no\.jpg but received no such file/,
      ],
      ['a picture of 0 bytes', 'picture', () => folder.file('zero.jpg'), /an empty file \(0 bytes\)/],
      ['a folder for a picture', 'picture', () => folder.path, /but received a folder/],
      ['an empty folder', 'folder', () => new Folder().path, /but received an empty folder/],
      ['a folder without pictures', 'folder', () => new Folder('a.txt').path, /but received 1 entries of other kinds/],
      ['a picture for a folder', 'folder', () => picture, /Expected a folder for .* but received a file/],
      ['a video that is text', 'video', () => folder.file('v.mp4', 'no film'), /Expected a video for .*v\.mp4/],
      ['a video of 0 bytes', 'video', () => folder.file('v0.mp4'), /an empty file \(0 bytes\)/],
    ];
    const folders: TemporaryFolder[] = [];
    class Folder extends TemporaryFolder {
      constructor(...files: string[]) {
        super();
        folders.push(this);
        for (const file of files) this.file(file, 'x');
      }
    }
    after(() => folders.forEach((made) => made.remove()));

    for (const [title, kind, make, message] of cases) {
      it(`${title}: says so once, and starts with the next`, async function () {
        if (kind === 'video') needFfmpeg(this);
        const run = await source(kind, make());
        run.receive('n', {});
        const failure = failureOf(await run.inbox('errors').first());
        assert.match(failure.code!, /^ALPR_(SOURCE|IMAGE_\w+)$/);
        assert.match(failure.message, message);
        assert.equal(run.statuses('n').at(-1)?.fill, 'red');
        const next = { picture, folder: join(picture, '..'), video: join(packageRoot, 'samples', 'road.mp4') }[kind];
        run.receive('n', { filename: next });
        await run.inbox('out').wait(1);
        assert.equal(run.inbox('errors').messages.length, 1);
      });
    }

    it('a video that breaks off gives its frames and its end or its error, and plays again', async function () {
      needFfmpeg(this);
      const whole = folder.clip('whole.ts', 'testsrc2=s=160x90:r=10:d=3', '-c:v', 'mpeg2video');
      const bytes = readFileSync(whole);
      const half = folder.file('half.ts', bytes.subarray(0, bytes.length / 2));
      const run = await source('video', half);
      const outcomes = (): number =>
        run.inbox('errors').messages.length + run.inbox('out').messages.filter((msg) => msg.complete).length;
      run.receive('n', {});
      await until(() => outcomes() === 1, 'an end or an error');
      const frames = run.inbox('out').messages.filter((msg) => msg.frame !== undefined).length;
      assert.ok(frames >= 5 && frames < 30, `${frames} frames`);
      run.receive('n', { filename: whole });
      await until(() => run.inbox('out').messages.filter((msg) => msg.frame).length === frames + 30, '30 more frames');
    });

    it('no ffmpeg: says how to get it, and plays once it is there', async function () {
      needFfmpeg(this);
      const program = join(folder.path, 'ffmpeg-link');
      const run = await source('video', join(packageRoot, 'samples', 'road.mp4'), { ffmpeg: program });
      run.receive('n', {});
      const failure = failureOf(await run.inbox('errors').first());
      assert.equal(failure.code, 'ALPR_FFMPEG');
      assert.match(failure.message, /ffmpeg-link" but there is no such program\. Install it/);
      assert.deepEqual(run.statuses('n').at(-1), { fill: 'red', shape: 'ring', text: 'ffmpeg' });
      const real = folder.file(basename(program), '#!/bin/sh\nexec ffmpeg "$@"\n');
      chmodSync(real, 0o755);
      run.receive('n', {});
      await run.inbox('out').wait(1);
    });
  });

  describe('200 messages at once', () => {
    // How many handlers run while 64 messages wait.
    const nodes: [string, number][] = [
      ['camera-in', 4],
      ['vehicle-detect', 4],
      ['tracker', 1],
      ['plate-detect', 4],
      ['blur-gate', 4],
      ['lprnet-read', 4],
      ['hailo-infer', 4],
      ['overlay', 2],
      ['plate-out', 1],
    ];
    for (const [type, running] of nodes) {
      it(`${type} answers each once: works off what it may, in order, and says that it is busy`, async () => {
        const run = await load(type);
        const messages = Array.from({ length: 200 }, (_, n) =>
          type === 'camera-in' ? { payload: png, topic: 'cam' } : { ...good(n), plates: plates(n) },
        );
        for (const msg of messages) run.receive('n', msg);
        const inTime = 64 + running;
        const errors = await run.inbox('errors').wait(200 - inTime);
        for (const msg of errors) assert.equal(failureOf(msg).code, 'ALPR_BUSY');
        await run.inbox('completed').wait(inTime);
        await settle(30);
        assert.equal(run.inbox('completed').messages.length + run.inbox('errors').messages.length, 200);
        const sequences = run.inbox('out').messages.map((msg) => (msg.frame as Frame).sequence);
        assert.deepEqual(sequences, [...Array(inTime).keys()]);
        for (const msg of messages) assert.equal((msg as AlprMessage & { frame?: Frame }).frame?.lease.holders ?? 0, 0);
        run.receive('n', type === 'camera-in' ? { payload: png } : { ...good(300), plates: plates(300) });
        await run.inbox('completed').wait(inTime + 1);
      });
    }
  });
});

/** A plate of its own in every frame, so that plate-out has an event for each. */
function plates(n: number): Plate[] {
  return [{ box, confidence: 0.9, text: `AB${1000 + n}`, textConfidence: 0.99 }];
}

function noise(): sharp.Sharp {
  const pixels = Buffer.from(Array.from({ length: 30_000 }, (_, i) => (i * 7919) % 251));
  return sharp(pixels, { raw: { width: 100, height: 100, channels: 3 } });
}

/** Two pictures, the first reddish, the second blue. */
function animation(): sharp.Sharp {
  const pixels = Buffer.alloc(20 * 20 * 3);
  for (let i = 0; i < pixels.length; i += 3) pixels.set(i < pixels.length / 2 ? [200, 60, 20] : [10, 20, 200], i);
  return sharp(pixels, { raw: { width: 20, height: 20, channels: 3, pageHeight: 10 } });
}

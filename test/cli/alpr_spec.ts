import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import type { Plate, Vehicle } from '../../src/detection/types.js';
import { packageRoot } from '../support/node-red-process.js';

const pictures = path.join(packageRoot, 'samples', 'pictures');
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;

interface Line {
  file: string;
  frame?: number;
  width: number;
  height: number;
  vehicles: Vehicle[];
  plates: Plate[];
  timings: Record<string, number>;
}

function alpr(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const command = path.join(packageRoot, 'src', 'cli', 'alpr.ts');
  return spawnSync(process.execPath, ['--require', 'tsx/cjs', command, ...args], {
    cwd: packageRoot,
    encoding: 'utf8',
  });
}

interface EvaluationRow {
  group: string;
  name: string;
  detection: Record<string, number>;
  ms: Record<string, number>;
}

const lines = (stdout: string): Line[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

describe('alpr read', function () {
  this.timeout(120_000);
  let folder = '';
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-cli-'));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('gives one JSON line per picture with the fields of the message, plates inside the picture', () => {
    const { status, stdout, stderr } = alpr('read', path.join(pictures, '05.jpg'), '--json');
    assert.equal(status, 0, stderr);
    const [line, ...more] = lines(stdout);
    assert.deepEqual(more, []);
    const { file, width, height, vehicles, plates, timings } = line!;
    const size = fs.readFileSync(path.join(pictures, '05.jpg'));
    assert.equal(file, path.join(pictures, '05.jpg'));
    assert.ok(size.length > 0 && width > height && !('frame' in line!));
    assert.ok(vehicles.length >= 2);
    const texts = plates.filter(({ held }) => held === undefined).map(({ text }) => text);
    assert.deepEqual(texts.sort(), ['51G38472', 'MKT4827']);
    for (const { box } of [...plates, ...vehicles]) {
      assert.ok(
        box.x1 >= 0 && box.y1 >= 0 && box.x2 <= width && box.y2 <= height && box.x2 > box.x1 && box.y2 > box.y1,
      );
    }
    for (const stage of ['vehicleDetect', 'plateDetect', 'read', 'total']) assert.ok(timings[stage]! > 0, stage);
  });

  it('reads a folder by name, skips what is no picture, says so, and exits with 1', () => {
    const mixed = path.join(folder, 'mixed');
    fs.mkdirSync(mixed);
    fs.copyFileSync(path.join(pictures, '01.jpg'), path.join(mixed, 'b10.jpg'));
    fs.copyFileSync(path.join(pictures, '05.jpg'), path.join(mixed, 'b9.jpg'));
    fs.writeFileSync(path.join(mixed, 'a.jpg'), 'no picture at all');
    const { status, stdout, stderr } = alpr('read', mixed, '--json', '--mode', 'plates');
    assert.equal(status, 1);
    assert.deepEqual(
      lines(stdout).map(({ file }) => path.basename(file)),
      ['b9.jpg', 'b10.jpg'],
    );
    assert.match(stderr, /a\.jpg/);
  });

  it('draws what it found', async () => {
    const out = path.join(folder, 'drawn');
    const picture = path.join(pictures, '05.jpg');
    assert.equal(alpr('read', picture, '--draw', out).status, 0);
    const [drawn, original] = await Promise.all(
      [path.join(out, '05.jpg'), picture].map((file) => sharp(file).raw().toBuffer({ resolveWithObject: true })),
    );
    assert.deepEqual([drawn!.info.width, drawn!.info.height], [original!.info.width, original!.info.height]);
    // JPEG noise stays small; a drawn line changes a pixel by much.
    const changed = drawn!.data.filter((value, index) => Math.abs(value - original!.data[index]!) > 80).length;
    assert.ok(changed > 1000, `${changed} bytes changed`);
  });

  it('numbers the frames of a video and keeps to the frame rate asked for', function () {
    if (!hasFfmpeg && process.env['CI'] === undefined) {
      console.log('    skipped: videos need ffmpeg, which is not installed');
      this.skip();
    }
    const clip = path.join(packageRoot, 'samples', 'road.mp4');
    const { status, stdout, stderr } = alpr('read', clip, '--json', '--fps', '1', '--mode', 'plates');
    assert.equal(status, 0, stderr);
    // 28 s of clip.
    assert.deepEqual(
      lines(stdout).map(({ frame }) => frame),
      [...Array(28).keys()],
    );
  });

  const broken: [string, string, Buffer | undefined, RegExp][] = [
    ['a text file', 'text.jpg', Buffer.from('hello'), /Expected a picture/],
    ['an empty file', 'empty.jpg', Buffer.alloc(0), /Expected/],
    ['half a JPEG', 'half.jpg', undefined, /Expected|picture/],
    ['a file that is not there', 'nowhere.jpg', undefined, /no such file/],
    ['a video that is none', 'text.mp4', Buffer.from('hello'), /Expected|ffmpeg/],
  ];
  for (const [title, name, bytes, expected] of broken) {
    it(`says what is wrong with ${title}, reads the rest, and exits with 1`, () => {
      const file = path.join(folder, name);
      if (bytes !== undefined) fs.writeFileSync(file, bytes);
      if (name === 'half.jpg') {
        const whole = fs.readFileSync(path.join(pictures, '01.jpg'));
        fs.writeFileSync(file, whole.subarray(0, whole.length / 2));
      }
      const { status, stdout, stderr } = alpr(
        'read',
        file,
        path.join(pictures, '01.jpg'),
        '--json',
        '--mode',
        'plates',
      );
      assert.equal(status, 1);
      assert.match(stderr, expected);
      assert.doesNotMatch(stderr, /\n\s+at /, 'no stack trace');
      assert.equal(lines(stdout).length, 1);
    });
  }

  const usage: [string[], RegExp][] = [
    [[], /alpr read/],
    [['fly'], /Expected one of read, evaluate, models, doctor but received 'fly'/],
    [['read'], /at least one picture/],
    [['read', 'x.jpg', '--colour'], /--colour/],
    [['read', 'x.jpg', '--mode', 'fast'], /Expected cascade, plates for --mode but received 'fast'/],
    [['read', 'x.jpg', '--plate-confidence', 'NaN'], /number from 0 to 1 for --plate-confidence but received 'NaN'/],
  ];
  for (const [args, expected] of usage) {
    it(`exits with 2 and says why: alpr ${args.join(' ')}`, () => {
      const { status, stdout, stderr } = alpr(...args);
      assert.equal(status, 2);
      assert.match(stdout + stderr, expected);
    });
  }
});

describe('alpr evaluate', function () {
  this.timeout(120_000);
  let folder = '';
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-evaluate-'));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('scores boxes and texts per source, only of the split asked for', () => {
    const { stdout } = alpr('read', path.join(pictures, '05.jpg'), '--json', '--mode', 'plates');
    const found = lines(stdout)[0]!.plates.find(({ text }) => text === '51G38472')!;
    const { x1, y1, x2, y2 } = found.box;
    const label = { x: x1, y: y1, w: x2 - x1, h: y2 - y1, text: '51G38472' };
    const nowhere = { x: 0, y: 0, w: 30, h: 10, text: 'NEVER' };
    const row = (split: string, plates: object[]) => ({ file: path.join(pictures, '05.jpg'), split, plates });
    fs.mkdirSync(path.join(folder, 'scenes'));
    fs.mkdirSync(path.join(folder, 'crops'));
    // Labels name files relative to their folder.
    fs.copyFileSync(path.join(pictures, '05.jpg'), path.join(folder, 'scenes', '05.jpg'));
    const rows = [row('test', [label, nowhere]), row('train', [label])].map((r) =>
      JSON.stringify({ ...r, file: '05.jpg' }),
    );
    fs.writeFileSync(path.join(folder, 'scenes', 'labels.jsonl'), rows.join('\n'));
    const sheet = path.join(folder, 'worst.jpg');
    const result = alpr('evaluate', folder, '--mode', 'plates', '--json', '--sheet', sheet);
    assert.equal(result.status, 0, result.stderr);
    const measured = result.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as EvaluationRow);
    const score = measured.find(({ group }) => group === 'source')!;
    assert.equal(score.name, 'scenes');
    const { pictures: count, labels, matched, texts, textsExact } = score.detection;
    assert.deepEqual(
      { count, labels, matched, texts, textsExact },
      { count: 1, labels: 2, matched: 1, texts: 2, textsExact: 1 },
    );
    assert.equal(measured.find(({ group }) => group === 'all')!.detection['matched'], 1);
    for (const stage of ['decode', 'plateDetect', 'read']) assert.ok(score.ms[stage]! > 0, stage);
    assert.equal(fs.readFileSync(sheet).readUInt16BE(0), 0xffd8, 'a JPEG');
  });

  it('compares with a second reader on the same pictures', () => {
    const crops = path.join(folder, 'own');
    const models = path.join(folder, 'models');
    for (const made of [crops, models]) fs.mkdirSync(made);
    const { stdout } = alpr('read', path.join(pictures, '05.jpg'), '--json', '--mode', 'plates');
    const found = lines(stdout)[0]!.plates.find(({ text }) => text === '51G38472')!;
    const { x1, y1, x2, y2 } = found.box;
    const label = { x: x1, y: y1, w: x2 - x1, h: y2 - y1, text: '51G38472' };
    fs.copyFileSync(path.join(pictures, '05.jpg'), path.join(crops, '05.jpg'));
    const row = { file: '05.jpg', split: 'test', plates: [label] };
    fs.writeFileSync(path.join(crops, 'labels.jsonl'), JSON.stringify(row));
    // The shipped reader under another name, with a margin that leaves a ninth of its input to the plate.
    const shipped = path.join(packageRoot, 'models', 'plateflow-reader');
    const manifest = JSON.parse(fs.readFileSync(`${shipped}.json`, 'utf8')) as { input: object };
    fs.copyFileSync(`${shipped}.onnx`, path.join(models, 'plateflow-reader.onnx'));
    const far = { ...manifest, name: 'far-reader', input: { ...manifest.input, margin: 1 } };
    fs.writeFileSync(path.join(models, 'far-reader.json'), JSON.stringify(far));
    const options = ['--mode', 'plates', '--second-look', 'never', '--models', models];
    const result = alpr('evaluate', crops, ...options, '--compare-text-model', 'far-reader');
    assert.equal(result.status, 0, result.stderr);
    assert.match(result.stdout, /^A: .*plateflow-reader\nB: .*far-reader$/m);
    assert.match(result.stdout, /\| own \| plates \| 100\.0 \| 100\.0 \| \+0\.0 \|/, 'the same plate was found');
    assert.match(result.stdout, /both right 0, only A 1, only B 0/);
    assert.match(result.stdout, /own\/05\.jpg {2}51G38472 {2}A 51G38472 {2}B /);
  });

  const refused: [string[], RegExp][] = [
    [['--sheet', 'worst.png'], /ends in \.jpg for --sheet but received 'worst\.png'/],
    [['--sheet', path.join('no', 'such', 'folder.jpg')], /a folder that exists for --sheet/],
  ];
  for (const [args, expected] of refused) {
    it(`exits with 2 before it measures: ${args.join(' ')}`, () => {
      const { status, stderr } = alpr('evaluate', 'nowhere', ...args);
      assert.equal(status, 2);
      assert.match(stderr, expected);
    });
  }

  it('says so when there are no labels', () => {
    const empty = path.join(folder, 'crops');
    fs.mkdirSync(empty, { recursive: true });
    const { status, stderr } = alpr('evaluate', empty);
    assert.equal(status, 1);
    assert.match(stderr, /found none/);
  });
});

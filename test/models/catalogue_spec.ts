import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Catalogue } from '../../src/models/catalogue';
import { locateModelFile } from '../../src/models/locate';
import type { Manifest } from '../../src/models/manifest';

const models = join(__dirname, '..', '..', 'models');
const shipped = ['plateflow-plate', 'plateflow-reader', 'plateflow-vehicle'];
/** Networks of the field by task: manifests only. */
const field: Record<string, string[]> = {
  vehicles: ['hailo_yolov8n_4_classes_vga_vehicles', 'yolov5m_vehicles', 'yolov8n', 'yolov8s'],
  plates: [
    'hailo_yolov8n_4_classes_vga_plates',
    'tiny_yolov4_license_plates',
    'yolo-v9-t-384-license-plates',
    'yolov8n_relu6_lp',
  ],
  text: [
    'cct-s-v1-global',
    'cct-xs-v1-global',
    'cct-xs-v2-global',
    'lprnet',
    'lprnet-cn',
    'ppocr-v4-rec',
    'yolov8n_relu6_lp_ocr',
  ],
};
const all = [...shipped, ...Object.values(field).flat()].sort();

describe('Catalogue', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'alpr-catalogue-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(file: string, changes: Partial<Manifest>): void {
    const json = JSON.parse(readFileSync(join(models, 'plateflow-plate.json'), 'utf8')) as Manifest;
    writeFileSync(join(folder, file), JSON.stringify({ ...json, ...changes }));
  }
  const names = (catalogue: Catalogue, task?: Manifest['task']): string[] =>
    catalogue.list(task).map(({ name }) => name);

  it('lists the shipped models, all or of one task', () => {
    const catalogue = new Catalogue();
    assert.deepEqual(names(catalogue), all);
    assert.deepEqual(names(catalogue, 'vehicles'), [...field['vehicles']!, 'plateflow-vehicle'].sort());
    assert.deepEqual(names(catalogue, 'plates'), [...field['plates']!, 'plateflow-plate'].sort());
    assert.deepEqual(names(catalogue, 'text'), [...field['text']!, 'plateflow-reader'].sort());
    assert.deepEqual(names(catalogue, 'generic'), []);
    assert.deepEqual(catalogue.problems, []);
    assert.equal(catalogue.get('plateflow-plate').directory, models);
    assert.equal(catalogue.get('lprnet').directory, join(models, 'field'));
  });

  for (const name of shipped) {
    it(`ships the file that belongs to ${name}`, async () => {
      assert.equal(await locateModelFile(new Catalogue().get(name), 'onnx'), join(models, `${name}.onnx`));
    });
  }

  it('adds the models of further folders, which may replace shipped ones', () => {
    write('mine.json', { name: 'mine' });
    write('better.json', { name: 'plateflow-plate', version: '9' });
    writeFileSync(join(folder, 'notes.txt'), 'no manifest');
    const catalogue = new Catalogue([folder]);
    assert.deepEqual(names(catalogue), ['mine', ...all].sort());
    assert.equal(catalogue.get('plateflow-plate').version, '9');
    assert.equal(catalogue.get('plateflow-plate').directory, folder);
    assert.equal(catalogue.get('plateflow-reader').directory, models);
  });

  it('goes on without broken manifests and missing folders, and tells of them', () => {
    writeFileSync(join(folder, 'a.json'), '{"name":');
    write('b.json', { task: 'cars' as 'plates' });
    write('c.json', { name: 'good' });
    write('d.json', { name: 'good' });
    const nowhere = join(folder, 'nowhere');
    const catalogue = new Catalogue([folder, nowhere]);
    assert.deepEqual(names(catalogue), ['good', ...all].sort());
    const told = catalogue.problems.map(({ path, error }) => [path, error.code, error.message]);
    const expected: [string, RegExp][] = [
      [join(folder, 'a.json'), /a\.json: Expected JSON but received /],
      [join(folder, 'b.json'), /b\.json: task: Expected one of .* but received "cars"/],
      [join(folder, 'd.json'), /d\.json: name: Expected a name of its own but received "good", as in .*c\.json/],
      [nowhere, /Expected a folder of models at .*nowhere but received ENOENT/],
    ];
    assert.equal(told.length, expected.length);
    for (const [i, [path, message]] of expected.entries()) {
      assert.deepEqual(told[i]!.slice(0, 2), [path, 'ALPR_MODEL']);
      assert.match(told[i]![2]!, message);
    }
  });

  it('names the models there are, and the one that was probably meant', () => {
    assert.throws(() => new Catalogue().get('plateflow-plates'), {
      code: 'ALPR_MODEL',
      message:
        `Expected one of the models ${all.join(', ')} but received "plateflow-plates".` +
        ' Did you mean plateflow-plate?',
    });
  });
});

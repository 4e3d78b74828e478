import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest, ModelOutput, Yolov5Output } from '../../src/models/manifest';
import { validateManifest } from '../../src/models/validate';

const models = join(__dirname, '..', '..', 'models');

/** A manifest that is right, typed: the compiler keeps it in step with the type. */
const right: Manifest = {
  manifestVersion: 1,
  name: 'some-plates',
  title: 'Some plates',
  task: 'plates',
  version: '2.0',
  description: 'For tests',
  files: {
    onnx: { file: 'some.onnx', sha256: 'ab'.repeat(32), size: 12, url: 'https://example.org/some.onnx' },
    hef: {
      hailo8: { file: 'some.hailo8.hef', url: 'https://example.org/some.hef' },
      hailo8l: { file: 'some.hef', sha256: '01'.repeat(32), size: 34 },
    },
  },
  input: {
    name: 'image',
    width: 640,
    height: 384,
    multipleOf: 32,
    crop: { width: 320, height: 192 },
    colour: 'BGR',
    layout: 'NCHW',
    type: 'float32',
    normalisation: { mean: [0, 127.5, 1], scale: [255, 128, 1] },
    fit: 'letterbox',
    fill: [114, 114, 0],
    margin: 0.1,
    batch: false,
  },
  output: {
    decoder: 'yolov5',
    outputs: ['small', 'large'],
    strides: [8, 16],
    anchors: [
      [
        [10, 13],
        [16, 30],
      ],
      [[30, 61.5]],
    ],
    activated: false,
    layout: 'NCHW',
    labels: ['plate'],
    keep: ['plate'],
  },
  hef: {
    input: { width: 320, height: 192, colour: 'RGB', fit: 'stretch', fill: [0, 0, 0], margin: 0 },
    output: { decoder: 'hailo-nms', output: 'nms', labels: ['person', 'plate'], keep: ['plate'] },
  },
  thresholds: { confidence: 0.5, iou: 0, maxDetections: 20 },
  licence: 'MIT',
  source: 'a test',
};

const outputs: { task: Manifest['task']; output: ModelOutput }[] = [
  { task: 'plates', output: { decoder: 'corner-detector', output: 'd', corners: true, labels: ['plate'] } },
  {
    task: 'vehicles',
    output: {
      decoder: 'yolov4',
      outputs: ['a'],
      strides: [32],
      anchors: [[[81, 82]]],
      scaleXY: 1.05,
      activated: true,
      layout: 'NHWC',
      labels: ['plate'],
    },
  },
  { task: 'vehicles', output: { decoder: 'yolov8', layout: 'channels-first', labels: ['car', 'bus'] } },
  {
    task: 'plates',
    output: {
      decoder: 'end-to-end',
      columns: ['batch', 'x1', 'y1', 'x2', 'y2', 'class', 'confidence'],
      units: 'pixels',
      labels: ['plate'],
    },
  },
  {
    task: 'text',
    output: { decoder: 'ctc', alphabet: ['A', '京'], blank: 2, layout: 'NCT', lines: 2, probabilities: true },
  },
  { task: 'text', output: { decoder: 'slots', slots: 9, alphabet: ['_', 'A'], pad: 0, probabilities: true } },
  {
    task: 'text',
    output: { decoder: 'character-boxes', detector: { decoder: 'yolov8', layout: 'channels-last', labels: ['0'] } },
  },
  { task: 'generic', output: { decoder: 'tensors' } },
];

describe('validateManifest', () => {
  const manifestsIn = (folder: string): string[] =>
    readdirSync(folder).filter((file) => file.endsWith('.json') && file !== 'manifest.schema.json');
  const shipped: [folder: string, count: number][] = [
    [models, 3],
    [join(models, 'field'), 15],
  ];
  for (const [folder, count] of shipped) {
    const files = manifestsIn(folder);
    it(`finds ${count} shipped manifests in ${folder.slice(models.length - 6)}`, () =>
      assert.equal(files.length, count));
    for (const file of files) {
      it(`accepts the shipped ${file}`, () => {
        const json = JSON.parse(readFileSync(join(folder, file), 'utf8')) as object;
        assert.equal(`${validateManifest(json, file, folder).name}.json`, file);
      });
    }
  }

  it('accepts a manifest with every field', () => {
    assert.deepEqual(validateManifest(right, 'x.json'), right);
  });

  for (const { task, output } of outputs) {
    it(`accepts the decoder ${output.decoder}`, () => {
      const { hef: _hef, ...rest } = right;
      const manifest = { ...rest, task, output };
      assert.deepEqual(validateManifest(manifest, 'x.json'), manifest);
    });
  }

  it('leaves out the address of the schema that editors want', () => {
    assert.deepEqual(validateManifest({ $schema: './manifest.schema.json', ...right }, 'x.json'), right);
  });

  const mistakes: {
    path: (string | number)[];
    value?: unknown;
    output?: ModelOutput;
    task?: Manifest['task'];
    error: string;
  }[] = [
    { path: ['manifestVersion'], value: 2, error: 'manifestVersion: Expected 1 but received 2' },
    {
      path: ['name'],
      error:
        'name: Expected a non-empty string (lower-case letters, digits, dot, hyphen, underscore; unique in the catalogue) but received nothing',
    },
    {
      path: ['name'],
      value: 'Some Plates',
      error:
        'name: Expected a non-empty string (lower-case letters, digits, dot, hyphen, underscore; unique in the catalogue) but received "Some Plates"',
    },
    {
      path: ['task'],
      value: 'cars',
      error: 'task: Expected one of vehicles, plates, text, generic but received "cars"',
    },
    {
      path: ['licence'],
      value: '',
      error: 'licence: Expected a non-empty string (SPDX identifier or a sentence) but received ""',
    },
    {
      path: ['license'],
      value: 'MIT',
      error: 'license: Expected no such field (did you mean licence?) but received "MIT"',
    },
    { path: ['files'], value: {}, error: 'files: Expected at least one of onnx, hef but received {}' },
    {
      path: ['files', 'onnx', 'file'],
      value: '../some.onnx',
      error: 'files.onnx.file: Expected a non-empty string (a file name without a folder) but received "../some.onnx"',
    },
    {
      path: ['files', 'onnx', 'sha256'],
      value: 'abc',
      error: 'files.onnx.sha256: Expected a non-empty string (64 lower-case hex digits) but received "abc"',
    },
    {
      path: ['files', 'onnx', 'size'],
      value: 1.5,
      error: 'files.onnx.size: Expected an integer of at least 1 (bytes) but received 1.5',
    },
    {
      path: ['files', 'hef', 'hailo9'],
      value: {},
      error: 'files.hef.hailo9: Expected no such field (did you mean hailo8?) but received {}',
    },
    { path: ['input'], value: [], error: 'input: Expected an object but received []' },
    {
      path: ['input', 'width'],
      value: '640',
      error: 'input.width: Expected an integer from 1 to 4096 (pixels) but received "640"',
    },
    {
      path: ['input', 'width'],
      value: 650,
      error: 'input.width: Expected a multiple of 32 (multipleOf) but received 650',
    },
    {
      path: ['input', 'crop', 'height'],
      value: 200,
      error: 'input.crop.height: Expected a multiple of 32 (multipleOf) but received 200',
    },
    {
      path: ['input', 'multipleOf'],
      error:
        'input.crop: Expected none, because without multipleOf there is one size only but received {"width":320,"height":192}',
    },
    {
      path: ['input', 'color'],
      value: 'RGB',
      error: 'input.color: Expected no such field (did you mean colour?) but received "RGB"',
    },
    {
      path: ['input', 'type'],
      value: 'uint8',
      error:
        'input.normalisation: Expected none, because input.type is uint8 but received {"mean":[0,127.5,1],"scale":[255,128,1]}',
    },
    {
      path: ['input', 'normalisation', 'scale', 1],
      value: 0,
      error: 'input.normalisation.scale[1]: Expected a number above 0 but received 0',
    },
    { path: ['input', 'fill'], value: [1, 2], error: 'input.fill: Expected an array of 3 but received [1,2]' },
    { path: ['input', 'batch'], value: 1, error: 'input.batch: Expected true or false but received 1' },
    { path: ['output'], value: 'yolov5', error: 'output: Expected an object with a decoder but received "yolov5"' },
    {
      path: ['output', 'decoder'],
      value: 'yolov9',
      error:
        'output.decoder: Expected one of corner-detector, yolov5, yolov4, yolov8, end-to-end, hailo-nms, ctc, slots, character-boxes, tensors but received "yolov9"',
    },
    {
      path: ['output', 'anchors', 1, 0],
      value: [1, 2, 3],
      error: 'output.anchors[1][0]: Expected an array of 2 ([width, height] in input pixels) but received [1,2,3]',
    },
    {
      path: ['output', 'anchors', 1],
      value: [],
      error: 'output.anchors[1]: Expected an array of at least 1 but received []',
    },
    {
      path: ['output', 'anchors'],
      value: [[[1, 2]]],
      error: 'output.anchors: Expected 2 lists of anchors, one per output but received [[[1,2]]]',
    },
    {
      path: ['output', 'strides'],
      value: [8],
      error: 'output.strides: Expected 2 strides, one per output but received [8]',
    },
    { path: ['output', 'labels'], error: 'output.labels: Expected an array of at least 1 but received nothing' },
    {
      path: ['output', 'anchor'],
      value: [],
      error: 'output.anchor: Expected no such field (did you mean anchors?) but received []',
    },
    {
      path: ['thresholds', 'confidence'],
      value: 45,
      error: 'thresholds.confidence: Expected a number from 0 to 1 but received 45',
    },
    {
      path: ['task'],
      value: 'text',
      error: 'output.decoder: Expected one of ctc, slots, character-boxes for a text model but received "yolov5"',
    },
    {
      path: ['output', 'blank'],
      value: 3,
      task: 'text',
      output: { decoder: 'ctc', alphabet: ['A', 'B'], blank: 0 },
      error: 'output.blank: Expected a class index from 0 to 2 but received 3',
    },
    {
      path: ['output', 'pad'],
      value: 2,
      task: 'text',
      output: { decoder: 'slots', slots: 3, alphabet: ['A', 'B'], pad: 0 },
      error: 'output.pad: Expected a class index from 0 to 1 but received 2',
    },
    {
      path: ['output', 'columns', 4],
      value: 'x1',
      output: {
        decoder: 'end-to-end',
        columns: ['x1', 'y1', 'x2', 'y2', 'confidence'],
        units: 'pixels',
        labels: ['a'],
      },
      error: 'output.columns: Expected a column confidence but received ["x1","y1","x2","y2","x1"]',
    },
    {
      path: ['output', 'detector', 'layout'],
      value: 'NCHW',
      task: 'text',
      output: { decoder: 'character-boxes', detector: { decoder: 'yolov8', layout: 'channels-last', labels: ['0'] } },
      error: 'output.detector.layout: Expected one of channels-first, channels-last but received "NCHW"',
    },
    {
      path: ['output', 'labels'],
      value: ['a', 'b'],
      output: { decoder: 'corner-detector', corners: true, labels: ['a'] },
      error: 'output.labels: Expected one label (the decoder has no classes) but received ["a","b"]',
    },
    {
      path: ['output'],
      value: { decoder: 'tensors' },
      error: 'output.decoder: Expected the decoder of a detector for a plates model but received "tensors"',
    },
    {
      path: ['hef', 'output'],
      value: { decoder: 'tensors' },
      error: 'hef.output.decoder: Expected the decoder of a detector for a plates model but received "tensors"',
    },
    {
      path: ['hef', 'output', 'keep', 0],
      value: 'plates',
      error: 'hef.output.keep[0]: Expected one of the labels but received "plates"',
    },
    {
      path: ['hef', 'input', 'layout'],
      value: 'NCHW',
      error:
        'hef.input.layout: Expected no such field (did you mean one of width, height, colour, fit, fill, margin?) but received "NCHW"',
    },
    {
      path: ['files', 'hef'],
      error:
        'hef: Expected none, because files.hef names no file but received {"input":{"width":320,"height":192,"colour":"RGB","fit":"stretch","fill":[0,0,0],"margin":0},"out...',
    },
    {
      path: ['output'],
      value: { decoder: 'hailo-nms', labels: ['plate'] },
      error:
        'output.decoder: Expected another one, because HailoRT\'s NMS is not in an ONNX file (hef.output?) but received "hailo-nms"',
    },
    {
      path: ['files', 'onnx'],
      error: 'input.layout: Expected NHWC, because the model has HEF files only but received "NCHW"',
    },
    {
      path: ['output', 'strides', 1],
      value: 8,
      output: { ...(({ outputs: _names, ...heads }) => heads)(right.output as Yolov5Output), decoder: 'yolov5' },
      error: 'output.strides: Expected each stride once, because no outputs are named but received [8,8]',
    },
    {
      path: ['output', 'anchors'],
      value: [[[1, 2]]],
      output: { ...(({ outputs: _names, ...heads }) => heads)(right.output as Yolov5Output), decoder: 'yolov5' },
      error: 'output.anchors: Expected 2 lists of anchors, one per stride but received [[[1,2]]]',
    },
    {
      path: ['output', 'alphabet'],
      value: 'ABC',
      task: 'text',
      output: { decoder: 'ctc', alphabet: ['A'], blank: 0 },
      error: 'output.alphabet: Expected an array of at least 1 but received "ABC"',
    },
    {
      path: ['output', 'alphabet'],
      value: { file: '../keys.txt' },
      task: 'text',
      output: { decoder: 'ctc', alphabet: ['A'], blank: 0 },
      error:
        'output.alphabet.file: Expected a non-empty string (a text file beside the manifest, one character per line) but received "../keys.txt"',
    },
    {
      path: ['output', 'alphabet'],
      value: { file: 'keys.txt' },
      task: 'text',
      output: { decoder: 'ctc', alphabet: ['A'], blank: 0 },
      error:
        'output.alphabet: Expected a list of characters, as the folder of the file is not known but received {"file":"keys.txt"}',
    },
    {
      path: ['output', 'alphabet'],
      task: 'text',
      output: { decoder: 'ctc', alphabet: ['A'], blank: 0 },
      error: 'output.alphabet: Expected an array of at least 1 but received nothing',
    },
  ];
  for (const { path, value, output, task, error } of mistakes) {
    it(`names the field: ${error.slice(0, 70)}`, () => {
      const { hef, ...rest } = right;
      // The HEF's own output is a detector's: of no use where another task is tried.
      const json = structuredClone({
        ...rest,
        ...(task === undefined ? { hef } : {}),
        output: output ?? right.output,
        task: task ?? right.task,
      });
      put(json, path, value);
      assert.throws(() => validateManifest(json, 'models/x.json'), {
        name: 'ModelError',
        code: 'ALPR_MODEL',
        message: `models/x.json: ${error}`,
      });
    });
  }

  it('wants to know where a file is from that has neither checksum nor address', () => {
    const { description: _description, ...rest } = structuredClone(right);
    rest.files.hef = { hailo8: { file: 'a.hef' } };
    assert.throws(() => validateManifest(rest, 'x.json'), {
      message:
        'x.json: files.hef.hailo8: Expected a sha256, a url, or a description of the model that says where the file is from but received {"file":"a.hef"}',
    });
    assert.equal(validateManifest({ ...rest, description: 'From my compiler' }, 'x.json').name, right.name);
  });

  it('takes bytes, channels last and one size only where there are HEFs only', () => {
    const files = { hef: { hailo8: { file: 'a.hef', url: 'https://example.org/a.hef' } } };
    const { hef: _hef, input, ...rest } = structuredClone(right);
    const { crop: _crop, multipleOf: _multipleOf, normalisation: _normalisation, ...plain } = input;
    const output = { decoder: 'hailo-nms', labels: ['plate'] } as const;
    const validate = (changes: object, more: object = {}) =>
      validateManifest(
        { ...rest, files, output, input: { ...plain, layout: 'NHWC', type: 'uint8', ...changes }, ...more },
        'x.json',
      );
    assert.equal(validate({}).output.decoder, 'hailo-nms');
    const wrong: [object, object, RegExp][] = [
      [
        { layout: 'NCHW' },
        {},
        /input\.layout: Expected NHWC, because the model has HEF files only but received "NCHW"/,
      ],
      [
        { type: 'float32' },
        {},
        /input\.type: Expected uint8, because the model has HEF files only but received "float32"/,
      ],
      [{ multipleOf: 32 }, {}, /input\.multipleOf: Expected none, because .* one size but received 32/],
      [{}, { hef: { input: { width: 3 } } }, /hef: Expected none, because the model has HEF files only/],
    ];
    for (const [changes, more, message] of wrong) assert.throws(() => validate(changes, more), { message });
  });

  for (const json of [null, [], 'text', 3]) {
    it(`refuses ${JSON.stringify(json)}`, () => {
      assert.throws(() => validateManifest(json, 'x.json'), {
        message: `x.json: Expected an object but received ${JSON.stringify(json)}`,
      });
    });
  }
});

/** Sets the value at a path, or removes it when the value is undefined. */
function put(target: object, path: (string | number)[], value: unknown): void {
  let inner = target as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) inner = inner[key] as Record<string | number, unknown>;
  const last = path.at(-1)!;
  if (value === undefined) delete inner[last];
  else inner[last] = value;
}

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadManifest } from '../../src/models/load';
import type { Manifest } from '../../src/models/manifest';

const reader: Omit<Manifest, 'output'> = {
  manifestVersion: 1,
  name: 'some-reader',
  title: 'Some reader',
  task: 'text',
  version: '1',
  description: 'For tests',
  files: { onnx: { file: 'some.onnx' }, hef: { hailo8: { file: 'some.hef' } } },
  input: { width: 94, height: 24, colour: 'RGB', layout: 'NHWC', type: 'uint8', fit: 'stretch' },
  licence: 'MIT',
  source: 'a test',
};

describe('An alphabet in a file of its own', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'alpr-alphabet-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function load(text: string | undefined, output: object): Manifest {
    if (text !== undefined) writeFileSync(join(folder, 'keys.txt'), text);
    writeFileSync(join(folder, 'm.json'), JSON.stringify({ ...reader, output }));
    return loadManifest(join(folder, 'm.json'));
  }
  const keys = { file: 'keys.txt' };
  const alphabetOf = ({ output }: Manifest): unknown => ('alphabet' in output ? output.alphabet : undefined);

  for (const [title, text] of [
    ['with a newline at the end', '京\n𠀀\nA\n'],
    ['without one', '京\n𠀀\nA'],
    ['with a byte order mark and carriage returns', '\uFEFF京\r\n𠀀\r\nA\r\n'],
  ] as const) {
    it(`is one character per line, ${title}`, () => {
      const manifest = load(text, { decoder: 'ctc', alphabet: { ...keys, append: [' '] }, blank: 4 });
      assert.deepEqual(alphabetOf(manifest), ['京', '𠀀', 'A', ' ']);
    });
  }

  it('is that of the HEFs, too, and its length is known to the other rules', () => {
    writeFileSync(join(folder, 'keys.txt'), 'A\nB\n');
    const output = { decoder: 'ctc', alphabet: keys, blank: 2 };
    const write = (blank: number): void =>
      writeFileSync(
        join(folder, 'm.json'),
        JSON.stringify({ ...reader, output, hef: { output: { ...output, blank } } }),
      );
    write(0);
    const { hef } = loadManifest(join(folder, 'm.json'));
    assert.deepEqual(hef?.output, { decoder: 'ctc', alphabet: ['A', 'B'], blank: 0 });
    write(3);
    assert.throws(() => loadManifest(join(folder, 'm.json')), {
      message: /hef\.output\.blank: Expected a class index from 0 to 2 but received 3/,
    });
  });

  for (const [title, text, message] of [
    [
      'missing',
      undefined,
      /output\.alphabet\.file: Expected a readable text file at .*keys\.txt but received "ENOENT"/,
    ],
    ['empty', '', /output\.alphabet\.file: Expected one character per line but received "an empty file .*keys\.txt"/],
    ['with an empty line', 'A\n\nB\n', /Expected one character per line but received "an empty line 2 in .*keys\.txt"/],
  ] as const) {
    it(`is refused when it is ${title}`, () => {
      const output = { decoder: 'slots', slots: 3, alphabet: keys, pad: 0 };
      assert.throws(() => load(text, output), { code: 'ALPR_MODEL', message });
    });
  }
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CtcOutput, Manifest } from '../../src/models/manifest.js';
import { decodeReading } from '../../src/reading/decode.js';
import { seededRandom } from '../detection/random.js';
import { runOnnx } from '../detection/run-onnx.js';

describe('the shipped reader', () => {
  it('gives an output that its manifest describes; greedy decoding agrees with a naive one on pictures of bars', async () => {
    const folder = join(__dirname, '../../models');
    const manifest = JSON.parse(readFileSync(join(folder, 'plateflow-reader.json'), 'utf8')) as Manifest;
    const output = manifest.output as CtcOutput;
    const { width, height } = manifest.input;
    const pictures = 6;
    const random = seededRandom(9);
    const data = new Uint8Array(pictures * width * height * 3).fill(230);
    for (let picture = 0; picture < pictures; picture++) {
      // Dark upright and level bars: enough for the network to see letters in them.
      for (let bar = 0; bar < 14; bar++) {
        const [x, y] = [Math.floor(random() * (width - 30)), Math.floor(random() * (height - 30))];
        const [w, h] = bar % 2 === 0 ? [5, 28] : [14, 5];
        for (let row = y; row < y + h; row++) {
          data.fill(20, ((picture * height + row) * width + x) * 3, ((picture * height + row) * width + x + w) * 3);
        }
      }
    }
    const outputs = await runOnnx(join(folder, manifest.files.onnx!.file), {
      [manifest.input.name ?? 'image']: { type: 'uint8', dims: [pictures, height, width, 3], data },
    });
    const raw = outputs[output.output ?? Object.keys(outputs)[0]!]!;
    const classes = 1 + output.alphabet.length;
    assert.deepEqual(raw.dims, [pictures, 80, classes]);

    assert.equal(output.alphabet.slice(0, 36).join(''), '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ');
    let characters = 0;
    for (let picture = 0; picture < pictures; picture++) {
      const path = Array.from({ length: 80 }, (_, step) => {
        const row = Array.from({ length: classes }, (__, index) => raw.data[(picture * 80 + step) * classes + index]!);
        return row.indexOf(Math.max(...row));
      });
      // Class 0 is the blank, class i the i-th of the manifest’s alphabet, which begins 0–9 A–Z; steps 40–79 are the second line.
      const text = [path.slice(0, 40), path.slice(40)]
        .flatMap((half) => half.filter((symbol, step) => symbol !== 0 && symbol !== half[step - 1]))
        .map((symbol) => output.alphabet[symbol - 1]!)
        .join('');
      const options = { batchIndex: picture, inputWidth: width, inputHeight: height };
      assert.equal(decodeReading(outputs, output, { ...options, beamWidth: 1 }).text, text);
      const beam = decodeReading(outputs, output, options);
      assert.equal(beam.candidates[0]?.text ?? '', beam.text);
      characters += text.length;
    }
    assert.ok(characters > 0, 'the network saw no letter at all: the test says nothing');
  });
});

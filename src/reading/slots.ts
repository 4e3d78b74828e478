import { DecodeError } from '../detection/decode-error.js';
import { describeDims, pickOutput, type TensorView } from '../detection/tensor-view.js';
import type { Character, Reading } from '../detection/types.js';
import type { SlotsOutput } from '../models/manifest.js';
import { combineAlternatives, type Alternative } from './alternatives.js';
import { writeLogProbabilities } from './ctc-steps.js';
import { makeReading, type CandidateOptions } from './reading.js';

/**
 * Reads a network with a fixed number of character positions (fast-plate-ocr's kind): [N, slots, C], [N, slots·C] or, for one
 * picture, [slots, C]. Padding is dropped wherever it stands. A candidate's confidence is the product of its slots'
 * probabilities, summed over all places where its padding may stand. A slot holding a number that is not finite counts as
 * padding.
 *
 * @throws DecodeError when the output's shape does not fit the manifest.
 */
export function readSlots(
  outputs: Record<string, TensorView>,
  output: SlotsOutput,
  batchIndex: number,
  options: CandidateOptions,
): Reading {
  const { slots, alphabet, pad } = output;
  const classes = alphabet.length;
  if (!Number.isInteger(pad) || pad < 0 || pad >= classes) {
    throw new DecodeError(`Expected a class from 0 to ${classes - 1} for output.pad but received ${pad}`);
  }
  const { data, offset } = openSlots(outputs, output, batchIndex);
  const logs = new Float64Array(slots * classes);
  const row = new Float64Array(classes);
  for (let slot = 0; slot < slots; slot++) {
    for (let index = 0; index < classes; index++) {
      const value = data[offset + slot * classes + index]!;
      if (output.probabilities === true && Number.isFinite(value) && (value < -0.05 || value > 1.05)) {
        throw new DecodeError(
          `Expected probabilities from 0 to 1 for output "${output.output ?? Object.keys(outputs)[0]}" (probabilities: true) but received ${value}`,
        );
      }
      row[index] = value;
    }
    writeLogProbabilities(row, output.probabilities === true, pad, logs, slot * classes);
  }

  const positions = Array.from({ length: slots }, (_, slot) =>
    rankSlot(logs.subarray(slot * classes, (slot + 1) * classes), alphabet, pad, options.beamWidth),
  );
  const combinations = combineAlternatives(positions, options.beamWidth);
  const characters: Character[] = [];
  positions.forEach((alternatives, slot) => {
    const { text, probability } = alternatives[combinations[0]!.choice[slot]!]!;
    if (text !== '') characters.push({ text, confidence: probability });
  });
  const candidates = combinations.map(({ text, probability }) => ({ text, confidence: Math.min(1, probability) }));
  return makeReading(characters, 1, candidates, options.maxCandidates);
}

function rankSlot(logs: Float64Array, alphabet: readonly string[], pad: number, width: number): Alternative[] {
  const order = Array.from(logs.keys()).sort((a, b) => logs[b]! - logs[a]! || a - b);
  return order
    .slice(0, width)
    .map((index) => ({ text: index === pad ? '' : alphabet[index]!, probability: Math.exp(logs[index]!) }));
}

function openSlots(
  outputs: Record<string, TensorView>,
  output: SlotsOutput,
  batchIndex: number,
): { data: ArrayLike<number>; offset: number } {
  const { slots } = output;
  const classes = output.alphabet.length;
  const { name, dims, data } = pickOutput(outputs, output.output);
  const batched = dims.length === 3 && dims[1] === slots && dims[2] === classes;
  const flat = dims.length === 2 && dims[1] === slots * classes;
  const single = dims.length === 2 && dims[0] === slots && dims[1] === classes;
  if (!batched && !flat && !single) {
    throw new DecodeError(
      `Expected dims ${describeDims(['N', slots, classes])} or ${describeDims(['N', slots * classes])} for output "${name}" but received ${describeDims(dims)}`,
    );
  }
  const pictures = batched || flat ? dims[0]! : 1;
  if (!Number.isInteger(batchIndex) || batchIndex < 0 || batchIndex >= pictures) {
    throw new DecodeError(
      `Expected a picture index from 0 to ${pictures - 1} for output "${name}" of dims ${describeDims(dims)} but received ${batchIndex}`,
    );
  }
  return { data, offset: batchIndex * slots * classes };
}

import { DecodeError } from '../detection/decode-error.js';
import type { TensorView } from '../detection/tensor-view.js';
import type { Reading } from '../detection/types.js';
import type { ReaderOutput } from '../models/manifest.js';
import { readCharacterBoxes } from './character-boxes.js';
import { readCtc } from './ctc-reader.js';
import { readSlots } from './slots.js';

export interface ReadingOptions {
  /** Which picture of the batch. */
  batchIndex: number;
  /** Pictures in the batch; 1 lets a CTC output without a batch axis be told from one with it (see `openCtc`). */
  batchSize?: number | undefined;
  /** Size of the network's input in pixels. */
  inputWidth: number;
  inputHeight: number;
  /** Texts kept while searching for candidates. 1: greedy, one candidate. Default 8. */
  beamWidth?: number | undefined;
  /** Default 5. */
  maxCandidates?: number | undefined;
  /** 0..1, for character boxes. Default 0.25. */
  confidenceThreshold?: number | undefined;
  /** 0..1, for character boxes. Default 0.45. */
  iouThreshold?: number | undefined;
}

const DEFAULT_BEAM_WIDTH = 8;
const DEFAULT_MAX_CANDIDATES = 5;

/**
 * Makes a reading of a network's outputs, as the manifest's `output` says. Texts are as the alphabet spells them; nothing is
 * normalised or checked against a country's format here.
 *
 * `candidates` are sorted, the first is the text itself, none is empty; their confidence is the probability of the whole text, which is
 * far below the reading's `confidence` (the mean of its characters') for an unsure one.
 *
 * @throws DecodeError (code ALPR_DECODE) when an output is missing or shaped otherwise than the manifest says.
 */
export function decodeReading(
  outputs: Record<string, TensorView>,
  output: ReaderOutput,
  options: ReadingOptions,
): Reading {
  const search = {
    beamWidth: countOf('beamWidth', options.beamWidth ?? DEFAULT_BEAM_WIDTH),
    maxCandidates: countOf('maxCandidates', options.maxCandidates ?? DEFAULT_MAX_CANDIDATES),
  };
  switch (output.decoder) {
    case 'ctc':
      return readCtc(outputs, output, options.batchIndex, search, options.batchSize);
    case 'slots':
      return readSlots(outputs, output, options.batchIndex, search);
    case 'character-boxes':
      return readCharacterBoxes(
        outputs,
        output,
        {
          inputWidth: options.inputWidth,
          inputHeight: options.inputHeight,
          confidenceThreshold: options.confidenceThreshold ?? 0.25,
          iouThreshold: options.iouThreshold ?? 0.45,
          batchIndex: options.batchIndex,
        },
        search,
      );
    default: {
      const { decoder } = output as { decoder: unknown };
      throw new DecodeError(`Expected a reader's decoder for output.decoder but received ${JSON.stringify(decoder)}`);
    }
  }
}

function countOf(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 1) {
    throw new DecodeError(`Expected a whole number from 1 up for ${name} but received ${value}`);
  }
  return value;
}

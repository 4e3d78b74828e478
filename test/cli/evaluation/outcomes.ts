import { judgeScene, type Find, type PictureOutcome } from '../../../src/cli/evaluation/outcome.js';
import type { Label } from '../../../src/cli/labels.js';

/** One picture with labels and what was found in it. */
export function scene(labels: Label[], finds: Find[]): PictureOutcome {
  return { file: 'scene.jpg', region: '', labels: judgeScene(labels, finds), finds: finds.length };
}

/** Plate crops: what stands there, what was read ('' for nothing) and how surely. */
export function readings(...crops: [expected: string, text: string, confidence: number][]): PictureOutcome[] {
  return crops.map(([expected, text, confidence], index) => {
    const label = { width: 100, found: true, expected, ...(text === '' ? {} : { read: { text, confidence } }) };
    return { file: `${index}.jpg`, region: '', finds: null, labels: [label] };
  });
}

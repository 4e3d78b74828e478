import { normalisePlate } from '../reading/normalise.js';
import type { ShownPlate } from './options.js';

/** Entities that one camera may have of this kind. */
const MAX_PLATES = 100;

/**
 * Plates that get a sensor of their own, as the dialog has them: one in a line, `AB12 CDE = Bakery van` or the plate alone.
 *
 * @returns the plates, and what is wrong with the text, if anything is
 */
export function readShownPlates(text: string): { plates: ShownPlate[]; problem?: string } {
  const plates = new Map<string, ShownPlate>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const [written = '', ...rest] = line.split('=');
    const plate = normalisePlate(written);
    if (plate === '' || Array.from(plate).length > 20) {
      return { plates: [], problem: `a plate of 1 to 20 letters and digits in line ${index + 1}` };
    }
    plates.set(plate, { plate, name: rest.join('=').trim() || written.trim() });
  }
  if (plates.size > MAX_PLATES) return { plates: [], problem: `at most ${MAX_PLATES} plates` };
  return { plates: [...plates.values()] };
}

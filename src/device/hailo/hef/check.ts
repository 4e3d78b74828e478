import { HailoError } from '../errors.js';
import type { Architecture, LibraryVersion } from '../library/api.js';
import { layoutOf, versionText } from '../library/layout.js';
import { readHefHeader, type HefHeader } from './header.js';

/** hw_arch of the Hailo-8 family that a 4.x library may see (hailort-c-api §9.1). */
const HAILO8 = 1;
const HAILO8R = 2;
const HAILO8L = 3;
/** Lowest major version of the compilers for Hailo-10H and 15; their HEFs crash 4.x (§0.12). */
const COMPILER_OF_5 = 5;

/** Which HEFs a device runs, by hw_arch; devices that are not named are not checked. */
const runs: Partial<Record<Architecture, { name: string; architectures: readonly number[] }>> = {
  'hailo8-a0': { name: 'Hailo-8', architectures: [HAILO8, HAILO8R, HAILO8L] },
  hailo8: { name: 'Hailo-8', architectures: [HAILO8, HAILO8R, HAILO8L] },
  hailo8l: { name: 'Hailo-8L', architectures: [HAILO8L] },
};

export interface HefCheck {
  library: LibraryVersion;
  /** Of the device it shall run on, when that is known. */
  device?: Architecture;
}

/**
 * Refuses a HEF that this library cannot load, or that this device cannot run, before the library sees the file: some crash it
 * (hailort-c-api §0.12, §9.1). It reads a few KB.
 *
 * @returns what the HEF says about itself
 * @throws HailoError with what to do; also when the file is no HEF
 */
export function checkHefFile(path: string, { library, device }: HefCheck): HefHeader {
  const header = readHefHeader(path);
  const fail = (expected: string, received: string, fix: string, brief = 'HEF for other chip'): never => {
    throw new HailoError(`Expected ${expected} for ${path} but received ${received}. ${fix}.`, undefined, { brief });
  };
  const { newestHefHeader } = layoutOf(library);
  if (header.headerVersion > newestHefHeader) {
    fail(
      `a HEF with a header of version 0 to ${newestHefHeader} (HailoRT ${versionText(library)} knows no newer)`,
      `version ${header.headerVersion}`,
      `Install HailoRT ${header.headerVersion > 2 ? '4.21' : '4.20'} or newer, or use a HEF of an older compiler`,
      'HailoRT too old',
    );
  }
  const made = header.compilerVersion === '' ? '' : `, compiler ${header.compilerVersion}`;
  const received = `one for ${header.architectureName}${made}`;
  const isOfFamily = [HAILO8, HAILO8R, HAILO8L].includes(header.architecture);
  if (library.major === 4 && !isOfFamily) {
    fail(
      `a HEF for Hailo-8, 8R or 8L (HailoRT ${versionText(library)} loads no other)`,
      received,
      'Use the HEF that was compiled for this chip',
    );
  }
  if (library.major === 4 && compilerMajor(header) >= COMPILER_OF_5) {
    fail(
      `a HEF of compiler 3.x (HailoRT ${versionText(library)} can crash on newer ones)`,
      received,
      'Compile it with the Dataflow Compiler 3.x, the line for Hailo-8 and 8L',
    );
  }
  const able = device === undefined ? undefined : runs[device];
  if (able && !able.architectures.includes(header.architecture)) {
    const fix =
      device === 'hailo8l' && isOfFamily
        ? 'A Hailo-8L runs only files compiled for hailo8l: use that file of the same model'
        : 'Use the HEF that was compiled for this chip';
    fail(`a HEF that a ${able.name} runs`, received, fix);
  }
  return header;
}

function compilerMajor({ compilerVersion }: HefHeader): number {
  const major = Number.parseInt(compilerVersion, 10);
  return Number.isNaN(major) ? 0 : major;
}

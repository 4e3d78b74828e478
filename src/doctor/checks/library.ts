import { versionText } from '../../device/hailo/library/layout.js';
import {
  type Examination,
  hasHailo10h,
  hasUsableChip,
  loadedLibrary,
  USABLE_DRIVER,
  usableDriver,
  usableNodes,
} from '../examination.js';
import type { Finding } from '../finding.js';
import { splitMessage } from '../message.js';

/** Whether libhailort was found and loaded, and from where. */
export function checkLibrary(examination: Examination): Finding[] {
  const { probe, wanted, env } = examination;
  if (probe === undefined) return [];
  const { library } = probe;
  if ('version' in library) {
    return [
      { id: 'library', level: 'ok', title: `HailoRT ${versionText(library.version)} loaded from ${library.path}` },
    ];
  }
  // Without a chip nobody misses it, unless somebody said where it is.
  const needed = hasUsableChip(examination) || wanted.library !== undefined || env['ALPR_HAILORT'] !== undefined;
  if (!needed) return [];
  const { title, fix } = splitMessage(library.error);
  const tried = library.tried.length === 0 ? '' : `: ${library.tried.join('; ')}`;
  return [{ id: 'library', level: 'error', title: `${title}${tried}`, fix: howToGet(examination) ?? fix ?? INSTALL }];
}

const INSTALL = "Install HailoRT in the driver's version (docs/hailo.md)";

/** Better than the library's own advice where the version is known that it must have. */
function howToGet({ wanted, env, hardware }: Examination): string | undefined {
  const driver = hardware.drivers.find(({ name }) => name === USABLE_DRIVER)?.version;
  if (wanted.library !== undefined || env['ALPR_HAILORT'] !== undefined || driver === undefined) return undefined;
  if (hardware.container === undefined) return `Install HailoRT ${driver}, the version of the driver`;
  return `Mount libhailort.so of HailoRT ${driver}, the version of the driver, into the container (docs/hailo.md)`;
}

/** hailort-c-api §0.1: 4.x is for Hailo-8, 8R and 8L, 5.x for Hailo-10H and 15; they do not overlap. */
export function checkLibraryLine(examination: Examination): Finding[] {
  const library = loadedLibrary(examination);
  if (library === undefined || !hasUsableChip(examination) || library.version.major === 4) return [];
  const version = versionText(library.version);
  const both = hasHailo10h(examination) ? ' (it belongs to the Hailo-10H)' : '';
  return [
    {
      id: 'library-line',
      level: 'error',
      title: `HailoRT ${version}${both} does not drive Hailo-8, 8R and 8L: they need HailoRT 4.x`,
      fix: 'Install HailoRT 4.x, driver and library alike (Raspberry Pi OS: the package hailo-all instead of hailo-h10-all)',
    },
  ];
}

/** hailort-c-api §0.10: all three numbers must be equal, else nothing opens (76). */
export function checkVersions(examination: Examination): Finding[] {
  const library = loadedLibrary(examination);
  const driver = usableDriver(examination)?.version;
  if (library === undefined || driver === undefined || usableNodes(examination).length === 0) return [];
  // Another line altogether is checkLibraryLine's finding.
  if (library.version.major !== 4) return [];
  const version = versionText(library.version);
  if (driver === version) {
    return [{ id: 'versions', level: 'ok', title: `Driver and library are of the same version, ${version}` }];
  }
  const inContainer = `Mount libhailort.so.${driver} of the host into the container, or install HailoRT ${driver} in it`;
  return [
    {
      id: 'versions',
      level: 'error',
      title: `The driver is ${driver} and the library ${version}: all three numbers must be equal (status 76)`,
      fix:
        examination.hardware.container === undefined
          ? `Install HailoRT ${driver} or the driver ${version} and restart (Raspberry Pi OS: sudo apt update && sudo apt full-upgrade)`
          : inContainer,
    },
  ];
}

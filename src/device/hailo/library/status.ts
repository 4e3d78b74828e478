import { HailoError } from '../errors.js';
import type { LibraryVersion } from './api.js';
import { briefStatus } from './brief.js';
import { type StatusEntry, statusTable } from './status-table.js';

/** hailo_status by name, those that code asks for. */
export const Status = {
  SUCCESS: 0,
  TIMEOUT: 4,
  INSUFFICIENT_BUFFER: 5,
  NOT_IMPLEMENTED: 7,
  INVALID_HEF: 26,
  DRIVER_OPERATION_FAILED: 36,
  UNSUPPORTED_OPCODE: 48,
  SHUTDOWN_EVENT_SIGNALED: 57,
  COMMUNICATION_CLOSED: 62,
  STREAM_ABORT: 63,
  DEVICE_IN_USE: 73,
  OUT_OF_PHYSICAL_DEVICES: 74,
  INVALID_DRIVER_VERSION: 76,
  RPC_FAILED: 77,
  INVALID_SERVICE_VERSION: 78,
  NOT_SUPPORTED: 79,
  DRIVER_INVALID_IOCTL: 86,
  HEF_NOT_COMPATIBLE_WITH_DEVICE: 93,
  OPERATION_ABORTED: 95,
} as const;

/** What is known about a call that failed; the better the sentence. */
export interface StatusContext {
  version?: LibraryVersion;
  /** What the call was about, in a few words: `device 0000:01:00.0`, `the HEF /models/x.hef`. */
  about?: string;
}

/** Name, meaning and fix of a status; also of a number that no version we know has. */
export function describeStatus(status: number, call = '', version?: LibraryVersion): StatusEntry & { fix: string } {
  const known = statusTable[status];
  if (!known) {
    return {
      name: `status ${status}`,
      meaning: 'a status that this package does not know; the library is newer than it',
      fix: 'Update this package',
    };
  }
  const special = specialCases[status]?.(call, version);
  return {
    name: `HAILO_${known.name}`,
    meaning: special?.meaning ?? known.meaning,
    fix: special?.fix ?? known.fix ?? 'Please report it, with the versions and the model',
  };
}

/**
 * The error of a call that gave a status other than 0: what it was about, the status with its name, what that means and what to do.
 *
 * @param call name of the C function
 */
export function hailoError(call: string, status: number, context: StatusContext = {}): HailoError {
  const { name, meaning, fix } = describeStatus(status, call, context.version);
  const about = context.about === undefined ? '' : ` for ${context.about}`;
  const code = name.startsWith('HAILO_') ? `${name} (${status})` : name;
  const message = `Expected ${call} to succeed${about} but received ${code}: ${meaning}. ${fix}.`;
  return new HailoError(message, status, { brief: briefStatus(status, call) });
}

/** Statuses of calls that end because somebody closes the network, no errors then (hailort-c-api §8.5). */
export function isClosingStatus(status: number | undefined): boolean {
  return status !== undefined && closing.has(status);
}

const closing = new Set<number>([
  Status.STREAM_ABORT,
  Status.SHUTDOWN_EVENT_SIGNALED,
  Status.COMMUNICATION_CLOSED,
  Status.OPERATION_ABORTED,
]);

/**
 * Why this status means that the device is gone, or undefined. The vdevice must then be released and opened again, once the device
 * is back. 62 and 63 say so only while nobody closes the network. A timeout (4) does not say it yet: first the vstreams are made
 * anew (§8.4); a second one is as good as lost.
 */
export function isDeviceLost(status: number | undefined): string | undefined {
  return status === undefined ? undefined : lost[status];
}

const lost: Readonly<Record<number, string | undefined>> = {
  29: 'the transfer to it cannot be started',
  36: 'its driver fails',
  44: 'its firmware does not answer',
  62: 'the connection to it was closed',
  63: 'it broke the transfer off',
  64: 'its driver is gone',
  85: 'its driver answers with nonsense',
  87: 'its driver waits for it in vain',
  90: 'its driver stopped waiting for it',
  96: 'it is not connected any more',
  97: 'it is not available for a moment',
};

interface SpecialCase {
  meaning?: string;
  fix?: string;
}

const SAME_VERSION =
  'Install driver and library of HailoRT in the same version, all three numbers (`apt install hailo-all` on Raspberry Pi OS; in Docker: mount the library of the host), then restart the computer';
const CHIP_OF_HEF =
  'Use the HEF for the chip of this device: files for Hailo-8L run on Hailo-8 too, files for Hailo-8 do not run on Hailo-8L, those for Hailo-10H and 15 on neither';
const WHO_USES_IT =
  '`sudo lsof /dev/hailo0` shows who has it: stop that program, or let both use the HailoRT service (option "multi-process service" and the same group id)';

/** Statuses whose reason and cure depend on the call or the version (§9). */
const specialCases: Readonly<
  Record<number, ((call: string, version: LibraryVersion | undefined) => SpecialCase) | undefined>
> = {
  2: (call) => {
    if (call === 'hailo_create_device_by_id' || call === 'hailo_create_vdevice') {
      return {
        meaning: 'there is no device with this id, or an option is not allowed',
        fix: 'Leave the device id empty to take the first one, or copy it from `hailortcli scan`',
      };
    }
    if (call === 'hailo_create_output_vstreams') {
      return {
        meaning: 'an output cannot be had in the format that was asked for',
        fix: 'Outputs with suppression (NMS) are only given as 32-bit floats; check the manifest of the model against the HEF',
      };
    }
    if (call.startsWith('hailo_set_scheduler')) {
      return {
        meaning: 'the scheduler does not take this value',
        fix: 'A threshold above the batch size is refused and a priority goes from 0 to 31; leave the setting empty for the default',
      };
    }
    return { fix: 'Please report it, with the versions and the model' };
  },
  6: (call) => {
    if (call === 'hailo_create_vdevice') {
      return {
        meaning: 'this library was built without the HailoRT service',
        fix: 'Switch the option "multi-process service" off, or install the vendor\'s own package of HailoRT',
      };
    }
    if (call.startsWith('hailo_vstream_set_nms')) {
      return {
        meaning: 'this output has no suppression (NMS) on the host',
        fix: 'Leave the thresholds of the HEF alone',
      };
    }
    return { fix: 'Please report it, with the versions and the model' };
  },
  7: (_call, version) => {
    if (version !== undefined && version.major < 5) return {};
    return {
      meaning: "a Hailo-10H cannot run networks through HailoRT's C interface, in no version of HailoRT so far",
      fix: 'Use a Hailo-8 or Hailo-8L with HailoRT 4.x, or the CPU',
    };
  },
  26: (_call, version) => {
    const old = version !== undefined && (version.major < 4 || (version.major === 4 && version.minor <= 20));
    if (!old) return {};
    return {
      meaning:
        'HailoRT up to 4.20 says only this of every HEF it does not take: the file is damaged or none, was compiled for another chip, or by a newer compiler',
      fix: `Fetch the file again. ${CHIP_OF_HEF}. For a newer HEF install a newer HailoRT`,
    };
  },
  36: (call) => ({
    meaning:
      call === 'hailo_create_vdevice' || call === 'hailo_create_device_by_id'
        ? 'the device node cannot be opened: it does not exist or this user may not use it'
        : 'the driver failed; the device may have dropped off the bus',
    fix: 'Check `ls -l /dev/hailo0`: it must be readable and writable for the user of Node-RED (the driver installs a udev rule for that; in Docker pass --device /dev/hailo0); `dmesg | grep hailo` shows what the driver saw',
  }),
  61: () => ({ fix: 'Please report it, with the versions and the model' }),
  73: () => ({ meaning: 'another program holds the device', fix: capital(WHO_USES_IT) }),
  74: () => ({
    meaning: 'there is no free device: the driver shows none, or another program holds it',
    fix: `Check that \`lspci\` lists a Hailo device and that /dev/hailo0 exists, else install the driver or seat the module; ${WHO_USES_IT}`,
  }),
  76: (_call, version) => ({
    meaning: `the driver is of another version than the library${version ? ` (${text(version)})` : ''}; \`modinfo hailo_pci\` shows the driver's`,
    fix: SAME_VERSION,
  }),
  77: () => ({
    fix: 'Start it with `sudo systemctl enable --now hailort.service`, or switch the option "multi-process service" off',
  }),
  78: () => ({
    fix: 'Install service and library of HailoRT in the same version and restart the service with `sudo systemctl restart hailort.service`',
  }),
  79: (call, version) => {
    if (call.includes('vstream') || version === undefined)
      return { fix: 'Please report it, with the versions and the model' };
    if (version.major >= 5) {
      return {
        meaning: `HailoRT ${text(version)} does not drive this device: the line 5.x is for Hailo-10H and Hailo-15 only`,
        fix: 'For a Hailo-8 or Hailo-8L install HailoRT 4.x (4.23 for example), driver and library alike',
      };
    }
    return {
      meaning: `HailoRT ${text(version)} does not drive this device: the line 4.x is for Hailo-8 and Hailo-8L only`,
      fix: "A Hailo-10H needs HailoRT 5.x, and even then cannot run networks through HailoRT's C interface: use a Hailo-8 or 8L, or the CPU",
    };
  },
  86: () => ({
    meaning: 'what answers at the device node is not the driver of this library: a much older or newer one',
    fix: SAME_VERSION,
  }),
  93: () => ({ fix: CHIP_OF_HEF }),
};

function text({ major, minor, revision }: LibraryVersion): string {
  return `${major}.${minor}.${revision}`;
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

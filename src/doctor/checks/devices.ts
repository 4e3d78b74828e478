import { describeStatus } from '../../device/hailo/library/status.js';
import { chipName } from '../../device/hailo/hef-choice.js';
import { versionText } from '../../device/hailo/library/layout.js';
import type { DeviceIdentity } from '../../device/hailo/library/api.js';
import type { ProbedDevice } from '../../device/hailo/probe.js';
import { type Examination, hasUsableChip, loadedLibrary, usableNodes, usableProbed } from '../examination.js';
import type { Finding } from '../finding.js';
import { splitMessage } from '../message.js';

/**
 * A Hailo-8 lowers its clock from about 104 °C on and ends all transfers at about 120 °C (a log in Hailo's forum,
 * community.hailo.ai/t/75; the limits are the firmware's): warn a little before.
 */
const HOT = 95;
const RESTART = 'Power the computer off and on; sudo dmesg | grep -i hailo shows what the driver saw';

/**
 * What the devices answer through the library.
 *
 * @param explained statuses that an earlier finding has explained, so that one cause is not told twice
 */
export function checkDevices(examination: Examination, explained: ReadonlySet<number>): Finding[] {
  const library = loadedLibrary(examination);
  if (library === undefined) return [];
  const devices = usableProbed(examination);
  const findings = devices.flatMap((device) => checkDevice(device, examination, explained));
  const { probe } = examination;
  if (probe?.error !== undefined && hasUsableChip(examination)) {
    findings.push(...refusal('The library cannot list the devices', 'error', probe, examination, explained));
    return findings;
  }
  const listed = new Set(devices.map(({ id }) => id));
  const missing = usableNodes(examination).filter(({ id }) => id !== undefined && !listed.has(id));
  if (devices.length === 0 && missing.length > 0 && explained.size === 0) {
    findings.push({
      id: 'device',
      level: 'error',
      title: `The driver serves ${missing.map(({ id }) => id).join(', ')}, but the library lists no device`,
      fix: 'Restart the computer; in a container make sure that /sys is not hidden from it',
    });
  }
  return [...findings, ...checkChoice(examination)];
}

function checkDevice(device: ProbedDevice, examination: Examination, explained: ReadonlySet<number>): Finding[] {
  const { id, identity } = device;
  if (identity === undefined) return refusal(`Device ${id} cannot be used`, 'error', device, examination, explained);
  const findings = [answer(device, identity), ...checkFirmware(identity, examination), ...heat(device)];
  // Other firmware is why controls fail, and said already.
  if (device.error === undefined || findings.some((finding) => finding.id === 'firmware')) return findings;
  return [...findings, ...refusal(`Not all of ${id} works`, 'warning', device, examination, explained)];
}

/** @param what did not work, in a few words */
function refusal(
  what: string,
  level: Finding['level'],
  { error, status }: { error?: string; status?: number },
  examination: Examination,
  explained: ReadonlySet<number>,
): Finding[] {
  if (status === undefined) {
    const { title, fix } = splitMessage(error ?? 'it did not answer');
    return [{ id: 'device', level, title: `${what}: ${title}`, fix: fix ?? RESTART }];
  }
  if (explained.has(status)) return [];
  const version = loadedLibrary(examination)?.version;
  const call = level === 'error' ? 'hailo_create_device_by_id' : 'hailo_get_chip_temperature';
  const { name, meaning, fix } = describeStatus(status, call, version);
  return [{ id: 'device', level, title: `${what}: ${meaning} (${name}, ${status})`, fix }];
}

function answer({ id, temperature }: ProbedDevice, identity: DeviceIdentity): Finding {
  const { architecture, firmware, productName } = identity;
  const details = [`firmware ${versionText(firmware)}`];
  if (temperature !== undefined) details.push(`${Math.round(temperature)} °C`);
  if (productName !== '' && productName !== '<N/A>') details.push(productName);
  return { id: 'device', level: 'ok', title: `${chipName(architecture)} at ${id} answers: ${details.join(', ')}` };
}

/** The library compares major and minor, and gives controls up where they differ (hailort-c-api §9: 16). */
function checkFirmware({ firmware }: DeviceIdentity, examination: Examination): Finding[] {
  const version = loadedLibrary(examination)?.version;
  if (version === undefined || (firmware.major === version.major && firmware.minor === version.minor)) return [];
  return [
    {
      id: 'firmware',
      level: 'warning',
      title: `The chip's firmware is ${versionText(firmware)}, the library ${versionText(version)}: commands such as reading the temperature may fail (status 16)`,
      fix: `Install the firmware ${versionText(version)} (it comes with the driver's package) and power the computer off and on`,
    },
  ];
}

function heat({ id, temperature }: ProbedDevice): Finding[] {
  if (temperature === undefined || temperature < HOT) return [];
  return [
    {
      id: 'temperature',
      level: 'warning',
      title: `${id} has ${Math.round(temperature)} °C: it becomes slower above about 100 °C and stops at about 120 °C`,
      fix: 'Improve the cooling: heat sink, thermal pad, air flow',
    },
  ];
}

function checkChoice(examination: Examination): Finding[] {
  const { wanted, hardware, probe } = examination;
  if (wanted.deviceId === undefined || !hasUsableChip(examination)) return [];
  const ids = new Set([...hardware.pci, ...hardware.nodes, ...(probe?.devices ?? [])].flatMap(({ id }) => id ?? []));
  if (ids.has(wanted.deviceId)) return [];
  return [
    {
      id: 'device-id',
      level: 'error',
      title: `The device is set to ${wanted.deviceId}, but there is only ${[...ids].join(', ') || 'one of unknown address'}`,
      fix: 'Leave the device id empty to take the first one, or choose one of these',
    },
  ];
}

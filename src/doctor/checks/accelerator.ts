import { type Examination, hasHailo10h, hasUsableChip, usablePci } from '../examination.js';
import type { Finding } from '../finding.js';
import type { ChipFamily, PciDevice } from '../hardware.js';

const names: Record<ChipFamily, string> = {
  hailo8: 'Hailo-8, 8R or 8L',
  hailo10h: 'Hailo-10H',
  unknown: 'Hailo device of an unknown kind',
};

/** Which chips there are, whatever state they are in; seen without driver and library. */
export function checkAccelerators(examination: Examination): Finding[] {
  const { hardware } = examination;
  if (!hasUsableChip(examination) && !hasHailo10h(examination)) {
    return [
      {
        id: 'accelerator',
        level: 'info',
        title: 'No Hailo accelerator found: networks run on the CPU, and there is nothing to fix',
      },
    ];
  }
  const findings: Finding[] = hardware.pci.map(({ id, family }) => ({
    id: 'accelerator',
    level: 'ok',
    title: `${names[family]} on the PCIe bus at ${id}`,
  }));
  if (hasHailo10h(examination)) findings.push(hailo10h);
  return findings;
}

/** hailort-c-api §0.2: not an error, because the CPU does the work and nobody can fix it. */
const hailo10h: Finding = {
  id: 'hailo-10h',
  level: 'warning',
  title:
    'A Hailo-10H cannot be used: HailoRT 5.x offers inference on it to C++ programs only, and Node.js reaches HailoRT ' +
    'through its C interface',
  fix: 'Leave the device on automatic or CPU; to use an accelerator take a Hailo-8 or Hailo-8L',
};

/** How fast the chip is connected: networks that do not fit into it are streamed over this link, frame by frame. */
export function checkLinks(examination: Examination): Finding[] {
  return usablePci(examination).flatMap((device) => checkLink(device, examination.hardware.board));
}

function checkLink({ id, link }: PciDevice, board = ''): Finding[] {
  const { speed, maxSpeed, width, maxWidth } = link;
  if (speed === undefined || maxSpeed === undefined) return [];
  const isPi5 = /Raspberry Pi (5|500|Compute Module 5)/.test(board);
  const lanes = width === undefined ? '' : `, ${width} lane${width === 1 ? '' : 's'}`;
  const narrow = width !== undefined && maxWidth !== undefined && width < maxWidth;
  const normal = narrow && isPi5 ? ' (as on every Raspberry Pi)' : narrow ? ` of ${maxWidth}` : '';
  const title = `PCIe link of ${id}: Gen ${generation(speed)}${lanes}${normal}`;
  if (speed >= maxSpeed) return [{ id: 'pcie-link', level: narrow && !isPi5 ? 'info' : 'ok', title }];
  const slower = `${title}, although the chip can do Gen ${generation(maxSpeed)}`;
  if (!isPi5) return [{ id: 'pcie-link', level: 'info', title: slower }];
  return [
    {
      id: 'pcie-link',
      level: 'warning',
      title: slower,
      fix:
        'Write dtparam=pciex1_gen=3 into /boot/firmware/config.txt (or sudo raspi-config: Advanced Options, PCIe Speed) ' +
        'and restart',
    },
  ];
}

function generation(gigatransfers: number): number {
  const speeds = [2.5, 5, 8, 16, 32];
  return speeds.filter((speed) => speed <= gigatransfers).length;
}

import type { Examination } from '../examination.js';
import { USABLE_DRIVER, usableDriver, usableNodes, usablePci } from '../examination.js';
import type { Finding } from '../finding.js';
import type { DeviceNode } from '../hardware.js';

/** Without it the library finds no device: it lists /sys/class/hailo_chardev (hailort-c-api §9). */
export function checkDriver(examination: Examination): Finding[] {
  const { hardware } = examination;
  const findings: Finding[] = hardware.drivers.map(({ name, version }) => ({
    id: 'driver',
    level: 'ok',
    title: `Driver ${name} ${version ?? 'of unknown version'} is loaded`,
  }));
  const served = new Set(hardware.nodes.map(({ id }) => id));
  const unserved = usablePci(examination).filter(({ id }) => !served.has(id) && !served.has(undefined));
  if (unserved.length === 0) return findings;
  const ids = unserved.map(({ id }) => id).join(', ');
  const where = hardware.container === undefined ? '' : 'On the host: ';
  if (!usableDriver(examination)) {
    findings.push({
      id: 'driver',
      level: 'error',
      title: `The driver ${USABLE_DRIVER} is not loaded, so nothing can use ${ids}`,
      fix: `${where}sudo modprobe ${USABLE_DRIVER}; when there is no such module, install the driver (docs/hailo.md)`,
    });
  } else {
    findings.push({
      id: 'driver',
      level: 'error',
      title: `The driver ${USABLE_DRIVER} is loaded but does not serve ${ids}`,
      fix: `${where}read why with sudo dmesg | grep -i hailo, then sudo modprobe -r ${USABLE_DRIVER} && sudo modprobe ${USABLE_DRIVER}, or restart`,
    });
  }
  return findings;
}

/** @returns one finding per device that the driver serves */
export function checkDeviceNodes(examination: Examination): Finding[] {
  return usableNodes(examination).map((node) => checkNode(node, examination));
}

const UDEV_RULE = 'SUBSYSTEM=="hailo_chardev", MODE="0666"';

function checkNode({ path }: DeviceNode, { system, hardware }: Examination): Finding {
  const id = 'device-node';
  const { container } = hardware;
  const owner = system.owner(path);
  const asDevice =
    container === 'home-assistant'
      ? "Home Assistant's Node-RED app is not given this device: run Node-RED in a container of its own (docs/hailo.md)"
      : `Give it to the container as a device: --device ${path}, with Compose devices: ["${path}:${path}"]`;
  if (owner === undefined) {
    const again = `sudo modprobe -r ${USABLE_DRIVER} && sudo modprobe ${USABLE_DRIVER}`;
    return {
      id,
      level: 'error',
      title: `${path} does not exist${container === undefined ? '' : ' in this container'}, although the driver serves it`,
      fix: container === undefined ? `Let the driver make it again: ${again}` : asDevice,
    };
  }
  if (owner.isFolder) {
    return { id, level: 'error', title: `${path} is a folder: it was mounted as a volume`, fix: asDevice };
  }
  const refusal = system.refusal(path);
  if (refusal === undefined) return { id, level: 'ok', title: `${path} can be read and written` };
  const mode = owner.mode.toString(8).padStart(4, '0');
  return {
    id,
    level: 'error',
    title: `${path} may not be read and written by this user (${refusal}): mode ${mode}, owner ${owner.uid}, group ${owner.gid}`,
    fix:
      `${container === undefined ? '' : 'On the host: '}echo '${UDEV_RULE}' | sudo tee /etc/udev/rules.d/51-hailo-udev.rules ` +
      '&& sudo udevadm control --reload-rules && sudo udevadm trigger',
  };
}

/** The chip's descriptors hold 4096 bytes at most, the driver takes the kernel's page size: 16 KiB on a Pi 5. */
export function checkPageSize(examination: Examination): Finding[] {
  const LARGEST_DESCRIPTOR = 4096;
  const { pageSize = 0, container } = examination.hardware;
  const option = usableDriver(examination)?.descriptorPageSize;
  if (pageSize <= LARGEST_DESCRIPTOR || option === undefined || (option > 0 && option <= LARGEST_DESCRIPTOR)) return [];
  return [
    {
      id: 'page-size',
      level: 'warning',
      title: `The kernel's pages have ${pageSize} bytes, the chip's ${LARGEST_DESCRIPTOR} at most: opening a network may fail with status 8`,
      fix:
        `${container === undefined ? '' : 'On the host: '}echo 'options ${USABLE_DRIVER} force_desc_page_size=${LARGEST_DESCRIPTOR}' ` +
        `| sudo tee /etc/modprobe.d/${USABLE_DRIVER}.conf and restart`,
    },
  ];
}

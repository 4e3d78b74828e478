import { describeStatus, Status } from '../../device/hailo/library/status.js';
import { type Examination, hasUsableChip, usableNodes } from '../examination.js';
import type { Finding } from '../finding.js';
import type { SystemReader } from '../system.js';

/** Where HailoRT 4.x's service listens; compiled into it. */
export const SERVICE_SOCKET = '/tmp/hailort_uds.sock';
const SERVICE_PROCESS = 'hailort_service';

/** Through the service several processes use one device; without it, one. */
export function checkService(examination: Examination): Finding[] {
  const { system, wanted, hardware } = examination;
  if (!hasUsableChip(examination)) return [];
  const hasSocket = system.owner(SERVICE_SOCKET) !== undefined;
  // In a container the host's processes are not to be seen, but a socket that was mounted is.
  const running = processes(system).some(({ name }) => name === SERVICE_PROCESS) || (hasSocket && !!hardware.container);
  const id = 'service';
  if (!wanted.service) {
    const title =
      "HailoRT's service runs, and this device is not used through it: no other process can use it meanwhile";
    return running ? [{ id, level: 'info', title }] : [];
  }
  if (running && hasSocket && system.refusal(SERVICE_SOCKET) === undefined) {
    return [{ id, level: 'ok', title: "HailoRT's service runs, and the device is shared through it" }];
  }
  const { fix } = describeStatus(Status.RPC_FAILED);
  if (!running) {
    const mount = `Start it on the host and mount its socket into the container: -v ${SERVICE_SOCKET}:${SERVICE_SOCKET}`;
    return [
      {
        id,
        level: 'error',
        title: "The device is to be shared through HailoRT's service, which does not run (status 77)",
        fix: hardware.container === undefined ? fix : mount,
      },
    ];
  }
  return [
    {
      id,
      level: 'error',
      title: hasSocket
        ? `HailoRT's service runs, but this user may not use its socket ${SERVICE_SOCKET}`
        : `HailoRT's service runs, but its socket ${SERVICE_SOCKET} is not there`,
      fix: hasSocket
        ? 'Run Node-RED as a user who may read and write it, or change its permissions'
        : 'Restart it: sudo systemctl restart hailort.service',
    },
  ];
}

/** Other processes with the device open. Those of other users show only to root, so silence proves nothing. */
export function checkHolders(examination: Examination): Finding[] {
  const { system, wanted } = examination;
  const paths = new Set(usableNodes(examination).map(({ path }) => path));
  if (paths.size === 0) return [];
  const holders = processes(system).filter(({ pid }) => holds(system, pid, paths));
  const others = holders.filter(
    ({ pid, name }) => pid !== process.pid && !(wanted.service && name === SERVICE_PROCESS),
  );
  const findings: Finding[] = [];
  if (holders.some(({ pid }) => pid === process.pid)) {
    findings.push({ id: 'holders', level: 'info', title: 'This process has the device open' });
  }
  if (others.length > 0) {
    const list = others.map(({ pid, name }) => `${name} (process ${pid})`).join(', ');
    findings.push({
      id: 'holders',
      level: 'warning',
      title: `The device is open in ${list}: only one process can use it (status 73 or 74)`,
      fix: "Stop that program, or let both use HailoRT's service: its option here, and the same group id in both",
    });
  }
  return findings;
}

function processes(system: SystemReader): { pid: number; name: string }[] {
  const pids = system.list('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const name = system.text(`/proc/${pid}/comm`);
    return name === undefined ? [] : [{ pid: Number(pid), name }];
  });
}

function holds(system: SystemReader, pid: number, paths: ReadonlySet<string>): boolean {
  return system.list(`/proc/${pid}/fd`).some((fd) => paths.has(system.link(`/proc/${pid}/fd/${fd}`) ?? ''));
}

/** Where HailoRT's own words go (hailort-c-api §10.5): the reason behind a status is only there. */
export function checkLogFiles(examination: Examination, hasLibraryError: boolean): Finding[] {
  const { env, system } = examination;
  const folder = env['HAILORT_LOGGER_PATH'] ?? 'NONE';
  const id = 'log-files';
  if (folder === 'NONE' || folder === '') {
    const title =
      "HailoRT writes no log files: start Node-RED with HAILORT_LOGGER_PATH set to a folder to read HailoRT's own reasons";
    return hasLibraryError ? [{ id, level: 'info', title }] : [];
  }
  const refusal = system.refusal(folder);
  if (refusal === undefined) return [{ id, level: 'info', title: `HailoRT writes its log to ${folder}/hailort.log` }];
  return [
    {
      id,
      level: 'warning',
      title: `HailoRT cannot write its log to ${folder} (${refusal})`,
      fix: 'Make the folder and give it to the user of Node-RED, or unset HAILORT_LOGGER_PATH',
    },
  ];
}

import { type Platform, thisPlatform } from '../device/cpu/load-help.js';
import { loadRuntime, type Runtime } from '../device/cpu/runtime.js';
import { checkHefFile } from '../device/hailo/hef/check.js';
import { Status } from '../device/hailo/library/status.js';
import { lookAtHailo } from '../device/hailo/look.js';
import type { HailoProbe } from '../device/hailo/probe.js';
import { Catalogue } from '../models/catalogue.js';
import type { Manifest } from '../models/manifest.js';
import { checkAccelerators, checkLinks } from './checks/accelerator.js';
import { checkDevices } from './checks/devices.js';
import { checkDeviceNodes, checkDriver, checkPageSize } from './checks/driver.js';
import { checkHefFiles, type HefCheck } from './checks/hef-files.js';
import { checkLibrary, checkLibraryLine, checkVersions } from './checks/library.js';
import { checkShippedModels } from './checks/models.js';
import { checkRuntime, checkSystem } from './checks/platform.js';
import { checkHolders, checkLogFiles, checkService } from './checks/sharing.js';
import { type Examination, hasUsableChip } from './examination.js';
import type { Finding } from './finding.js';
import { readHardware } from './hardware.js';
import { systemReader } from './system.js';

export interface ExamineOptions {
  /** As HailoSettings.library. */
  library?: string | undefined;
  /** As HailoSettings.deviceId. */
  deviceId?: string | undefined;
  /** As HailoSettings.multiProcessService. */
  service?: boolean | undefined;
  /** The models to look at; default the catalogue's. */
  manifests?: Manifest[];
  /** Put before /dev, /sys, /proc and /tmp; for tests. */
  root?: string;
  /** Throws where a file may not be read and written; for tests. */
  access?: (path: string) => void;
  env?: NodeJS.ProcessEnv;
  platform?: Platform;
  probe?: () => Promise<HailoProbe>;
  runtime?: () => Pick<Runtime, 'kind' | 'version'>;
  hef?: HefCheck;
  /** ms that any one look may take, default 30 000. */
  timeLimit?: number;
}

/**
 * Looks at everything that can keep the networks from running, on the CPU or on a Hailo: one finding per thing, in the order in
 * which they depend on each other. Nothing is changed and no network is opened. Never rejects; a look that fails or takes too long
 * is a finding of its own.
 */
export async function examine(options: ExamineOptions = {}): Promise<Finding[]> {
  const { env = process.env, timeLimit = 30_000 } = options;
  const findings: Finding[] = [];
  const look = async (id: string, check: () => Finding | Finding[] | Promise<Finding[]>) => {
    try {
      findings.push(...[await within(timeLimit, check())].flat());
    } catch (error) {
      findings.push(couldNotLook(id, error));
    }
  };
  const system = systemReader(options.root, options.access);
  const examination: Examination = {
    platform: options.platform ?? thisPlatform(),
    env,
    system,
    hardware: readHardware(system, env),
    manifests: options.manifests ?? [],
    wanted: { library: options.library, deviceId: options.deviceId, service: options.service ?? false },
  };

  let probeFailure: Finding | undefined;
  try {
    const probe =
      options.probe ?? (() => lookAtHailo(options.library === undefined ? {} : { library: options.library }));
    examination.probe = await within(timeLimit, probe());
  } catch (error) {
    const level = hasUsableChip(examination) ? 'error' : 'warning';
    probeFailure = { ...couldNotLook('probe', error), level, fix: 'Restart the computer; see docs/hailo.md' };
  }

  await look('system', () => checkSystem(examination));
  await look('cpu-runtime', () => checkRuntime(options.runtime ?? (() => loadRuntime('auto'))));
  await look('models', () => {
    examination.manifests = options.manifests ?? new Catalogue().list();
    return checkShippedModels(examination.manifests);
  });
  await look('accelerator', () => checkAccelerators(examination));
  await look('driver', () => checkDriver(examination));
  await look('device-node', () => checkDeviceNodes(examination));
  await look('pcie-link', () => checkLinks(examination));
  await look('page-size', () => checkPageSize(examination));
  if (probeFailure) findings.push(probeFailure);
  await look('library', () => checkLibrary(examination));
  await look('library-line', () => checkLibraryLine(examination));
  await look('versions', () => checkVersions(examination));
  await look('device', () => checkDevices(examination, explainedStatuses(findings)));
  await look('service', () => checkService(examination));
  await look('holders', () => checkHolders(examination));
  await look('hef', () => checkHefFiles(examination, options.hef ?? checkHefFile));
  await look('log-files', () => checkLogFiles(examination, findings.some(isAboutLibrary)));
  return findings;
}

/** What the library would say again, later and less clearly. */
function explainedStatuses(findings: readonly Finding[]): ReadonlySet<number> {
  const causes: Record<string, number[]> = {
    driver: [Status.OUT_OF_PHYSICAL_DEVICES],
    'device-node': [Status.DRIVER_OPERATION_FAILED],
    'library-line': [Status.NOT_SUPPORTED, Status.INVALID_DRIVER_VERSION, Status.DRIVER_INVALID_IOCTL],
    versions: [Status.INVALID_DRIVER_VERSION, Status.DRIVER_INVALID_IOCTL],
  };
  const errors = findings.filter(({ level }) => level === 'error');
  return new Set(errors.flatMap(({ id }) => causes[id] ?? []));
}

function isAboutLibrary({ id, level }: Finding): boolean {
  return level === 'error' && ['library', 'device', 'probe'].includes(id);
}

function couldNotLook(id: string, error: unknown): Finding {
  const reason = error instanceof Error ? error.message : String(error);
  return { id, level: 'warning', title: `Could not be examined (${id}): ${reason.split('\n')[0]}` };
}

async function within<T>(ms: number, work: T | Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

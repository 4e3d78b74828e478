import type { NodeAPI } from 'node-red';
import { examine } from '../doctor/examine.js';
import type { Finding } from '../doctor/finding.js';
import { readHardware } from '../doctor/hardware.js';
import { systemReader } from '../doctor/system.js';
import { Catalogue } from '../models/catalogue.js';
import { ModelError } from '../models/errors.js';
import { modelTargets } from '../models/locate.js';
import { badRequest, BadRequestError, jsonBody, textField, type AdminRequest } from './admin-body.js';
import { registerCameras } from './camera-endpoints.js';
import type { DeviceConfigNode } from './device-link.js';
import { listModels } from './device-provider.js';
import { toError } from './errors.js';
import { listModelFiles, modelFolders, ModelPulls, type ModelFolders } from './model-pulls.js';
import { PRESETS } from './presets.js';
import { registerPreviews } from './preview-endpoints.js';

/** To look. */
const READ = 'hailo-alpr.read';
/** To open the accelerator, and to fetch files. */
const WRITE = 'hailo-alpr.write';
const registered = new WeakSet<object>();

/** An accelerator as the list behind the dialog's field shows it. */
interface ListedDevice {
  /** PCIe address. */
  id: string;
  family: string;
}

interface AdminResponse {
  status(code: number): AdminResponse;
  set(name: string, value: string): AdminResponse;
  json(value: unknown): unknown;
}

/** Replaced in tests. */
export interface AdminServices {
  pulls: ModelPulls;
  examine: typeof examine;
  /** Put before /sys and /dev. */
  root: string;
}

/**
 * What the dialogs ask for; registered once, whichever node comes first. A browser names a deployed device and a model of its
 * catalogue, never a file, a folder or an address: those come from what was deployed.
 */
export function registerAdmin(RED: NodeAPI, services: Partial<AdminServices> = {}): void {
  const app = RED.httpAdmin;
  if (registered.has(app)) return;
  registered.add(app);
  const { pulls = new ModelPulls(), root = '/' } = services;
  const examinations = new Map<string, Promise<Finding[]>>();

  const deviceNode = (id: unknown): Partial<DeviceConfigNode> | undefined => {
    const node = typeof id === 'string' ? (RED.nodes.getNode(id) as Partial<DeviceConfigNode> | null) : null;
    return node?.alpr === undefined ? undefined : node;
  };
  const foldersOf = (id: unknown): ModelFolders =>
    deviceNode(id)?.alpr?.folders ?? modelFolders('', RED.settings.userDir);
  const get = (path: string, answer: (request: AdminRequest) => unknown): void => {
    app.get(path, RED.auth.needsPermission(READ), handler(answer));
  };
  const post = (path: string, answer: (body: Record<string, unknown>) => unknown): void => {
    const withBody = (request: AdminRequest): unknown => jsonBody(request).then(answer);
    app.post(path, RED.auth.needsPermission(WRITE), handler(withBody));
  };

  get('/hailo-alpr/presets', () => PRESETS);
  get('/hailo-alpr/models', ({ query }) => {
    return deviceNode(query['device'])?.alpr?.models() ?? listModels(foldersOf(undefined));
  });
  get('/hailo-alpr/hailo-devices', () => listDevices(root));
  get('/hailo-alpr/model-files', ({ query }) => listModelFiles(foldersOf(query['device'])));
  get('/hailo-alpr/models/pulls', () => pulls.state());

  post('/hailo-alpr/models/pull', (body) => {
    const target = modelTargets.find((known) => known === body['target']);
    if (target === undefined) throw badRequest(`one of ${modelTargets.join(', ')} for target`, body['target']);
    return pulls.start(foldersOf(body['device']), textField(body, 'name'), target);
  });
  post('/hailo-alpr/models/pull/cancel', (body) => ({ cancelled: pulls.cancel(textField(body, 'id')) }));
  post('/hailo-alpr/doctor', async (body) => {
    const id = textField(body, 'device');
    const node = deviceNode(id);
    if (node === undefined) throw badRequest('a deployed hailo-device for device', id, 404);
    // Whoever asks meanwhile gets the same answer: an accelerator is looked at by one at a time.
    const running = examinations.get(id) ?? examineDevice(node, services.examine ?? examine);
    examinations.set(id, running);
    try {
      return { findings: await running };
    } finally {
      examinations.delete(id);
    }
  });

  registerPreviews(app, RED.auth.needsPermission(READ));
  registerCameras(RED);
}

/** Answers with JSON: what `answer` gives, or why it gives nothing. */
function handler(answer: (request: AdminRequest) => unknown) {
  return (request: AdminRequest, response: AdminResponse): void => {
    const fail = (thrown: unknown): void => {
      const status = thrown instanceof BadRequestError ? thrown.status : thrown instanceof ModelError ? 404 : 500;
      response.status(status).json({ error: toError(thrown).message });
    };
    Promise.resolve()
      .then(() => answer(request))
      .then((value) => response.set('Cache-Control', 'no-store').json(value))
      .catch(fail);
  };
}

/** With the settings as deployed. */
async function examineDevice(node: Partial<DeviceConfigNode>, look: typeof examine): Promise<Finding[]> {
  if (node.problem !== undefined) return [{ id: 'settings', level: 'error', title: node.problem.message }];
  const { library, deviceId, multiProcessService = false } = node.settings?.hailo ?? {};
  const folders = node.alpr?.folders ?? modelFolders('');
  const catalogue = new Catalogue(folders.extra, folders);
  const findings = await look({
    ...(library === undefined ? {} : { library }),
    ...(deviceId === undefined ? {} : { deviceId }),
    service: multiProcessService,
    manifests: catalogue.list(),
  });
  const broken = catalogue.problems.map(({ error }): Finding => ({
    id: 'models',
    level: 'error',
    title: error.message,
  }));
  return [...findings, ...broken];
}

/** Read from /sys: opening a dialog loads no library and touches no accelerator. */
function listDevices(root: string): ListedDevice[] {
  const { pci, nodes } = readHardware(systemReader(root), process.env);
  const found = new Map<string, string>();
  for (const { id, family } of [...pci, ...nodes]) if (id !== undefined && !found.has(id)) found.set(id, family);
  return [...found].map(([id, family]) => ({ id, family }));
}

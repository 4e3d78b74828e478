import type { NodeAPI } from 'node-red';
import { toError } from './errors.js';
import { previewOf } from './previews.js';
import type { DeviceConfigNode } from './device-link.js';
import { listModels } from './device-provider.js';

const PERMISSION = 'hailo-alpr.read';
const registered = new WeakSet<object>();

/** What the dialogs ask for. Both need the permission `hailo-alpr.read`; registered once, whichever node comes first. */
export function registerAdmin(RED: NodeAPI): void {
  const app = RED.httpAdmin;
  if (registered.has(app)) return;
  registered.add(app);

  // The device is named by the id of a deployed config node: a browser must not choose which folders are read.
  app.get('/hailo-alpr/models', RED.auth.needsPermission(PERMISSION), (request, response) => {
    const id = request.query['device'];
    const node = typeof id === 'string' ? (RED.nodes.getNode(id) as Partial<DeviceConfigNode> | null) : null;
    const listed = node?.alpr === undefined ? listModels() : node.alpr.models();
    listed.then(
      (models) => response.set('Cache-Control', 'no-store').json(models),
      (thrown: unknown) => response.status(500).json({ error: toError(thrown).message }),
    );
  });

  app.get('/hailo-alpr/preview/:id', RED.auth.needsPermission(PERMISSION), (request, response) => {
    const jpeg = previewOf(String(request.params['id']));
    response.set('Cache-Control', 'no-store');
    if (jpeg === undefined) response.status(404).end();
    else if (jpeg === 'waiting') response.status(204).end();
    else response.type('image/jpeg').send(jpeg);
  });
}

import type { NodeAPI, NodeDef } from 'node-red';
import { registerAdmin } from '../../src/node-red/admin.js';
import { DeviceHandle, type DeviceAccess } from '../../src/node-red/device-handle.js';
import type { DeviceConfigNode } from '../../src/node-red/device-link.js';
import { readDeviceSettings } from '../../src/node-red/device-settings.js';
import { deviceProvider } from '../../src/node-red/device-provider.js';
import { SettingsReader } from '../../src/node-red/settings.js';

/** The shared device context: opens when its first user needs it, closes when the last has let go. */
export = function (RED: NodeAPI): void {
  registerAdmin(RED);

  function HailoDevice(this: DeviceConfigNode, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    const read = new SettingsReader(config);
    const settings = readDeviceSettings(read);
    const { userDir } = RED.settings;
    const handle = new DeviceHandle(deviceProvider(settings, read.text('modelDirectory'), userDir));
    const problem = read.error;
    this.settings = settings;
    this.problem = problem;
    this.alpr = problem === undefined ? handle : refusing(handle, problem);
    if (problem !== undefined) this.error(problem.message);
    this.on('close', (done: () => void) => {
      handle.close().then(done, (thrown: unknown) => {
        this.warn(`Closing: ${String(thrown)}`);
        done();
      });
    });
  }
  RED.nodes.registerType('alpr-hailo-device', HailoDevice);
};

/** Wrong settings must not become a device that nobody asked for: its users fail with the reason. */
function refusing(handle: DeviceHandle, problem: Error): DeviceAccess {
  return {
    open: () => Promise.reject(problem),
    openPixels: () => Promise.reject(problem),
    models: () => handle.models(),
    folders: handle.folders,
    describe: () => undefined,
  };
}

import { serve } from '../pool/serve.js';
import type { ControlAnswers, ControlJob, ControlResult, ControlTask } from './control-protocol.js';
import { HailoError } from './errors.js';
import type { DeviceHandle, HailoLibrary } from './library/api.js';
import { loadHailoLibrary } from './library/load.js';
import type { ProbedDevice } from './probe.js';
import { ReleaseGate } from './release-gate.js';
import { toPlainHailoError } from './thread-protocol.js';

/** The control thread of a device: calls that wait for the device but are no frames. */

serve((job: ControlJob): ControlResult => {
  try {
    return { answer: perform(loadHailoLibrary(job.library), job) };
  } catch (error) {
    return { error: toPlainHailoError(error) };
  }
});

function perform(library: HailoLibrary, task: ControlTask): ControlAnswers[ControlTask['do']] {
  switch (task.do) {
    case 'look':
      return { path: library.path, version: library.version, ids: library.scan() };
    case 'create':
      return { vdevice: library.createVdevice(task.params) };
    case 'identify':
      return { identity: library.identify(physicalDevice(library, task.vdevice)) };
    case 'temperature':
      return { celsius: library.temperature(physicalDevice(library, task.vdevice)) };
    case 'shut-down': {
      const group = library.adopt('network-group', task.group);
      return { done: new ReleaseGate(task.gate).shuttingDown(() => library.shutdownGroup(group)) };
    }
    case 'release-streams': {
      const { inputs, outputs } = task.streams;
      for (const { handle } of outputs) library.adoptOwn('output-vstream', handle);
      for (const { handle } of inputs) library.adoptOwn('input-vstream', handle);
      if (outputs.length > 0) library.releaseOutputs(outputs);
      if (inputs.length > 0) library.releaseInputs(inputs);
      return {};
    }
    case 'release':
      library.releaseVdevice(library.adoptOwn('vdevice', task.vdevice));
      return {};
    case 'probe':
      return { devices: task.ids.map((id) => probed(library, id)) };
  }
}

/** Borrowed: it belongs to the vdevice (hailort-c-api §10.6). */
function physicalDevice(library: HailoLibrary, vdevice: bigint): DeviceHandle {
  const [device] = library.physicalDevices(library.adopt('vdevice', vdevice));
  if (device === undefined) throw new HailoError('Expected a physical device behind the vdevice but received none');
  return device;
}

function probed(library: HailoLibrary, id: string): ProbedDevice {
  let device: DeviceHandle | undefined;
  try {
    device = library.createDevice(id);
    return { id, identity: library.identify(device), temperature: library.temperature(device) };
  } catch (error) {
    const found: ProbedDevice = { id, error: error instanceof Error ? error.message : String(error) };
    if (error instanceof HailoError && error.status !== undefined) found.status = error.status;
    return found;
  } finally {
    if (device !== undefined) library.releaseDevice(device);
  }
}

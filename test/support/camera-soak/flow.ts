type FlowNode = { id: string; type: string; [setting: string]: unknown };

/** One of the cameras of a soak. */
export interface FlowCamera {
  id: string;
  source: 'rtsp' | 'mjpeg';
  url: string;
  user?: string | undefined;
  password?: string | undefined;
}

export const logNode = 'log';

/**
 * Cameras into the cascade, and beside it a log in `logFile` that gets a plate event four times a second.
 * @param timeout of the cameras, s
 */
export function soakFlow(cameras: readonly FlowCamera[], logFile: string, timeout: number): FlowNode[] {
  const device = { device: 'device' };
  const nodes: FlowNode[] = [
    ...cameras.map(({ user, password, ...camera }): FlowNode => ({
      type: 'alpr-camera-in',
      ...camera,
      camera: camera.id,
      ...{ transport: 'tcp', timeout, inFlight: 2, autostart: true },
      ...(user === undefined ? {} : { credentials: { user, password } }),
      wires: [['vehicles'], ['heard']],
    })),
    { id: 'vehicles', type: 'alpr-vehicle-detect', ...device, inputSize: 320, wires: [['tracker']] },
    { id: 'tracker', type: 'alpr-tracker', wires: [['plates']] },
    { id: 'plates', type: 'alpr-plate-detect', ...device, wires: [['gate']] },
    { id: 'gate', type: 'alpr-blur-gate', ...device, wires: [['read']] },
    { id: 'read', type: 'alpr-lprnet-read', ...device, wires: [['events']] },
    { id: 'events', type: 'alpr-plate-out', wires: [[], []] },
    { id: 'often', type: 'inject', repeat: '0.25', once: true, onceDelay: '0.1', props: [], wires: [['visit']] },
    { id: 'visit', type: 'function', func: visit, outputs: 1, wires: [[logNode]] },
    { id: logNode, type: 'alpr-plate-log', file: logFile, events: 'final', giveUpMinutes: 10, wires: [['heard'], []] },
    { id: 'errors', type: 'catch', scope: null, wires: [['heard']] },
    // The probe hears what is sent along wires.
    { id: 'heard', type: 'debug', active: false, wires: [] },
  ];
  return [
    { id: 'tab', type: 'tab', label: 'soak' },
    { id: 'device', type: 'alpr-hailo-device', backend: 'cpu', workers: 1 },
    ...nodes.map((node) => ({ ...node, z: 'tab', x: 0, y: 0 })),
  ];
}

/** A final event of a visit of its own; its number goes on over deployments. */
const visit = `
const number = (global.get('visits') || 0) + 1;
global.set('visits', number);
msg.payload = {
  version: 1, event: 'final', id: 'visit-' + number, camera: 'gate', plate: 'AB12 CDE', normalised: 'AB12CDE', confidence: 0.9,
  characters: [], candidates: [], reads: 4, agreeing: 4, box: { x1: 0, y1: 0, x2: 10, y2: 5 },
  firstSeen: Date.now() - 1000, lastSeen: Date.now(), frames: 12,
};
return msg;`;

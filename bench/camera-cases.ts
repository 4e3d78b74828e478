import { resolve } from 'node:path';
import type { StreamOptions } from '../test/support/rtsp-server/rtsp-server.js';
import { useHailo } from './hailo-networks.js';
import { shippedFlow } from './node-red.js';

/** Of all cameras together. */
const IN_FLOW = 4;
const ROAD = resolve(__dirname, '..', 'samples', 'road.mp4');

/** What the cameras of a run send, and what is done with it. */
export interface CameraCase {
  title: string;
  cameras: number;
  width: number;
  height: number;
  fps: number;
  /** A picture in which nothing moves but the sensor's noise, and the motion gate in front of the flow. */
  idle?: boolean;
  /** On the simulated Hailo-8: the library's stub and the folder with its networks. */
  hailo?: { library: string; models: string };
}

/** Each camera sees the same road at another moment. */
export function cameraStreams({ cameras, width, height, fps, idle }: CameraCase): StreamOptions[] {
  return Array.from({ length: cameras }, (_, index) => ({
    path: `camera${index + 1}`,
    file: ROAD,
    ...{ width, height, fps },
    still: idle === true,
    startAt: index * 3,
  }));
}

/** Example flow 02 without its overlay: so many cameras into one cascade. */
export function cameraFlow(entry: CameraCase, url: (path: string) => string): Record<string, unknown>[] {
  const flow = shippedFlow('02').filter(({ type }) => type !== 'inject' && type !== 'alpr-overlay');
  const index = flow.findIndex(({ type }) => type === 'alpr-camera-in');
  const [example] = flow.splice(index, 1);
  const cameras = cameraStreams(entry).map(({ path }) => ({
    ...example,
    id: path,
    camera: path,
    ...{ source: 'rtsp', url: url(path), transport: 'tcp', autostart: true },
    // So many frames keep all workers, or the chip, at work; more of them would only wait in the flow.
    inFlight: Math.max(1, Math.ceil(IN_FLOW / entry.cameras)),
    ...(entry.idle ? { motion: true, idleInterval: 10 } : {}),
    wires: [(example!['wires'] as string[][])[0], ['states']],
  }));
  for (const node of flow) if (entry.hailo !== undefined) useHailo(node, entry.hailo);
  // The bench hears what is sent along wires.
  const states = { id: 'states', z: example!['z'], type: 'debug', active: false, wires: [] };
  return [...flow, ...cameras, states];
}

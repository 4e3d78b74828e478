import type { Frame } from '../../../src/frame/frame.js';
import { LiveCamera, type LiveCameraOptions } from '../../../src/sources/live/camera.js';
import type { CameraReport } from '../../../src/sources/live/camera-state.js';
import { FakeCamera } from '../../support/fake-feed.js';
import { FakeTimers, turns } from '../../support/fake-timers.js';

export interface Setup {
  camera: LiveCamera;
  fake: FakeCamera;
  timers: FakeTimers;
  sent: Frame[];
  reports: CameraReport[];
  problems: string[];
  states(): string[];
}

/** A camera whose frames the flow holds until the test releases them; waits are as long as they can be. */
export function setUp(change: Partial<LiveCameraOptions> = {}): Setup {
  const fake = new FakeCamera();
  const timers = new FakeTimers();
  const sent: Frame[] = [];
  const reports: CameraReport[] = [];
  const problems: string[] = [];
  const camera = new LiveCamera({
    camera: 'cam',
    open: fake.open,
    pool: fake.pool,
    inFlight: 2,
    timeoutMs: 10_000,
    send: (frame) => {
      frame.lease.retain();
      sent.push(frame);
    },
    report: (report) => reports.push(report),
    problem: (error) => problems.push(error.message),
    timers,
    random: () => 1,
    ...change,
  });
  return { camera, fake, timers, sent, reports, problems, states: () => reports.map(({ state }) => state) };
}

export async function release(...frames: Frame[]): Promise<void> {
  for (const { lease } of frames) lease.release();
  await turns();
}

export const numbers = (frames: Frame[]): number[] => frames.map(({ sequence }) => sequence);

import type { CameraReport, CameraState } from '../../../src/sources/live/camera-state.js';
import type { Told } from './probe.js';

/** What is known of one camera of a soak. */
export interface CameraWatch {
  report: CameraReport | undefined;
  /** Every report since the start, with the time of its arrival here (performance.now). */
  reports: { at: number; report: CameraReport }[];
  frames: number;
  lastFrameAt: number;
  size: string;
  /** Latest text under the node. */
  status: string;
  statuses: number;
}

/** Keeps what a soak's Node-RED tells. */
export class SoakWatch {
  readonly cameras = new Map<string, CameraWatch>();
  /** Ids of visits that came to the log, and of those that it has stored. */
  readonly given: string[] = [];
  readonly logged = new Set<string>();
  readonly errors: { node: string; message: string }[] = [];
  /** Frames whose date was not later than that of the frame before: camera, number of the frame and ms. */
  readonly backwards: string[] = [];
  /** All words that could hold a secret. */
  words = '';
  private readonly dates = new Map<string, number>();
  /** Longest time without a frame of a camera since `startGap`, ms. */
  private readonly gaps = new Map<string, number>();

  constructor(ids: readonly string[]) {
    for (const id of ids) {
      const never = { report: undefined, reports: [], frames: 0, lastFrameAt: 0, size: '', status: '', statuses: 0 };
      this.cameras.set(id, never);
    }
  }

  of(id: string): CameraWatch {
    return this.cameras.get(id)!;
  }

  stateOf(id: string): CameraState | undefined {
    return this.of(id).report?.state;
  }

  startGap(): void {
    this.gaps.clear();
    for (const camera of this.cameras.values()) camera.lastFrameAt = performance.now();
  }

  /** Longest time without a frame since `startGap`, ms. */
  gapOf(id: string): number {
    return Math.max(this.gaps.get(id) ?? 0, performance.now() - this.of(id).lastFrameAt);
  }

  take(told: Told): void {
    switch (told.kind) {
      case 'frame':
        return this.takeFrame(told);
      case 'report': {
        this.words += JSON.stringify(told.report);
        const camera = this.of(told.report.camera);
        camera.report = told.report;
        camera.reports.push({ at: performance.now(), report: told.report });
        return;
      }
      case 'given':
        this.given.push(told.id);
        return;
      case 'logged':
        this.logged.add(told.id);
        return;
      case 'error':
        this.words += told.message;
        this.errors.push(told);
        return;
      case 'status': {
        this.words += told.text;
        const camera = this.cameras.get(told.node);
        if (camera === undefined) return;
        camera.status = told.text;
        camera.statuses++;
      }
    }
  }

  private takeFrame({ camera: id, width, height, timestamp }: Extract<Told, { kind: 'frame' }>): void {
    const camera = this.of(id);
    const now = performance.now();
    if (camera.frames > 0) this.gaps.set(id, Math.max(this.gaps.get(id) ?? 0, now - camera.lastFrameAt));
    camera.frames++;
    camera.lastFrameAt = now;
    camera.size = `${width}x${height}`;
    const step = timestamp - (this.dates.get(id) ?? -Infinity);
    if (step <= 0) this.backwards.push(`${id} frame ${camera.frames}: ${step} ms`);
    this.dates.set(id, timestamp);
  }
}

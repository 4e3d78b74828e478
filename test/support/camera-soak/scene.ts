import { join } from 'node:path';
import { packageRoot, startNodeRed, type NodeRedProcess } from '../node-red-process.js';
import { descendants, isConnectedTo, type ProcessFacts } from '../processes.js';
import { startFaultProxy, type FaultProxy } from '../rtsp-server/fault-proxy.js';
import { startRtspServer, type RtspServer } from '../rtsp-server/rtsp-server.js';
import { soakFlow, type FlowCamera } from './flow.js';
import { MjpegCamera } from './mjpeg-camera.js';
import { Probe } from './probe.js';
import { SmallDisk } from './small-disk.js';
import { SoakWatch } from './watch.js';

export const login = { user: 'guard', password: 'Sesame&Pebble 7' };
export const sizes = { usual: { width: 480, height: 270 }, other: { width: 320, height: 180 } };
/** Seconds after which a silent camera counts as lost. */
const cameraTimeout = 4;
const road = join(packageRoot, 'samples', 'road.mp4');

export interface SceneOptions {
  /** RTSP cameras. */
  cameras: number;
  fps: number;
  seed: number;
  /** Waits between attempts are shorter by this factor. */
  hurry: number;
}

export interface SoakCamera {
  id: string;
  kind: 'rtsp' | 'mjpeg';
  /** rtsp: what it is seen through. */
  proxy?: FaultProxy;
}

/** Everything a soak needs: cameras that can misbehave, and a real Node-RED that looks at them. */
export class Scene {
  readonly cameras: SoakCamera[];

  private constructor(
    readonly rtsp: RtspServer,
    readonly proxies: FaultProxy[],
    readonly mjpeg: MjpegCamera,
    readonly disk: SmallDisk,
    readonly probe: Probe,
    readonly watch: SoakWatch,
    readonly red: NodeRedProcess,
    private readonly flow: object[],
    readonly options: SceneOptions,
  ) {
    this.cameras = [
      ...proxies.map((proxy, index): SoakCamera => ({ id: `rtsp${index + 1}`, kind: 'rtsp', proxy })),
      { id: 'mjpeg', kind: 'mjpeg' },
    ];
  }

  static async start(options: SceneOptions): Promise<Scene> {
    const { cameras, fps, seed, hurry } = options;
    const opened: (() => unknown)[] = [];
    const keep = <Thing>(thing: Thing, close: () => unknown): Thing => {
      opened.unshift(close);
      return thing;
    };
    try {
      const paths = Array.from({ length: cameras }, (_, index) => `camera${index + 1}`);
      const streams = paths.map((path, index) => ({ path, file: road, ...sizes.usual, fps, startAt: 3 * index }));
      const rtsp = await startRtspServer({ streams, ...login });
      keep(rtsp, () => rtsp.close());
      const proxies: FaultProxy[] = [];
      for (const index of paths.keys()) {
        const proxy = await startFaultProxy({ port: rtsp.port, seed: seed + index });
        proxies.push(keep(proxy, () => proxy.close()));
      }
      const mjpeg = new MjpegCamera(seed);
      keep(await mjpeg.start(road, sizes.usual.width, fps), () => mjpeg.close());
      const disk = SmallDisk.make(32);
      keep(disk, () => disk.remove());
      const flowCameras = [
        ...paths.map((path, index): FlowCamera => ({
          id: `rtsp${index + 1}`,
          source: 'rtsp',
          url: proxies[index]!.url(rtsp.url(path)),
          ...login,
        })),
        { id: 'mjpeg', source: 'mjpeg', url: mjpeg.url } as const,
      ];
      const watch = new SoakWatch(flowCameras.map(({ id }) => id));
      const probe = await Probe.listen((told) => watch.take(told));
      keep(probe, () => probe.close());
      const flow = soakFlow(flowCameras, join(disk.folder, 'plates.db'), cameraTimeout);
      const red = await startNodeRed({ env: probe.environment(packageRoot, hurry) });
      keep(red, () => red.stop());
      const scene = new Scene(rtsp, proxies, mjpeg, disk, probe, watch, red, flow, options);
      await scene.deploy();
      return scene;
    } catch (error) {
      for (const close of opened) await close();
      throw error;
    }
  }

  /** What the RTSP cameras show. */
  get clip(): { file: string; fps: number } {
    return { file: road, fps: this.options.fps };
  }

  /** Everything anew, as the editor's Deploy button does. */
  deploy(): Promise<void> {
    return this.red.deploy(this.flow);
  }

  /** All programs that Node-RED started. */
  children(): ProcessFacts[] {
    return descendants(this.red.pid);
  }

  /** The process that is connected to this camera. */
  processOf({ proxy }: SoakCamera): number | undefined {
    return this.children().find(({ pid }) => isConnectedTo(pid, proxy!.port))?.pid;
  }

  pathOf(camera: SoakCamera): string {
    return `camera${this.cameras.indexOf(camera) + 1}`;
  }

  /** Resolves when this camera is live and has sent frames after now. */
  async live(camera: SoakCamera): Promise<void> {
    const { watch } = this;
    const frames = watch.of(camera.id).frames;
    await this.probe.until(
      () => watch.stateOf(camera.id) === 'live' && watch.of(camera.id).frames > frames + 1,
      () => `${camera.id} to be live but it is ${JSON.stringify(watch.of(camera.id).report)}`,
      120_000,
    );
  }

  async allLive(): Promise<void> {
    await Promise.all(this.cameras.map((camera) => this.live(camera)));
  }

  async close(): Promise<void> {
    await this.red.stop();
    this.probe.close();
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
    await this.rtsp.close();
    await this.mjpeg.close();
    this.disk.remove();
  }
}

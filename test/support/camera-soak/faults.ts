import { login, sizes, type Scene, type SoakCamera } from './scene.js';

/**
 * Where a fault must be seen.
 * - `lost`, `login`: in the state of the camera (`lost`, or `failed` with the code of a refused login)
 * - `damaged`: in its count of damaged pictures, or as `lost` when the damage ended the connection
 * - `size`: frames have the new size
 * - `restart`: all cameras begin anew
 * - `log`: the log says that it cannot write, and nothing of it is lost afterwards
 * - `nothing`: the cameras go on as if nothing had happened
 */
export type Visible = 'lost' | 'login' | 'damaged' | 'size' | 'restart' | 'log' | 'nothing';

export interface SoakFault {
  name: string;
  /** What it happens to: one RTSP camera, the MJPEG camera, or all. */
  hits: 'rtsp' | 'mjpeg' | 'all rtsp' | 'all';
  visible: Visible;
  inject(scene: Scene, camera: SoakCamera): unknown;
  heal?(scene: Scene, camera: SoakCamera): unknown;
}

const healProxy = (_: Scene, { proxy }: SoakCamera): Promise<void> => proxy!.set({ kind: 'none' });
const healMjpeg = ({ mjpeg }: Scene): void => void (mjpeg.fault = 'none');
const signal = (scene: Scene, camera: SoakCamera, name: NodeJS.Signals): void => {
  const pid = scene.processOf(camera);
  if (pid === undefined) throw new Error(`Expected a process connected to ${camera.id} but there is none`);
  process.kill(pid, name);
};
const jumped = async ({ probe, watch, cameras }: Scene, ms: number): Promise<void> => {
  await probe.setClock(ms);
  const frames = new Map(cameras.map(({ id }) => [id, watch.of(id).frames]));
  await probe.until(
    () => cameras.every(({ id }) => watch.of(id).frames > frames.get(id)! + 3),
    () => 'all cameras to go on after the clock jumped',
  );
};

export const soakFaults: readonly SoakFault[] = [
  {
    name: 'camera off',
    hits: 'rtsp',
    visible: 'lost',
    async inject(_, { proxy }) {
      await proxy!.set({ kind: 'refuse' });
      proxy!.disconnect(true);
    },
    heal: healProxy,
  },
  {
    name: 'cut in the middle of a packet',
    hits: 'rtsp',
    visible: 'lost',
    inject: (_, { proxy }) => proxy!.set({ kind: 'cut', afterBytes: 3001 }),
    heal: healProxy,
  },
  {
    name: 'half packets',
    hits: 'rtsp',
    visible: 'damaged',
    inject: (_, { proxy }) => proxy!.set({ kind: 'halve', share: 0.3 }),
    heal: healProxy,
  },
  {
    name: 'corrupted H.264',
    hits: 'rtsp',
    visible: 'damaged',
    inject: (_, { proxy }) => proxy!.set({ kind: 'corrupt', share: 0.5 }),
    heal: healProxy,
  },
  {
    name: 'lost packets',
    hits: 'rtsp',
    visible: 'damaged',
    inject: (_, { proxy }) => proxy!.set({ kind: 'drop', share: 0.3 }),
    heal: healProxy,
  },
  {
    name: 'silent stream',
    hits: 'rtsp',
    visible: 'lost',
    inject: (_, { proxy }) => proxy!.set({ kind: 'stall' }),
    heal: healProxy,
  },
  {
    name: 'another resolution',
    hits: 'rtsp',
    visible: 'size',
    inject: (scene, camera) => switchTo(scene, camera, 'other'),
    heal: (scene, camera) => switchTo(scene, camera, 'usual'),
  },
  {
    name: 'ffmpeg killed',
    hits: 'rtsp',
    visible: 'lost',
    inject: (scene, camera) => signal(scene, camera, 'SIGKILL'),
  },
  {
    name: 'ffmpeg stopped',
    hits: 'rtsp',
    visible: 'lost',
    inject: (scene, camera) => signal(scene, camera, 'SIGSTOP'),
  },
  { name: 'server restarted', hits: 'all rtsp', visible: 'lost', inject: ({ rtsp }) => rtsp.restart() },
  {
    name: 'wrong password',
    hits: 'all rtsp',
    visible: 'login',
    async inject({ rtsp }) {
      await rtsp.setLogin({ user: 'guard', password: 'another' });
      await rtsp.disconnect();
    },
    heal: ({ rtsp }) => rtsp.setLogin(login),
  },
  {
    name: 'fuzzed JPEG',
    hits: 'mjpeg',
    visible: 'damaged',
    inject: ({ mjpeg }) => void (mjpeg.fault = 'fuzz'),
    heal: healMjpeg,
  },
  {
    name: 'half JPEG',
    hits: 'mjpeg',
    visible: 'damaged',
    inject: ({ mjpeg }) => void (mjpeg.fault = 'halve'),
    heal: healMjpeg,
  },
  {
    name: 'silent MJPEG',
    hits: 'mjpeg',
    visible: 'lost',
    inject: ({ mjpeg }) => void (mjpeg.fault = 'silent'),
    heal: healMjpeg,
  },
  { name: 'MJPEG connection lost', hits: 'mjpeg', visible: 'lost', inject: ({ mjpeg }) => mjpeg.disconnect() },
  {
    name: 'disk full',
    hits: 'all',
    visible: 'log',
    inject: ({ disk }) => disk.fill(),
    heal: ({ disk }) => disk.free(),
  },
  {
    name: 'clock jumps',
    hits: 'all',
    visible: 'nothing',
    async inject(scene) {
      await jumped(scene, 3_600_000);
      await jumped(scene, -7_200_000);
    },
    heal: (scene) => jumped(scene, 0),
  },
  {
    name: 'deployed again and again',
    hits: 'all',
    visible: 'restart',
    async inject(scene) {
      for (let time = 0; time < 3; time++) await scene.deploy();
    },
  },
];

async function switchTo(scene: Scene, camera: SoakCamera, size: keyof typeof sizes): Promise<void> {
  const { file, fps } = scene.clip;
  await scene.rtsp.switch(scene.pathOf(camera), { file, fps, ...sizes[size] });
  const { width, height } = sizes[size];
  const watch = scene.watch.of(camera.id);
  await scene.probe.until(
    () => watch.size === `${width}x${height}`,
    () => `frames of ${width}x${height} from ${camera.id} but received ${watch.size}`,
  );
}

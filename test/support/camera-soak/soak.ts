import type { CameraReport } from '../../../src/sources/live/camera-state.js';
import { seededRandom } from '../random.js';
import { commandLine, descriptors, processFacts } from '../processes.js';
import { memoryKinds, type MemoryKinds } from './memory.js';
import type { Measured } from './probe.js';
import { soakFaults, type SoakFault } from './faults.js';
import { login, Scene, type SceneOptions, type SoakCamera } from './scene.js';

export interface SoakOptions extends SceneOptions {
  /** Faults go on, in another random order each round, until so much time is over, ms; every one happens once at least. */
  durationMs: number;
  /** Only these faults, by their names. */
  only?: readonly string[] | undefined;
  print?: ((line: string) => void) | undefined;
}

/** What a fault did. */
export interface FaultResult {
  name: string;
  camera: string;
  /** How it was seen: the camera's state and reason, or what stands for it. */
  seen: string;
  /** Longest time without a frame of a camera that was hit, ms. */
  outageMs: number;
}

/** Everything that must not grow, taken while no camera runs. */
export interface Resources extends Measured {
  descriptors: number;
  threads: number;
  children: string[];
  memory: MemoryKinds;
  /** How many faults there were before. */
  faults: number;
}

export interface SoakResult {
  faults: FaultResult[];
  skipped: string[];
  before: Resources;
  /** When half of the time was over; undefined for a soak of one round. */
  middle: Resources | undefined;
  after: Resources;
  /** Children while all cameras were live: at the start and at the end, by name. */
  childrenLive: { before: string[]; after: string[] };
  zombies: number;
  /** Visits that came to the log while the disk was full and were not stored when it was free again. */
  lostVisits: number;
  /** Frames whose date was not later than that of the frame before. */
  backwards: string[];
  /** Uncaught errors in the log of Node-RED. */
  uncaught: string[];
  /** Where the password was seen. */
  leaks: string[];
  /** RSS over time: minutes and MB. */
  rss: { x: number; y: number }[];
  /** Programs that were left, by pid, after Node-RED was killed with -9; they are gone when this is empty. */
  orphans: number[];
}

/** Faults of all kinds happen to cameras of a real Node-RED, one after the other; each must be seen, and each must pass. */
export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  const scene = await Scene.start(options);
  try {
    return await new Soak(scene, options).run();
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${message}\nThe end of Node-RED's log:\n${scene.red.log().slice(-3000)}`, { cause: error });
  } finally {
    await scene.close();
  }
}

class Soak {
  private readonly random: () => number;
  private readonly print: (line: string) => void;
  private readonly started = performance.now();
  private readonly faults: FaultResult[] = [];
  private readonly rss: { x: number; y: number }[] = [];
  private zombies = 0;
  private lost = 0;
  private readonly leaks = new Set<string>();
  /** Processes that were seen as zombies, and how often. */
  private readonly suspects = new Map<number, number>();

  constructor(
    private readonly scene: Scene,
    private readonly options: SoakOptions,
  ) {
    this.random = seededRandom(options.seed);
    this.print = options.print ?? (() => undefined);
  }

  async run(): Promise<SoakResult> {
    const { scene } = this;
    await scene.allLive();
    // What is loaded or started on first use is there from now on.
    await scene.deploy();
    await scene.allLive();
    const liveBefore = this.childNames();
    const before = await this.atRest();
    const wanted = soakFaults.filter(({ name }) => this.options.only?.includes(name) ?? true);
    const possible = wanted.filter(({ visible }) => visible !== 'log' || scene.disk.canBeFilled);
    const skipped = wanted
      .filter((fault) => !possible.includes(fault))
      .map(({ name }) => `${name}: mounting needs root`);
    const { durationMs } = this.options;
    const elapsed = (): number => performance.now() - this.started;
    let middle: Resources | undefined;
    do {
      for (const fault of this.shuffled(possible)) {
        await this.happen(fault);
        if (durationMs > 0 && elapsed() > durationMs / 2) middle ??= await this.atRest();
      }
    } while (elapsed() < durationMs);
    await scene.allLive();
    const liveAfter = this.childNames();
    const after = await this.atRest();
    const orphans = await this.killed();
    this.look('log', scene.red.log());
    this.look('reports, errors and status', scene.watch.words);
    return {
      faults: this.faults,
      skipped,
      before,
      middle,
      after,
      childrenLive: { before: liveBefore, after: liveAfter },
      zombies: this.zombies,
      lostVisits: this.lost,
      backwards: scene.watch.backwards,
      uncaught: scene.red.errors().filter((line) => /uncaught|unhandled|fatal/i.test(line)),
      leaks: [...this.leaks],
      rss: this.rss,
      orphans,
    };
  }

  private async happen(fault: SoakFault): Promise<void> {
    const { scene } = this;
    const hit = this.choose(fault);
    await scene.allLive();
    scene.watch.startGap();
    const from = new Map(hit.map(({ id }) => [id, scene.watch.of(id).reports.length]));
    const visible = this.whenVisible(fault, hit, from);
    // It is awaited below; until then a failure must not count as unhandled.
    visible.catch(() => undefined);
    const given = scene.watch.given.length;
    await fault.inject(scene, hit[0]!);
    const seen = await visible;
    this.inspectChildren();
    await fault.heal?.(scene, hit[0]!);
    await Promise.all(hit.map((camera) => scene.live(camera)));
    if (fault.visible === 'log') this.lost += await this.lostVisits(given);
    const outageMs = Math.max(...hit.map(({ id }) => scene.watch.gapOf(id)));
    const camera = hit.length > 1 ? fault.hits : hit[0]!.id;
    this.faults.push({ name: fault.name, camera, seen, outageMs });
    const facts = processFacts(scene.red.pid)!;
    this.rss.push({ x: (performance.now() - this.started) / 60_000, y: facts.rss / 2 ** 20 });
    this.print(`${fault.name} (${camera}): ${seen}; ${(outageMs / 1000).toFixed(1)} s without a frame`);
  }

  private choose({ hits }: SoakFault): SoakCamera[] {
    const { cameras } = this.scene;
    const rtsp = cameras.filter(({ kind }) => kind === 'rtsp');
    if (hits === 'all') return cameras;
    if (hits === 'all rtsp') return rtsp;
    if (hits === 'mjpeg') return cameras.filter(({ kind }) => kind === 'mjpeg');
    return [rtsp[Math.floor(this.random() * rtsp.length)]!];
  }

  /** Resolves with how the fault was seen on every camera that it hits. */
  private async whenVisible(
    { name, visible }: SoakFault,
    hit: SoakCamera[],
    from: ReadonlyMap<string, number>,
  ): Promise<string> {
    const { probe, watch } = this.scene;
    let seen = '';
    const damagedBefore = new Map(hit.map(({ id }) => [id, damagedIn(watch.of(id).status)]));
    const errorsBefore = watch.errors.length;
    const check = ({ id }: SoakCamera): boolean => {
      const camera = watch.of(id);
      const reports = camera.reports.slice(from.get(id)).map(({ report }) => report);
      const lost = reports.find(({ state }) => state === 'lost' || state === 'failed');
      const told = (report: CameraReport | undefined): boolean => {
        if (report !== undefined) seen = `${report.state}, ${report.code ?? report.reason}`;
        return report !== undefined;
      };
      switch (visible) {
        case 'lost':
          return told(lost);
        case 'login':
          return told(reports.find(({ code }) => code === 'ALPR_SOURCE_LOGIN'));
        case 'damaged':
          if (damagedIn(camera.status) <= damagedBefore.get(id)!) return told(lost);
          seen = camera.status;
          return true;
        case 'restart':
          // Deployments may follow so fast that the cameras of the first ones never began.
          seen = 'all began anew';
          return reports.some(({ state }) => state === 'connecting');
        case 'size':
          seen = reports.map(({ width, height }) => `${width}x${height}`).at(-1) ?? '';
          return reports.some(({ width }) => width === 320);
        case 'log': {
          const error = watch.errors.slice(errorsBefore).find(({ node }) => node === 'log');
          seen = error?.message ?? '';
          return error !== undefined;
        }
        case 'nothing':
          seen = 'all go on';
          return true;
      }
    };
    await probe.until(
      () => hit.every(check),
      () => `${name} to be seen on ${hit.map(({ id }) => `${id} (${watch.of(id).status})`).join(', ')}`,
    );
    return seen;
  }

  /** Stops all cameras and looks at what is left. */
  private async atRest(): Promise<Resources> {
    const { scene } = this;
    await scene.probe.tellCameras('stop');
    const isStopped = ({ id }: SoakCamera): boolean => scene.watch.stateOf(id) === 'stopped';
    await scene.probe.until(
      () => scene.cameras.every(isStopped),
      () => 'all cameras to be stopped',
    );
    await this.untilGone(scene.children().map(({ pid }) => pid));
    const measured = await scene.probe.measure();
    const { pid } = scene.red;
    const resources = {
      ...measured,
      descriptors: descriptors(pid),
      threads: processFacts(pid)!.threads,
      children: this.childNames(),
      memory: memoryKinds(pid, measured),
      faults: this.faults.length,
    };
    await scene.probe.tellCameras('start');
    return resources;
  }

  /** Waits until the log has stored what came to it while the disk was full. @returns how many visits it has not */
  private async lostVisits(from: number): Promise<number> {
    const { logged, given } = this.scene.watch;
    const ids = given.slice(from);
    const lost = (): string[] => ids.filter((id) => !logged.has(id));
    await this.scene.probe
      .until(
        () => lost().length === 0,
        () => 'all visits in the log',
      )
      .catch(() => undefined);
    return lost().length;
  }

  /** Kills Node-RED with -9 while all cameras are live. @returns the programs that it started and that do not end */
  private async killed(): Promise<number[]> {
    const { scene } = this;
    await scene.allLive();
    const pids = scene.children().map(({ pid }) => pid);
    process.kill(scene.red.pid, 'SIGKILL');
    return this.untilGone(pids);
  }

  /** @returns those that are still there after a long time */
  private async untilGone(pids: number[]): Promise<number[]> {
    const isThere = (pid: number): boolean => {
      const facts = processFacts(pid);
      return facts !== undefined && facts.state !== 'Z';
    };
    for (const end = performance.now() + 30_000; pids.some(isThere) && performance.now() < end;)
      await new Promise((next) => setTimeout(next, 50));
    return pids.filter(isThere);
  }

  private childNames(): string[] {
    return this.scene
      .children()
      .map(({ name }) => name)
      .sort();
  }

  private inspectChildren(): void {
    for (const { pid, state } of this.scene.children()) {
      // One that has just ended is waited for in the next turn of the event loop.
      if (state === 'Z') this.suspects.set(pid, (this.suspects.get(pid) ?? 0) + 1);
      this.look(`arguments of ${pid}`, commandLine(pid));
    }
    this.zombies = [...this.suspects.values()].filter((times) => times > 1).length;
  }

  private look(where: string, text: string): void {
    const forms = [login.password, encodeURIComponent(login.password), encodeURI(login.password)];
    if (forms.some((form) => text.includes(form))) this.leaks.add(where);
  }

  private shuffled<Thing>(things: readonly Thing[]): Thing[] {
    const rest = [...things];
    const order: Thing[] = [];
    while (rest.length > 0) order.push(...rest.splice(Math.floor(this.random() * rest.length), 1));
    return order;
  }
}

/** The number in front of the word `damaged` under a node. */
function damagedIn(status: string): number {
  return Number(/(\d+) damaged/.exec(status)?.[1] ?? 0);
}

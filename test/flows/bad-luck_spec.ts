import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot, startNodeRed, type NodeRedProcess } from '../support/node-red-process.js';
import { childrenOf, isRunning, needFfmpeg } from '../sources/clips.js';

type FlowNode = { id: string; type: string; [setting: string]: unknown };

/** The whole line of nodes on the shipped clip, again and again; what it does is written to the log. */
function playing(change: Record<string, unknown> = {}): FlowNode[] {
  const path = join(packageRoot, 'samples', 'road.mp4');
  const camera = { source: 'video', path, loop: true, pace: 'fast', camera: 'road', ...change };
  const device = { device: 'dev' };
  const tell =
    'const n = (context.get("n") || 0) + 1; context.set("n", n); if (n % 10 === 0) node.warn("frames " + n);';
  const nodes: FlowNode[] = [
    { id: 'camera', type: 'alpr-camera-in', ...camera, wires: [['vehicles']] },
    { id: 'vehicles', type: 'alpr-vehicle-detect', ...device, inputSize: 320, wires: [['tracker']] },
    { id: 'tracker', type: 'alpr-tracker', wires: [['plates']] },
    { id: 'plates', type: 'alpr-plate-detect', ...device, wires: [['gate']] },
    { id: 'gate', type: 'alpr-blur-gate', ...device, wires: [['read']] },
    { id: 'read', type: 'alpr-lprnet-read', ...device, wires: [['draw', 'events']] },
    { id: 'draw', type: 'alpr-overlay', ...device, maxWidth: 320, wires: [['tell']] },
    { id: 'events', type: 'alpr-plate-out', wires: [[], []] },
    { id: 'tell', type: 'function', func: tell, outputs: 0, wires: [] },
    { id: 'catch', type: 'catch', scope: null, wires: [['heard']] },
    { id: 'heard', type: 'function', func: 'node.warn("caught " + msg.error.message);', outputs: 0, wires: [] },
    { id: 'again', type: 'http in', url: '/again', method: 'get', wires: [['camera', 'answer']] },
    { id: 'answer', type: 'http response', statusCode: '200', wires: [] },
  ];
  return [
    { id: 'tab', type: 'tab', label: 'tab' },
    { id: 'dev', type: 'alpr-hailo-device', workers: 2 },
    ...nodes.map((node) => ({ ...node, z: 'tab', x: 0, y: 0 })),
  ];
}

/** Threads of the process, where the system tells. */
const threadsOf = (pid: number): number => readdirSync(`/proc/${pid}/task`).length;
const openFilesOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
};
const ffmpegsOf = (pid: number): number[] => childrenOf(pid).filter((child) => commandOf(child).startsWith('ffmpeg'));

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('Bad luck, in a real Node-RED', function () {
  this.timeout(120_000);
  let nodeRed: NodeRedProcess;

  before(async function () {
    if (process.platform !== 'linux') {
      console.log('    skipped: threads and files of a process are counted in /proc');
      this.skip();
    }
    needFfmpeg(this);
    nodeRed = await startNodeRed();
  });
  after(async () => nodeRed?.stop());

  /** Waits until the log says it, from a place on. */
  async function logged(pattern: RegExp, from: number, what: string): Promise<void> {
    const deadline = Date.now() + 40_000;
    while (!pattern.test(nodeRed.log().slice(from))) {
      assert.ok(Date.now() < deadline, `Expected ${what} but received:\n${nodeRed.log().slice(from).slice(-3000)}`);
      await sleep(50);
    }
  }
  async function until(condition: () => boolean, what: () => string): Promise<void> {
    const deadline = Date.now() + 15_000;
    while (!condition()) {
      assert.ok(Date.now() < deadline, `Expected ${what()}`);
      await sleep(50);
    }
  }

  it('says so when ffmpeg is killed while it plays, and plays again when told', async () => {
    await nodeRed.deploy(playing());
    await logged(/frames 10/, 0, 'frames');
    const [ffmpeg] = ffmpegsOf(nodeRed.pid);
    const from = nodeRed.log().length;
    process.kill(ffmpeg!, 'SIGKILL');
    await logged(/caught .*ffmpeg was ended by SIGKILL/, from, 'the error at the Catch node');
    await until(
      () => childrenOf(nodeRed.pid).length === 0,
      () => 'no child to be left',
    );
    const said = nodeRed.log().slice(from);
    assert.equal(said.match(/caught/g)!.length, 1);
    const again = nodeRed.log().length;
    assert.equal((await fetch(`${nodeRed.url}again`)).status, 200);
    // One may come of the frames that were in the flow.
    await logged(/frames \d+[^]*frames \d+/, again, 'frames after the restart');
  });

  it('leaves no ffmpeg, thread or open file behind after redeploys while it plays', async () => {
    const counts = async (): Promise<number[]> => {
      const from = nodeRed.log().length;
      await nodeRed.deploy(playing());
      await logged(/frames 10/, from, 'frames after a deploy');
      return [ffmpegsOf(nodeRed.pid).length, threadsOf(nodeRed.pid), openFilesOf(nodeRed.pid)];
    };
    const first = await counts();
    const from = nodeRed.log().length;
    for (let n = 0; n < 8; n++) {
      await nodeRed.deploy(playing({ fps: n % 2 === 0 ? '' : 12 }));
      // Before it plays, while it opens its networks, and in the middle of a frame.
      await sleep(n * 150);
    }
    const last = await counts();
    assert.equal(last[0], 1);
    assert.ok(last[1]! <= first[1]! + 2, `${first[1]} threads became ${last[1]}`);
    assert.ok(last[2]! <= first[2]! + 4, `${first[2]} open files became ${last[2]}`);
    assert.doesNotMatch(nodeRed.log().slice(from), /caught|uncaught|unhandled|\[error\]|Closing|timed out/i);

    await nodeRed.deploy([]);
    await until(
      () => childrenOf(nodeRed.pid).length === 0,
      () => 'no child to be left',
    );
    const idle = threadsOf(nodeRed.pid);
    assert.ok(idle < last[1]!, `${idle} threads without a flow, ${last[1]} with one`);
  });

  it('closes the node in the middle of its frames without a word', async () => {
    await nodeRed.deploy(playing());
    const from = nodeRed.log().length;
    await logged(/frames 10/, from, 'frames');
    for (const gone of ['read', 'vehicles', 'draw', 'dev', 'camera']) {
      const start = nodeRed.log().length;
      await nodeRed.deploy(playing().filter(({ id }) => id !== gone));
      await sleep(300);
      const said = nodeRed.log().slice(start);
      assert.doesNotMatch(said, /uncaught|unhandled|TypeError|Closing|timed out/i, gone);
      if (gone === 'dev') assert.match(said, /Expected a hailo-device configuration/);
      else assert.doesNotMatch(said, /\[error\]/, gone);
    }
    await nodeRed.deploy(playing());
    await logged(/frames 10/, nodeRed.log().length, 'frames at last');
  });

  it('ends with everything it has started', async () => {
    const { pid } = nodeRed;
    const children = childrenOf(pid);
    assert.ok(children.length > 0, 'it plays');
    await nodeRed.stop();
    for (const gone of [pid, ...children]) assert.equal(isRunning(gone), false);
    assert.doesNotMatch(nodeRed.log(), /uncaught|unhandled/i);
  });
});

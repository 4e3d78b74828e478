import assert from 'node:assert/strict';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { PUBLISHED_FPS, writeTappasNetworks } from '../../bench/hailo-networks.js';
import { isRunning, TemporaryFolder } from '../sources/clips.js';
import { makeStub, skipWithoutCompiler, type Stub, type StubConfig } from '../support/hailort-stub/stub.js';
import { packageRoot, startNodeRed, type NodeRedProcess } from '../support/node-red-process.js';
import {
  ask,
  asked,
  greyPicture,
  hailoDevice,
  NOTHING,
  onTab,
  READING,
  remainsOf,
  sightings,
  statusOf,
  tab,
  writeReader,
  writeReaderManifest,
  type Sighting,
} from './hailo-flows.js';
import type { FlowNode } from './recorded-flow.js';

const one = '0000:01:00.0';
/** What a Hailo-8 takes for a frame, ms: 18.5 for vehicles, 0.72 for plates, 3.3 for a plate's text. */
const frameTimes = Object.fromEntries(Object.entries(PUBLISHED_FPS).map(([name, fps]) => [name, 1000 / fps]));
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('Bad luck with a Hailo, in a real Node-RED', function () {
  this.timeout(90_000);
  const folder = new TemporaryFolder();
  const models = folder.path;
  let stub: Stub;
  let nodeRed: NodeRedProcess;

  before(async function () {
    skipWithoutCompiler(this);
    stub = makeStub({ frameTimes });
    writeTappasNetworks(models, path.join(packageRoot, 'models', 'field'), 1);
    nodeRed = await startNodeRed();
  });
  after(async () => {
    await nodeRed?.stop();
    stub?.remove();
    folder.remove();
  });

  const device = (settings: object = {}): FlowNode => hailoDevice('on-hailo', stub, models, settings);

  /** TAPPAS's three networks on pictures of the demo, ten a second, again and again; what they say is written to the log. */
  function stream(change: Record<string, object> = {}): FlowNode[] {
    const pictures = path.join(packageRoot, 'samples', 'pictures');
    const source = { source: 'folder', path: pictures, loop: true, fps: 10, camera: 'road' };
    const see = (kind: string, text: string): string =>
      `const seen = { kind: "${kind}", id: "road", frame: msg.frame && msg.frame.sequence, text: ${text} };
       node.warn("@seen " + JSON.stringify(seen));`;
    const of = { device: 'on-hailo' };
    const nodes: FlowNode[] = [
      { id: 'camera', type: 'alpr-camera-in', ...source, wires: [['vehicles', 'saw-frame']] },
      { id: 'vehicles', type: 'alpr-vehicle-detect', ...of, model: 'yolov5m_vehicles', wires: [['tracker']] },
      { id: 'tracker', type: 'alpr-tracker', settleReads: 1_000_000, wires: [['plates']] },
      {
        id: 'plates',
        type: 'alpr-plate-detect',
        ...of,
        model: 'tiny_yolov4_license_plates',
        where: 'vehicles',
        wires: [['read']],
      },
      {
        id: 'read',
        type: 'alpr-lprnet-read',
        ...of,
        model: 'lprnet',
        secondLook: 'never',
        wires: [['events', 'saw-plate']],
      },
      { id: 'events', type: 'alpr-plate-out', wires: [['saw-event'], []] },
      { id: 'saw-frame', type: 'function', func: see('frame', '""'), outputs: 0, wires: [] },
      {
        id: 'saw-plate',
        type: 'function',
        func: see('plate', 'msg.plates.map((plate) => plate.text).join()'),
        outputs: 0,
        wires: [],
      },
      {
        id: 'saw-event',
        type: 'function',
        func: see('event', 'msg.payload.event + " " + msg.payload.plate'),
        outputs: 0,
        wires: [],
      },
    ];
    return [...tab(), device(), ...onTab(nodes.map((node) => ({ ...node, ...change[node.id] })))];
  }

  /** Waits until so many things of this kind were seen behind a place in the log. */
  async function seen(from: number, count: number, what: (sighting: Sighting) => boolean): Promise<Sighting[]> {
    const deadline = Date.now() + 40_000;
    for (;;) {
      const found = sightings(nodeRed, from).filter(what);
      if (found.length >= count) return found;
      assert.ok(Date.now() < deadline, `${found.length} of ${count} seen:\n${nodeRed.log().slice(from).slice(-3000)}`);
      await sleep(50);
    }
  }
  const isPlate = ({ kind, text }: Sighting): boolean => kind === 'plate' && text === READING;
  const isError = ({ kind }: Sighting): boolean => kind === 'error';
  const here = (): number => nodeRed.log().length;

  /** What the stub writes down of itself is a little older than what it does. */
  async function holds(live: object): Promise<void> {
    const deadline = Date.now() + 10_000;
    while (!isDeepStrictEqual(stub.stats().live, live) && Date.now() < deadline) await sleep(100);
    assert.deepEqual(stub.stats().live, live);
  }

  /** Everything of the library is given back. */
  async function released(): Promise<void> {
    const deadline = Date.now() + 20_000;
    while (Date.now() < deadline && stub.stats().live.vdevice > 0) await sleep(100);
    assert.deepEqual(remainsOf(stub.stats()), NOTHING);
  }

  describe('with the device', () => {
    it('that is lost while plates are read says when it tries again, and reads on when it is back', async () => {
      const start = here();
      await nodeRed.deploy(stream());
      await seen(start, 5, isPlate);
      const loss = here();
      stub.set({ devices: [{ id: one, lost: true }] });
      const errors = await seen(loss, 25, isError);
      for (const { text, code } of errors) {
        assert.match(text, /Expected Hailo-8 0000:01:00\.0, .* was lost \(.*\); trying again (at \d\d:\d\d:\d\d|now)/);
        assert.equal(code, 'ALPR_HAILO');
      }
      assert.match(statusOf(nodeRed, 'vehicles'), /^red lost, (next \d\d:\d\d:\d\d|trying now)$/);
      // Node-RED answers all the while.
      for (let n = 0; n < 10; n++) {
        const response = await fetch(`${nodeRed.url}settings`, { signal: AbortSignal.timeout(3000) });
        assert.equal(response.status, 200);
      }
      const back = here();
      stub.set({ devices: [{ id: one }] });
      await seen(back, 10, isPlate);
      assert.match(statusOf(nodeRed, 'vehicles'), /^green /);
      await nodeRed.deploy([]);

      // Every frame had one answer, and the visit is one.
      const all = sightings(nodeRed, start);
      const frames = (what: (sighting: Sighting) => boolean): number[] => all.filter(what).map(({ frame }) => frame!);
      const answered = [...frames(({ kind }) => kind === 'plate'), ...frames(isError)];
      assert.equal(new Set(answered).size, answered.length);
      const missing = frames(({ kind }) => kind === 'frame').filter((frame) => !answered.includes(frame));
      assert.ok(missing.length <= 6, `frames ${missing.join()} were lost; those of the deploy are few`);
      const finals = all.filter(({ kind, text }) => kind === 'event' && text.startsWith('final'));
      assert.deepEqual(
        finals.map(({ text }) => text),
        [`final ${READING}`],
      );
      await released();
    });

    it('that does not answer one network fails the frames of this network only', async () => {
      const beside = asked(
        { id: 'beside', type: 'alpr-lprnet-read', device: 'on-hailo', model: 'beside' },
        await greyPicture(),
      );
      writeReader(models, 'beside');
      const flows = stream().map((node) => (node.id === 'on-hailo' ? { ...node, hailoTimeout: 500 } : node));
      const start = here();
      await nodeRed.deploy([...flows, ...beside]);
      await seen(start, 3, isPlate);
      assert.equal((await ask(nodeRed, 'beside')).plates![0]!.text, READING);
      const silence = here();
      stub.set({ silent: ['lprnet'] });
      let asks = 0;
      for (const deadline = Date.now() + 2500; Date.now() < deadline; asks++) {
        assert.equal((await ask(nodeRed, 'beside')).error, undefined);
      }
      const errors = await seen(silence, 4, isError);
      for (const { id, text } of errors) {
        assert.equal(id, 'read');
        assert.match(text, /HAILO_TIMEOUT \(4\)/);
      }
      assert.ok(asks > 10);
      stub.set({ silent: [] });
      await seen(here(), 5, isPlate);
      await nodeRed.deploy([]);
      await released();
    });
  });

  describe('with deploys', () => {
    /** What a deploy changes: the camera, a network's node, or the device itself. */
    const variant = (n: number): FlowNode[] =>
      stream({ camera: { inFlight: 3 + (n % 2) }, vehicles: { confidence: n % 2 ? 0.3 : 0.4 } }).map((node) =>
        node.id === 'on-hailo' ? { ...node, hailoTimeout: n % 3 === 0 ? 2500 : 2000 } : node,
      );
    const quiet = (from: number): void =>
      assert.doesNotMatch(
        nodeRed.log().slice(from),
        /uncaught|unhandled|TypeError|\[error\]|"kind":"error"|Closing|timed out/i,
      );

    it('of every kind, ten while plates are read, reads on after each and leaves one of everything', async () => {
      const start = here();
      for (let n = 0; n < 10; n++) {
        const from = here();
        await nodeRed.deploy(variant(n), (['full', 'flows', 'nodes'] as const)[n % 3]!);
        // In the middle of a frame, or before the networks are open.
        if (n % 2 === 0) await seen(from, 3, isPlate);
        await sleep(n * 50);
      }
      await seen(here(), 3, isPlate);
      quiet(start);
      await holds({ device: 0, vdevice: 1, hef: 0, group: 3, input: 3, output: 4 });
    });

    it('that take the device away, and give it back, fail the frames in between and say why', async () => {
      const from = here();
      await nodeRed.deploy(stream().filter(({ id }) => id !== 'on-hailo'));
      const [error] = await seen(from, 3, isError);
      assert.match(error!.text, /Expected a hailo-device configuration .* disabled or deleted/);
      await released();
      const back = here();
      await nodeRed.deploy(stream(), 'nodes');
      await seen(back, 3, isPlate);
    });

    it('that disable the tab close its networks; enabled again it reads', async () => {
      const from = here();
      const disabled = stream().map((node) => (node.type === 'tab' ? { ...node, disabled: true } : node));
      await nodeRed.deploy(disabled, 'flows');
      // The device itself is on no tab and goes on; its networks are closed.
      const deadline = Date.now() + 10_000;
      while (Date.now() < deadline && stub.stats().live.output > 0) await sleep(100);
      const { live, misuse } = stub.stats();
      assert.deepEqual([live.input, live.output, misuse], [0, 0, []]);
      quiet(from);
      const back = here();
      await nodeRed.deploy(stream(), 'flows');
      await seen(back, 3, isPlate);
    });

    it('that change the model of a node again and again open each file once', async () => {
      const picture = await greyPicture();
      for (const name of ['one', 'two']) writeReader(models, name);
      // A second network of the same file.
      writeReaderManifest(models, 'three', { hailo8: { file: 'two.hailo8.hef' } });
      const flows = (model: string): FlowNode[] => [
        ...tab(),
        device(),
        ...asked({ id: 'changing', type: 'alpr-lprnet-read', device: 'on-hailo', model }, picture),
        ...asked({ id: 'steady', type: 'alpr-lprnet-read', device: 'on-hailo', model: 'two' }, picture),
      ];
      await nodeRed.deploy(flows('one'));
      const before = stub.stats().created.group;
      for (let n = 0; n < 12; n++) {
        await nodeRed.deploy(flows(['one', 'two', 'three'][n % 3]!), 'nodes');
        const answers = await Promise.all(['changing', 'steady', 'changing'].map((id) => ask(nodeRed, id)));
        assert.deepEqual(
          answers.map(({ plates }) => plates![0]!.text),
          Array(3).fill(READING),
        );
      }
      const { created } = stub.stats();
      assert.ok(created.group - before <= 3, `${created.group - before} groups for two files`);
    });

    it('of twenty flows with one network opens it once and answers all of them', async () => {
      await nodeRed.deploy([]);
      await released();
      const picture = await greyPicture();
      const ids = Array.from({ length: 20 }, (_, n) => `reader-${n}`);
      const readers = ids.flatMap((id) =>
        asked({ id, type: 'alpr-lprnet-read', device: 'on-hailo', model: 'lprnet' }, picture),
      );
      const before = stub.stats().created.group;
      await nodeRed.deploy([...tab(), device(), ...readers]);
      for (let round = 0; round < 5; round++) {
        const answers = await Promise.all(ids.map((id) => ask(nodeRed, id)));
        assert.deepEqual(
          answers.map(({ plates }) => plates![0]!.text),
          Array(20).fill(READING),
        );
      }
      assert.equal(stub.stats().created.group - before, 1);
    });
  });

  describe('when Node-RED is stopped', () => {
    const moments: Record<string, StubConfig> = {
      'it reads': {},
      'the device does not answer': { silent: ['*'] },
      'the device is lost': { devices: [{ id: one, lost: true }] },
      'the device is being opened': { delays: { hailo_configure_vdevice: 1500 } },
    };
    for (const [moment, config] of Object.entries(moments)) {
      it(`while ${moment}, it ends by itself and leaves nothing behind`, async () => {
        if (!isRunning(nodeRed.pid)) nodeRed = await startNodeRed();
        stub.set({ devices: [{ id: one }], silent: [], delays: {} });
        const from = here();
        if (config.delays) stub.set(config);
        await nodeRed.deploy(stream());
        if (config.delays) await sleep(700);
        else await seen(from, 5, isPlate);
        stub.set(config);
        await sleep(300);
        process.kill(nodeRed.pid, 'SIGTERM');
        const deadline = Date.now() + 15_000;
        while (isRunning(nodeRed.pid) && Date.now() < deadline) await sleep(50);
        assert.ok(!isRunning(nodeRed.pid), nodeRed.log().slice(-3000));
        assert.deepEqual(remainsOf(stub.stats()), NOTHING);
        assert.doesNotMatch(nodeRed.log().slice(from), /uncaught|unhandled|TypeError|Closing|Error stopping/i);
      });
    }
  });
});

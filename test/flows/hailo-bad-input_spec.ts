import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {
  makeStub,
  skipWithoutCompiler,
  type HefOptions,
  type Stub,
  type StubConfig,
  type StubVersion,
} from '../support/hailort-stub/stub.js';
import { startNodeRed, type NodeRedProcess } from '../support/node-red-process.js';
import { TemporaryFolder } from '../sources/clips.js';
import { seededRandom } from '../support/random.js';
import {
  ask,
  asked,
  greyPicture,
  hailoDevice,
  NOTHING,
  READING,
  remainsOf,
  statusOf,
  tab,
  writeReader,
  writeReaderForBoth,
  writeVehicles,
} from './hailo-flows.js';
import type { FlowNode } from './recorded-flow.js';

const one = '0000:01:00.0';

/** A library or a device that cannot be used, and what makes it good again. */
interface Trouble {
  title: string;
  version?: StubVersion;
  config?: StubConfig;
  missingSymbol?: string;
  /** What lies where the library should be. */
  library?: (path: string) => void;
  settings?: Record<string, unknown>;
  error: RegExp;
  status: string;
  /** Nothing that happens at run time helps. */
  final?: true;
}

const creating = (status: number): StubConfig => ({ faults: [{ call: 'hailo_create_vdevice', status }] });
const service = { hailoService: true, hailoGroup: 'cameras' };
const troubles: Record<string, Trouble> = {
  none: {
    title: 'there is no library',
    library: (file) => fs.rmSync(file),
    error: /HailoRT's library where the setting says \(.*libhailort\.so\) but it does not load:[^]*Correct the path/,
    status: 'check library path',
  },
  text: {
    title: 'the library is a text file',
    library: (file) => fs.writeFileSync(file, 'libhailort.so -> libhailort.so.4.23.0\n'),
    error: /libhailort\.so: .*text[^]*Correct the path/,
    status: 'check library path',
  },
  other: {
    title: 'the library is another one',
    library: (file) => void execFileSync('gcc', ['-shared', '-o', file, '-x', 'c', '/dev/null']),
    error: /it is a shared library, but not HailoRT's[^]*Correct the path/,
    status: 'check library path',
  },
  symbol: {
    title: 'the library lacks a function',
    missingSymbol: 'hailo_shutdown_network_group',
    error: /function hailo_shutdown_network_group in .*Install HailoRT 4\.20 to 4\.23/,
    status: 'change HailoRT',
    final: true,
  },
  ten: {
    title: 'HailoRT is 5.2, with a Hailo-10H',
    version: '5.2.0',
    config: { devices: [{ id: one, architecture: 'hailo10h' }] },
    error: /HailoRT 4\.x, the line for Hailo-8 .* received HailoRT 5\.2\.0.*With a Hailo-10H choose the back end cpu/,
    status: 'HailoRT 5: use CPU',
    final: true,
  },
  empty: {
    title: 'the driver shows no device',
    config: { devices: [] },
    error: /its driver shows none .*\(74\).*lspci/,
    status: 'no Hailo found',
  },
  busy: {
    title: 'another program holds the device',
    config: { driverBusy: true },
    error: /\(74\): there is no free device.*another program holds it.*lsof/,
    status: 'no free Hailo',
  },
  'busy-id': {
    title: 'another program holds the device of this id',
    config: { driverBusy: true },
    settings: { hailoDevice: one },
    error: /\(73\): another program holds the device.*lsof/,
    status: 'Hailo in use',
  },
  id: {
    title: 'there is no device with this id',
    settings: { hailoDevice: '0000:07:00.0' },
    error: /\(2\): there is no device with this id.*hailortcli scan/,
    status: 'check device id',
    final: true,
  },
  access: {
    title: 'the device node cannot be opened',
    config: creating(36),
    error: /\(36\): the device node cannot be opened.*--device \/dev\/hailo0/,
    status: 'no access to Hailo',
  },
  driver: {
    title: 'driver and library are of different versions',
    config: creating(76),
    error: /\(76\): the driver is of another version than the library \(4\.23\.0\).*same version/,
    status: 'driver ≠ library',
  },
  foreign: {
    title: 'something else answers in place of the driver',
    config: creating(86),
    error: /\(86\): what answers at the device node is not the driver of this library/,
    status: 'other driver',
  },
  'service-off': {
    title: 'the service does not run',
    config: { service: 'unreachable' },
    settings: service,
    error: /\(77\): .*systemctl enable --now hailort/,
    status: 'start service',
  },
  'service-old': {
    title: 'the service is of another version',
    config: { service: 'other-version' },
    settings: service,
    error: /\(78\): .*systemctl restart hailort/,
    status: 'service ≠ library',
  },
  'service-none': {
    title: 'the library has no service',
    config: { service: 'none' },
    settings: service,
    error: /\(6\): this library was built without the HailoRT service.*Switch/,
    status: 'switch service off',
  },
  line: {
    title: 'the line of HailoRT does not drive the device',
    config: creating(79),
    error: /\(79\): HailoRT 4\.23\.0 does not drive this device.*A Hailo-10H needs HailoRT 5\.x/,
    status: 'wrong HailoRT line',
  },
  firmware: {
    title: 'the firmware is of another version',
    config: { faults: [{ call: 'hailo_configure_vdevice', status: 16 }] },
    error: /\(16\): the firmware .* different versions.*same version/,
    status: 'firmware ≠ library',
  },
  chip: {
    title: 'the device refuses the HEF',
    config: { faults: [{ call: 'hailo_configure_vdevice', status: 93 }] },
    error: /\(93\): the HEF was compiled for another chip.*Hailo-8L run on Hailo-8 too/,
    status: 'HEF for other chip',
  },
  light: {
    title: 'the device is a Hailo-8L and the model has no file for it',
    config: { devices: [{ id: one, architecture: 'hailo8l' }] },
    error: /Expected a HEF for Hailo-8L in the manifest of model good but received files for hailo8 only/,
    status: 'no HEF for Hailo-8L',
    final: true,
  },
};

/** A file in the place of a HEF. */
interface BadHef {
  title: string;
  put: (file: string) => void;
  error: RegExp;
  status: string;
}

const text = (content: string) => (file: string) => fs.writeFileSync(file, content);
const hef = (options: HefOptions) => (file: string) =>
  void writeReader(path.dirname(file), 'scratch', path.basename(file), options);
const badHefs: Record<string, BadHef> = {
  text: { title: 'a text', put: text('not a network\n'), error: /received a text\. Fetch/, status: 'fetch HEF again' },
  pointer: {
    title: 'a Git-LFS pointer',
    put: text('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 4096\n'),
    error: /received a Git-LFS pointer.*git lfs pull/,
    status: 'fetch HEF again',
  },
  cut: {
    title: 'cut off in its description',
    put: hef({ truncate: 200 }),
    error: /received 200: the file is cut off/,
    status: 'fetch HEF again',
  },
  short: {
    title: 'cut off in its weights',
    put: hef({ truncate: 2000 }),
    error: /\(91\): the HEF is damaged.*Fetch/,
    status: 'fetch HEF again',
  },
  flipped: {
    title: 'damaged',
    put: hef({ corrupt: true }),
    error: /\(91\): the HEF is damaged.*Fetch/,
    status: 'fetch HEF again',
  },
  zero: { title: 'empty', put: text(''), error: /received an empty file/, status: 'fetch HEF again' },
  folder: {
    title: 'a folder',
    put: (file) => fs.mkdirSync(file),
    error: /received a folder/,
    status: 'fetch model again',
  },
  arch: {
    title: 'for a Hailo-10H',
    put: hef({ architecture: 103, compiler: '5.4.0' }),
    error: /a HEF for Hailo-8, 8R or 8L .* received one for Hailo-15H or Hailo-10H, compiler 5\.4\.0/,
    status: 'HEF for other chip',
  },
  missing: {
    title: 'missing',
    put: () => {},
    error: /but found none; .*alpr models pull hef-missing/,
    status: 'fetch the model',
  },
};

/** Numbers instead of an NMS output: what the decoder makes of them must be boxes of the frame, or a clear error. */
const garbage: Record<string, (numbers: Float32Array) => void> = {
  'NaN everywhere': (numbers) => numbers.fill(NaN),
  'random bytes': (numbers) => {
    const random = seededRandom(7);
    const bytes = new Uint8Array(numbers.buffer);
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(random() * 256);
  },
  'boxes of infinite size': (numbers) => numbers.set([3, -Infinity, -Infinity, Infinity, Infinity, 0.9]),
  'boxes and scores that are no numbers': (numbers) => numbers.set([2, NaN, 0, 1, 1, 0.9, 0.1, 0.1, 0.5, 0.5, NaN]),
  'boxes far outside': (numbers) => numbers.set([1, -900, -900, 1e30, 1e30, 7]),
  'boxes turned inside out': (numbers) => numbers.set([1, 0.9, 0.9, 0.1, 0.1, 0.9]),
};
const lies: Record<string, number> = {
  NaN: NaN,
  'a milliard': 1e9,
  'less than none': -1,
  'a half': 2.5,
  infinite: Infinity,
};

/** Settings that no dialog stores, as a flow that somebody wrote or changed can have them. */
const settings: Record<string, [Record<string, unknown>, RegExp]> = {
  timeout: [{ hailoTimeout: 'NaN' }, /for hailoTimeout but received "NaN"/],
  huge: [{ hailoTimeout: 1e300 }, /from 100 to 60000 for hailoTimeout but received 1e\+300/],
  fraction: [{ hailoTimeout: 2000.5 }, /for hailoTimeout but received 2000\.5/],
  list: [{ hailoTimeout: [2000] }, /for hailoTimeout but received an array of 1/],
  workers: [{ workers: 1e9 }, /from 1 to 64 for workers but received 1000000000/],
  library: [{ hailoLibrary: { path: '/usr/lib' } }, /for hailoLibrary but received an object/],
  device: [{ hailoDevice: 0 }, /for hailoDevice but received "0"/],
  service: [{ hailoService: 1 }, /for hailoService but received 1/],
  group: [{ hailoService: true, hailoGroup: ['a'] }, /for hailoGroup but received an array of 1/],
  scheduler: [{ hailoScheduler: [1, 2] }, /for hailoScheduler but received an array of 2/],
  priority: [
    { hailoScheduler: { text: { priority: '1e3' } } },
    /for hailoScheduler\.text\.priority but received "1e3"/,
  ],
  wait: [{ hailoScheduler: { text: { timeoutMs: 9000 } } }, /for hailoScheduler\.text\.timeoutMs but received 9000/],
  backend: [{ backend: 8 }, /one of auto, cpu, hailo for backend but received "8"/],
};

describe('Bad input for a Hailo, in a real Node-RED', function () {
  this.timeout(60_000);
  const folder = new TemporaryFolder();
  const models = folder.path;
  const stubs: Stub[] = [];
  let nodeRed: NodeRedProcess;
  let picture: Buffer;

  before(async function () {
    skipWithoutCompiler(this);
    writeReader(models, 'good');
    writeReaderForBoth(models);
    picture = await greyPicture();
    nodeRed = await startNodeRed();
  });

  after(async () => {
    await nodeRed?.stop();
    for (const stub of stubs) stub.remove();
    folder.remove();
  });

  function stubOf(config: Parameters<typeof makeStub>[0] = {}): Stub {
    const stub = makeStub(config);
    stubs.push(stub);
    return stub;
  }

  const device = (id: string, stub: Stub, chosen: object = {}): FlowNode => hailoDevice(id, stub, models, chosen);
  const reader = (id: string, of: string, model: string): FlowNode[] =>
    asked({ id, type: 'alpr-lprnet-read', device: of, model }, picture);
  const reading = async (id: string): Promise<string | undefined> => (await ask(nodeRed, id)).plates?.[0]?.text;

  /** What failed is not tried anew with every picture, but soon. */
  async function readsSoon(id: string): Promise<void> {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const answer = await ask(nodeRed, id);
      if (answer.plates?.[0]?.text === READING) return;
      assert.ok(Date.now() < deadline, answer.error);
      await sleep(50);
    }
  }

  /** Waits for a status, which is shown within a second. */
  async function shows(id: string, expected: string): Promise<void> {
    const deadline = Date.now() + 10_000;
    while (statusOf(nodeRed, id) !== expected && Date.now() < deadline) await sleep(50);
    assert.equal(statusOf(nodeRed, id), expected);
  }

  describe('a library or a device', () => {
    for (const [name, trouble] of Object.entries(troubles)) {
      const { title, version = '4.23.0', config = {}, missingSymbol, library, error, status, final } = trouble;
      it(`says what to do when ${title}${final ? '' : ', and reads when that is over'}`, async () => {
        const stub = stubOf({ version, ...(missingSymbol && { missingSymbol }), ...config });
        const good = fs.readFileSync(stub.path);
        library?.(stub.path);
        await nodeRed.deploy([
          ...tab(),
          device('on-hailo', stub, trouble.settings),
          device('on-auto', stub, { backend: 'auto', ...trouble.settings }),
          ...reader(`hailo-${name}`, 'on-hailo', 'good'),
          ...reader(`auto-${name}`, 'on-auto', 'plateflow-reader'),
        ]);
        const answer = await ask(nodeRed, `hailo-${name}`);
        assert.match(answer.error ?? 'no error', error);
        assert.match(answer.code!, /^ALPR_/);
        await shows(`hailo-${name}`, `red ${status}`);
        await shows(`auto-${name}`, 'green CPU, no Hailo');
        const onCpu = await ask(nodeRed, `auto-${name}`);
        assert.equal(onCpu.error, undefined);
        assert.notEqual(onCpu.plates![0]!.text, READING, 'the back end auto runs it on the CPU');
        if (final) return;

        if (library) {
          fs.writeFileSync(`${stub.path}.new`, good);
          fs.renameSync(`${stub.path}.new`, stub.path);
        }
        stub.set({ devices: [{ id: one }], driverBusy: false, service: 'running', faults: [] });
        await readsSoon(`hailo-${name}`);
        await shows(`hailo-${name}`, `green ${READING} 100 %`);
      });
    }
  });

  describe('a HEF', () => {
    before(async () => {
      const names = Object.keys(badHefs);
      for (const name of names) {
        const file = writeReader(models, `hef-${name}`);
        fs.rmSync(file);
        badHefs[name]!.put(file);
      }
      const nodes = names.flatMap((name) => reader(`hef-${name}`, 'hefs', `hef-${name}`));
      await nodeRed.deploy([...tab(), device('hefs', stubOf()), ...nodes]);
    });

    for (const [name, { title, error, status }] of Object.entries(badHefs)) {
      it(`that is ${title} says what to do, and reads when it is good`, async () => {
        const id = `hef-${name}`;
        const answer = await ask(nodeRed, id);
        assert.match(answer.error ?? 'no error', error);
        await shows(id, `red ${status}`);
        fs.rmSync(path.join(models, `${id}.hailo8.hef`), { recursive: true, force: true });
        writeReader(models, id);
        await readsSoon(id);
      });
    }
  });

  describe('what a network gives', () => {
    const vehicles = (id: string): FlowNode[] =>
      asked({ id, type: 'alpr-vehicle-detect', device: 'cars', model: id }, picture);
    let stub: Stub;
    const names = Object.keys(garbage);

    before(async () => {
      stub = stubOf();
      writeVehicles(models, 'cars-good', (numbers) => numbers.set([1, 0.25, 0.25, 0.75, 0.75, 0.9]));
      names.forEach((name, i) => writeVehicles(models, `cars-${i}`, garbage[name]!));
      const nodes = ['good', ...names.keys()].flatMap((name) => vehicles(`cars-${name}`));
      await nodeRed.deploy([...tab(), device('cars', stub), ...nodes]);
    });

    async function sane(id: string): Promise<void> {
      const { vehicles, error, code } = await ask(nodeRed, id);
      if (error !== undefined) {
        assert.equal(code, 'ALPR_DECODE', error);
        assert.match(error, /Expected .* but received /);
        return shows(id, 'red check the model');
      }
      for (const { box, confidence } of vehicles!) {
        const { x1, y1, x2, y2 } = box;
        assert.ok(x1 >= 0 && y1 >= 0 && x2 <= 64 && y2 <= 48 && x1 <= x2 && y1 <= y2, JSON.stringify(box));
        assert.ok(confidence > 0 && confidence <= 1, `${confidence}`);
      }
    }

    for (const [index, name] of names.entries()) {
      it(`is a box of the frame or an error for ${name}`, () => sane(`cars-${index}`));
    }

    for (const [name, count] of Object.entries(lies)) {
      it(`is an error, and the next frame none, for a count that is ${name}`, async () => {
        stub.set({ nmsLies: [{ network: 'cars-good', class: 0, count }] });
        const { error, code } = await ask(nodeRed, 'cars-good');
        assert.match(error ?? 'no error', /Expected a whole number from 0 to 20 for the count of class 0/);
        assert.equal(code, 'ALPR_DECODE');
        stub.set({ nmsLies: [] });
        const good = await ask(nodeRed, 'cars-good');
        assert.deepEqual(
          good.vehicles!.map(({ box }) => box),
          [{ x1: 16, y1: 12, x2: 48, y2: 36 }],
        );
      });
    }
  });

  describe('two devices', () => {
    it('that want one Hailo with different settings: the second says so, and works when the first is gone', async () => {
      const stub = stubOf();
      const first = [device('first', stub), ...reader('on-first', 'first', 'good')];
      const second = [device('second', stub, { hailoTimeout: 3000 }), ...reader('on-second', 'second', 'good')];
      await nodeRed.deploy([...tab(), ...first, ...reader('again', 'first', 'good')]);
      assert.equal(await reading('on-first'), READING);
      await nodeRed.deploy([...tab(), ...first, ...second], 'nodes');
      const { error, code } = await ask(nodeRed, 'on-second');
      assert.match(
        error ?? 'no error',
        /Hailo-8 .* is in use \(timeout 2000\) but received others \(timeout 3000\): use one/,
      );
      assert.equal(code, 'ALPR_HAILO');
      await shows('on-second', 'red settings conflict');
      assert.equal(await reading('on-first'), READING, 'the first one goes on');
      await nodeRed.deploy([...tab(), ...second], 'nodes');
      await readsSoon('on-second');
      await shows('on-second', `green ${READING} 100 %`);
    });
  });

  describe('settings', () => {
    let stub: Stub;
    before(async () => {
      stub = stubOf();
      const entries = Object.entries(settings);
      const flows = entries.flatMap(([name, [chosen]]) => [
        device(`set-${name}`, stub, chosen),
        ...reader(`with-${name}`, `set-${name}`, 'good'),
      ]);
      await nodeRed.deploy([...tab(), ...flows]);
    });
    for (const [name, [chosen, error]] of Object.entries(settings)) {
      it(`refuse ${JSON.stringify(chosen)} by name, without a device`, async () => {
        const answer = await ask(nodeRed, `with-${name}`);
        assert.match(answer.error ?? 'no error', error);
        assert.equal(answer.code, 'ALPR_SETTINGS');
        await shows(`with-${name}`, 'red settings');
        assert.equal(stub.stats().created.vdevice, 0);
      });
    }
  });

  describe('all of it', () => {
    it('leaves nothing behind', async () => {
      await nodeRed.deploy([]);
      await nodeRed.stop();
      for (const stub of stubs) assert.deepEqual(remainsOf(stub.stats()), NOTHING);
      assert.doesNotMatch(nodeRed.log(), /uncaught|unhandled|TypeError|Closing|timed out/i);
    });
  });
});

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

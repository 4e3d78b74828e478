import assert from 'node:assert/strict';
import path from 'node:path';
import { hailoDevice } from '../../src/device/hailo/hailo-device.js';
import { examine, type ExamineOptions } from '../../src/doctor/examine.js';
import type { Finding } from '../../src/doctor/finding.js';
import type { Manifest } from '../../src/models/manifest.js';
import {
  makeStub,
  writeHef,
  skipWithoutCompiler,
  type Stub,
  type StubConfig,
  type StubVersion,
} from '../support/hailort-stub/stub.js';
import { HAILO_10H, HAILO_8, Machine, optionsFor, noLibrary, type MachineParts } from './machine.js';

const OPEN = 'hailo_create_device_by_id';

/** The library is a real shared library here, found, loaded and asked by the code that flows use. */
describe('The doctor asks a library:', function () {
  this.timeout(120_000);
  const cleaners: (() => void)[] = [];
  before(function () {
    skipWithoutCompiler(this);
  });
  afterEach(() => cleaners.splice(0).forEach((clean) => clean()));

  async function look(
    version: StubVersion,
    config: StubConfig = {},
    parts: MachineParts = { chip: HAILO_8 },
    options: ExamineOptions = {},
  ): Promise<{ findings: Finding[]; stub: Stub }> {
    const stub = makeStub({ version, ...config });
    const machine = new Machine({ driver: version, ...parts });
    cleaners.push(
      () => stub.remove(),
      () => machine.remove(),
    );
    const { probe: _none, ...rest } = optionsFor(machine, noLibrary);
    const findings = await examine({ ...rest, library: stub.path, ...options });
    return { findings, stub };
  }

  const bad = (findings: Finding[]) => findings.filter(({ level }) => level === 'error' || level === 'warning');
  const device = (findings: Finding[]) => findings.filter(({ id }) => id === 'device');

  for (const version of ['4.19.0', '4.20.0', '4.23.0'] as const) {
    it(`${version} with a healthy Hailo-8L: nothing to fix, and nothing is left open`, async () => {
      const devices = [{ id: '0000:01:00.0', architecture: 'hailo8l' as const, temperature: 51.6 }];
      const { findings, stub } = await look(version, { devices });
      assert.deepEqual(bad(findings), []);
      const [answer] = device(findings);
      assert.match(answer!.title, new RegExp(`Hailo-8L at 0000:01:00\\.0 answers: firmware ${version}, 52 °C`));
      const { created, live, misuse, mainThread } = stub.stats();
      assert.deepEqual([created.device, live.device], [1, 0]);
      assert.deepEqual(misuse, []);
      assert.deepEqual(mainThread, {});
    });
  }

  const faults: { status: number; title: RegExp; fix: RegExp }[] = [
    { status: 36, title: /device node cannot be opened.*36/, fix: /\/dev\/hailo0/ },
    { status: 73, title: /another program.*73/, fix: /lsof/ },
    { status: 74, title: /no free device.*74/, fix: /lsof/ },
    { status: 76, title: /another version than the library \(4\.23\.0\).*76/, fix: /same version/ },
    { status: 79, title: /does not drive this device.*79/, fix: /HailoRT 5/ },
    { status: 86, title: /not the driver of this library.*86/, fix: /same version/ },
  ];
  for (const { status, title, fix } of faults) {
    it(`a device that cannot be opened with ${status}: the sentence of that status and its fix`, async () => {
      const { findings } = await look('4.23.0', { faults: [{ call: OPEN, status }] });
      assert.deepEqual(
        bad(findings).map(({ id }) => id),
        ['device'],
      );
      assert.match(device(findings)[0]!.title, title);
      assert.match(device(findings)[0]!.fix!, fix);
    });
  }

  it('a driver of another version: one finding, which names both', async () => {
    const config = { faults: [{ call: OPEN, status: 76 }] };
    const { findings } = await look('4.23.0', config, { chip: HAILO_8, driver: '4.20.0' });
    assert.deepEqual(
      bad(findings).map(({ id }) => id),
      ['versions'],
    );
  });

  it('firmware of another version, with which the temperature cannot be read: one finding', async () => {
    const { findings } = await look('4.23.0', { devices: [{ id: '0000:01:00.0', firmware: '4.19.0' }] });
    assert.deepEqual(
      bad(findings).map(({ id }) => id),
      ['firmware'],
    );
    assert.equal(device(findings)[0]!.level, 'ok');
  });

  it('5.2.0 with a Hailo-8: that it needs 4.x', async () => {
    const config = { faults: [{ call: OPEN, status: 79 }] };
    const { findings } = await look('5.2.0', config, { chip: HAILO_8, driver: '4.23.0' });
    assert.deepEqual(
      bad(findings).map(({ id }) => id),
      ['library-line'],
    );
  });

  it('5.2.0 with a Hailo-10H: that it cannot be used', async () => {
    const devices = [{ id: '0000:01:00.0', architecture: 'hailo10h' as const }];
    const { findings } = await look('5.2.0', { devices }, { chip: HAILO_10H });
    assert.deepEqual(
      bad(findings).map(({ id }) => id),
      ['hailo-10h'],
    );
  });

  it('while this process has the device open: it answers all the same', async () => {
    const stub = makeStub({ version: '4.23.0' });
    const file = 'plates.hailo8.hef';
    writeHef(path.join(stub.folder, file), {
      name: 'plates',
      inputs: [{ name: 'input_layer1', height: 64, width: 64, features: 3 }],
      outputs: [{ name: 'nms', nms: { classes: 1, maxPerClass: 10 } }],
    });
    const manifest: Manifest = {
      manifestVersion: 1,
      name: 'plates',
      title: 'plates',
      task: 'plates',
      version: '1',
      files: { hef: { hailo8: { file } } },
      input: { width: 64, height: 64, colour: 'RGB', layout: 'NHWC', type: 'uint8', fit: 'stretch' },
      output: { decoder: 'hailo-nms', labels: ['plate'] },
      licence: 'MIT',
      source: 'made by the test',
      directory: stub.folder,
    };
    const open = hailoDevice({ library: stub.path });
    try {
      await open.open(manifest);
      const options = { library: stub.path, manifests: [manifest] };
      const { findings } = await look('4.23.0', {}, { chip: HAILO_8 }, options);
      assert.deepEqual(bad(findings), []);
      assert.match(device(findings)[0]!.title, /Hailo-8 at 0000:01:00\.0 answers/);
      assert.equal(findings.find(({ id }) => id === 'hef')?.title, 'Ready for the Hailo-8: plates');
      assert.equal(stub.stats().created.vdevice, 1);
    } finally {
      await open.close();
      stub.remove();
    }
  });

  it('a device that hangs: the time limit ends the wait', async () => {
    const { findings } = await look('4.23.0', { delays: { [OPEN]: 3000 } }, undefined, { timeLimit: 500 });
    assert.match(bad(findings)[0]!.title, /within 0\.5 s/);
  });

  it('a device that has gone: that the library lists none', async () => {
    const { findings } = await look('4.23.0', { devices: [{ id: '0000:01:00.0', lost: true }] });
    assert.match(device(findings)[0]!.title, /library lists no device/);
  });

  it('one that is no HailoRT: what it lacks', async () => {
    const stub = makeStub({ missingSymbol: 'hailo_get_library_version' });
    cleaners.push(() => stub.remove());
    const { findings } = await look('4.23.0', {}, undefined, { library: stub.path });
    const [library] = bad(findings);
    assert.equal(library?.id, 'library');
    assert.match(library.title, /not HailoRT's/);
  });
});

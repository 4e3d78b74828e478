import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Control } from '../../../src/device/hailo/control.js';
import type { HailoSettings } from '../../../src/device/hailo/settings.js';
import { type HailoDevice, hailoDevice } from '../../../src/device/hailo/hailo-device.js';
import { hailoHealth, lookAtHailo } from '../../../src/device/hailo/look.js';
import { makeStub, skipWithoutCompiler, type Stub, type StubConfig } from '../../support/hailort-stub/stub.js';
import { makeModel, NOTHING, remains, sumIn, until, wholeFrame } from './runtime-models.js';

describe('A Hailo device', () => {
  const made: { stub: Stub; devices: HailoDevice[] }[] = [];

  before(function () {
    skipWithoutCompiler(this);
  });
  afterEach(async () => {
    for (const { stub, devices } of made.splice(0)) {
      await Promise.all(devices.map((device) => device.close()));
      assert.deepEqual(remains(stub), NOTHING);
      stub.remove();
    }
  });

  function setUp(options: Parameters<typeof makeStub>[0] = {}, settings: HailoSettings[] = [{}]) {
    const stub = makeStub(options);
    const devices = settings.map((chosen) => hailoDevice({ library: stub.path, ...chosen }));
    made.push({ stub, devices });
    return { stub, devices, device: devices[0]! };
  }

  for (const version of ['4.19.0', '4.20.0', '4.23.0'] as const) {
    it(`runs networks with HailoRT ${version}`, async () => {
      const { stub, device } = setUp({ version });
      const tensors = await device.open(
        makeModel(stub, 'a', {
          network: { outputs: [{ name: 'out', height: 5, width: 19, features: 11, zeroPoint: 3, scale: 0.5 }] },
        }),
      );
      const { results } = await tensors.run(wholeFrame(100));
      const [result] = results;
      assert.ok(result?.kind === 'tensors');
      const { dims, data } = result.tensors['a/out']!;
      assert.deepEqual(dims, [1, 5, 19, 11]);
      assert.deepEqual(
        data,
        Array.from({ length: 5 * 19 * 11 }, (_, i) => (((100 + i) & 255) - 3) * 0.5),
      );
      const nms = await device.open(
        makeModel(stub, 'b', {
          network: { outputs: [{ name: 'boxes', nms: { classes: 3, maxPerClass: 5 } }] },
          manifest: { output: { decoder: 'hailo-nms', labels: ['x', 'y', 'z'] }, thresholds: { confidence: 0.01 } },
        }),
      );
      const [found] = (await nms.run(wholeFrame(5))).results;
      assert.ok(found?.kind === 'detections' && found.detections.length > 0);
      assert.equal(device.describe(), `Hailo-8 0000:01:00.0, HailoRT ${version}`);
    });
  }

  it('tells who it is, how warm it is and what it does', async () => {
    const { stub, device } = setUp({ devices: [{ id: '0000:01:00.0', architecture: 'hailo8l', temperature: 61.2 }] });
    assert.equal(device.describe(), undefined);
    assert.equal(await device.health(), undefined);
    const network = await device.open(makeModel(stub, 'a', { targets: ['hailo8l'] }));
    await network.run(wholeFrame(1));
    const health = (await device.health())!;
    assert.equal(health.temperature?.toFixed(1), '61.2');
    assert.equal(health.identity?.architecture, 'hailo8l');
    assert.equal(device.describe(), 'Hailo-8L 0000:01:00.0, HailoRT 4.23.0, 61 °C');
    assert.deepEqual(await hailoHealth(), [health]);
  });

  it('is looked at through the one that is open, and by a probe otherwise', async () => {
    const { stub, device } = setUp({
      devices: [{ id: '0000:01:00.0' }, { id: '0000:02:00.0', architecture: 'hailo8l' }],
    });
    const before = await lookAtHailo({ library: stub.path });
    await device.open(makeModel(stub, 'a'));
    const during = await lookAtHailo({ library: stub.path });
    for (const look of [before, during]) {
      assert.ok('version' in look.library);
      assert.deepEqual(
        look.devices.map(({ id, identity, temperature, error }) => [id, identity?.architecture, temperature, error]),
        [
          ['0000:01:00.0', 'hailo8', 48.5, undefined],
          ['0000:02:00.0', 'hailo8l', 48.5, undefined],
        ],
      );
    }
  });

  it('is shared by all who ask for it with the same settings', async () => {
    const { stub, devices } = setUp({}, [{ timeoutMs: 3000, deviceId: '0000:01:00.0' }, { timeoutMs: 3000 }]);
    const [a, b] = [await devices[0]!.open(makeModel(stub, 'a')), await devices[1]!.open(makeModel(stub, 'b'))];
    assert.equal(stub.stats().created.vdevice, 1);
    await devices[0]!.close();
    await assert.rejects(a.run(wholeFrame(1)), /was closed/);
    assert.equal(sumIn((await b.run(wholeFrame(2))).results[0]), 2);
  });

  it('takes two flows to two devices where they ask for different ones', async () => {
    const { stub, devices } = setUp({ devices: [{ id: '0000:01:00.0' }, { id: '0000:02:00.0' }] }, [
      { timeoutMs: 3000 },
      { timeoutMs: 4000 },
    ]);
    await Promise.all(devices.map((device, i) => device.open(makeModel(stub, `n${i}`))));
    assert.deepEqual(devices.map((device) => device.describe()).sort(), [
      'Hailo-8 0000:01:00.0, HailoRT 4.23.0',
      'Hailo-8 0000:02:00.0, HailoRT 4.23.0',
    ]);
  });

  const conflicts: { other: HailoSettings; says: RegExp }[] = [
    {
      other: { timeoutMs: 900 },
      says: /in use \(timeout default\) but received others \(timeout 900\).*one hailo-device/,
    },
    {
      other: { deviceId: '0000:01:00.0', groupId: 'yard' },
      says: /group id default\) but received others \(group id yard\)/,
    },
    { other: { scheduler: { plates: { priority: 20 } } }, says: /scheduler \{"plates":\{"priority":20\}\}/ },
  ];
  for (const { other, says } of conflicts) {
    it(`refuses a second user with other settings: ${JSON.stringify(other)}`, async () => {
      const { stub, devices } = setUp({}, [{}, other]);
      const network = await devices[0]!.open(makeModel(stub, 'a'));
      await assert.rejects(devices[1]!.open(makeModel(stub, 'b')), says);
      assert.equal(sumIn((await network.run(wholeFrame(2))).results[0]), 2);
      await devices[0]!.close();
      await devices[1]!.open(makeModel(stub, 'b'));
    });
  }

  const settings: { chosen: HailoSettings; says: RegExp }[] = [
    { chosen: { timeoutMs: 50 }, says: /integer from 100 to 60000 for hailo\.timeoutMs but received 50/ },
    { chosen: { multiProcessService: true }, says: /group id other than UNIQUE .* received none/ },
    { chosen: { multiProcessService: true, groupId: 'UNIQUE' }, says: /received UNIQUE/ },
    {
      chosen: { scheduler: { text: { priority: 32 } } },
      says: /0 to 31 for hailo\.scheduler\.text\.priority but received 32/,
    },
    { chosen: { scheduler: { text: { timeoutMs: 6000 } } }, says: /less than the 5000 ms of hailo\.timeoutMs/ },
  ];
  for (const { chosen, says } of settings) {
    it(`refuses settings that no device takes: ${JSON.stringify(chosen)}`, () => {
      assert.throws(() => hailoDevice(chosen), says);
    });
  }

  const refusals: { title: string; options: Parameters<typeof makeStub>[0]; says: RegExp; settings?: HailoSettings }[] =
    [
      {
        title: 'HailoRT 5.x',
        options: { version: '5.2.0' },
        says: /HailoRT 4\.x.*received HailoRT 5\.2\.0.*C interface/,
      },
      {
        title: 'a Hailo-10H and HailoRT 5.x',
        options: { version: '5.2.0', devices: [{ id: '0000:01:00.0', architecture: 'hailo10h' }] },
        says: /With a Hailo-10H choose the back end cpu/,
      },
      {
        title: 'a Hailo-10H and HailoRT 4.x',
        options: { devices: [{ id: '0000:01:00.0', architecture: 'hailo10h' }] },
        says: /NOT_SUPPORTED \(79\).*Hailo-10H/,
      },
      { title: 'no device', options: { devices: [] }, says: /shows none .*\(74\).*lspci/ },
      { title: 'a device that others hold', options: { driverBusy: true }, says: /\(74\).*another program holds it/ },
      {
        title: 'an id that there is not',
        options: {},
        settings: { deviceId: '0000:09:00.0' },
        says: /no device with this id/,
      },
      {
        title: 'a driver of another version',
        options: { faults: [{ call: 'hailo_create_vdevice', status: 76 }] },
        says: /\(76\).*driver is of another version/,
      },
      {
        title: 'a firmware of another version',
        options: { faults: [{ call: 'hailo_identify', status: 16 }] },
        says: /\(16\)/,
      },
    ];
  for (const { title, options, says, settings: chosen = {} } of refusals) {
    it(`says plainly what is wrong with ${title}, holds nothing and can be asked again`, async () => {
      const { stub, device } = setUp(options, [chosen]);
      const manifest = makeModel(stub, 'a');
      for (let i = 0; i < 2; i++) await assert.rejects(device.open(manifest), says);
      assert.deepEqual(stub.stats().live, NOTHING.live);
      assert.equal(stub.stats().calls['hailo_configure_vdevice'], undefined);
    });
  }

  it('whose driver hangs is given up in time, and let go of when it answers after all', async () => {
    const stub = makeStub({ delays: { hailo_create_vdevice: 700 } });
    const control = new Control(stub.path, 300);
    assert.deepEqual((await control.call({ do: 'look' })).ids, ['0000:01:00.0']);
    await assert.rejects(
      control.call({ do: 'create', params: {} }),
      /within 0\.3 s but received nothing \(create\).*hangs/,
    );
    await until(() => stub.stats().created.vdevice === 1 && stub.stats().live.vdevice === 0);
    await control.close();
    assert.deepEqual(remains(stub), NOTHING);
    stub.remove();
  });

  it('says where it looked when there is no library', async () => {
    const device = hailoDevice({ library: '/nowhere/libhailort.so' });
    const stub = makeStub();
    await assert.rejects(device.open(makeModel(stub, 'a')), /\/nowhere\/libhailort\.so/);
    await device.close();
    stub.remove();
  });

  const files: { title: string; spoil: (stub: Stub, path: string) => void; config?: StubConfig; says: RegExp }[] = [
    {
      title: 'a Git-LFS pointer',
      spoil: (_, path) => writeFileSync(path, 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n'),
      says: /LFS/,
    },
    { title: 'an empty file', spoil: (_, path) => writeFileSync(path, ''), says: /empty|0 bytes/i },
    { title: 'a missing file', spoil: (_, path) => rmSync(path), says: /found none|Expected the file/ },
  ];
  for (const { title, spoil, says } of files) {
    it(`refuses ${title} in place of a HEF, before the library sees it`, async () => {
      const { stub, device } = setUp();
      const manifest = makeModel(stub, 'a');
      spoil(stub, join(stub.folder, manifest.files.hef!.hailo8!.file));
      await assert.rejects(device.open(manifest), says);
      assert.equal(stub.stats().calls['hailo_create_hef_file'], undefined);
      const good = await device.open(makeModel(stub, 'b'));
      assert.equal(sumIn((await good.run(wholeFrame(3))).results[0]), 3);
    });
  }

  const hefs: { title: string; hef: object; says: RegExp }[] = [
    {
      title: 'for a Hailo-10H',
      hef: { architecture: 103, compiler: '5.4.0', headerVersion: 3 },
      says: /Hailo-8, 8R or 8L/,
    },
    { title: 'that is cut off', hef: { truncate: 3000 }, says: /cut off|truncated|CORRUPTED|length/i },
    { title: 'that is damaged', hef: { corrupt: true }, says: /HEF_FILE_CORRUPTED \(91\)/ },
  ];
  for (const { title, hef, says } of hefs) {
    it(`refuses a HEF ${title}`, async () => {
      const { stub, device } = setUp();
      await assert.rejects(device.open(makeModel(stub, 'a', { hef })), says);
      await until(() => stub.stats().live.hef === 0);
    });
  }

  it('of the kind 8L refuses files for Hailo-8, one of the kind 8 runs those for 8L', async () => {
    const { stub, device } = setUp({ devices: [{ id: '0000:01:00.0', architecture: 'hailo8l' }] });
    await assert.rejects(
      device.open(makeModel(stub, 'a')),
      /HEF for Hailo-8L in the manifest of model a but received files for hailo8 only/,
    );
    const mislabelled = makeModel(stub, 'b', { targets: ['hailo8l'], hef: { architecture: 1 } });
    await assert.rejects(device.open(mislabelled), /Hailo-8L runs only files compiled for hailo8l/);
    await device.close();

    stub.set({ devices: [{ id: '0000:01:00.0' }] });
    const other = hailoDevice({ library: stub.path });
    const network = await other.open(makeModel(stub, 'c', { targets: ['hailo8l'] }));
    assert.equal(sumIn((await network.run(wholeFrame(3))).results[0]), 3);
    const both = makeModel(stub, 'd', { targets: ['hailo8l', 'hailo8'] });
    await other.open(both);
    assert.deepEqual(
      (await other.health())!.networks.map(({ file }) => file.split('/').pop()),
      ['c.hailo8l.hef', 'd.hailo8.hef'],
    );
    await other.close();
  });

  it('refuses a file whose network is not the one of the manifest', async () => {
    const { stub, device } = setUp();
    const wrong: [string, Parameters<typeof makeModel>[2], RegExp][] = [
      ['size', { manifest: { hef: { input: { width: 16 } } } }, /Expected 16x4 pixels.*8x4.*hef\.input\.width/],
      [
        'output',
        {
          manifest: { output: { decoder: 'ctc', alphabet: ['0'], blank: 1, output: 'y' } },
          network: {
            outputs: [
              { name: 'p', height: 1, width: 4, features: 2 },
              { name: 'q', height: 1, width: 4, features: 2 },
            ],
          },
        },
        /one output named "y".*only "output\/p", "output\/q"/,
      ],
      [
        'inputs',
        {
          network: {
            inputs: [
              { name: 'in', height: 4, width: 8, features: 3 },
              { name: 'in2', height: 4, width: 8, features: 3 },
            ],
          },
        },
        /one input .* received 2/,
      ],
    ];
    for (const [name, wish, says] of wrong) await assert.rejects(device.open(makeModel(stub, name, wish)), says);
    assert.deepEqual({ ...stub.stats().live, group: 0 }, { ...NOTHING.live, vdevice: stub.stats().live.vdevice });
    const right = makeModel(stub, 'right');
    const network = await device.open(right);
    assert.equal(sumIn((await network.run(wholeFrame(3))).results[0]), 3);
  });
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HailoError } from '../../../src/device/hailo/errors';
import { inspectHef, probeHailo } from '../../../src/device/hailo/probe';
import { makeStub, skipWithoutCompiler, stubVersions, writeHef, type Stub } from '../../support/hailort-stub/stub';

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 30_000;
  while (!condition()) {
    assert.ok(Date.now() < end, 'Expected the condition within 30 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('A look at the accelerator', function () {
  this.timeout(60_000);
  before(function () {
    skipWithoutCompiler(this);
  });
  const stubs: Stub[] = [];
  function start(options: Parameters<typeof makeStub>[0] = {}): Stub {
    const stub = makeStub(options);
    stubs.push(stub);
    return stub;
  }
  afterEach(() => {
    for (const stub of stubs.splice(0)) {
      const { misuse, live } = stub.stats();
      stub.remove();
      assert.deepEqual({ misuse, devices: live.device, hefs: live.hef }, { misuse: [], devices: 0, hefs: 0 });
    }
  });

  for (const version of stubVersions) {
    it(`${version} tells library and device, from a thread of its own`, async () => {
      const architecture = version.startsWith('5.') ? 'hailo10h' : 'hailo8';
      const stub = start({ version, devices: [{ id: '0000:01:00.0', architecture, temperature: 50.5 }] });
      const [major, minor, revision] = version.split('.').map(Number);
      const probe = await probeHailo({ library: stub.path });
      assert.deepEqual(probe.library, { path: stub.path, version: { major, minor, revision } });
      const [device] = probe.devices;
      assert.equal(probe.devices.length, 1);
      assert.deepEqual(
        [device?.id, device?.identity?.architecture, device?.identity?.firmware, device?.temperature, device?.error],
        ['0000:01:00.0', architecture, { major, minor, revision }, 50.5, undefined],
      );
      const { mainThread, created } = stub.stats();
      assert.deepEqual(mainThread, {});
      assert.equal(created.vdevice, 0);
    });
  }

  it('tells every device, and of each one that fails why', async () => {
    const stub = start({
      devices: [
        { id: '0000:01:00.0' },
        { id: '0000:02:00.0', architecture: 'hailo10h' },
        { id: '0000:03:00.0', firmware: '4.20.0' },
      ],
    });
    const { devices, error } = await probeHailo({ library: stub.path });
    assert.equal(error, undefined);
    assert.deepEqual(
      devices.map(({ id, identity, status }) => [id, identity?.architecture, status]),
      [
        ['0000:01:00.0', 'hailo8', undefined],
        ['0000:02:00.0', undefined, 79],
        ['0000:03:00.0', 'hailo8', 16],
      ],
    );
    assert.match(devices[1]!.error ?? '', /Hailo-10H needs HailoRT 5/);
    assert.match(devices[2]!.error ?? '', /one and the same version/);
  });

  it('is no failure without a device', async () => {
    const { devices, error, library } = await probeHailo({ library: start({ devices: [] }).path });
    assert.deepEqual([devices, error], [[], undefined]);
    assert.ok('version' in library);
  });

  it('tells a list that cannot be had', async () => {
    const stub = start({ faults: [{ call: 'hailo_scan_devices', status: 86 }] });
    const { devices, error, status } = await probeHailo({ library: stub.path });
    assert.deepEqual([devices, status], [[], 86]);
    assert.match(error ?? '', /not the driver of this library/);
  });

  it('tells what was tried where there is no library', async () => {
    const { library, devices } = await probeHailo({ library: '/nowhere/libhailort.so' });
    assert.deepEqual(devices, []);
    assert.ok('error' in library);
    assert.match(library.error, /where the setting says/);
    assert.deepEqual(library.tried, ['/nowhere/libhailort.so: it cannot be opened (ENOENT)']);
  });

  it('ends in time when a device does not answer, and tells which', async () => {
    const stub = start({ devices: [{ id: 'a' }, { id: 'b' }], delays: { hailo_identify: 4000 } });
    const { devices, library } = await probeHailo({ library: stub.path, timeLimit: 1500 });
    assert.ok('version' in library, JSON.stringify(library));
    assert.deepEqual(
      devices.map(({ id }) => id),
      ['a', 'b'],
    );
    for (const { error } of devices) assert.match(error ?? '', /within 1\.5 s .* hangs/);
    // Its thread still waits in the library, then gives back what it has, and opens nothing more.
    await until(() => stub.stats().live.device === 0);
    assert.equal(stub.stats().created.device, 1);
  });

  it('sets the environment before the library is loaded, as its own code sees it', async () => {
    const stub = start();
    await probeHailo({ library: stub.path });
    assert.deepEqual(stub.stats().environment, {
      HAILORT_LOGGER_PATH: process.env.HAILORT_LOGGER_PATH,
      HAILORT_CONSOLE_LOGGER_LEVEL: process.env.HAILORT_CONSOLE_LOGGER_LEVEL,
    });
    assert.ok(process.env.HAILORT_LOGGER_PATH);
  });

  for (const version of stubVersions) {
    it(`${version} reads a HEF`, async () => {
      const stub = start({ version });
      const file = join(stub.folder, 'lprnet.hef');
      writeHef(file, {
        name: 'lprnet',
        inputs: [{ name: 'in', height: 75, width: 300, features: 3 }],
        outputs: [{ name: 'conv31', height: 5, width: 19, features: 11, zeroPoint: 120, scale: 0.125 }],
      });
      const { header, groups, vstreams, library } = await inspectHef(file, { library: stub.path });
      assert.equal(library.path, stub.path);
      assert.deepEqual(
        [header.headerVersion, header.architectureName, header.compilerVersion],
        [1, 'Hailo-8', '3.29.0'],
      );
      assert.deepEqual(groups, [{ name: 'lprnet', isMultiContext: false }]);
      assert.deepEqual(
        vstreams.map(({ name, direction, shape }) => [name, direction, shape]),
        [
          ['lprnet/in', 'input', { height: 75, width: 300, features: 3 }],
          ['lprnet/conv31', 'output', { height: 5, width: 19, features: 11 }],
        ],
      );
      assert.equal(stub.stats().calls['hailo_create_hef_file'], 1);
    });
  }

  it('never shows the library a HEF that is none, or is for others', async () => {
    const stub = start();
    const file = join(stub.folder, 'model.hef');
    const rejects = (says: RegExp): Promise<void> =>
      assert.rejects(inspectHef(file, { library: stub.path }), (error: Error) => {
        assert.ok(error instanceof HailoError, error.stack);
        assert.match(error.message, says);
        return true;
      });
    writeFileSync(file, 'version https://git-lfs.github.com/spec/v1\n');
    await rejects(/git lfs pull/);
    const network = { name: 'x', inputs: [{ name: 'in', height: 1, width: 1, features: 3 }], outputs: [] };
    writeHef(file, network, { architecture: 103, compiler: 'sdk-version: 5.4.0', headerVersion: 3 });
    await rejects(/for Hailo-8, 8R or 8L/);
    writeHef(file, network, { truncate: 40 });
    await rejects(/cut off/);
    assert.equal(stub.stats().calls['hailo_create_hef_file'], undefined);
  });

  it('into a HEF says so when there is no library', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'alpr-inspect-'));
    const file = join(folder, 'x.hef');
    writeHef(file, { name: 'x', inputs: [{ name: 'in', height: 1, width: 1, features: 3 }], outputs: [] });
    await assert.rejects(inspectHef(file, { library: '/nowhere' }), /where the setting says/);
    rmSync(folder, { recursive: true, force: true });
  });
});

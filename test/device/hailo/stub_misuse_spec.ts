import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildDriver } from '../../support/hailort-stub/build.js';
import { counter, handleArray } from '../../support/hailort-stub/raw-library.js';
import { RawSession } from '../../support/hailort-stub/raw-network.js';
import {
  makeStub,
  skipWithoutCompiler,
  writeHef,
  type Stub,
  type StubNetwork,
} from '../../support/hailort-stub/stub.js';

const network: StubNetwork = {
  name: 'net',
  inputs: [{ name: 'in', height: 2, width: 4, features: 3 }],
  outputs: [
    { name: 'out', height: 2, width: 3, features: 5, zeroPoint: 10, scale: 0.5 },
    { name: 'nms', nms: { classes: 3, maxPerClass: 4 } },
  ],
};
const root = join(__dirname, '..', '..', '..');

describe('The stub of libhailort: misuse, leaks and other processes', function () {
  this.timeout(180_000);
  const stubs: Stub[] = [];
  before(function () {
    skipWithoutCompiler(this);
  });
  after(() => {
    for (const stub of stubs) stub.remove();
  });

  function start(options: ConstructorParameters<typeof RawSession>[0] = {}): RawSession {
    const session = new RawSession(options);
    stubs.push(session.stub);
    return session;
  }

  function make(options: Parameters<typeof makeStub>[0] = {}): { stub: Stub; hef: string } {
    const stub = makeStub(options);
    stubs.push(stub);
    const hef = join(stub.folder, 'net.hef');
    writeHef(hef, network);
    return { stub, hef };
  }

  it('notes a second release and use after it, of every kind of handle', async () => {
    const session = start();
    const { library, stub } = session;
    const hef = join(stub.folder, 'net.hef');
    const opened = session.open(network);
    const file = library.handle('hailo_create_hef_file', undefined, hef);
    await session.close(opened);
    for (let i = 0; i < 2; i++) library.call('hailo_release_hef', file);
    library.call('hailo_get_network_groups_infos', file, Buffer.alloc(129), counter(1));
    library.call('hailo_release_vdevice', session.vdevice);
    library.call('hailo_set_scheduler_priority', opened.group, 1, null);
    library.call('hailo_vstream_write_raw_buffer', opened.inputs[0]!.handle, Buffer.alloc(24), 24);
    library.call('hailo_release_output_vstreams', handleArray(opened.outputs[0]!.handle), 1);
    assert.deepEqual(stub.stats().misuse, [
      'hailo_release_hef: use of a released hef',
      'hailo_get_network_groups_infos: use of a released hef',
      'hailo_release_vdevice: use of a released vdevice',
      'hailo_set_scheduler_priority: use of a released group',
      'hailo_vstream_write_raw_buffer: use of a released input',
      'hailo_release_output_vstreams: use of a released output',
    ]);
    assert.deepEqual(Object.values(stub.stats().live), [0, 0, 0, 0, 0, 0]);
  });

  it('notes what is no handle, a handle of another kind and NULL', () => {
    const { library, stub, vdevice } = start();
    assert.equal(library.call('hailo_release_hef', 0x1234n), 2);
    assert.equal(library.call('hailo_release_hef', vdevice), 2);
    assert.equal(library.call('hailo_make_output_vstream_params', 0n, false, 0, Buffer.alloc(156), counter(1)), 2);
    const device = Buffer.alloc(8);
    assert.equal(library.call('hailo_get_physical_devices', vdevice, device, counter(1)), 0);
    assert.equal(library.call('hailo_release_device', device.readBigUInt64LE()), 2);
    assert.equal(library.call('hailo_release_vdevice', vdevice), 0);
    assert.deepEqual(stub.stats().misuse, [
      'hailo_release_hef: 0x1234 is no handle',
      'hailo_release_hef: a vdevice where a hef is wanted',
      'hailo_make_output_vstream_params: NULL where a group is wanted',
      'hailo_release_device: a device that belongs to its vdevice',
    ]);
  });

  it('notes a vdevice released before its vstreams, and ends calls that wait', async () => {
    const session = start();
    const { library, stub } = session;
    const { outputs } = session.open(network);
    const waiting = session.read(outputs[0]!, new Uint8Array(outputs[0]!.size));
    while (stub.stats().calls['hailo_vstream_read_raw_buffer'] !== 1) await delay(1);
    assert.equal(await library.later('hailo_release_vdevice', session.vdevice), 0);
    assert.equal(await waiting, 63);
    assert.deepEqual(stub.stats().misuse, [
      'hailo_release_vdevice: output of net/out is still alive',
      'hailo_release_vdevice: input of net/in is still alive',
      'hailo_release_vdevice: output of net/nms is still alive',
    ]);
    assert.deepEqual(Object.values(stub.stats().live), [0, 0, 0, 0, 0, 0]);
  });

  it('notes two calls at once on one vstream, and a release while one is in progress', async () => {
    const session = start({ silent: ['*'] });
    const { library, stub } = session;
    const opened = session.open(network);
    const nms = opened.outputs[0]!;
    const reads = [1, 2].map(() => session.read(nms, new Uint8Array(nms.size)));
    while (stub.stats().calls['hailo_vstream_read_raw_buffer'] !== 2) await delay(1);
    const handles = handleArray(...opened.outputs.map((output) => output.handle));
    assert.equal(await library.later('hailo_release_output_vstreams', handles, 2), 0);
    assert.deepEqual(await Promise.all(reads), [63, 63]);
    assert.equal(await library.later('hailo_release_input_vstreams', handleArray(opened.inputs[0]!.handle), 1), 0);
    assert.equal(await library.later('hailo_release_vdevice', session.vdevice), 0);
    assert.deepEqual(stub.stats().misuse, [
      'hailo_vstream_read_raw_buffer: two calls at once on net/nms',
      'hailo_release_output_vstreams: a call on net/nms is in progress',
    ]);
  });

  it('notes networks that are set up at the same time on one vdevice', async () => {
    const session = start({ delays: { hailo_configure_vdevice: 200 } });
    const { library, stub } = session;
    const files = ['a', 'b'].map((name) => {
      const file = join(stub.folder, `${name}.hef`);
      writeHef(file, { ...network, name });
      return library.handle('hailo_create_hef_file', undefined, file);
    });
    const statuses = files.map((hef) =>
      library.later('hailo_configure_vdevice', session.vdevice, hef, null, Buffer.alloc(64), counter(8)),
    );
    assert.deepEqual(await Promise.all(statuses), [0, 0]);
    assert.equal(library.call('hailo_release_vdevice', session.vdevice), 0);
    assert.deepEqual(stub.stats().misuse, ['hailo_configure_vdevice: another network of this vdevice is being set up']);
    assert.equal(stub.stats().live.hef, 2);
  });

  it('aborts the process at a misuse when asked to, and leaves its statistics behind', () => {
    const { stub } = make({ abortOnMisuse: true });
    const code = `require('koffi').load(${JSON.stringify(stub.path)}).func('int hailo_release_hef(void *hef)')(16n)`;
    const { signal, stderr } = spawnSync(process.execPath, ['-e', code], { cwd: root, encoding: 'utf8' });
    assert.equal(signal, 'SIGABRT', stderr);
    assert.match(stderr, /hailo_release_hef: 0x10 is no handle/);
    assert.equal(stub.stats().calls['hailo_release_hef'], 1);
  });

  it('tells which calls came from the main thread, and what the environment was at loading', async () => {
    const session = start();
    const { stub } = session;
    const opened = session.open(network);
    assert.equal(await session.write(opened.inputs[0]!, new Uint8Array(24)), 0);
    await session.close(opened);
    const { mainThread } = stub.stats();
    assert.equal(mainThread['hailo_create_vdevice'], 1);
    assert.equal(mainThread['hailo_vstream_write_raw_buffer'], undefined);
    const { stub: other } = make();
    const code = `process.env.HAILORT_LOGGER_PATH = 'NONE';
      require('koffi').load(${JSON.stringify(other.path)}).func('int hailo_release_hef(void *hef)')(0n)`;
    assert.equal(spawnSync(process.execPath, ['-e', code], { cwd: root }).status, 0);
    assert.equal(other.stats().environment.HAILORT_LOGGER_PATH, 'NONE');
  });

  it('kills a thread whose stack is too small for a HEF, as the real library does', () => {
    const { stub, hef } = make();
    const load = (size: string) => `const koffi = require('koffi');
      ${size}
      const create = koffi.load(${JSON.stringify(stub.path)}).func('int hailo_create_hef_file(void *hef, const char *file)');
      create.async(Buffer.alloc(8), ${JSON.stringify(hef)}, (error, status) => process.exit(status));`;
    const run = (code: string) => spawnSync(process.execPath, ['-e', code], { cwd: root });
    assert.equal(run(load('')).signal, 'SIGSEGV');
    assert.equal(run(load('koffi.config({ async_stack_size: 8 << 20 });')).status, 0);
  });

  it('lives through three rounds of a C program without a leak or an error under valgrind', function () {
    if (spawnSync('valgrind', ['--version']).status !== 0) {
      if (process.env.CI) throw new Error('valgrind is not installed (Debian: apt install valgrind)');
      console.log('    skipped: valgrind is not installed');
      this.skip();
    }
    const { stub, hef } = make({ frameTimes: { net: 1 } });
    const options = ['--quiet', '--error-exitcode=9', '--leak-check=full', '--errors-for-leak-kinds=definite,possible'];
    const result = spawnSync('valgrind', [...options, buildDriver(false), stub.path, hef, '3'], { encoding: 'utf8' });
    assert.equal(result.status, 0, result.stderr);
    assert.equal(result.stdout, '3 rounds\n');
    const { live, created, frames, misuse } = stub.stats();
    assert.deepEqual(Object.values(live), [0, 0, 0, 0, 0, 0]);
    assert.deepEqual(created, { device: 0, vdevice: 3, hef: 3, group: 3, input: 3, output: 6 });
    assert.deepEqual([frames, misuse], [{ net: 15 }, []]);
  });

  it('shows a sanitizer nothing wrong, and shows it a buffer that was freed after a timeout', () => {
    const { stub, hef } = make({ sanitize: true });
    const good = spawnSync(buildDriver(true), [stub.path, hef, '2'], { encoding: 'utf8' });
    assert.equal(good.status, 0, good.stderr);
    stub.set({ frameTimes: { net: 500 } });
    const bad = spawnSync(buildDriver(true), [stub.path, hef, '0'], { encoding: 'utf8' });
    assert.notEqual(bad.status, 0);
    assert.match(bad.stderr, /heap-use-after-free/);
  });
});

import assert from 'node:assert/strict';
import { counted, counter, RawLibrary, textAt } from '../../support/hailort-stub/raw-library.js';
import { makeStub, skipWithoutCompiler, type Stub } from '../../support/hailort-stub/stub.js';

describe('The stub of libhailort: devices', function () {
  this.timeout(120_000);
  const stubs: Stub[] = [];
  before(function () {
    skipWithoutCompiler(this);
  });
  after(() => {
    for (const stub of stubs) stub.remove();
  });

  function load(options: Parameters<typeof makeStub>[0] = {}): { stub: Stub; library: RawLibrary } {
    const stub = makeStub(options);
    stubs.push(stub);
    return { stub, library: new RawLibrary(stub.path) };
  }

  it('scans into the room that there is and says how much is needed', () => {
    const { stub, library } = load({ devices: [{ id: 'a' }, { id: 'b' }, { id: 'c', lost: true }] });
    const ids = Buffer.alloc(96);
    const count = counter(1);
    assert.equal(library.call('hailo_scan_devices', null, ids, count), 5);
    assert.equal(counted(count), 2);
    assert.equal(library.call('hailo_scan_devices', null, ids, count), 0);
    assert.deepEqual([textAt(ids, 0, 32), textAt(ids, 32, 32)], ['a', 'b']);
    assert.equal(library.call('hailo_scan_devices', null, null, count), 2);
    stub.set({ devices: [] });
    assert.equal(library.call('hailo_scan_devices', null, ids, count), 0);
    assert.equal(counted(count), 0);
  });

  it('measures temperature always, power only with a monitor, and neither with firmware of another version', () => {
    const { stub, library } = load({ devices: [{ id: 'a', temperature: 61.5 }] });
    const device = library.handle('hailo_create_device_by_id', null, undefined);
    const values = Buffer.alloc(12);
    assert.equal(library.call('hailo_get_chip_temperature', device, values), 0);
    assert.equal(Math.max(values.readFloatLE(0), values.readFloatLE(4)), 61.5);
    const auto = 0x7fffffff;
    assert.equal(library.call('hailo_power_measurement', device, auto, auto, values), 48);
    stub.set({ devices: [{ id: 'a', power: 2.5 }] });
    assert.equal(library.call('hailo_power_measurement', device, auto, auto, values), 0);
    assert.equal(values.readFloatLE(0), 2.5);
    stub.set({ devices: [{ id: 'a', firmware: '4.20.0' }] });
    assert.equal(library.call('hailo_get_chip_temperature', device, values), 16);
    assert.equal(library.call('hailo_identify', device, Buffer.alloc(140)), 0);
  });

  it('gives a chip to one vdevice at a time, unless they name the same group', () => {
    const { stub, library } = load({});
    const params = Buffer.alloc(40);
    assert.equal(library.call('hailo_init_vdevice_params', params), 0);
    assert.deepEqual([params.readUInt32LE(0), params.readInt32LE(16), params[32]], [1, 1, 0]);
    const { address } = require('koffi') as { address(buffer: Uint8Array): bigint };
    const out = Buffer.alloc(8);
    const shared = Buffer.from('shared\0');
    params.writeBigUInt64LE(address(shared), 24);
    const first = library.handle('hailo_create_vdevice', params, undefined);
    const second = library.handle('hailo_create_vdevice', params, undefined);
    assert.equal(library.call('hailo_create_vdevice', null, out), 74);
    assert.equal(library.call('hailo_release_vdevice', first), 0);
    assert.equal(library.call('hailo_release_vdevice', second), 0);
    const only = library.handle('hailo_create_vdevice', null, undefined);
    const wanted = id('0000:01:00.0');
    assert.equal(library.call('hailo_init_vdevice_params', params), 0);
    params.writeBigUInt64LE(address(wanted), 8);
    assert.equal(library.call('hailo_create_vdevice', params, out), 73);
    wanted.write('0000:09:00.0');
    assert.equal(library.call('hailo_create_vdevice', params, out), 2);
    assert.equal(library.call('hailo_release_vdevice', only), 0);
    params.fill(0, 8, 16);
    params.writeUInt32LE(0, 0);
    assert.equal(library.call('hailo_create_vdevice', params, out), 2);
    params.writeUInt32LE(2, 0);
    assert.equal(library.call('hailo_create_vdevice', params, out), 74);
    stub.set({ driverBusy: true });
    assert.equal(library.call('hailo_create_vdevice', null, out), 74);
    assert.deepEqual(stub.stats().misuse, []);
    assert.equal(stub.stats().live.vdevice, 0);
  });
});

function id(text: string): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.write(text);
  return bytes;
}

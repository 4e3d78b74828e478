import assert from 'node:assert/strict';
import { ReleaseGate } from '../../../src/device/hailo/release-gate.js';

describe('The gate between release and shutdown', () => {
  const gates = (): [ReleaseGate, ReleaseGate] => {
    const memory = ReleaseGate.memory();
    return [new ReleaseGate(memory), new ReleaseGate(memory)];
  };

  it('lets a shutdown pass while nothing is released', () => {
    const [network, control] = gates();
    let calls = 0;
    assert.equal(
      control.shuttingDown(() => calls++),
      true,
    );
    assert.equal(calls, 1);
    assert.equal(network.isShutDown, true);
    network.releasing(() => calls++);
    assert.equal(calls, 2);
    assert.equal(network.isShutDown, true);
  });

  it('keeps a shutdown from a group whose streams are being released', () => {
    const [network, control] = gates();
    network.releasing(() => {
      assert.equal(
        control.shuttingDown(() => assert.fail('shut down meanwhile')),
        false,
      );
    });
    assert.equal(control.isShutDown, false);
    assert.equal(
      control.shuttingDown(() => {}),
      true,
    );
  });

  it('opens again when what it guards fails', () => {
    const [network, control] = gates();
    const fail = (): never => {
      throw new Error('no');
    };
    assert.throws(() => network.releasing(fail), /no/);
    assert.throws(() => control.shuttingDown(fail), /no/);
    assert.equal(network.isShutDown, true);
    network.releasing(() => {});
  });
});

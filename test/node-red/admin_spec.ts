import assert from 'node:assert/strict';
import type { NodeAPI } from 'node-red';
import { registerAdmin } from '../../src/node-red/admin.js';

describe('registerAdmin', () => {
  it('registers each address once, whoever asks, and never without a permission', () => {
    const guards: unknown[] = [];
    const routes: { path: string; guard: unknown }[] = [];
    const red = {
      httpAdmin: { get: (path: string, guard: unknown) => void routes.push({ path, guard }) },
      auth: {
        needsPermission: (permission: string) => {
          const guard = { permission };
          guards.push(guard);
          return guard;
        },
      },
    };
    registerAdmin(red as unknown as NodeAPI);
    // Node-RED gives every node set an API object of its own over the same server.
    registerAdmin({ ...red } as unknown as NodeAPI);
    assert.deepEqual(
      routes.map(({ path }) => path),
      ['/hailo-alpr/models', '/hailo-alpr/preview/:id'],
    );
    for (const { guard } of routes) assert.deepEqual(guard, { permission: 'hailo-alpr.read' });
    assert.equal(guards.length, 2);
  });
});

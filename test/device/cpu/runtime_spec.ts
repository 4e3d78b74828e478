import assert from 'node:assert/strict';
import { join } from 'node:path';
import { cpuDevice } from '../../../src/device/cpu/cpu-device';
import type { Platform } from '../../../src/device/cpu/load-help';
import { loadRuntime } from '../../../src/device/cpu/runtime';
import { loadManifest } from '../../../src/models/load';
import type { Manifest } from '../../../src/models/manifest';
import { sharedPicture } from '../../support/model-folder';

const models = join(__dirname, '..', '..', '..', 'models');
const glibc: Platform = { os: 'linux', cpu: 'x64', libc: 'glibc', node: '22.0.0' };
const musl: Platform = { os: 'linux', cpu: 'arm64', libc: 'musl', node: '22.0.0' };

/** Stands in for the two packages. */
function fakePackages(broken: Record<string, string>) {
  const asked: string[] = [];
  const load = (name: string): unknown => {
    asked.push(name);
    const reason = broken[name];
    if (reason !== undefined) throw new Error(`${reason}\n    at somewhere`);
    const versions = name === 'onnxruntime-node' ? { common: '1', node: '1.2.3' } : { common: '1', web: '4.5.6' };
    return { env: { versions, wasm: {} } };
  };
  return { asked, load };
}

describe('ONNX Runtime', () => {
  const choices: {
    name: string;
    preference: 'auto' | 'native' | 'wasm';
    platform: Platform;
    broken?: Record<string, string>;
    asked: string[];
    kind: string;
    version: string;
  }[] = [
    {
      name: 'is native where that loads',
      preference: 'auto',
      platform: glibc,
      asked: ['onnxruntime-node'],
      kind: 'native',
      version: '1.2.3',
    },
    {
      name: 'is WASM where the native library does not load',
      preference: 'auto',
      platform: glibc,
      broken: { 'onnxruntime-node': 'no such library' },
      asked: ['onnxruntime-node', 'onnxruntime-web'],
      kind: 'wasm',
      version: '4.5.6',
    },
    {
      name: 'is WASM on musl without trying the other',
      preference: 'auto',
      platform: musl,
      asked: ['onnxruntime-web'],
      kind: 'wasm',
      version: '4.5.6',
    },
    {
      name: 'is native on musl only when a person asks for it',
      preference: 'native',
      platform: musl,
      asked: ['onnxruntime-node'],
      kind: 'native',
      version: '1.2.3',
    },
    {
      name: 'is WASM when asked for',
      preference: 'wasm',
      platform: glibc,
      asked: ['onnxruntime-web'],
      kind: 'wasm',
      version: '4.5.6',
    },
  ];
  for (const { name, preference, platform, broken = {}, asked, kind, version } of choices) {
    it(name, () => {
      const packages = fakePackages(broken);
      const runtime = loadRuntime(preference, packages.load, platform);
      assert.deepEqual(packages.asked, asked);
      assert.equal(runtime.kind, kind);
      assert.equal(runtime.version, version);
      assert.deepEqual(runtime.sessionOptions.executionProviders, [kind === 'wasm' ? 'wasm' : 'cpu']);
      assert.equal(runtime.sessionOptions.intraOpNumThreads, 1);
    });
  }

  const both = { 'onnxruntime-node': 'GLIBC_2.28 not found', 'onnxruntime-web': 'Cannot find module' };
  const failures: {
    name: string;
    preference: 'auto' | 'native' | 'wasm';
    platform: Platform;
    has: string[];
    hasNot: string[];
  }[] = [
    {
      name: 'glibc',
      preference: 'auto',
      platform: glibc,
      has: [
        'linux-x64 (Node.js 22.0.0)',
        '- onnxruntime-node: GLIBC_2.28 not found',
        '- onnxruntime-web: Cannot find module',
        'npm install onnxruntime-node',
        'glibc 2.28',
      ],
      hasNot: ['at somewhere', 'debian'],
    },
    {
      name: 'musl',
      preference: 'auto',
      platform: musl,
      has: [
        'linux-musl-arm64',
        '- onnxruntime-node: not tried',
        'npm install onnxruntime-web',
        'nodered/node-red:latest-debian',
      ],
      hasNot: ['npm install onnxruntime-node', 'GLIBC'],
    },
    {
      name: 'a 32-bit board, native forced',
      preference: 'native',
      platform: { os: 'linux', cpu: 'arm', libc: 'glibc', node: '20.9.0' },
      has: ['linux-arm ', "Set the device's runtime to automatic"],
      hasNot: ['npm install onnxruntime-node', 'onnxruntime-web'],
    },
  ];
  for (const { name, preference, platform, has, hasNot } of failures) {
    it(`says in one error what was tried and what to do (${name})`, () => {
      assert.throws(
        () => loadRuntime(preference, fakePackages(both).load, platform),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'ALPR_RUNTIME');
          for (const part of has) assert.ok(error.message.includes(part), `Expected "${part}" in:\n${error.message}`);
          for (const part of hasNot)
            assert.ok(!error.message.includes(part), `Expected no "${part}" in:\n${error.message}`);
          return true;
        },
      );
    });
  }

  describe('gives the same numbers native and as WASM', () => {
    const networks: { file: string; size?: { width: number; height: number }; tolerance: number }[] = [
      { file: 'plateflow-plate.json', size: { width: 128, height: 96 }, tolerance: 0.02 },
      { file: 'plateflow-vehicle.json', size: { width: 128, height: 96 }, tolerance: 0.02 },
      { file: 'plateflow-reader.json', tolerance: 0.02 },
    ];
    for (const { file, size, tolerance } of networks) {
      it(`for ${file}`, async () => {
        const shipped = loadManifest(join(models, file));
        // Everything the network says, before any decoder looks at it.
        const manifest: Manifest = { ...shipped, output: { decoder: 'tensors' } };
        const [native, wasm] = [await numbers(manifest, 'native', size), await numbers(manifest, 'wasm', size)];
        assert.deepEqual(native.dims, wasm.dims);
        let farthest = 0;
        let largest = 0;
        for (let i = 0; i < native.data.length; i++) {
          farthest = Math.max(farthest, Math.abs(native.data[i]! - wasm.data[i]!));
          largest = Math.max(largest, Math.abs(native.data[i]!));
        }
        assert.ok(largest > 1, 'Expected a network that says something');
        assert.ok(
          farthest <= tolerance,
          `Expected at most ${tolerance} between native and WASM but received ${farthest}`,
        );
      });
    }
  });

  it('is chosen by the environment variable where the settings leave it open', async () => {
    const before = process.env['ALPR_ONNX_RUNTIME'];
    try {
      process.env['ALPR_ONNX_RUNTIME'] = 'wasm';
      assert.match(await described('auto'), /\(wasm\)/);
      assert.match(await described('native'), /\(native\)/);
      process.env['ALPR_ONNX_RUNTIME'] = 'cuda';
      assert.throws(() => cpuDevice({ runtime: 'auto' }), {
        code: 'ALPR_RUNTIME',
        message: 'Expected native or wasm for the environment variable ALPR_ONNX_RUNTIME but received cuda',
      });
    } finally {
      if (before === undefined) delete process.env['ALPR_ONNX_RUNTIME'];
      else process.env['ALPR_ONNX_RUNTIME'] = before;
    }
  });
});

async function described(runtime: 'auto' | 'native'): Promise<string> {
  const device = cpuDevice({ runtime, workers: 1 });
  await device.open(loadManifest(join(models, 'plateflow-reader.json')));
  await device.close();
  return device.describe();
}

async function numbers(manifest: Manifest, runtime: 'native' | 'wasm', size?: { width: number; height: number }) {
  const device = cpuDevice({ runtime, workers: 1 });
  try {
    const network = await device.open(manifest);
    // A picture with edges of all directions, the same every time.
    const pixels = Array.from({ length: 160 * 96 * 3 }, (_, i) => (i * i * 31 + (i >> 5) * 97) % 256);
    const source = sharedPicture(160, 96, pixels);
    const options = size ? { inputSize: size } : {};
    const { results } = await network.run({ source, views: [], options, fairKey: 'a' });
    assert.ok(results[0]!.kind === 'tensors');
    return Object.values(results[0]!.tensors)[0]!;
  } finally {
    await device.close();
  }
}

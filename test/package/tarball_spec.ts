import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { packageRoot, startNodeRed } from '../support/node-red-process.js';

const NODE_SETS = [
  'hailo-device',
  'camera-in',
  'hailo-infer',
  'vehicle-detect',
  'plate-detect',
  'lprnet-read',
  'tracker',
  'blur-gate',
  'overlay',
  'plate-out',
  'plate-list',
  'home-assistant',
  'outbox',
  'plate-log',
  'parking',
];

function npm(args: string[], cwd: string, env: Record<string, string | undefined> = {}): string {
  const result = spawnSync('npm', args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    shell: process.platform === 'win32',
    timeout: 300_000,
  });
  assert.equal(result.status, 0, `npm ${args.join(' ')} failed:\n${result.stderr}`);
  return result.stdout;
}

describe('The package', function () {
  this.timeout(400_000);
  let folder = '';
  let tarball = '';
  let files: string[] = [];

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-package-'));
    const [packed] = JSON.parse(
      npm(['pack', '--json', '--loglevel=error', '--pack-destination', folder], packageRoot),
    ) as {
      filename: string;
      files: { path: string }[];
    }[];
    tarball = path.join(folder, packed!.filename);
    files = packed!.files.map((file) => file.path);
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  for (const set of NODE_SETS) {
    it(`carries ${set} with its editor file, texts and help`, () => {
      for (const file of [`${set}.js`, `${set}.html`, `locales/en-US/${set}.json`, `locales/en-US/${set}.html`]) {
        assert.ok(files.includes(`dist/nodes/${set}/${file}`), file);
      }
    });
  }

  it('carries models, sample, examples, the command, README and licence', () => {
    for (const pattern of [
      /^models\/plateflow-vehicle\.onnx$/,
      /^models\/MODEL_CARD\.md$/,
      /^samples\/road\.mp4$/,
      /^samples\/pictures\/.*\.jpg$/,
      /^examples\/flows\/.*\.json$/,
      /^dist\/src\/cli\/alpr\.js$/,
      /^dist\/nodes\/hailo-device\/icons\/.*\.svg$/,
      /^resources\/areas-editor\.js$/,
      /^resources\/areas\.css$/,
      /^README\.md$/,
      /^LICENSE$/,
    ]) {
      assert.ok(
        files.some((file) => pattern.test(file)),
        String(pattern),
      );
    }
  });

  it('carries nothing that does not run: no sources, tests, benches, training or stray files', () => {
    const allowed =
      /^(dist\/(nodes|src)\/.*\.(js|html|json|svg|wasm)|models\/.*\.(onnx|json|md)|models\/field\/[^/]*\.txt|samples\/.*\.(mp4|jpg|json|md)|resources\/[^/]*\.(js|css)|examples\/flows\/[^/]*\.json|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/;
    assert.deepEqual(
      files.filter((file) => !allowed.test(file)),
      [],
    );
  });

  it('has no install scripts of its own', () => {
    const { scripts } = JSON.parse(fs.readFileSync(path.join(packageRoot, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish', 'preprepare', 'postprepare']) {
      assert.equal(scripts[name], undefined, name);
    }
  });

  const installs: [string, string[], Record<string, string>][] = [
    // As Node-RED's palette manager installs.
    ['as the palette manager does it', [], { ONNXRUNTIME_NODE_INSTALL: 'skip' }],
    ['with install scripts blocked, as npm 12 does', ['--ignore-scripts'], { ONNXRUNTIME_NODE_INSTALL: 'skip' }],
  ];
  for (const [title, flags, env] of installs) {
    it(`installs into an empty Node-RED user directory ${title} and shows all nodes`, async () => {
      const userDirectory = fs.mkdtempSync(path.join(folder, 'user-'));
      fs.writeFileSync(
        path.join(userDirectory, 'package.json'),
        '{"name":"node-red-project","version":"0.0.1","private":true}',
      );
      const common = ['install', '--no-audit', '--no-fund', '--no-update-notifier', '--save', '--save-prefix=~'];
      npm([...common, '--omit=dev', '--engine-strict', ...flags, tarball], userDirectory, env);
      const nodeRed = await startNodeRed({ userDirectory });
      try {
        const response = await fetch(`${nodeRed.url}nodes`, { headers: { accept: 'application/json' } });
        const sets = (await response.json()) as {
          module: string;
          name: string;
          enabled: boolean;
          err?: unknown;
          types: string[];
        }[];
        const ours = sets.filter(({ module }) => module === '@plateflow/node-red-hailo-alpr');
        assert.deepEqual(ours.map(({ name }) => name).sort(), [...NODE_SETS].sort());
        for (const set of ours) {
          assert.equal(set.err, undefined, `${set.name}: ${String(set.err)}`);
          assert.deepEqual([set.enabled, set.types], [true, [`alpr-${set.name}`]]);
        }
        assert.deepEqual(nodeRed.errors(), []);
      } finally {
        await nodeRed.stop();
      }
    });
  }
});

/** The checks of flows.nodered.org's scorecard that need no network (P01, P03–P07, N02, D01). */
describe('The scorecard', () => {
  const manifest = JSON.parse(fs.readFileSync(path.join(packageRoot, 'package.json'), 'utf8')) as {
    name: string;
    license: string;
    repository?: unknown;
    bugs?: unknown;
    keywords: string[];
    engines: { node: string };
    dependencies: Record<string, string>;
    optionalDependencies: Record<string, string>;
    'node-red': { version: string; nodes: Record<string, string> };
  };

  it('finds licence, repository, scope, keyword and versions', () => {
    assert.equal(manifest.license, 'MIT');
    assert.ok(manifest.repository && manifest.bugs);
    assert.match(manifest.name, /^@[^/]+\//);
    assert.ok(manifest.keywords.includes('node-red'));
    assert.equal(manifest['node-red'].version, '>=4.0.0');
    assert.equal(manifest.engines.node, '>=20.9');
  });

  it('finds at most six dependencies', () => {
    assert.ok(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }).length <= 6);
  });

  it('finds every node type in an example flow', () => {
    const examples = path.join(packageRoot, 'examples', 'flows');
    const used = new Set(
      fs
        .readdirSync(examples)
        .flatMap((file) => JSON.parse(fs.readFileSync(path.join(examples, file), 'utf8')) as { type: string }[])
        .map(({ type }) => type),
    );
    for (const set of Object.keys(manifest['node-red'].nodes)) assert.ok(used.has(`alpr-${set}`), set);
  });
});

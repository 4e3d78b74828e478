import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '..', '..');
const names = readdirSync(join(root, 'nodes'));

describe('loading the nodes', () => {
  it('finds a file for every node set that package.json names, and no other', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      'node-red': { nodes: Record<string, string> };
    };
    const sets = manifest['node-red'].nodes;
    assert.deepEqual(Object.keys(sets).sort(), [...names].sort());
    for (const [set, file] of Object.entries(sets)) assert.equal(file, `dist/nodes/${set}/${set}.js`);
  });

  it('registers one type per set and loads no native library: Node-RED must start where none of them works', async () => {
    const script = `
      const types = {};
      const red = (set) => ({
        nodes: { registerType: (type) => (types[set] = [...(types[set] ?? []), type]) },
        httpAdmin: { get: () => undefined, post: () => undefined },
        auth: { needsPermission: () => undefined },
      });
      for (const set of ${JSON.stringify(names)}) require('./nodes/' + set + '/' + set + '.ts')(red(set));
      const native = Object.keys(require.cache).filter((path) => /node_modules.(sharp|koffi|onnxruntime|@img|libsql|@libsql|pg)/.test(path));
      process.stdout.write(JSON.stringify({ types, native }));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-r', 'tsx/cjs', '-e', script], { cwd: root });
    const { types, native } = JSON.parse(stdout) as { types: Record<string, string[]>; native: string[] };
    assert.deepEqual(native, []);
    assert.deepEqual(types, Object.fromEntries(names.map((name) => [name, [`alpr-${name}`]])));
  });
});

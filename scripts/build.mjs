// Compiles TypeScript to dist/ and puts beside it what Node-RED expects there: editor files, locales and icons.
// Usage: node scripts/build.mjs [--if-needed]
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const dist = path.join(root, 'dist');
const stamp = path.join(dist, '.built');

/** Newest modification time below a folder, ms. */
function newest(folder) {
  let latest = fs.statSync(folder).mtimeMs;
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(full) : fs.statSync(full).mtimeMs);
  }
  return latest;
}

function upToDate() {
  if (!fs.existsSync(stamp)) return false;
  const built = fs.statSync(stamp).mtimeMs;
  const inputs = ['nodes', 'src', 'icons'].map((name) => newest(path.join(root, name)));
  inputs.push(fs.statSync(path.join(root, 'tsconfig.json')).mtimeMs);
  return Math.max(...inputs) < built;
}

/** Copies every non-TypeScript file of `from` to the same place below `to`. */
function copyAssets(from, to) {
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const source = path.join(from, entry.name);
    const target = path.join(to, entry.name);
    if (entry.isDirectory()) copyAssets(source, target);
    else if (!entry.name.endsWith('.ts')) {
      fs.mkdirSync(path.dirname(target), { recursive: true });
      fs.copyFileSync(source, target);
    }
  }
}

if (process.argv.includes('--if-needed') && upToDate()) process.exit(0);

// Built beside and moved into place: a Node-RED that runs from dist never sees half a build, and deleted sources leave nothing behind.
const fresh = path.join(root, `dist-${process.pid}`);
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', root, '--outDir', fresh], { stdio: 'inherit' });
if (status !== 0) {
  fs.rmSync(fresh, { recursive: true, force: true });
  process.exit(status ?? 1);
}
copyAssets(path.join(root, 'nodes'), path.join(fresh, 'nodes'));
// Node-RED looks for icons only beside a node's .js file, and once per module is enough for all of its nodes.
copyAssets(path.join(root, 'icons'), path.join(fresh, 'nodes', 'hailo-device', 'icons'));
fs.writeFileSync(path.join(fresh, '.built'), '');
fs.rmSync(dist, { recursive: true, force: true });
fs.renameSync(fresh, dist);

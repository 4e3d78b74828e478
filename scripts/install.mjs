// Installs the dependencies when they are missing or older than the lock file. Used by every script that a newcomer may run first.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Runs npm with its output shown; returns its exit status. */
export function npm(args, options = {}) {
  // onnxruntime-node's install script would download CUDA libraries that nothing here uses.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  // npm is a .cmd file on Windows, which only a shell can start.
  const result = spawnSync('npm', args, {
    stdio: 'inherit',
    cwd: root,
    shell: process.platform === 'win32',
    env,
    ...options,
  });
  return result.status ?? 1;
}

export function installIfNeeded() {
  const lock = path.join(root, 'package-lock.json');
  const installed = path.join(root, 'node_modules', '.package-lock.json');
  if (fs.existsSync(installed) && fs.statSync(installed).mtimeMs >= fs.statSync(lock).mtimeMs) return;
  console.log('Installing dependencies …');
  const status = npm(['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  if (status !== 0) {
    console.error(
      'npm could not install the dependencies (see above). Is the network or the npm registry out of reach?',
    );
    process.exit(status);
  }
}

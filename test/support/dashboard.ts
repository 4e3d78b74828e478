import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { packageRoot } from './node-red-process.js';

const NAME = '@flowfuse/node-red-dashboard';
const VERSION = '1.31.0';

/**
 * FlowFuse Dashboard 2, fetched once into .cache: it is large, only two suites need it, and Node-RED would load it in every other
 * test if it were among our own modules.
 *
 * @returns modules to start Node-RED with; undefined when npm cannot fetch it (on CI that is an error)
 */
export function dashboardModule(): Record<string, string> | undefined {
  const folder = path.join(packageRoot, '.cache', `dashboard-${VERSION}`);
  const home = path.join(folder, 'node_modules', NAME);
  const isComplete = path.join(folder, 'complete');
  if (!fs.existsSync(isComplete)) {
    fs.mkdirSync(folder, { recursive: true });
    const flags = ['--prefix', folder, '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts'];
    const { status, stderr } = spawnSync('npm', ['install', ...flags, `${NAME}@${VERSION}`], {
      cwd: folder,
      encoding: 'utf8',
      shell: process.platform === 'win32',
      timeout: 300_000,
    });
    if (status !== 0) {
      const reason = `Expected npm to fetch ${NAME} ${VERSION} but received: ${String(stderr).slice(-400)}`;
      if (process.env['CI']) throw new Error(reason);
      console.log(`      ${reason}`);
      return undefined;
    }
    fs.writeFileSync(isComplete, '');
  }
  return { [NAME]: home };
}

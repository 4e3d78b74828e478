// `npm test`: installs and builds what is missing, then lints and runs all tests: on this Node.js with Node-RED 4.1, and those that
// meet Node-RED again with Node-RED 5 on Node.js 22. Ends with one line: N passed, N failed, N skipped.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { installIfNeeded, npm, root } from './install.mjs';

const artifacts = path.join(root, '.artifacts');
const bin = (...names) => path.join(root, 'node_modules', ...names);
const total = { passed: 0, failed: 0, skipped: 0 };

installIfNeeded();
fs.mkdirSync(artifacts, { recursive: true });

step('build', process.execPath, [path.join(root, 'scripts', 'build.mjs')]);
step('types of tests, benches and scripts', process.execPath, [
  bin('typescript', 'bin', 'tsc'),
  '-p',
  path.join(root, 'test'),
]);
step('eslint', process.execPath, [bin('eslint', 'bin', 'eslint.js'), root]);
step('prettier', process.execPath, [bin('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level', 'warn', root]);

mocha(`Node.js ${process.versions.node} and Node-RED 4.1`, process.execPath, {}, ['test']);
const five = nodeRedFive();
if (five !== undefined) {
  const env = { ALPR_NODE: five.node, ALPR_NODE_RED: five.red, ALPR_NODE_RED_MODULE: five.module };
  // These are long, and about networks, ffmpeg and processes: what Node-RED does in them, others see as well.
  const once = ['datasets', 'detail', 'live-detail', 'camera_soak'].map((name) => `test/flows/${name}_spec.ts`);
  mocha(
    'Node.js 22 and Node-RED 5',
    five.node,
    env,
    ['test/nodes', 'test/node-red', 'test/editor', 'test/flows'],
    once,
  );
}

console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed > 0 ? 1 : 0);

/** A check that passes or fails as a whole; it counts as one test. */
function step(title, command, args) {
  console.log(`\n== ${title}`);
  const { status } = spawnSync(command, args, { stdio: 'inherit', cwd: root });
  if (status === 0) total.passed++;
  else total.failed++;
  // Tests against yesterday's build would say nothing.
  if (status !== 0 && title === 'build') {
    console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
    process.exit(1);
  }
}

/** @param ignored specs that are left out */
function mocha(title, node, env, folders, ignored = []) {
  console.log(`\n== Tests on ${title}`);
  const summary = path.join(artifacts, 'summary.json');
  fs.rmSync(summary, { force: true });
  const specs = folders
    .filter((folder) => fs.existsSync(path.join(root, folder)))
    .map((folder) => `${folder}/**/*_spec.ts`);
  const args = [
    bin('mocha', 'bin', 'mocha.js'),
    '--reporter',
    path.join(root, 'scripts', 'mocha-reporter.cjs'),
    ...ignored.flatMap((spec) => ['--ignore', spec]),
    ...specs,
  ];
  const { status } = spawnSync(node, args, {
    stdio: 'inherit',
    cwd: root,
    env: { ...process.env, ...env, ALPR_TEST_SUMMARY: summary },
  });
  if (!fs.existsSync(summary)) {
    console.error(`The test runner ended with ${status} before it could say how many tests ran.`);
    total.failed++;
    return;
  }
  const sums = JSON.parse(fs.readFileSync(summary, 'utf8'));
  for (const key of Object.keys(total)) total[key] += sums[key];
  if (status !== 0 && sums.failed === 0) total.failed++;
}

/** Node.js 22 (from npm's `node` package) with Node-RED 5 in a side folder: as a dependency it would shadow `node` in every npm script. */
function nodeRedFive() {
  const folder = path.join(root, '.cache', 'nr5');
  const paths = {
    node: path.join(folder, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node'),
    red: path.join(folder, 'node_modules', 'node-red', 'red.js'),
    module: path.join(folder, 'node_modules', 'node-red'),
  };
  if (!fs.existsSync(paths.red) || !fs.existsSync(paths.node)) {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
    const status = npm(['install', '--no-audit', '--no-fund', '--loglevel=error', 'node@22', 'node-red@5'], {
      cwd: folder,
    });
    if (status !== 0) {
      if (process.env.CI) total.failed++;
      else total.skipped++;
      console.error('Tests on Node-RED 5 are left out: npm could not install node@22 and node-red@5 (see above).');
      return undefined;
    }
  }
  return paths;
}

// `npm run alpr -- …`: the command of the checkout, installed and built on first use.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { installIfNeeded, root } from './install.mjs';

installIfNeeded();
const run = (file, args) => spawnSync(process.execPath, [file, ...args], { stdio: 'inherit' }).status ?? 1;
const built = run(path.join(root, 'scripts', 'build.mjs'), ['--if-needed']);
process.exit(built || run(path.join(root, 'dist', 'src', 'cli', 'alpr.js'), process.argv.slice(2)));

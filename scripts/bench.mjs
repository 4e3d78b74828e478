// `npm run bench`: every bench in bench/ one after the other, or those named: `npm run bench -- image flow`. Prints tables, asserts nothing.
// Options behind the names go to each of them: `npm run bench -- soak --minutes 3`.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { installIfNeeded, root } from './install.mjs';

installIfNeeded();
const folder = path.join(root, 'bench');
// A bench says in its first comment how to run it; the other files are what benches share.
const isBench = (file) => fs.readFileSync(path.join(folder, file), 'utf8').split('*/')[0].includes('Run: ');
const all = fs.readdirSync(folder).filter(isBench);
const names = all.map((file) => path.parse(file).name);
const words = process.argv.slice(2);
const firstOption = words.findIndex((word) => word.startsWith('-'));
const chosen = firstOption < 0 ? words : words.slice(0, firstOption);
const options = words.slice(chosen.length);
const unknown = chosen.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`Expected some of ${names.join(', ')} but received ${unknown.join(', ')}`);
  process.exit(2);
}
let failed = 0;
// The soak takes ten minutes: only when it is asked for.
for (const name of chosen.length > 0 ? chosen : names.filter((bench) => bench !== 'soak')) {
  console.log(`\n# ${name}`);
  const args = ['--import', 'tsx', path.join(folder, `${name}.ts`), ...options];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', cwd: root });
  if (status !== 0) failed++;
}
process.exit(failed > 0 ? 1 : 0);

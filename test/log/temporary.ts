import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A folder of its own for every test of the calling suite, gone after it. */
export function temporaryFolder(): { path: (...names: string[]) => string } {
  let folder = '';
  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-log-'))));
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return { path: (...names) => path.join(folder, ...names) };
}

/** All bytes of the files whose names begin with this path: a database and its journals. */
export function bytesOf(file: string): Buffer {
  const folder = path.dirname(file);
  const names = fs.readdirSync(folder).filter((name) => name.startsWith(path.basename(file)));
  return Buffer.concat(names.map((name) => fs.readFileSync(path.join(folder, name))));
}

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import type { ServerResponse } from 'node:http';
import type { Plate } from '../../src/detection/types.js';
import { basicLogin, CameraServer, part, picture, stream } from '../support/camera-server.js';
import { packageRoot } from '../support/node-red-process.js';

const password = 'sesam-oeffne-dich';
const user = 'der-pfoertner';

describe('alpr read with a camera', function () {
  this.timeout(120_000);
  let server: CameraServer;
  const jpeg = fs.readFileSync(path.join(packageRoot, 'samples', 'pictures', '05.jpg'));
  beforeEach(async () => {
    server = await new CameraServer().start();
  });
  afterEach(() => server.close());

  /** Asked to end once it has printed something, if `stops`. */
  async function alpr(
    args: string[],
    stops: boolean,
  ): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const command = path.join(packageRoot, 'src', 'cli', 'alpr.ts');
    const child = spawn(process.execPath, ['--require', 'tsx/cjs', command, 'read', ...args], {
      cwd: packageRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ALPR_USER: user, ALPR_PASSWORD: password },
    });
    let [stdout, stderr] = ['', ''];
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdout.on('data', (chunk: Buffer) => {
      const isFirst = !stdout.includes('\n');
      stdout += chunk.toString();
      // The second one would end it at once.
      if (stops && isFirst && stdout.includes('\n')) child.kill('SIGINT');
    });
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  }

  it('reads plates from a stream behind a login until Ctrl-C', async () => {
    let timer: NodeJS.Timeout | undefined;
    const answer = stream('multipart/x-mixed-replace; boundary=frame', (response: ServerResponse) => {
      timer = setInterval(() => response.write(part(jpeg)), 200);
      response.once('close', () => clearInterval(timer));
    });
    server.on('/video', basicLogin(user, password, answer));
    const { code, stdout, stderr } = await alpr([server.url('/video'), '--json'], true);
    clearInterval(timer);
    assert.equal(code, 0, stderr);
    const { plates, file } = JSON.parse(stdout.split('\n')[0]!) as { plates: Plate[]; file: string };
    const texts = plates.map(({ text }) => text);
    assert.ok(texts.includes('51G38472') && texts.includes('MKT4827'), texts.join());
    assert.equal(file, server.url('/video'));
    assert.ok(!`${stdout}${stderr}`.includes(password));
  });

  it('says why a camera cannot be read, without the login', async () => {
    server.on('/picture', basicLogin('somebody', 'else', picture(jpeg)));
    const address = server.url('/picture').replace('://', `://${user}:${password}@`);
    const { code, stderr } = await alpr([address, '--every', '1'], false);
    assert.equal(code, 1);
    assert.match(stderr, /Expected .*127\.0\.0\.1/);
    for (const secret of [user, password]) assert.ok(!stderr.includes(secret), stderr);
  });
});

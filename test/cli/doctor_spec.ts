import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { report } from '../../src/cli/doctor.js';
import type { Finding } from '../../src/doctor/finding.js';
import { makeStub, skipWithoutCompiler } from '../support/hailort-stub/stub.js';
import { packageRoot } from '../support/node-red-process.js';

const hasHailo = fs.existsSync('/sys/class/hailo_chardev');

function alpr(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const command = path.join(packageRoot, 'src', 'cli', 'alpr.ts');
  return spawnSync(process.execPath, ['--require', 'tsx/cjs', command, 'doctor', ...args], {
    cwd: packageRoot,
    encoding: 'utf8',
  });
}

describe('alpr doctor', function () {
  this.timeout(60_000);
  let folder = '';
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-doctor-'));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('says on a machine without a Hailo that there is nothing to fix, and exits with 0', function () {
    if (hasHailo) {
      console.log('skipped: this machine has a Hailo');
      this.skip();
    }
    const { status, stdout, stderr } = alpr();
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /^info {4}No Hailo accelerator found/m);
    assert.match(stdout, /^ok {6}Networks on the CPU run on ONNX Runtime/m);
    assert.match(stdout, /^ok {6}Models for the CPU: .*plateflow-plate/m);
    assert.match(stdout, /\nNothing to fix\.\n$/);
    assert.ok(!stdout.includes('\x1b'), 'no colours where nobody watches');
  });

  it('prints the findings as JSON', () => {
    const { stdout } = alpr('--json');
    const findings = JSON.parse(stdout) as Finding[];
    assert.ok(findings.length >= 4);
    for (const { id, level, title } of findings) {
      assert.ok(id !== '' && title !== '');
      assert.ok(['ok', 'info', 'warning', 'error'].includes(level), level);
    }
  });

  it('says of a library that is a text file what it is, and exits with 1', () => {
    const library = path.join(folder, 'libhailort.so');
    fs.writeFileSync(library, 'this is no library');
    const { status, stdout } = alpr('--library', library);
    assert.equal(status, 1);
    assert.match(stdout, /^ERROR {3}.*libhailort\.so: it is no shared library \(text/m);
    assert.match(stdout, /→ Correct the path/);
  });

  it('says of a library that is not there that it is not, and exits with 1', () => {
    const { status, stdout } = alpr('--library', path.join(folder, 'nowhere', 'libhailort.so'), '--json');
    assert.equal(status, 1);
    const finding = (JSON.parse(stdout) as Finding[]).find(({ id }) => id === 'library');
    assert.equal(finding?.level, 'error');
    assert.match(finding.title, /ENOENT/);
  });

  it('asks the library that it is given', function () {
    skipWithoutCompiler(this);
    const stub = makeStub({ version: '4.23.0', devices: [{ id: '0000:01:00.0', architecture: 'hailo8l' }] });
    try {
      const { status, stdout } = alpr('--library', stub.path);
      assert.match(stdout, /^ok {6}HailoRT 4\.23\.0 loaded from .*libhailort\.so$/m);
      assert.match(stdout, /^ok {6}Hailo-8L at 0000:01:00\.0 answers: firmware 4\.23\.0/m);
      assert.equal(status, 0, stdout);
      stub.set({ faults: [{ call: 'hailo_create_device_by_id', status: 76 }] });
      const other = alpr('--library', stub.path);
      assert.match(other.stdout, /^ERROR {3}Device 0000:01:00\.0 cannot be used: .*76\)$/m);
      assert.equal(other.status, 1);
    } finally {
      stub.remove();
    }
  });

  it('finds a broken manifest and a damaged model in a folder of models', () => {
    const models = path.join(folder, 'models');
    fs.mkdirSync(models);
    fs.writeFileSync(path.join(models, 'broken.json'), '{');
    const own = fs.readFileSync(path.join(packageRoot, 'models', 'plateflow-plate.json'), 'utf8');
    fs.writeFileSync(path.join(models, 'plateflow-plate.json'), own);
    fs.writeFileSync(path.join(models, 'plateflow-plate.onnx'), 'short');
    const { status, stdout } = alpr('--models', models);
    assert.equal(status, 1);
    assert.match(stdout, /^ERROR .*broken\.json/m);
    assert.match(stdout, /^ERROR .*plateflow-plate\.onnx .* but received 5/m);
  });

  it('refuses what it does not know', () => {
    assert.equal(alpr('--fix').status, 2);
    const { status, stderr } = alpr('hailo0');
    assert.equal(status, 2);
    assert.match(stderr, /options only.*'hailo0'/);
    assert.match(alpr('--help').stdout, /--library PATH/);
  });
});

describe('The report of findings', () => {
  const findings: Finding[] = [
    { id: 'a', level: 'error', title: 'Broken', fix: 'Mend it' },
    { id: 'b', level: 'ok', title: 'Fine' },
    { id: 'c', level: 'warning', title: 'Slow', fix: 'Push it' },
    { id: 'd', level: 'error', title: 'Gone' },
  ];

  it('has the worst last, what to do below each, and how many there are', () => {
    assert.equal(
      report(findings, true),
      [
        'ok      Fine',
        'warning Slow',
        '        → Push it',
        'ERROR   Broken',
        '        → Mend it',
        'ERROR   Gone',
        '',
        '2 errors, 1 warning. More in docs/hailo.md.',
        '',
      ].join('\n'),
    );
  });

  it('has coloured signs on a terminal', () => {
    const lines = report(findings, false).split('\n');
    assert.equal(lines[0], '\x1b[32m✔\x1b[0m Fine');
    assert.equal(lines[3], '\x1b[31m✖\x1b[0m Broken');
    assert.equal(lines[4], '  → Mend it');
  });
});

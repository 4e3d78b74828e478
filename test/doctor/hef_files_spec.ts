import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Finding } from '../../src/doctor/finding.js';
import { examine } from '../../src/doctor/examine.js';
import type { HefTarget, Manifest, ModelFile } from '../../src/models/manifest.js';
import { writeHef } from '../support/hailort-stub/hef-file.js';
import { answering, HAILO_8, Machine, optionsFor, probeOf } from './machine.js';

const network = {
  name: 'plates',
  inputs: [{ name: 'input_layer1', height: 64, width: 64, features: 3 }],
  outputs: [{ name: 'nms', nms: { classes: 1, maxPerClass: 10 } }],
};
const LFS_POINTER = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n';

describe('The doctor looks at HEF files:', () => {
  let folder = '';
  let machine: Machine;
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-hefs-'));
    machine = new Machine({ chip: HAILO_8 });
  });
  after(() => {
    fs.rmSync(folder, { recursive: true, force: true });
    machine.remove();
  });

  function manifestOf(name: string, hef: Partial<Record<HefTarget, ModelFile>>): Manifest {
    return {
      manifestVersion: 1,
      name,
      title: name,
      task: 'plates',
      version: '1',
      files: { hef },
      input: { width: 64, height: 64, colour: 'RGB', layout: 'NHWC', type: 'uint8', fit: 'stretch' },
      output: { decoder: 'hailo-nms', labels: ['plate'] },
      licence: 'MIT',
      source: 'made by the test',
      directory: folder,
    };
  }

  /** A model whose file is `make`'s work. */
  function model(name: string, target: HefTarget, make: (file: string) => void = () => undefined): Manifest {
    const file = `${name}.${target}.hef`;
    make(path.join(folder, file));
    return manifestOf(name, { [target]: { file } });
  }

  const good = (architecture: number) => (file: string) => writeHef(file, network, { architecture });

  async function look(chip: 'hailo8' | 'hailo8l', manifests: Manifest[], library = '4.23.0'): Promise<Finding[]> {
    const probe = probeOf(library, [answering(chip)]);
    const findings = await examine(optionsFor(machine, probe, { manifests }));
    return findings.filter(({ id }) => id === 'hef');
  }

  it('one for the chip is ready; models without a file for it are named', async () => {
    const manifests = [model('mine', 'hailo8l', good(3)), model('other', 'hailo8', good(1))];
    const findings = await look('hailo8l', manifests);
    assert.deepEqual(
      findings.map(({ level, title }) => [level, title]),
      [
        ['ok', 'Ready for the Hailo-8L: mine'],
        ['info', 'Models without a file for the Hailo-8L: other'],
      ],
    );
  });

  it('a Hailo-8 takes the file for 8L where there is none of its own', async () => {
    const findings = await look('hailo8', [model('light', 'hailo8l', good(3))]);
    assert.deepEqual(
      findings.map(({ level, title }) => [level, title]),
      [['ok', 'Ready for the Hailo-8: light']],
    );
  });

  it('nothing fetched yet: a warning with the command; something fetched: just to know', async () => {
    const absent = manifestOf('absent', { hailo8: { file: 'absent.hef', url: 'https://models.example/absent.hef' } });
    const [none] = await look('hailo8', [model('by-hand', 'hailo8'), absent]);
    assert.equal(none?.level, 'warning');
    assert.equal(none.title, 'Not fetched for the Hailo-8: by-hand, absent');
    assert.match(none.fix!, /alpr models pull absent/);
    const [manual] = await look('hailo8', [model('by-hand', 'hailo8')]);
    assert.match(manual!.fix!, /offer no download/);
    const some = await look('hailo8', [model('absent', 'hailo8'), model('here', 'hailo8', good(1))]);
    assert.deepEqual(
      some.map(({ level }) => level),
      ['ok', 'info'],
    );
  });

  const misfits: { what: string; make: (file: string) => void; title: RegExp; fix: RegExp }[] = [
    { what: 'for the wrong chip', make: good(1), title: /Hailo-8L.*Hailo-8/, fix: /hailo8l/ },
    { what: 'for a Hailo-10H', make: good(103), title: /Hailo-8, 8R or 8L/, fix: /compiled for this chip/ },
    {
      what: 'a Git-LFS pointer',
      make: (file) => fs.writeFileSync(file, LFS_POINTER),
      title: /Git-LFS/,
      fix: /git lfs pull/,
    },
    { what: 'a text', make: (file) => fs.writeFileSync(file, 'not a network at all'), title: /a text/, fix: /Fetch/ },
    {
      what: 'cut off in its header',
      make: (file) => writeHef(file, network, { architecture: 3, truncate: 40 }),
      title: /cut/,
      fix: /./,
    },
  ];
  for (const [index, { what, make, title, fix }] of misfits.entries()) {
    it(`one ${what} is an error with what to do, and names the model`, async () => {
      const findings = await look('hailo8l', [model(`misfit${index}`, 'hailo8l', make)]);
      assert.equal(findings.length, 1, JSON.stringify(findings));
      assert.equal(findings[0]!.level, 'error');
      assert.ok(findings[0]!.title.startsWith(`misfit${index}: Expected`), findings[0]!.title);
      assert.match(findings[0]!.title, title);
      assert.match(findings[0]!.fix!, fix);
    });
  }

  it('one whose size or checksum is not the manifest says so before it is read', async () => {
    const file = 'short.hailo8.hef';
    writeHef(path.join(folder, file), network, { truncate: 500 });
    const entry = { file, size: 5000, sha256: '0'.repeat(64), url: 'https://models.example/short.hef' };
    const [finding] = await look('hailo8', [manifestOf('short', { hailo8: entry })]);
    assert.equal(finding?.level, 'error');
    assert.match(finding.title, /5000 bytes.*500/);
  });

  it('nothing is said of them with a library that cannot use them', async () => {
    assert.deepEqual(await look('hailo8', [model('later', 'hailo8', good(1))], '5.2.0'), []);
  });
});

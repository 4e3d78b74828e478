import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ListEntry } from '../../src/lists/entry.js';
import { KnownPlates, type KnownPlatesSettings } from '../../src/lists/known-plates.js';
import type { Sighting } from '../../src/lists/sighting.js';

const seen = (plate: string, more: Partial<Sighting> = {}): Sighting => {
  return { plate, confidence: 0.95, agreeing: 3, event: 'final', hashed: false, ...more };
};
const allow = (plate: string): ListEntry => ({ plate, rule: 'allow' });

describe('Known plates', function () {
  this.timeout(60_000);
  let folder = '';
  let file = '';
  let store = '';
  let reports: (string | undefined)[] = [];
  let plates: KnownPlates | undefined;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-known-'));
    file = path.join(folder, 'plates.csv');
    store = path.join(folder, 'added.json');
    reports = [];
  });
  afterEach(() => {
    plates?.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  async function open(settings: Partial<KnownPlatesSettings> = {}): Promise<KnownPlates> {
    const whole: KnownPlatesSettings = {
      entries: [],
      file: '',
      store: '',
      limits: { allow: 0, alert: 0.5, deny: 0.5 },
      gate: { minReads: 2, minConfidence: 0.8, cooldownMs: 0 },
      ...settings,
    };
    plates = new KnownPlates(whole, (message) => void reports.push(message), { timing: { pollMs: 100, settleMs: 40 } });
    await plates.start();
    return plates;
  }

  const codes = (known: KnownPlates, ...texts: string[]): string[] => texts.map((text) => known.judge(seen(text)).code);
  const errors = (): string[] => reports.filter((message) => message !== undefined);

  async function until(condition: () => boolean, what: string): Promise<void> {
    for (let waited = 0; !condition(); waited += 20) {
      assert.ok(waited < 15_000, `Expected ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it('are those of the flow, of the file and of messages together', async () => {
    fs.writeFileSync(file, 'plate;rule\nCD2;allow\nXX9;deny\n');
    fs.writeFileSync(store, '[{"plate":"EF3","rule":"allow"}]');
    const known = await open({ entries: [allow('AB1')], file, store });
    assert.deepEqual(codes(known, 'ab-1', 'cd 2', 'EF3', 'XX9', 'GH4'), [
      'listed',
      'listed',
      'listed',
      'denied',
      'unknown',
    ]);
    assert.deepEqual([known.size, known.health], [4, { level: 'good', text: '4 plates' }]);
    const { entries } = await known.act('list', undefined);
    assert.deepEqual(entries, [
      { ...allow('AB1'), source: 'dialog' },
      { ...allow('CD2'), source: 'file' },
      { plate: 'XX9', rule: 'deny', source: 'file' },
      { ...allow('EF3'), source: 'message' },
    ]);
    assert.deepEqual(errors(), []);
  });

  it('follow the file', async () => {
    fs.writeFileSync(file, 'plate;rule\nAB1;allow\n');
    const known = await open({ file });
    fs.writeFileSync(file, 'plate;rule\nCD2;allow\n');
    await until(() => codes(known, 'CD2')[0] === 'listed', 'the new list');
    assert.deepEqual(codes(known, 'AB1'), ['unknown']);
  });

  it('name bad rows of the file, and count the others', async () => {
    fs.writeFileSync(file, 'plate;rule\nAB1;allow\nCD2;alow\n');
    const known = await open({ file });
    assert.deepEqual(codes(known, 'AB1', 'CD2'), ['listed', 'unknown']);
    assert.deepEqual(known.health, { level: 'partly', text: '1 plate, 1 bad' });
    assert.equal(errors().length, 1);
    assert.match(errors()[0]!, /line 3, rule: Expected allow, alert or deny but received "alow"$/);
  });

  it('let nobody in while the file is missing, not even those of the flow, and say so', async () => {
    const known = await open({ entries: [allow('AB1'), { plate: 'CD2', rule: 'alert' }], file });
    assert.deepEqual(codes(known, 'AB1', 'ZZ9'), ['no-list', 'no-list']);
    assert.equal(known.judge(seen('CD2')).verdict, 'alert');
    assert.deepEqual(known.health, { level: 'failed', text: 'list missing' });
    assert.match(errors()[0]!, /Expected a list of plates at .* received no such file; nobody is let in$/);
    fs.writeFileSync(file, 'plate;rule\n');
    await until(() => codes(known, 'AB1')[0] === 'listed', 'the list to be found');
    assert.deepEqual([known.health.level, reports.at(-1)], ['good', undefined]);
  });

  it('let nobody in while the file was never good', async () => {
    fs.writeFileSync(file, 'AB1 is allowed\n');
    const known = await open({ entries: [allow('AB1')], file });
    assert.deepEqual(codes(known, 'AB1'), ['no-list']);
    assert.deepEqual(known.health, { level: 'failed', text: 'list broken' });
  });

  it('stay what they were when the file breaks later, and nobody of it is left when it is deleted', async () => {
    fs.writeFileSync(file, 'plate;rule\nAB1;allow\n');
    const known = await open({ file });
    fs.writeFileSync(file, 'half a fi');
    await until(() => known.health.level === 'failed', 'the broken list to be noticed');
    assert.deepEqual([codes(known, 'AB1'), known.health.text], [['listed'], 'list broken']);
    assert.match(errors().at(-1)!, /the list that was read before still counts$/);
    fs.rmSync(file);
    await until(() => known.health.text === 'list missing', 'the deletion to be noticed');
    assert.deepEqual(codes(known, 'AB1'), ['no-list']);
  });

  it('let nobody in while the added plates cannot be read, and leave their file alone', async () => {
    fs.writeFileSync(store, 'broken');
    const known = await open({ entries: [allow('AB1')], store });
    assert.deepEqual(codes(known, 'AB1'), ['no-list']);
    await assert.rejects(known.act('add', allow('CD2')), { code: 'ALPR_LIST_STORE' });
    assert.equal(fs.readFileSync(store, 'utf8'), 'broken');
    fs.writeFileSync(store, '[]');
    assert.deepEqual(await known.act('reload', undefined), { action: 'reload', plates: 1 });
    assert.deepEqual(codes(known, 'AB1'), ['listed']);
  });

  it('are added, replaced and taken out by messages, and stay for the next start', async () => {
    const known = await open({ store });
    assert.deepEqual(await known.act('add', [allow('AB1'), allow('CD2')]), { action: 'add', plates: 2, added: 2 });
    assert.deepEqual(await known.act('Add', { plate: 'ab 1', rule: 'deny' }), { action: 'add', plates: 2, added: 1 });
    assert.deepEqual(codes(known, 'AB1', 'CD2'), ['denied', 'listed']);
    known.close();
    const again = await open({ store });
    assert.deepEqual(codes(again, 'AB1', 'CD2'), ['denied', 'listed']);
    assert.deepEqual(await again.act('remove', 'ab-1'), { action: 'remove', plates: 1, removed: 1, notRemoved: 0 });
    assert.deepEqual(await again.act('clear', undefined), { action: 'clear', plates: 0, removed: 1 });
    assert.deepEqual(codes(again, 'AB1', 'CD2'), ['unknown', 'unknown']);
  });

  it('of the flow are not taken out by a message, but a denial that is added counts at once', async () => {
    const known = await open({ entries: [allow('AB1')] });
    assert.deepEqual(await known.act('remove', ['AB1', 'CD2']), {
      action: 'remove',
      plates: 1,
      removed: 0,
      notRemoved: 2,
    });
    await known.act('add', { plate: 'AB1', rule: 'deny' });
    const { code, ambiguous } = known.judge(seen('AB1'));
    assert.deepEqual([code, ambiguous], ['denied', true]);
  });

  it('take the good entries of a message and name the others', async () => {
    const known = await open();
    const reply = await known.act('add', [allow('AB1'), { plate: 'CD2', rule: 'maybe' }]);
    assert.deepEqual(
      [reply.added, reply.problems?.map(({ place, field }) => `${place} ${field}`)],
      [1, ['entry 2 rule']],
    );
  });

  const wrong: [string, string, unknown, string, RegExp][] = [
    [
      'an unknown action',
      'open',
      'AB1',
      'ALPR_LIST_ACTION',
      /Expected add, remove, list, clear, reload .* received "open"/,
    ],
    [
      'nothing to add',
      'add',
      undefined,
      'ALPR_LIST_ENTRY',
      /entry 1: Expected an object with plate and rule but received nothing/,
    ],
    ['an empty list to add', 'add', [], 'ALPR_LIST_ENTRY', /received none$/],
    ['only bad entries', 'add', [{ plate: 'AB1' }], 'ALPR_LIST_ENTRY', /entry 1, rule/],
    ['nothing to remove', 'remove', undefined, 'ALPR_LIST_ENTRY', /Expected plates/],
    ['no plate to remove', 'remove', [' '], 'ALPR_LIST_ENTRY', /Expected plates/],
  ];
  for (const [title, action, what, code, message] of wrong) {
    it(`refuse ${title}`, async () => {
      const known = await open();
      await assert.rejects(known.act(action, what), { code, message });
      assert.equal(known.size, 0);
    });
  }

  it('say why a reload failed, to who asked for it only', async () => {
    fs.writeFileSync(file, 'plate;rule\nAB1;allow\n');
    const known = await open({ file });
    fs.writeFileSync(file, 'broken');
    await assert.rejects(known.act('reload', undefined), { code: 'ALPR_LIST_FILE', message: /still counts$/ });
    assert.deepEqual(errors(), []);
    assert.deepEqual(codes(known, 'AB1'), ['listed']);
  });

  it('know nobody by a hash', async () => {
    const known = await open({ entries: [allow('ABCDEF123456')] });
    assert.equal(known.judge(seen('ABCDEF123456', { hashed: true })).code, 'unknown');
  });
});

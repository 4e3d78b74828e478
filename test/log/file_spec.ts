import assert from 'node:assert/strict';
import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import type { Worker } from 'node:worker_threads';
import { openLibsqlFile } from '../../src/log/backends/libsql-file.js';
import { LogError } from '../../src/log/errors.js';
import { FileStore } from '../../src/log/file-store.js';
import { openLog } from '../../src/log/open.js';
import { forgetQuery, searchQuery } from '../../src/log/query.js';
import { migrate, SCHEMA_VERSION } from '../../src/log/sql/schema.js';
import type { Backend } from '../../src/log/sql/sql.js';
import { SqlStore } from '../../src/log/store.js';
import { DAY, entry, event, NOON, until, user } from './events.js';
import { bytesOf, temporaryFolder } from './temporary.js';

const STORED = { events: 'all' as const, pictures: true };

describe('The file of a log', function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  const file = (): string => folder.path('sub', 'plates.db');
  const store = (key = ''): FileStore => new FileStore({ path: file(), key });

  /** Runs with a store and closes it, whatever happens. */
  async function using<T>(key: string, work: (log: FileStore) => Promise<T>): Promise<T> {
    const log = store(key);
    try {
      return await work(log);
    } finally {
      await log.close();
    }
  }

  it('is made with its folder, and nobody else may read it', async () => {
    await using('', async (log) => {
      await log.write([entry()]);
      for (const name of fs.readdirSync(folder.path('sub'))) {
        assert.equal(fs.statSync(folder.path('sub', name)).mode & 0o077, 0, name);
      }
    });
    assert.equal(fs.statSync(folder.path('sub')).mode & 0o077, 0);
    assert.deepEqual(fs.readdirSync(folder.path('sub')), ['plates.db'], 'nothing is left beside it');
  });

  describe('holds nothing any more of what was deleted', () => {
    const secrets = ['QQZZJJ77', 'Quentin', 'picture of QQ', 'secret-camera', 'OLDQQZZ1'];
    const secret = entry({
      plate: 'QQ-ZZ JJ77',
      normalised: 'QQZZJJ77',
      camera: 'secret-camera',
      supersedes: 'OLDQQZZ1',
      known: { rule: 'allow', name: 'Quentin' },
      images: { plate: Buffer.from('picture of QQ'.repeat(500)) },
      firstSeen: NOON - 90 * DAY,
      lastSeen: NOON - 90 * DAY,
    });
    const others = Array.from({ length: 300 }, (_, n) => entry({ plate: `AB${n}CDE` }));
    const there = (): string[] => {
      const bytes = bytesOf(file());
      return secrets.filter((text) => bytes.includes(text));
    };

    const ways: Record<string, (log: FileStore) => Promise<unknown>> = {
      forget: (log) => log.forget(forgetQuery('QQZZ JJ77')),
      'retention by age': (log) => log.retain({ keepMs: 30 * DAY, thumbnailMs: 0, maxBytes: 0 }, NOON),
    };
    for (const [title, erase] of Object.entries(ways)) {
      it(title, async () => {
        await using('', async (log) => {
          await log.write([...others.slice(0, 150), secret, ...others.slice(150)]);
          assert.deepEqual(there(), secrets, 'it was there');
          await erase(log);
          assert.deepEqual(there(), []);
          assert.equal((await log.health()).visits, 300);
        });
        assert.deepEqual(there(), []);
      });
    }

    it('and is smaller than before', async () => {
      await using('', async (log) => {
        const picture = { plate: Buffer.alloc(50_000, 1) };
        await log.write(
          Array.from({ length: 100 }, () =>
            entry({ images: picture, firstSeen: NOON - 9 * DAY, lastSeen: NOON - 9 * DAY }),
          ),
        );
        const before = (await log.health()).bytes;
        await log.retain({ keepMs: 0, thumbnailMs: DAY, maxBytes: 0 }, NOON);
        const after = (await log.health()).bytes;
        assert.ok(before > 5_000_000 && after < 500_000, `${before} → ${after}`);
        assert.ok(fs.statSync(file()).size <= after);
      });
    });
  });

  describe('with a key', () => {
    it('holds nothing readable, also not in its journal', async () => {
      await using('a key', async (log) => {
        await log.write([entry({ plate: 'READABLE1', normalised: 'READABLE1' })]);
        const bytes = bytesOf(file());
        for (const text of ['READABLE1', 'gate', 'alpr_visits', 'SQLite']) assert.ok(!bytes.includes(text), text);
        assert.ok(fs.existsSync(`${file()}-wal`), 'there is a journal');
      });
      await using('a key', async (log) => assert.equal((await log.search(searchQuery('READABLE1'))).rows.length, 1));
    });

    for (const [title, made, given, text] of [
      ['another key', 'right', 'wrong', /wrong key or not a database/],
      ['no key', 'right', '', /enter its key/],
      ['a key for a file without one', '', 'wrong', /made without a key needs none/],
    ] as const) {
      it(`refuses ${title}, and leaves the file as it is`, async () => {
        await using(made, (log) => log.write([entry()]));
        const before = fs.readFileSync(file());
        await using(given, async (log) => {
          await assert.rejects(log.health(), (error: LogError) => {
            assert.equal(error.code, 'ALPR_LOG_WRONG_KEY');
            assert.match(error.message, text);
            assert.ok(!error.message.includes('wrong') || !error.message.includes('right'));
            return true;
          });
          await assert.rejects(log.write([entry()]), { code: 'ALPR_LOG_WRONG_KEY' });
        });
        assert.deepEqual(fs.readFileSync(file()), before);
        await using(made, async (log) => assert.equal((await log.health()).visits, 1));
      });
    }
  });

  describe('that is broken is refused and left as it is:', () => {
    const filled = async (): Promise<void> =>
      using('', (log) => log.write(Array.from({ length: 2000 }, (_, n) => entry({ plate: `P${n}` }))));
    const breaks: Record<string, { break: () => void; code: string }> = {
      'half of it': {
        break: () => fs.truncateSync(file(), Math.floor(fs.statSync(file()).size / 2)),
        code: 'ALPR_LOG_DAMAGED',
      },
      'its beginning': { break: () => fs.truncateSync(file(), 700), code: 'ALPR_LOG_DAMAGED' },
      'noise in the middle': {
        break: () => {
          const handle = fs.openSync(file(), 'r+');
          const { size } = fs.fstatSync(handle);
          fs.writeSync(handle, Buffer.alloc(size / 2, 0xa5), 0, size / 2, Math.floor(size / 4));
          fs.closeSync(handle);
        },
        code: 'ALPR_LOG_DAMAGED',
      },
      'some text': { break: () => fs.writeFileSync(file(), 'plate;time\nAB12;noon\n'), code: 'ALPR_LOG_WRONG_KEY' },
      'a long text': { break: () => fs.writeFileSync(file(), 'plate;time\n'.repeat(5000)), code: 'ALPR_LOG_WRONG_KEY' },
    };
    for (const [title, { break: damage, code }] of Object.entries(breaks)) {
      it(title, async () => {
        await filled();
        damage();
        const before = fs.readFileSync(file());
        await using('', async (log) => {
          await assert.rejects(log.write([entry()]), (error: LogError) => {
            assert.equal(error.code, code, error.message);
            assert.match(error.message, /^Expected a (whole )?log of plates in .+ but received .+/);
            assert.ok(error.message.includes(file()));
            return true;
          });
        });
        assert.deepEqual(fs.readFileSync(file()), before);
      });
    }

    it('the database of another program', async () => {
      fs.mkdirSync(folder.path('sub'));
      const other = await openLibsqlFile(file(), '');
      await other.batch([{ sql: 'CREATE TABLE photos (name TEXT)', args: [] }]);
      await other.close();
      const before = fs.readFileSync(file());
      await using('', (log) =>
        assert.rejects(log.write([entry()]), { code: 'ALPR_LOG_WRONG_KEY', message: /a database of another program/ }),
      );
      assert.deepEqual(fs.readFileSync(file()), before);
    });

    it('a folder', async () => {
      fs.mkdirSync(file(), { recursive: true });
      await using('', (log) => assert.rejects(log.health(), { code: 'ALPR_LOG_FOLDER' }));
    });

    it('works again when the whole file is back', async () => {
      await filled();
      const whole = fs.readFileSync(file());
      fs.truncateSync(file(), 5000);
      await using('', async (log) => {
        await assert.rejects(log.health(), { code: 'ALPR_LOG_DAMAGED' });
        fs.writeFileSync(file(), whole);
        assert.equal((await log.health()).visits, 2000);
      });
    });
  });

  describe('of another version', () => {
    it('is brought from version 1 to the present one, with its visits', async () => {
      fs.mkdirSync(folder.path('sub'));
      const indexes = (sql: Backend) => sql.all("SELECT name FROM sqlite_master WHERE name = 'alpr_visits_search'");
      const old = await openLibsqlFile(file(), '');
      await migrate(old, 1);
      assert.deepEqual(await indexes(old), []);
      await old.batch([
        {
          sql: `INSERT INTO alpr_visits (id, step, camera, plate, normalised, folded, first_seen, last_seen, hashed)
            VALUES ('old', 2, 'gate', 'LM73 KXR', 'LM73KXR', '1M73KXR', ?, ?, 0)`,
          args: [NOON, NOON],
        },
      ]);
      await old.close();
      await using('', async (log) => {
        const found = async () => (await log.search(searchQuery('M73K'))).rows.map(({ id, dwellMs }) => [id, dwellMs]);
        assert.deepEqual(await found(), [['old', 0]]);
        await log.write([entry({ id: 'old', event: 'left', plate: 'LM73 KXR', lastSeen: NOON + 9 })]);
        assert.deepEqual(await found(), [['old', 9]]);
      });
      const now = await openLibsqlFile(file(), '');
      const version = await now.all("SELECT value FROM alpr_meta WHERE name = 'version'");
      assert.deepEqual(version, [{ value: String(SCHEMA_VERSION) }]);
      assert.equal((await indexes(now)).length, 1);
      await now.close();
    });

    it('is left alone when a later version of this package has written it', async () => {
      await using('', (log) => log.write([entry()]));
      const later = await openLibsqlFile(file(), '');
      await later.batch([{ sql: "UPDATE alpr_meta SET value = '99' WHERE name = 'version'", args: [] }]);
      await later.close();
      const before = fs.readFileSync(file());
      await using('', async (log) => {
        await assert.rejects(log.write([entry()]), {
          code: 'ALPR_LOG_NEWER',
          message: /version 2 or earlier but received version 99/,
        });
      });
      assert.deepEqual(fs.readFileSync(file()), before);
    });
  });

  describe('held by another process', () => {
    let holder: ChildProcess | undefined;
    afterEach(() => void holder?.kill('SIGKILL'));

    it('makes events wait, and they are stored when it lets go', async () => {
      await using('', (log) => log.write([entry()]));
      holder = fork(path.join(__dirname, 'hold-file.ts'), [file()], { execArgv: ['-r', 'tsx/cjs'] });
      await once(holder, 'message');
      const handle = openLog({ file: file(), key: '' }, user(), { queue: { retryMs: { first: 50, longest: 100 } } });
      try {
        const stored = handle.log.append(event(), STORED);
        await until(() => handle.log.trouble !== undefined, 'trouble');
        assert.equal((handle.log.trouble as LogError).code, 'ALPR_LOG_LOCKED');
        assert.match(handle.log.trouble!.message, /another program holds it/);
        assert.equal(handle.log.waiting, 1);
        holder.send('let go');
        assert.equal(await stored, true);
        assert.equal(handle.log.trouble, undefined);
        assert.equal((await handle.log.look()).visits, 2);
      } finally {
        await handle.close();
      }
    });
  });

  describe('on a disk', () => {
    const mounted: string[] = [];
    afterEach(() => {
      for (const place of mounted.splice(0)) execFileSync('umount', [place]);
    });

    /** A small disk of its own; undefined where nobody may mount one. */
    function mount(size: string): string | undefined {
      const place = folder.path('disk');
      fs.mkdirSync(place);
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', place], { stdio: 'ignore' });
      } catch {
        console.log('      Skipped: only root may mount a small disk');
        return undefined;
      }
      mounted.push(place);
      return place;
    }

    it('that is full: events wait, none that was acknowledged is lost, and all are stored when there is room', async function () {
      const disk = mount('3m');
      if (disk === undefined) return this.skip();
      const log = path.join(disk, 'plates.db');
      const handle = openLog({ file: log, key: '' }, user(), { queue: { retryMs: { first: 30, longest: 60 } } });
      try {
        await handle.log.append(event({ id: 'first' }), STORED);
        const ballast = path.join(disk, 'ballast');
        try {
          fs.writeFileSync(ballast, Buffer.alloc(10_000_000));
        } catch {
          // Until there is no room.
        }
        fs.truncateSync(ballast, fs.statSync(ballast).size - 300_000);
        const acknowledged = new Set<string>();
        const all = Array.from({ length: 60 }, async (_, n) => {
          await handle.log.append(event({ id: `e${n}`, images: { plate: Buffer.alloc(20_000, n) } }), STORED);
          acknowledged.add(`e${n}`);
        });
        await until(() => handle.log.trouble !== undefined, 'trouble');
        assert.equal((handle.log.trouble as LogError).code, 'ALPR_LOG_DISK_FULL');
        assert.match(handle.log.trouble!.message, /^Expected room on the disk of .+make some/);
        const found = await handle.log.search(searchQuery({ limit: 100 }));
        const ids = new Set(found.rows.map(({ id }) => id));
        for (const id of acknowledged) assert.ok(ids.has(id), `${id} was acknowledged`);
        assert.ok(acknowledged.size < 60);
        fs.rmSync(ballast);
        await Promise.all(all);
        assert.equal((await handle.log.look()).visits, 61);
        assert.equal(handle.log.trouble, undefined);
      } finally {
        await handle.close();
      }
    });

    it('that is full from the beginning, and one that may only be read: says which', async function () {
      const disk = mount('1m');
      if (disk === undefined) return this.skip();
      try {
        fs.writeFileSync(path.join(disk, 'ballast'), Buffer.alloc(3_000_000));
      } catch {
        // Until there is no room.
      }
      const full = new FileStore({ path: path.join(disk, 'plates.db'), key: '' });
      await assert.rejects(full.write([entry()]), { code: 'ALPR_LOG_DISK_FULL' });
      await full.close();
      fs.rmSync(path.join(disk, 'ballast'));
      const first = new FileStore({ path: path.join(disk, 'plates.db'), key: '' });
      await first.write([entry()]);
      await first.close();
      execFileSync('mount', ['-o', 'remount,ro', disk]);
      const closed = new FileStore({ path: path.join(disk, 'plates.db'), key: '' });
      await assert.rejects(closed.write([entry()]), { code: 'ALPR_LOG_FOLDER' });
      await closed.close();
    });
  });

  it('goes on with another thread when its thread dies', async () => {
    const started: Worker[] = [];
    const watch = (worker: Worker): void => void started.push(worker);
    const log = new FileStore({ path: file(), key: '' }, watch);
    await log.write([entry()]);
    const asked = log.search(searchQuery({}));
    // As when a thread runs out of memory.
    await started[0]!.terminate();
    await asked.catch((error: LogError) => assert.equal(error.code, 'ALPR_LOG_THREAD'));
    assert.equal((await log.health()).visits, 1);
    assert.equal(started.length, 2);
    await log.close();
    await assert.rejects(log.health(), { code: 'ALPR_LOG_CLOSED' });
  });

  it('can be closed while its thread computes: libSQL, broken into, would abort the process', () => {
    const script = path.join(__dirname, 'close-while-busy.ts');
    const said = execFileSync(process.execPath, ['-r', 'tsx/cjs', script, file()], { encoding: 'utf8', stdio: 'pipe' });
    assert.equal(said, 'alive\n');
  });

  it('is left by everybody before it is closed, and opened again afterwards', async () => {
    const place = { file: file(), key: '' };
    const one = openLog(place, user());
    const two = openLog(place, user());
    assert.equal(one.log, two.log);
    assert.throws(() => openLog({ file: file(), key: 'other' }, user()), { code: 'ALPR_LOG_WRONG_KEY' });
    await one.close();
    await two.log.append(event(), STORED);
    assert.equal(await two.close(), 0);
    await assert.rejects(two.log.append(event(), STORED), { code: 'ALPR_LOG_CLOSED' });
    const three = openLog(place, user());
    assert.equal((await three.log.look()).visits, 1);
    await three.close();
  });

  it('keeps what the strictest of its users wants to be kept', async () => {
    const place = { file: file(), key: '' };
    const now = Date.now();
    const seen = (days: number): ReturnType<typeof event> =>
      event({ plate: `D${days}`, firstSeen: now - days * DAY, lastSeen: now - days * DAY });
    const writer = new SqlStore(() => openLibsqlFile(file(), ''));
    await writer.write([entry(seen(1)), entry(seen(10)), entry(seen(50))]);
    await writer.close();
    const lenient = openLog(place, user());
    assert.equal((await lenient.log.look()).visits, 3);
    const strict = openLog(place, {
      retention: { keepMs: 20 * DAY, thumbnailMs: 0, maxBytes: 0 },
      onChange: () => undefined,
    });
    await until(async () => (await lenient.log.look()).visits === 2, 'the oldest to go');
    await strict.close();
    await lenient.close();
  });
});

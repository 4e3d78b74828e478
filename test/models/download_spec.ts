import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { diskError, DownloadError } from '../../src/models/download/download-error.js';
import { pullModelFile, type FetchOptions, type PullProgress } from '../../src/models/download/pull.js';
import { readRecord, recordPath } from '../../src/models/download/record.js';
import type { ModelFile } from '../../src/models/manifest.js';
import { breakOff, FileServer, serve, status, type Answer } from '../support/file-server.js';
import { hefBytes, ModelPlace, sha256 } from '../support/pulled-model.js';

const bytes = hefBytes(300_000);
const other = hefBytes(300_000, 7);
const known = { sha256: sha256(bytes), size: bytes.length };
const quick: FetchOptions = { backoffMs: 5, stallMs: 5000, environment: {} };

describe('pullModelFile', () => {
  const server = new FileServer();
  let place: ModelPlace;
  before(() => server.start());
  after(() => server.close());
  beforeEach(() => {
    place = new ModelPlace();
  });
  afterEach(() => place.remove());

  const manifest = (file: Partial<ModelFile> = known) => place.manifest({ url: `${server.url}/lprnet.hef`, ...file });
  const pull = (
    file?: Partial<ModelFile>,
    fetchOptions: FetchOptions = {},
    more: Parameters<typeof pullModelFile>[2] = {},
  ) => pullModelFile(manifest(file), 'hailo8', { ...more, fetchOptions: { ...quick, ...fetchOptions } });
  const left = () => (existsSync(place.downloads) ? readdirSync(place.downloads).sort() : []);
  const fetched = () => assert.ok(readFileSync(place.file).equals(bytes), 'the file is as it was sent');
  const ranges = () => server.requests.map(({ headers }) => headers.range ?? 'all');
  const rejects = (promise: Promise<unknown>, reason: string, message: RegExp) =>
    assert.rejects(promise, (error: unknown) => {
      assert.ok(error instanceof DownloadError, String(error));
      assert.match(error.message, message);
      assert.equal(error.reason, reason);
      assert.equal(error.code, 'ALPR_MODEL');
      return true;
    });

  it('fetches a file into a folder that it makes, with its record, and leaves nothing else', async () => {
    server.answer(serve(bytes));
    const steps: PullProgress[] = [];
    const pulled = await pull(known, {}, { onProgress: (step) => steps.push({ ...step }) });
    assert.deepEqual(pulled, { path: place.file, ...known, fetched: true });
    fetched();
    assert.deepEqual(left(), ['remote.hailo8.hef', 'remote.hailo8.hef.download']);
    const record = await readRecord(place.file);
    assert.deepEqual(
      { ...record, fetched: '' },
      { ...known, url: `${server.url}/lprnet.hef`, etag: '"one"', fetched: '' },
    );
    assert.deepEqual(steps[0], { phase: 'downloading', received: 0, total: bytes.length });
    assert.deepEqual(steps.at(-1), { phase: 'checking', received: bytes.length, total: bytes.length });
    const received = steps.map((step) => step.received);
    assert.deepEqual(
      received,
      [...received].sort((a, b) => a - b),
    );
  });

  it('fetches more than waits in memory at a time', async () => {
    const large = hefBytes(20_000_000);
    server.answer(serve(large));
    await pull({ sha256: sha256(large), size: large.length });
    assert.ok(readFileSync(place.file).equals(large));
  });

  it('asks no server for what is there, unless told to', async () => {
    server.answer(serve(bytes));
    await pull();
    assert.deepEqual(await pull(), { path: place.file, ...known, fetched: false });
    assert.equal(server.requests.length, 1);
    assert.equal((await pull(known, {}, { force: true })).fetched, true);
    assert.equal(server.requests.length, 2);
  });

  it('asks no server for what lies beside the manifest', async () => {
    const beside = join(place.manifests, 'remote.hailo8.hef');
    writeFileSync(beside, bytes);
    server.answer(serve(bytes));
    assert.deepEqual(await pull(), { path: beside, ...known, fetched: false });
    assert.equal(server.requests.length, 0);
  });

  it('takes the place of a damaged file', async () => {
    mkdirSync(place.downloads);
    writeFileSync(place.file, other);
    server.answer(serve(bytes));
    assert.equal((await pull()).fetched, true);
    fetched();
  });

  describe('goes on where the connection broke off', () => {
    it('and asks for the rest of the same file', async () => {
      server.answer(breakOff(bytes, 100_000), breakOff(bytes, 100_000), serve(bytes));
      await pull();
      fetched();
      assert.deepEqual(ranges(), ['all', 'bytes=100000-', 'bytes=200000-']);
      assert.deepEqual(
        server.requests.map(({ headers }) => headers['if-range']),
        [undefined, '"one"', '"one"'],
      );
    });

    it('as often as it takes while each connection brings something', async () => {
      server.answer(breakOff(bytes, 70_000), ...Array<Answer>(3).fill(breakOff(bytes, 70_000)), serve(bytes));
      await pull(known, { tries: 2 });
      fetched();
      assert.equal(server.requests.length, 5);
    });

    it('on a line that breaks off every few bytes', async () => {
      const short = hefBytes(200);
      server.answer(...Array<Answer>(50).fill(breakOff(short, 7)));
      await pull({ sha256: sha256(short), size: short.length }, { tries: 50, backoffMs: 0 });
      assert.ok(readFileSync(place.file).equals(short));
      assert.equal(server.requests.length, 29);
    });

    it('but gives up when several in a row bring nothing, and keeps what came', async () => {
      server.answer(breakOff(bytes, 100_000), breakOff(bytes, 0));
      await rejects(pull(known, { tries: 3 }), 'broken', /broke off .*, 3 times in a row$/);
      assert.equal(server.requests.length, 3);
      assert.deepEqual(left(), ['remote.hailo8.hef.part', 'remote.hailo8.hef.part.origin']);
      server.answer(serve(bytes));
      await pull();
      fetched();
      assert.deepEqual(ranges(), ['bytes=100000-']);
    });

    it('and begins anew when the server knows no ranges', async () => {
      const whole: Answer = (_, response) => response.writeHead(200, { ETag: '"one"' }).end(bytes);
      server.answer(breakOff(bytes, 100_000), whole);
      await pull();
      fetched();
      assert.deepEqual(ranges(), ['all', 'bytes=100000-']);
    });

    it('and begins anew when the server has another file by now', async () => {
      server.answer(breakOff(other, 100_000, '"zero"'), serve(bytes));
      await pull({});
      fetched();
      assert.deepEqual(ranges(), ['all', 'bytes=100000-']);
    });

    it('and begins anew when the server sends the rest of another file, whatever was asked for', async () => {
      const rest: Answer = (_, response) => {
        const range = `bytes 100000-${bytes.length - 1}/${bytes.length}`;
        response.writeHead(206, { ETag: '"one"', 'Content-Range': range }).end(bytes.subarray(100_000));
      };
      server.answer(breakOff(other, 100_000, '"zero"'), rest, serve(bytes));
      await pull({});
      fetched();
      assert.deepEqual(ranges(), ['all', 'bytes=100000-', 'all']);
    });

    for (const [title, range] of [
      ['another place', `bytes 5-${bytes.length - 1}/${bytes.length}`],
      ['another length', `bytes 100000-${bytes.length}/${bytes.length + 1}`],
      ['nothing about its place', undefined],
    ] as const) {
      it(`and begins anew when the rest is of ${title}`, async () => {
        const wrong: Answer = (_, response) => {
          response.writeHead(206, { ETag: '"one"', ...(range === undefined ? {} : { 'Content-Range': range }) });
          response.end(bytes.subarray(100_000));
        };
        server.answer(breakOff(bytes, 100_000), wrong, serve(bytes));
        await pull();
        fetched();
        assert.deepEqual(ranges(), ['all', 'bytes=100000-', 'all']);
      });
    }

    it('and begins anew after 416 Range Not Satisfiable', async () => {
      server.answer(breakOff(bytes, 100_000), status(416), serve(bytes));
      await pull();
      fetched();
      assert.deepEqual(ranges(), ['all', 'bytes=100000-', 'all']);
    });

    it('and begins anew without a checksum or anything that names the version', async () => {
      const nameless: Answer = (_, response) => {
        response.writeHead(200, { 'Content-Length': bytes.length });
        response.write(bytes.subarray(0, 100_000), () => response.destroy());
      };
      server.answer(nameless, serve(bytes));
      await pull({ size: bytes.length });
      fetched();
      assert.deepEqual(ranges(), ['all', 'all']);
    });

    it('and sends a weak tag never back, which names no bytes', async () => {
      server.answer(breakOff(bytes, 100_000, 'W/"one"'), serve(bytes, 'W/"one"'));
      await pull();
      fetched();
      assert.deepEqual(
        server.requests.map(({ headers }) => [headers.range, headers['if-range']]),
        [
          [undefined, undefined],
          ['bytes=100000-', undefined],
        ],
      );
    });

    it('and fetches all once more when the beginning from an earlier run was damaged', async () => {
      server.answer(breakOff(bytes, 100_000));
      await rejects(pull(known, { tries: 1 }), 'broken', /broke off/);
      const part = `${place.file}.part`;
      const damaged = readFileSync(part);
      damaged[50_000]! ^= 1;
      writeFileSync(part, damaged);
      server.answer(serve(bytes));
      await pull();
      fetched();
      assert.deepEqual(ranges(), ['bytes=100000-', 'all']);
    });

    it('and does not go on with the beginning of another address', async () => {
      server.answer(breakOff(other, 100_000));
      await assert.rejects(pull({ ...known, url: `${server.url}/older.hef` }, { tries: 1 }));
      server.answer(serve(bytes));
      await pull();
      fetched();
      assert.deepEqual(ranges(), ['all']);
    });

    it('and asks for nothing when only the last step was missing', async () => {
      server.answer(breakOff(bytes, 100_000));
      await assert.rejects(pull(known, { tries: 1 }));
      writeFileSync(`${place.file}.part`, bytes);
      server.answer(status(500));
      await pull();
      fetched();
      assert.equal(server.requests.length, 0);
    });
  });

  describe('tries again', () => {
    for (const code of [408, 429, 500, 502, 503]) {
      it(`after ${code}`, async () => {
        server.answer(status(code), serve(bytes));
        await pull();
        fetched();
      });
    }

    it('after a connection that stands still', async () => {
      const stall: Answer = (_, response) => {
        response.writeHead(200, { 'Content-Length': bytes.length, ETag: '"one"' });
        response.write(bytes.subarray(0, 100_000));
      };
      server.answer(stall, serve(bytes));
      await pull(known, { stallMs: 1500 });
      fetched();
      assert.deepEqual(ranges(), ['all', 'bytes=100000-']);
    });

    it('after a server that does not answer, and says so in the end', async () => {
      server.answer(() => undefined, serve(bytes));
      await pull(known, { stallMs: 1500 });
      fetched();
      server.answer(() => undefined);
      const options = { stallMs: 1500, tries: 2 };
      await rejects(
        pull(known, options, { force: true }),
        'broken',
        /Expected an answer from 127\.0\.0\.1:\d+ .* none, 2 times in a row; or fetch .* on another computer and put it at /,
      );
    });

    it('after a length that is longer than what comes', async () => {
      const liar: Answer = (_, response) => {
        response.writeHead(200, { 'Content-Length': bytes.length, ETag: '"one"', Connection: 'close' });
        response.end(bytes.subarray(0, 200_000));
      };
      server.answer(liar, serve(bytes));
      await pull();
      fetched();
      assert.deepEqual(ranges(), ['all', 'bytes=200000-']);
    });
  });

  describe('refuses', () => {
    const wrong: [title: string, answer: Answer, file: Partial<ModelFile>, message: RegExp][] = [
      [
        'another file of the same length',
        serve(other),
        known,
        /^Expected sha256 [0-9a-f]{64} at http.* but received [0-9a-f]{64}: another file/,
      ],
      [
        'a file of another length, before it is sent',
        serve(bytes.subarray(0, 5000)),
        known,
        /^Expected 300000 bytes at .* but received 5000: another file/,
      ],
      [
        'more than it should be, of a server that gives no length',
        (_, response) => response.writeHead(200).end(Buffer.concat([bytes, other])),
        known,
        /^Expected 300000 bytes at .* but received more/,
      ],
      [
        'a length that is shorter than what comes',
        (_, response) => {
          response.writeHead(200, { 'Content-Length': 200_000 }).flushHeaders();
          response.socket!.write(bytes);
        },
        known,
        /^Expected 300000 bytes at .* but received 200000/,
      ],
      [
        'a web page with status 200',
        page('<!DOCTYPE html><title>Sign in</title>'),
        {},
        /^Expected a HEF for hailo8 at .* but received a web page/,
      ],
      ['a web page after a byte order mark', page('\ufeff\n<html><body>'), {}, /web page/],
      ['a web page where another length was expected', page('<html>'), known, /but received 6: a web page \(a login/],
      ['a text', page('{"error":"no such file"}'), {}, /but received a text: "\{"error":"no such file"\}"/],
      [
        'a pointer of Git LFS',
        page('version https://git-lfs.github.com/spec/v1\noid sha256:ab\n'),
        {},
        /a pointer of Git LFS/,
      ],
      ['an archive', serve(gzipSync(bytes)), {}, /but received an archive/],
      ['bytes that are no HEF', serve(bytes.subarray(4)), {}, /does not begin as a HEF does/],
      ['an empty file', serve(Buffer.alloc(0)), {}, /an empty file/],
      [
        'more than any model has',
        (_, response) => response.writeHead(200, { 'Content-Length': 3e9 }).end(),
        {},
        /^Expected at most 2000000000 bytes at .* but received more/,
      ],
    ];
    for (const [title, answer, file, message] of wrong) {
      it(`${title}, and keeps none of it`, async () => {
        server.answer(answer);
        await rejects(pull(file), 'wrong-file', message);
        assert.deepEqual(left(), []);
        assert.equal(server.requests.length, 1);
      });
    }

    it('more than any model has, of a server that gives no length', async () => {
      server.answer((_, response) => response.writeHead(200).end(bytes));
      await rejects(pull({}, { maxBytes: 100_000 }), 'wrong-file', /Expected at most 100000 bytes/);
      assert.deepEqual(left(), []);
    });

    it('what is packed on the way', async () => {
      server.answer((_, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(bytes)));
      await rejects(pull(), 'server', /received them packed \(gzip\)/);
    });

    it('a page for an ONNX file, but no ONNX file', async () => {
      const onnx = { onnx: { file: 'remote.onnx', url: `${server.url}/remote.onnx` } };
      const fetchOptions = quick;
      server.answer(page('<html>'));
      await rejects(
        pullModelFile(place.manifest({}, onnx), 'onnx', { fetchOptions }),
        'wrong-file',
        /Expected an ONNX network/,
      );
      const network = readFileSync(join(__dirname, '..', '..', 'models', 'plateflow-reader.onnx'));
      server.answer(serve(network));
      const pulled = await pullModelFile(place.manifest({}, onnx), 'onnx', { fetchOptions });
      assert.equal(pulled.sha256, sha256(network));
    });

    const refusals: [code: number, message: RegExp][] = [
      [401, /401 Unauthorized: it wants a user and password/],
      [403, /403 Forbidden/],
      [404, /^Expected a file at http:\/\/127\.0\.0\.1:\d+\/lprnet\.hef but received 404 Not Found: it has been moved/],
      [410, /410 Gone/],
      [204, /204 No Content/],
      [304, /304 Not Modified/],
    ];
    for (const [code, message] of refusals) {
      it(`to try again after ${code}`, async () => {
        server.answer(status(code));
        await rejects(pull(), 'server', message);
        assert.equal(server.requests.length, 1);
        assert.deepEqual(left(), []);
      });
    }

    it('a server that never gets well, and says how often it tried', async () => {
      server.answer(status(503, { 'Retry-After': '0' }));
      await rejects(pull(known, { tries: 3 }), 'server', /503 Service Unavailable, 3 times in a row/);
      assert.equal(server.requests.length, 3);
    });

    it('what speaks no HTTP', async () => {
      server.answer((request) => request.socket.end('SSH-2.0-OpenSSH\r\n'));
      await rejects(pull(), 'server', /does not speak HTTP/);
    });

    const manifests: [title: string, file: Partial<ModelFile>, message: RegExp][] = [
      [
        'a manifest without an address',
        { url: undefined as unknown as string },
        /^Expected an address for hailo8 of model remote .* put the file at .*remote\.hailo8\.hef$/,
      ],
      [
        'an address of another kind',
        { url: 'ftp://user:secret@example.org/a.hef' },
        /address of http or https .* but received ftp:\/\/example\.org\/a\.hef$/,
      ],
      ['an address that is none', { url: 'lprnet.hef' }, /but received an address that is none$/],
      ['a file name with a folder', { file: '../lprnet.hef' }, /file name without a folder/],
    ];
    for (const [title, file, message] of manifests) {
      it(title, async () => {
        await assert.rejects(pull(file), { code: 'ALPR_MODEL', message });
        assert.deepEqual(left(), []);
      });
    }

    it('a target that the manifest has no file for', async () => {
      await assert.rejects(pullModelFile(manifest(), 'hailo8l'), /Expected a file for hailo8l of model remote/);
    });
  });

  describe('follows redirects', () => {
    const to = (location: string): Answer => status(302, { Location: location });

    it('to other servers, and goes on there after a break', async () => {
      const second = new FileServer();
      await second.start();
      try {
        server.answer(to(`${second.url}/a?signature=secret`));
        second.answer(to('/b'), breakOff(bytes, 100_000), to('/b'), serve(bytes));
        await pull();
        fetched();
        assert.deepEqual(
          second.requests.map(({ url }) => url),
          ['/a?signature=secret', '/b', '/a?signature=secret', '/b'],
        );
        assert.equal(second.requests[3]!.headers.range, 'bytes=100000-');
      } finally {
        await second.close();
      }
    });

    it('without giving the password of the first server to the second', async () => {
      const second = new FileServer();
      await second.start();
      try {
        server.answer(to('/here'), to(`${second.url}/there`));
        second.answer(serve(bytes));
        const url = server.url.replace('//', '//ann:s%20cret@');
        await pull({ ...known, url: `${url}/lprnet.hef?token=secret` });
        const basic = `Basic ${Buffer.from('ann:s cret').toString('base64')}`;
        assert.deepEqual(
          server.requests.map(({ headers }) => headers.authorization),
          [basic, basic],
        );
        assert.deepEqual(
          second.requests.map(({ headers }) => headers.authorization),
          [undefined],
        );
        assert.doesNotMatch(readFileSync(recordPath(place.file), 'utf8'), /cret|token/);
      } finally {
        await second.close();
      }
    });

    it('but not in circles', async () => {
      server.answer(to('/again'));
      await rejects(pull(), 'server', /more than 10 redirects, the last to http.*\/again$/);
      assert.equal(server.requests.length, 11);
    });

    it('but not to other kinds of address', async () => {
      server.answer(to('file:///etc/passwd'));
      await rejects(pull(), 'server', /a redirect to file:, not to http or https/);
      server.answer(to('http://[nonsense'));
      await rejects(pull(), 'server', /a redirect to an address that is none/);
    });
  });

  describe('says what to do', () => {
    it('when the server refuses connections', async () => {
      const closed = http.createServer();
      await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
      const { port } = closed.address() as { port: number };
      await new Promise((resolve) => closed.close(resolve));
      const file = { ...known, url: `http://127.0.0.1:${port}/a.hef` };
      const where = `fetch http://127.0.0.1:${port}/a.hef on another computer and put it at ${place.file}`;
      await rejects(
        pull(file, { tries: 2 }),
        'offline',
        new RegExp(`refuses connections \\(ECONNREFUSED\\), 2 times in a row; or ${where}$`),
      );
    });

    it('when there is no such host, without credentials', async () => {
      const file = { ...known, url: 'http://ann:secret@no-such-host.invalid/a.hef?key=secret' };
      await assert.rejects(pull(file, { tries: 1 }), (error: DownloadError) => {
        assert.equal(error.reason, 'offline');
        assert.match(
          error.message,
          /^Expected a connection to no-such-host\.invalid but there is no internet connection.*: (ENOTFOUND|EAI_AGAIN) no-such-host\.invalid/,
        );
        assert.match(
          error.message,
          /fetch http:\/\/no-such-host\.invalid\/a\.hef\?… on another computer and put it at/,
        );
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
    });

    it('when the folder is a file', async () => {
      writeFileSync(place.downloads, '');
      server.answer(serve(bytes));
      await rejects(pull(), 'disk', /Expected to write .*downloads but there is a file of the name of the folder/);
      await rejects(pull(known, {}, { folder: join(place.downloads, 'deeper') }), 'disk', /part of the path is a file/);
    });

    it('when a folder has the name of the file', async () => {
      mkdirSync(place.file, { recursive: true });
      server.answer(serve(bytes));
      await rejects(pull(), 'disk', /there is a folder of that name/);
    });

    it('when the disk is full', async function () {
      if (!existsSync('/dev/full')) {
        console.log('    skipped: this system has no /dev/full');
        this.skip();
      }
      mkdirSync(place.downloads);
      symlinkSync('/dev/full', `${place.file}.part`);
      server.answer(serve(bytes));
      await rejects(
        pull(),
        'disk',
        /Expected to write .*\.part but the disk is full: make room for 300000 bytes.*\(ENOSPC\)/,
      );
      assert.equal(existsSync(place.file), false);
    });

    it('when there is less room than the file needs, before it is sent', async () => {
      server.answer((_, response) => response.writeHead(200, { 'Content-Length': 8e15 }).end());
      await rejects(
        pull({}, { maxBytes: 9e15 }),
        'disk',
        /Expected room for 8000000000000000 bytes in .* the disk is full/,
      );
    });

    for (const [code, meaning] of [
      ['EACCES', /may not write there/],
      ['EROFS', /can only be read/],
      ['EDQUOT', /share of the disk/],
      ['EIO', /the disk failed \(EIO\)$/],
    ] as const) {
      it(`about ${code}`, () => {
        assert.match(diskError(Object.assign(new Error('x'), { code }), '/models/a.hef').message, meaning);
      });
    }
  });

  describe('stops', () => {
    it('when told to, keeps what came, and goes on from there the next time', async () => {
      const stop = new AbortController();
      const slow: Answer = (_, response) => {
        response.writeHead(200, { 'Content-Length': bytes.length, ETag: '"one"' });
        response.write(bytes.subarray(0, 100_000));
      };
      server.answer(slow);
      const onProgress = ({ received }: PullProgress) => {
        if (received === 100_000) stop.abort();
      };
      await rejects(pull(known, {}, { signal: stop.signal, onProgress }), 'aborted', /was stopped/);
      assert.deepEqual(left(), ['remote.hailo8.hef.part', 'remote.hailo8.hef.part.origin']);
      server.answer(serve(bytes));
      await pull();
      fetched();
      assert.deepEqual(ranges(), ['bytes=100000-']);
    });

    it('before the first byte', async () => {
      server.answer(serve(bytes));
      await rejects(pull(known, {}, { signal: AbortSignal.abort() }), 'aborted', /was stopped/);
      assert.deepEqual([server.requests.length, left()], [0, []]);
    });

    it('while it waits for another try', async () => {
      const stop = new AbortController();
      server.answer(status(503));
      const onProgress = ({ phase }: PullProgress) => {
        if (phase === 'waiting') setImmediate(() => stop.abort());
      };
      await rejects(pull(known, { backoffMs: 60_000 }, { signal: stop.signal, onProgress }), 'aborted', /was stopped/);
    });
  });
});

function page(text: string): Answer {
  return (_, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end(text);
}

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import https from 'node:https';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import { readAddress } from '../../../../src/sources/live/http/address.js';
import { CameraClient } from '../../../../src/sources/live/http/client.js';
import { isPrivateAddress } from '../../../../src/sources/live/http/private-address.js';
import { RateLimit } from '../../../../src/sources/live/http/rate-limit.js';
import { CameraSockets, UntrustedCertificate } from '../../../../src/sources/live/http/sockets.js';
import { SourceError } from '../../../../src/sources/source.js';
import {
  basicLogin,
  CameraServer,
  digestLogin,
  picture,
  type CameraAnswer,
  type DigestOptions,
} from '../../../support/camera-server.js';

const user = 'gate "keeper"';
const password = 'pa:ss w/ord@é';

describe('HTTP client for cameras', () => {
  const server = new CameraServer();
  const other = new CameraServer();
  const clients: CameraClient[] = [];
  const ok = picture(Buffer.from('picture'));

  before(() => Promise.all([server.start(), other.start()]));
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    server.requests.length = 0;
    other.requests.length = 0;
  });
  after(() => Promise.all([server.close(), other.close()]));

  function clientFor(url: string, name = user, secret = password): CameraClient {
    const client = new CameraClient(readAddress({ url, user: name, password: secret }), 'a picture');
    clients.push(client);
    return client;
  }

  async function fetch(client: CameraClient): Promise<string> {
    const response = await client.get();
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  }

  function assertNoSecrets(error: SourceError): void {
    const text = `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;
    for (const secret of [
      password,
      user,
      encodeURIComponent(password),
      Buffer.from(`${user}:${password}`).toString('base64'),
    ]) {
      assert.ok(!text.includes(secret), text);
    }
  }

  const logins: [string, (answer: CameraAnswer) => CameraAnswer, DigestOptions?][] = [
    ['Basic', (answer) => basicLogin(user, password, answer)],
    ...(
      [
        {},
        { algorithm: 'MD5' },
        { algorithm: 'MD5-sess' },
        { algorithm: 'SHA-256' },
        { algorithm: 'SHA-256-sess' },
        { algorithm: 'SHA-512-256', userhash: true },
        { qop: 'auth-int, auth' },
        { qop: '' },
        { nonceUses: 1 },
        { nonceUses: 1, saysStale: false },
        { nonceUses: 2, algorithm: 'MD5-sess' },
      ] satisfies DigestOptions[]
    ).map((options): [string, (answer: CameraAnswer) => CameraAnswer] => [
      `Digest ${JSON.stringify(options)}`,
      (answer) => digestLogin(user, password, answer, options),
    ]),
  ];
  for (const [name, behind] of logins) {
    it(`logs in with ${name}, but only when it is asked`, async () => {
      server.on('/cam', behind(ok));
      const client = clientFor(server.url('/cam?stream=1,2'));
      for (let i = 0; i < 5; i++) assert.equal(await fetch(client), 'picture');
      assert.equal(server.requests[0]!.headers.authorization, undefined);
      assert.ok(server.requests.length <= 11);
    });

    it(`says that ${name} was refused, without the password, and asks no more than twice`, async () => {
      server.on('/cam', behind(ok));
      for (const wrong of [clientFor(server.url('/cam'), user, 'wrong'), clientFor(server.url('/cam'), 'nobody')]) {
        server.requests.length = 0;
        await assert.rejects(fetch(wrong), (error: SourceError) => {
          assert.match(error.message, /but it refused the user or the password \(401\)$/);
          assert.equal(error.code, 'ALPR_SOURCE_LOGIN');
          assertNoSecrets(error);
          return true;
        });
        assert.equal(server.requests.length, 2);
      }
    });
  }

  it('takes user and password out of the address, and shows neither them nor the query', async () => {
    server.on('/cam', basicLogin(user, password, ok));
    const url = new URL(server.url('/cam?token=s3cret'));
    [url.username, url.password] = [user, password];
    const client = clientFor(url.href, '', '');
    assert.equal(await fetch(client), 'picture');
    server.on('/cam', (_, response) => response.writeHead(404).end());
    await assert.rejects(client.get(), (error: SourceError) => {
      assertNoSecrets(error);
      assert.ok(!error.message.includes('s3cret'));
      return true;
    });
  });

  it('never gives user and password to another server', async () => {
    server.on('/away', (_, response) => response.writeHead(302, { Location: other.url('/steal') }).end());
    server.on(
      '/login',
      basicLogin(user, password, (_, response) => response.writeHead(307, { Location: other.url('/steal') }).end()),
    );
    other.on('/steal', (_, response) => response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="give me"' }).end());
    for (const path of ['/away', '/login']) {
      await assert.rejects(clientFor(server.url(path)).get(), (error: SourceError) => {
        assert.match(
          error.message,
          /it was sent on to http:\/\/127\.0\.0\.1:\d+\/steal, which asks for a user and a password/,
        );
        assert.equal(error.code, 'ALPR_SOURCE_LOGIN');
        assertNoSecrets(error);
        return true;
      });
    }
    assert.equal(other.requests.length, 2);
    assert.ok(other.requests.every(({ headers }) => headers.authorization === undefined));
  });

  it('follows redirects, also to another server, with the login only at home', async () => {
    server.on('/a', (_, response) => response.writeHead(301, { Location: 'b?x=1' }).end('moved'));
    server.on(
      '/b',
      digestLogin(user, password, (_, response) => response.writeHead(308, { Location: other.url('/c') }).end()),
    );
    other.on('/c', ok);
    assert.equal(await fetch(clientFor(server.url('/a'))), 'picture');
    assert.deepEqual(
      other.requests.map(({ url, headers }) => [url, headers.authorization]),
      [['/c', undefined]],
    );
  });

  it('says what it takes, before a login and with it', async () => {
    server.on('/cam', basicLogin(user, password, ok));
    assert.equal(await fetch(clientFor(server.url('/cam'))), 'picture');
    assert.deepEqual(
      server.requests.map(({ headers }) => headers.accept?.startsWith('image/jpeg')),
      [true, true],
    );
  });

  for (const [how, scheme, answer] of [
    ['shakes no hands', 'https', ''],
    ['changes to another protocol', 'http', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
  ] as const) {
    it(`gives up a request to a camera that ${how}`, async () => {
      const silent = createServer();
      const heard = once(silent, 'connection') as Promise<[Socket]>;
      await once(silent.listen(0, '127.0.0.1'), 'listening');
      const client = clientFor(`${scheme}://127.0.0.1:${(silent.address() as AddressInfo).port}/`);
      const asked = client.get();
      const [socket] = await heard;
      socket.on('error', () => undefined);
      socket.once('data', () => {
        if (answer === '') client.abort();
        else socket.write(answer);
      });
      await assert.rejects(asked, SourceError);
      silent.close();
    });
  }

  it('knows which addresses belong to the own network', () => {
    for (const address of [
      '10.1.2.3',
      '192.168.0.1',
      '172.31.255.1',
      '127.0.0.1',
      '169.254.1.1',
      '100.100.1.1',
      '::1',
      'fe80::1%eth0',
      'fd00::5',
      '::ffff:192.168.1.1',
    ]) {
      assert.ok(isPrivateAddress(address), address);
    }
    for (const address of [
      '8.8.8.8',
      '172.32.0.1',
      '192.169.0.1',
      '2001:4860::1',
      '::ffff:8.8.8.8',
      '',
      'camera.lan',
      '100.128.0.1',
    ]) {
      assert.ok(!isPrivateAddress(address), address);
    }
  });

  describe('over TLS', () => {
    const folder = mkdtempSync(join(tmpdir(), 'alpr-camera-'));
    const secure = new CameraServer();

    before(async function () {
      if (spawnSync('openssl', ['version']).status !== 0) {
        console.log('      skipped: making a certificate needs openssl');
        this.skip();
      }
      const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
      const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
      execFileSync(
        'openssl',
        ['req', '-x509', ...ec, '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=IPCamera'],
        { stdio: 'pipe' },
      );
      await secure.start({ key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') });
    });
    after(async () => {
      await secure.close().catch(() => undefined);
      rmSync(folder, { recursive: true });
    });

    it("takes a camera's own certificate in the own network, and keeps the connection", async () => {
      secure.on('/cam', digestLogin(user, password, ok));
      const client = clientFor(secure.url('/cam'));
      for (let i = 0; i < 3; i++) assert.equal(await fetch(client), 'picture');
      assert.equal(secure.sockets.size, 1);
    });

    it('sends no byte of a request where it would have to be valid', async () => {
      const sockets = new CameraSockets(() => false);
      const url = new URL(secure.url('/cam'));
      const asked = secure.requests.length;
      const error = await new Promise<Error>((resolve) => {
        https.get(url, { agent: sockets.agentFor(url) }, () => resolve(new Error('answered'))).once('error', resolve);
      });
      assert.ok(error instanceof UntrustedCertificate, error.message);
      await sockets.close();
      await secure.empty();
      assert.equal(secure.requests.length, asked);
    });

    it('gives the login to the same camera over TLS after a redirect', async () => {
      server.on('/up', (_, response) => response.writeHead(301, { Location: secure.url('/cam') }).end());
      secure.on('/cam', basicLogin(user, password, ok));
      assert.equal(await fetch(clientFor(server.url('/up'))), 'picture');
    });

    it('says that a camera speaks no TLS', async () => {
      const url = server.url('/cam').replace('http:', 'https:');
      await assert.rejects(
        clientFor(url).get(),
        /it does not speak TLS as we do \(\w+\): http:\/\/ instead of https:\/\/\?$/,
      );
    });
  });

  it('limits the rate evenly, and takes none from a camera that is just as fast', () => {
    const admitted = (fps: number, times: number[]): number =>
      times.filter(
        (
          (limit) => (t: number) =>
            limit.admits(t)
        )(new RateLimit(fps)),
      ).length;
    const every = (ms: number, jitter: number): number[] =>
      Array.from({ length: 100 }, (_, i) => 1e6 + i * ms + (i % 2) * jitter);
    assert.equal(admitted(10, every(100, 0)), 100);
    assert.equal(admitted(10, every(100, 20)), 100);
    // Four seconds; the last of them may or may not have one more.
    assert.ok([40, 41].includes(admitted(10, every(40, 0))));
    assert.ok([4, 5].includes(admitted(1, every(40, 10))));
    assert.equal(new RateLimit(undefined).admits(0), true);
  });
});

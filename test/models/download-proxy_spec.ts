import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { DownloadError } from '../../src/models/download/download-error.js';
import { proxyFor } from '../../src/models/download/proxy.js';
import { pullModelFile, type FetchOptions } from '../../src/models/download/pull.js';
import { FileServer, serve, status } from '../support/file-server.js';
import { ProxyServer } from '../support/proxy-server.js';
import { hefBytes, ModelPlace, sha256 } from '../support/pulled-model.js';

const bytes = hefBytes(300_000);
const known = { sha256: sha256(bytes), size: bytes.length };

describe('pullModelFile through a proxy', () => {
  const server = new FileServer();
  const proxy = new ProxyServer();
  let place: ModelPlace;
  before(async () => {
    await server.start();
    await proxy.start();
  });
  after(async () => {
    await proxy.close();
    await server.close();
  });
  beforeEach(() => {
    place = new ModelPlace();
    proxy.asked.length = 0;
    proxy.tunnelled = 0;
    proxy.password = undefined;
    proxy.refusal = undefined;
    server.answer(serve(bytes));
  });
  afterEach(() => place.remove());

  const pull = (environment: NodeJS.ProcessEnv, url = `${server.url}/a.hef?x=1`, more: FetchOptions = {}) =>
    pullModelFile(place.manifest({ ...known, url }), 'hailo8', {
      fetchOptions: { backoffMs: 5, stallMs: 5000, tries: 2, environment, ...more },
    });
  const fetched = () => assert.ok(readFileSync(place.file).equals(bytes));
  const rejects = (promise: Promise<unknown>, message: RegExp) =>
    assert.rejects(promise, (error: unknown) => {
      assert.ok(error instanceof DownloadError, String(error));
      assert.match(error.message, message);
      assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /secret/);
      return true;
    });

  it('asks it for unencrypted addresses in full', async () => {
    await pull({ HTTP_PROXY: `http://${proxy.host}` });
    fetched();
    assert.deepEqual(proxy.asked, [`GET ${server.url}/a.hef?x=1`]);
    assert.equal(server.requests[0]!.headers.host, new URL(server.url).host);
  });

  it('gives it user and password, and the server neither', async () => {
    proxy.password = 'ann@corp:p:secret';
    await pull({ http_proxy: `http://ann%40corp:p%3Asecret@${proxy.host}/` });
    fetched();
    assert.equal(server.requests[0]!.headers['proxy-authorization'], undefined);
  });

  it('asks directly where NO_PROXY names the server', async () => {
    await pull({ HTTP_PROXY: `http://${proxy.host}`, NO_PROXY: 'example.org,127.0.0.1' });
    fetched();
    assert.deepEqual(proxy.asked, []);
  });

  it('says that it wants a password, and that it refused one', async () => {
    proxy.password = 'ann:right';
    await rejects(
      pull({ HTTP_PROXY: proxy.host }),
      /^Expected the proxy 127\.0\.0\.1:\d+ to let us through but it wants a user and password \(407\)/,
    );
    await rejects(pull({ HTTP_PROXY: `http://ann:secret@${proxy.host}` }), /it refused user and password \(407\)/);
  });

  it('says that it cannot be reached', async () => {
    const closed = http.createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const environment = { HTTP_PROXY: `http://ann:secret@127.0.0.1:${port}` };
    await rejects(
      pull(environment),
      new RegExp(`^Expected a connection to the proxy 127\\.0\\.0\\.1:${port} but it refuses connections`),
    );
  });

  it('refuses what is no proxy of HTTP, without showing it', async () => {
    await rejects(
      pull({ HTTP_PROXY: 'socks5://ann:secret@localhost:1080' }),
      /Expected an http or https proxy in HTTP_PROXY but received socks5:/,
    );
    await rejects(
      pull({ HTTP_PROXY: 'http://ann:secret@:x' }),
      /Expected an address such as http:\/\/proxy:3128 in HTTP_PROXY but received none/,
    );
  });

  describe('to an encrypted address', function () {
    let secure: https.Server;
    let certificate = '';
    let url = '';
    before(async function () {
      const made = spawnSync('openssl', [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
        ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', '-', '-out', '-'],
      ]);
      if (made.status !== 0) {
        console.log('    skipped: making a certificate needs openssl');
        this.skip();
      }
      certificate = made.stdout.toString();
      secure = https.createServer({ key: certificate, cert: certificate }, (request, response) => {
        if (request.url === '/down') status(302, { Location: `${server.url}/a.hef` })(request, response);
        else serve(bytes)(request, response);
      });
      await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
      url = `https://localhost:${(secure.address() as AddressInfo).port}`;
    });
    after(async () => {
      if (certificate === '') return;
      secure.closeAllConnections();
      await new Promise((resolve) => secure.close(resolve));
    });

    it('goes through a tunnel, with its password', async () => {
      proxy.password = 'ann:secret';
      await pull(
        { HTTPS_PROXY: `http://ann:secret@${proxy.host}`, HTTP_PROXY: 'http://unused.invalid' },
        `${url}/a.hef`,
        { ca: certificate },
      );
      fetched();
      assert.deepEqual(proxy.asked, [`CONNECT ${new URL(url).host}`]);
      assert.ok(proxy.tunnelled > bytes.length, 'the file came through the tunnel');
    });

    it('checks the certificate of the server behind the tunnel', async () => {
      const hint = /its certificate is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\).*NODE_EXTRA_CA_CERTS/;
      await rejects(pull({ HTTPS_PROXY: proxy.host }, `${url}/a.hef`), hint);
      await rejects(pull({}, `${url}/a.hef`), hint);
      await rejects(
        pull({}, `${url.replace('localhost', '127.0.0.1')}/a.hef`, { ca: certificate }),
        /not trusted \(ERR_TLS_CERT_ALTNAME_INVALID\)/,
      );
    });

    it('goes there directly without a proxy', async () => {
      await pull({ HTTP_PROXY: 'http://unused.invalid' }, `${url}/a.hef`, { ca: certificate });
      fetched();
    });

    it('refuses to be led to an unencrypted one', async () => {
      await rejects(
        pull({}, `${url}/down`, { ca: certificate }),
        /a redirect to http:\/\/127\.0\.0\.1:\d+\/a\.hef, which is not encrypted/,
      );
      assert.equal(server.requests.length, 0);
    });

    it('says that the proxy opens no tunnel, or wants a password', async () => {
      proxy.refusal = 403;
      await rejects(
        pull({ https_proxy: proxy.host }, `${url}/a.hef`),
        /^Expected the proxy 127\.0\.0\.1:\d+ to lead to localhost:\d+ but received 403 Forbidden/,
      );
      proxy.password = 'ann:right';
      await rejects(
        pull({ https_proxy: `ann:secret@${proxy.host}` }, `${url}/a.hef`),
        /refused user and password \(407\)/,
      );
    });

    it('says that what answers there does not speak TLS', async () => {
      await rejects(pull({}, `${server.url.replace('http:', 'https:')}/a.hef`), /does not speak TLS/);
    });
  });
});

describe('proxyFor', () => {
  const environment = { HTTP_PROXY: 'http://plain:3128', HTTPS_PROXY: 'secure:3129' };
  const shown = (url: string, more: NodeJS.ProcessEnv = {}) =>
    proxyFor(new URL(url), { ...environment, ...more })?.shown;

  it('takes the variable of the address, small letters first, and ALL_PROXY where there is none', () => {
    assert.equal(shown('http://a.example/'), 'plain:3128');
    assert.equal(shown('https://a.example/'), 'secure:3129');
    assert.equal(shown('https://a.example/', { https_proxy: 'https://small' }), 'small:443');
    assert.equal(proxyFor(new URL('http://a.example/'), { ALL_PROXY: 'http://all' })?.shown, 'all:80');
    assert.equal(proxyFor(new URL('http://a.example/'), { HTTP_PROXY: ' ' }), undefined);
  });

  const exempt: [list: string, url: string, direct: boolean][] = [
    ['*', 'http://a.example/', true],
    ['a.example', 'http://a.example/', true],
    ['A.Example', 'http://a.EXAMPLE/', true],
    ['example', 'http://a.example/', true],
    ['.example', 'http://a.example/', true],
    ['*.example', 'http://a.example/', true],
    ['le', 'http://a.example/', false],
    ['a.example.org', 'http://a.example/', false],
    ['b.example a.example', 'http://a.example/', true],
    ['a.example:80', 'http://a.example/', true],
    ['a.example:8080', 'http://a.example/', false],
    ['10.0.0.0/8', 'http://10.1.2.3/', true],
    ['10.0.0.0/8', 'http://11.1.2.3/', false],
    ['10.0.0.0/99', 'http://10.1.2.3/', false],
    ['2.3', 'http://10.1.2.3/', false],
    ['::1', 'http://[::1]:8080/', true],
    ['[::1]:8080', 'http://[::1]:8080/', true],
    ['fd00::/8', 'http://[fd00::5]/', true],
    ['', 'http://a.example/', false],
  ];
  for (const [list, url, direct] of exempt) {
    it(`${direct ? 'leaves out' : 'keeps'} ${url} with NO_PROXY=${list}`, () => {
      assert.equal(shown(url, { NO_PROXY: list }) === undefined, direct);
    });
  }
});

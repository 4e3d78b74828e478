import http from 'node:http';
import https from 'node:https';
import { isIP, type Socket } from 'node:net';
import tls from 'node:tls';
import { Body } from './body.js';
import { DownloadError } from './download-error.js';
import { networkError, statusError } from './network-error.js';
import { bareHost, basicAuthorization, portOf, type Proxy, proxyFor } from './proxy.js';
import { shownUrl } from './shown-url.js';

export interface GetOptions {
  headers: http.OutgoingHttpHeaders;
  signal?: AbortSignal | undefined;
  /** ms until the answer's head must be there, for each address on the way. */
  timeoutMs: number;
  /** Where the proxies are found. */
  environment: NodeJS.ProcessEnv;
  /** Further certificate authorities, PEM; those of Node and of NODE_EXTRA_CA_CERTS otherwise. */
  ca?: string | undefined;
}

export interface Answer {
  response: http.IncomingMessage;
  body: Body;
  /** Where it came from, after all redirects. */
  url: URL;
}

const MAX_REDIRECTS = 10;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * One GET, through the proxy of the environment and along redirects. Node's own fetch knows neither proxies (before Node 24)
 * nor a way to give the certificates of a company's proxy.
 *
 * @returns the answer; destroy its response when done with it
 * @throws DownloadError: no connection, an encrypted address that leads to an unencrypted one, redirects without end
 */
export async function get(address: URL, options: GetOptions): Promise<Answer> {
  let url = address;
  let authorization = basicAuthorization(url);
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const { response, body } = await send(url, authorization, options);
    const { location } = response.headers;
    if (!REDIRECTS.has(response.statusCode ?? 0) || location === undefined) return { response, body, url };
    response.destroy();
    const next = redirectTarget(location, url);
    // The password of one server is none of the next one's business.
    authorization = basicAuthorization(next) ?? (next.origin === url.origin ? authorization : undefined);
    url = next;
  }
  throw new DownloadError(
    'server',
    `Expected a file at ${shownUrl(address)} but received more than ${MAX_REDIRECTS} redirects, the last to ${shownUrl(url)}`,
  );
}

function redirectTarget(location: string, from: URL): URL {
  const refuse = (what: string) =>
    new DownloadError('server', `Expected ${shownUrl(from)} to lead to a file but received a redirect to ${what}`);
  let next: URL;
  try {
    next = new URL(location, from);
  } catch (cause) {
    throw refuse('an address that is none');
  }
  if (next.protocol !== 'https:' && next.protocol !== 'http:') throw refuse(`${next.protocol}, not to http or https`);
  if (from.protocol === 'https:' && next.protocol === 'http:') {
    throw refuse(`${shownUrl(next)}, which is not encrypted`);
  }
  return next;
}

async function send(url: URL, authorization: string | undefined, options: GetOptions): Promise<Omit<Answer, 'url'>> {
  const proxy = proxyFor(url, options.environment);
  const deadline = new AbortController();
  const signal = options.signal === undefined ? deadline.signal : AbortSignal.any([options.signal, deadline.signal]);
  const timer = setTimeout(() => deadline.abort(), options.timeoutMs);
  try {
    const answer = await open(url, proxy, authorization, { ...options, signal });
    const { response } = answer;
    if (proxy === undefined || response.statusCode !== 407) return answer;
    response.destroy();
    throw statusError(response, url, proxy);
  } catch (thrown) {
    if (thrown instanceof DownloadError) throw thrown;
    if (deadline.signal.aborted && options.signal?.aborted !== true) {
      const who = proxy === undefined ? url.host : `the proxy ${proxy.shown}`;
      const seconds = Math.round(options.timeoutMs / 1000);
      throw new DownloadError('broken', `Expected an answer from ${who} within ${seconds} s but received none`, {
        again: true,
      });
    }
    throw networkError(thrown, url, proxy);
  } finally {
    clearTimeout(timer);
  }
}

async function open(
  url: URL,
  proxy: Proxy | undefined,
  authorization: string | undefined,
  { headers, signal, ca }: GetOptions,
): Promise<Omit<Answer, 'url'>> {
  const fields: http.OutgoingHttpHeaders = { ...headers, Host: url.host };
  if (authorization !== undefined) fields['Authorization'] = authorization;
  const common = { method: 'GET', agent: false as const, signal, headers: fields };
  const path = `${url.pathname}${url.search}`;
  const trust = ca === undefined ? {} : { ca };
  if (proxy === undefined) {
    const target = { ...common, host: bareHost(url), port: portOf(url), path };
    if (url.protocol === 'http:') return answer(http.request(target));
    return answer(https.request({ ...target, ...trust, ...serverName(bareHost(url)) }));
  }
  if (url.protocol === 'http:') {
    // An unencrypted address is asked of the proxy itself, in full.
    if (proxy.authorization !== undefined) fields['Proxy-Authorization'] = proxy.authorization;
    const target = { ...common, host: proxy.host, port: proxy.port, path: `http://${url.host}${path}` };
    return answer(
      proxy.secure ? https.request({ ...target, ...trust, ...serverName(proxy.host) }) : http.request(target),
    );
  }
  const socket = await openTunnel(url, proxy, signal, trust);
  const host = bareHost(url);
  const createConnection = () => tls.connect({ socket, host, ...trust, ...serverName(host) });
  // Without an agent of any kind: with one, `createConnection` is not used, and the request would go past the proxy.
  const tunnelled = { method: 'GET', signal, headers: fields, host, port: portOf(url), path, createConnection };
  return answer(https.request(tunnelled)).catch((thrown: unknown) => {
    socket.destroy();
    // The proxy has done its part: what fails now is the server's.
    throw signal?.aborted ? thrown : networkError(thrown, url);
  });
}

/** Asks the proxy for a way to the server that it cannot look into (CONNECT, RFC 9110 §9.3.6). */
function openTunnel(url: URL, proxy: Proxy, signal: AbortSignal | undefined, trust: { ca?: string }): Promise<Socket> {
  const authority = `${url.hostname}:${portOf(url)}`;
  const headers: http.OutgoingHttpHeaders = { Host: authority };
  if (proxy.authorization !== undefined) headers['Proxy-Authorization'] = proxy.authorization;
  const target = { method: 'CONNECT', agent: false as const, host: proxy.host, port: proxy.port, path: authority };
  const request = proxy.secure
    ? https.request({ ...target, headers, signal, ...trust, ...serverName(proxy.host) })
    : http.request({ ...target, headers, signal });
  return new Promise((resolve, reject) => {
    request.once('connect', (response, socket, head) => {
      if (response.statusCode === 200) {
        if (head.length > 0) socket.unshift(head);
        // Until TLS takes the socket over nobody else listens; an error must not end the process.
        socket.on('error', () => undefined);
        resolve(socket as Socket);
      } else {
        socket.destroy();
        reject(statusError(response, url, proxy));
      }
    });
    request.on('error', reject);
    request.end();
  });
}

function answer(request: http.ClientRequest): Promise<Omit<Answer, 'url'>> {
  return new Promise((resolve, reject) => {
    request.once('response', (response) => resolve({ response, body: new Body(response) }));
    // Stays after the answer: what a server sends behind its end is reported here.
    request.on('error', reject);
    request.end();
  });
}

/** Certificates name hosts; an IP address must not be sent as one. */
function serverName(host: string): { servername: string } {
  return { servername: isIP(host) === 0 ? host : '' };
}

import { BlockList, isIP } from 'node:net';
import { DownloadError } from './download-error.js';

export interface Proxy {
  /** http, or https where the way to the proxy is encrypted itself. */
  secure: boolean;
  /** Without brackets. */
  host: string;
  port: number;
  /** Value of Proxy-Authorization; never shown. */
  authorization?: string;
  /** `host:port`, for messages. */
  shown: string;
}

/**
 * The proxy for an address, from HTTPS_PROXY, HTTP_PROXY and ALL_PROXY (small letters first, as curl has it), unless
 * NO_PROXY names the host.
 * @throws DownloadError when the variable holds no address of an HTTP proxy
 */
export function proxyFor(url: URL, environment: NodeJS.ProcessEnv): Proxy | undefined {
  const names = url.protocol === 'https:' ? ['https_proxy', 'HTTPS_PROXY'] : ['http_proxy', 'HTTP_PROXY'];
  const set = [...names, 'all_proxy', 'ALL_PROXY'].find((name) => (environment[name] ?? '').trim() !== '');
  if (set === undefined || isExempt(url, environment['no_proxy'] ?? environment['NO_PROXY'] ?? '')) return undefined;
  const text = environment[set]!.trim();
  let proxy: URL;
  try {
    proxy = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  } catch {
    // Without the value: it may hold a password.
    throw new DownloadError('offline', `Expected an address such as http://proxy:3128 in ${set} but received none`);
  }
  if (proxy.protocol !== 'http:' && proxy.protocol !== 'https:') {
    throw new DownloadError('offline', `Expected an http or https proxy in ${set} but received ${proxy.protocol}//`);
  }
  const secure = proxy.protocol === 'https:';
  const authorization = basicAuthorization(proxy);
  return {
    secure,
    host: bareHost(proxy),
    port: portOf(proxy),
    ...(authorization === undefined ? {} : { authorization }),
    shown: `${proxy.hostname}:${portOf(proxy)}`,
  };
}

/** The header for an address's user and password; undefined when it has none. */
export function basicAuthorization({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  return `Basic ${Buffer.from(`${decode(username)}:${decode(password)}`).toString('base64')}`;
}

/** The host as sockets want it: IPv6 without brackets. */
export function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

export function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}

/** `*`, a host, a domain with its hosts (with or without a leading dot), each with or without a port; addresses, also as 10.0.0.0/8. */
function isExempt(url: URL, list: string): boolean {
  const host = bareHost(url).toLowerCase().replace(/\.$/, '');
  for (const item of list.toLowerCase().split(/[\s,]+/)) {
    if (item === '') continue;
    if (item === '*') return true;
    const { name, port } = splitPort(item);
    if (port !== undefined && port !== portOf(url)) continue;
    if (name.includes('/') ? inSubnet(host, name) : host === name || (!isIP(host) && host.endsWith(`.${name}`))) {
      return true;
    }
  }
  return false;
}

function splitPort(item: string): { name: string; port?: number } {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(item);
  const plain = bracketed ?? (isIP(item) === 6 ? null : /^([^:]+):(\d+)$/.exec(item));
  const name = (plain?.[1] ?? item).replace(/^\*?\./, '').replace(/\.$/, '');
  return plain?.[2] === undefined ? { name } : { name, port: Number(plain[2]) };
}

function inSubnet(host: string, subnet: string): boolean {
  const [base = '', bits = ''] = subnet.split('/');
  const kind = isIP(base);
  if (kind === 0 || isIP(host) !== kind || !/^\d{1,3}$/.test(bits) || Number(bits) > (kind === 4 ? 32 : 128))
    return false;
  const family = kind === 4 ? 'ipv4' : 'ipv6';
  const block = new BlockList();
  block.addSubnet(base, Number(bits), family);
  return block.check(host, family);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

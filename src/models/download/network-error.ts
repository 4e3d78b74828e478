import type { IncomingMessage } from 'node:http';
import { DownloadError } from './download-error.js';
import type { Proxy } from './proxy.js';
import { shownUrl } from './shown-url.js';

/** Codes of a certificate that is not trusted. */
const CERTIFICATE =
  /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF)|HOSTNAME_MISMATCH)/;

/** An error of sockets, names or TLS in plain words. */
export function networkError(thrown: unknown, url: URL, proxy?: Proxy): DownloadError {
  if (thrown instanceof DownloadError) return thrown;
  const error = thrown as NodeJS.ErrnoException & { hostname?: string };
  const code = error.code ?? '';
  const host = proxy === undefined ? url.host : `the proxy ${proxy.shown}`;
  const named = error.hostname ?? (proxy === undefined ? url.hostname : proxy.host);
  const expected = `Expected a connection to ${host}`;
  const make = (reason: 'offline' | 'broken' | 'server', text: string, again: boolean) =>
    new DownloadError(reason, `${expected} but ${text}`, { cause: error, again });
  if (code === 'ABORT_ERR' || error.name === 'AbortError') {
    return new DownloadError('aborted', `Fetching ${shownUrl(url)} was stopped`, { cause: error });
  }
  if (code === 'ENOTFOUND')
    return make('offline', `there is no internet connection, or no such host: ENOTFOUND ${named}`, false);
  if (code === 'EAI_AGAIN') return make('offline', `there is no internet connection: EAI_AGAIN ${named}`, true);
  if (code === 'ENETUNREACH' || code === 'EHOSTUNREACH' || code === 'ENETDOWN') {
    return make('offline', `there is no internet connection: ${code}`, true);
  }
  if (code === 'ECONNREFUSED') return make('offline', 'it refuses connections (ECONNREFUSED)', true);
  if (CERTIFICATE.test(code)) {
    const hint = "behind a proxy that looks into encrypted traffic, name its certificate's file in NODE_EXTRA_CA_CERTS";
    return make('server', `its certificate is not trusted (${code}): check the clock of this computer; ${hint}`, false);
  }
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') return make('server', `it does not speak TLS (${code})`, false);
  if (code.startsWith('HPE_')) return make('server', `it does not speak HTTP (${code})`, false);
  return make('broken', `it broke off (${code === '' ? error.message : code})`, true);
}

/** What an answer other than a file means. */
export function statusError(response: IncomingMessage, url: URL, proxy?: Proxy): DownloadError {
  const status = response.statusCode ?? 0;
  // 407 is the proxy's; other answers to CONNECT are as well, and reach this function with the proxy named.
  if (status === 407 && proxy !== undefined) {
    const which = proxy.authorization === undefined ? 'it wants a user and password' : 'it refused user and password';
    const where = 'put them in HTTPS_PROXY as http://user:password@host:port';
    return new DownloadError(
      'offline',
      `Expected the proxy ${proxy.shown} to let us through but ${which} (407): ${where}`,
    );
  }
  const what = `${status} ${response.statusMessage ?? ''}`.trim();
  const again = status === 408 || status === 425 || status === 429 || status >= 500;
  if (proxy !== undefined) {
    const text = `Expected the proxy ${proxy.shown} to lead to ${url.host} but received ${what}`;
    return new DownloadError('offline', text, { again });
  }
  const meaning: Record<number, string> = {
    401: ': it wants a user and password',
    403: ': it is not given to everybody, or gone',
    404: ': it has been moved or taken away',
    410: ': it has been taken away',
    429: ': too many requests, try again later',
  };
  const text = `Expected a file at ${shownUrl(url)} but received ${what}${meaning[status] ?? ''}`;
  return new DownloadError('server', text, { again, waitMs: retryAfter(response) });
}

/** Retry-After (RFC 9110 §10.2.3) in ms; 0 when there is none. */
function retryAfter({ headers }: IncomingMessage): number {
  const text = headers['retry-after'];
  if (text === undefined) return 0;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

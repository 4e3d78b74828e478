import { STATUS_CODES } from 'node:http';
import { UntrustedCertificate } from './sockets.js';

/** What a status says to the person who set the address up. */
export function describeStatus(status: number): string {
  const name = STATUS_CODES[status];
  const said = `${status}${name === undefined ? '' : ` ${name}`}`;
  if (status === 403) return `this user may not see it (${said})`;
  if (status === 404 || status === 410) return `there is nothing at this path (${said})`;
  if (status === 429 || status === 503) return `the camera is busy or starting (${said})`;
  if (status >= 500) return `the camera has a fault (${said})`;
  return `it answered ${said}`;
}

/** What a media type says that is no picture. */
export function describeType(type: string): string {
  const name = type.slice(0, 60);
  if (/^text\/html|xhtml/.test(type)) return `it is a web page (${name}): is the path right?`;
  if (/^(text|application)\/(.*\+)?(plain|json|xml)/.test(type)) return `it is text (${name}): is the path right?`;
  if (/^(video|audio)\/|mpegurl|dash\+xml/.test(type))
    return `it is ${name}: choose the source that goes through ffmpeg`;
  return `it is ${name}`;
}

/** The media type of a response, without its parameters. */
export function mediaType(header: string | undefined): string {
  return (header ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

const unreachable: Record<string, string> = {
  ENOTFOUND: 'no computer has this name',
  EAI_AGAIN: 'the name could not be looked up (no network, or no name server)',
  ECONNREFUSED: 'nothing listens there (connection refused)',
  EHOSTUNREACH: 'there is no way to it (host unreachable)',
  ENETUNREACH: 'there is no way to it (network unreachable)',
  ETIMEDOUT: 'it did not answer (timed out)',
};

const networkErrors: Record<string, string> = {
  ...unreachable,
  ECONNRESET: 'the connection broke off',
  EPIPE: 'the connection broke off',
  HPE_HEADER_OVERFLOW: 'its answer has no end of headers',
};

/** True when no connection to the camera came about. */
export function isUnreachable(error: NodeJS.ErrnoException): boolean {
  return Object.hasOwn(unreachable, error.code ?? '');
}

/** What Node says of a failed connection, for people. */
export function describeNetworkError(error: NodeJS.ErrnoException, url: URL): string {
  if (error instanceof UntrustedCertificate) {
    return (
      `its certificate is not trusted (${error.message}). Outside the own network a certificate must be valid; ` +
      'another authority can be added with NODE_EXTRA_CA_CERTS'
    );
  }
  const code = error.code ?? '';
  const known = networkErrors[code];
  if (known !== undefined) return known;
  if (url.protocol === 'https:' && /SSL|TLS|EPROTO/.test(code)) {
    return `it does not speak TLS as we do (${code}): http:// instead of https://?`;
  }
  if (code.startsWith('HPE_')) return `it does not speak HTTP (${code})`;
  return `received ${error.message.split('\n', 1)[0]!.slice(0, 200)}`;
}

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

export type CameraAnswer = (request: http.IncomingMessage, response: http.ServerResponse) => void;

export interface CameraRequest {
  url: string;
  headers: http.IncomingHttpHeaders;
}

/** A camera on this machine that speaks HTTP; what it answers under which path, a test writes down. */
export class CameraServer {
  readonly requests: CameraRequest[] = [];
  /** Connections that are open now. */
  readonly sockets = new Set<Socket>();
  /** Requests that are being answered now, and the most there ever were. */
  answering = 0;
  mostAnswering = 0;
  private readonly answers = new Map<string, CameraAnswer>();
  private server: http.Server | undefined;
  private scheme = 'http';

  /** @param certificate PEM texts, for https */
  async start(certificate?: { key: string; cert: string }): Promise<this> {
    this.scheme = certificate ? 'https' : 'http';
    this.server = certificate ? https.createServer(certificate) : http.createServer();
    this.server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) =>
      this.take(request, response),
    );
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.sockets.delete(socket));
    });
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  get port(): number {
    return (this.server!.address() as AddressInfo).port;
  }

  /** Address of a path; what comes first in the tests' messages is the host. */
  url(path: string, host = '127.0.0.1'): string {
    return `${this.scheme}://${host}:${this.port}${path}`;
  }

  on(path: string, answer: CameraAnswer): void {
    this.answers.set(path, answer);
  }

  /** Resolves when nobody is connected any more. */
  async empty(): Promise<void> {
    // events.once would reject when the other side resets the connection.
    for (const socket of this.sockets) await new Promise((resolve) => socket.once('close', resolve));
  }

  async close(): Promise<void> {
    this.server!.closeAllConnections();
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server!.close(resolve));
  }

  private take(request: http.IncomingMessage, response: http.ServerResponse): void {
    const url = request.url ?? '';
    this.requests.push({ url, headers: request.headers });
    this.answering++;
    this.mostAnswering = Math.max(this.mostAnswering, this.answering);
    response.once('close', () => this.answering--);
    const answer = this.answers.get(url.split('?', 1)[0]!);
    if (answer) answer(request, response);
    else response.writeHead(404).end('nothing here');
  }
}

/** One picture. */
export function picture(bytes: Buffer, headers: http.OutgoingHttpHeaders = {}): CameraAnswer {
  return (_, response) => response.writeHead(200, { 'Content-Type': 'image/jpeg', ...headers }).end(bytes);
}

/** A stream that the test goes on writing to. */
export function stream(type: string, opened: (response: http.ServerResponse) => void): CameraAnswer {
  return (_, response) => {
    response.writeHead(200, { 'Content-Type': type });
    response.flushHeaders();
    opened(response);
  };
}

/** Bytes as they are, with nothing of Node's around them. */
export function raw(...bytes: (string | Buffer)[]): CameraAnswer {
  return (request) => {
    for (const piece of bytes) request.socket.write(piece);
  };
}

/** A part as most cameras send it. */
export function part(bytes: Buffer, boundary = 'frame'): Buffer {
  const head = `--${boundary}\r\nContent-Type: image/jpeg\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes, Buffer.from('\r\n')]);
}

/** Behind Basic login. */
export function basicLogin(user: string, password: string, answer: CameraAnswer): CameraAnswer {
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  return (request, response) => {
    if (request.headers.authorization === expected) answer(request, response);
    else response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="camera"' }).end('login');
  };
}

export interface DigestOptions {
  algorithm?: string;
  qop?: string;
  userhash?: boolean;
  /** Answers after which a nonce is outdated. Default: never. */
  nonceUses?: number;
  /** Whether an outdated nonce is called stale, as it should be. Default true. */
  saysStale?: boolean;
}

/** Behind Digest login, checked as RFC 7616 says: every count is taken once. */
export function digestLogin(
  user: string,
  password: string,
  answer: CameraAnswer,
  options: DigestOptions = {},
): CameraAnswer {
  const { algorithm, qop = 'auth', userhash = false, nonceUses = Infinity, saysStale = true } = options;
  const name = (algorithm ?? 'MD5').toLowerCase();
  const hash = name.startsWith('sha-512-256') ? 'sha512-256' : name.startsWith('sha-256') ? 'sha256' : 'md5';
  const h = (text: string): string => createHash(hash).update(text).digest('hex');
  let nonce = '';
  let uses = 0;
  let count = 0;
  return (request, response) => {
    const given = Object.fromEntries(
      [...(request.headers.authorization ?? '').matchAll(/([\w*]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g)].map(
        (match) => [match[1]!, match[2]?.replace(/\\(.)/g, '$1') ?? match[3]!],
      ),
    );
    const ask = (stale: boolean): void => {
      nonce = h(`nonce ${Math.random()}`);
      uses = 0;
      count = 0;
      const parts = [`realm="the \\"yard\\""`, `nonce="${nonce}"`, 'opaque="a,b=c"'];
      if (qop !== '') parts.push(`qop="${qop}"`);
      if (algorithm !== undefined) parts.push(`algorithm=${algorithm}`);
      if (userhash) parts.push('userhash=true');
      if (stale && saysStale) parts.push('stale=TRUE');
      response.writeHead(401, { 'WWW-Authenticate': `Digest ${parts.join(', ')}` }).end('login');
    };
    if (given['nonce'] === undefined) return ask(false);
    if (given['nonce'] !== nonce || uses >= nonceUses) return ask(true);
    const realm = 'the "yard"';
    const secret = h(`${user}:${realm}:${password}`);
    const ha1 = name.endsWith('-sess') ? h(`${secret}:${nonce}:${given['cnonce']}`) : secret;
    const ha2 = h(`${request.method}:${request.url}`);
    const middle = qop === '' ? nonce : `${nonce}:${given['nc']}:${given['cnonce']}:auth`;
    const isCounted = qop === '' || Number.parseInt(given['nc'] ?? '', 16) === count + 1;
    const isUser = userhash ? given['username'] === h(`${user}:${realm}`) : given['username'] === user;
    const isRight = given['response'] === h(`${ha1}:${middle}:${ha2}`);
    if (!isRight || !isUser || !isCounted || given['uri'] !== request.url || given['opaque'] !== 'a,b=c')
      return ask(false);
    uses++;
    count++;
    answer(request, response);
  };
}

import http from 'node:http';
import https from 'node:https';
import { SourceError, type SourceErrorCode } from '../../source.js';
import { hideSecrets } from '../redact.js';
import { describeUrl, type CameraAddress } from './address.js';
import { Login } from './login.js';
import { describeNetworkError, describeStatus, isUnreachable } from './sentences.js';
import { CameraSockets } from './sockets.js';

/** Where a request is, for the sentence that says why nothing came. */
export type RequestPhase = 'connecting' | 'answering';

const mostRedirects = 5;
/** Challenge, outdated nonce, and one more. */
const mostLogins = 3;
/** Bytes. */
const longestDiscard = 64 * 1024;
const redirects = [301, 302, 303, 307, 308];

/** What goes wrong with a camera. */
export class HttpFault extends SourceError {
  constructor(
    message: string,
    code: SourceErrorCode,
    /** Asking again soon will not help. */
    readonly final: boolean,
  ) {
    super(message, code);
  }
}

/** Speaks HTTP with one camera: logs in, follows redirects, and turns what goes wrong into sentences. */
export class CameraClient {
  phase: RequestPhase = 'connecting';
  private readonly sockets = new CameraSockets();
  private readonly login: Login;
  /** How each request that is under way is given up. */
  private readonly current = new Set<() => void>();
  private closed = false;

  constructor(
    private readonly address: CameraAddress,
    /** What the camera is asked for: `a stream of pictures`. */
    private readonly wanted: string,
  ) {
    this.login = new Login(address.user, address.password);
  }

  /**
   * The response with a body to read (or a 304, when `headers` ask for that).
   * @throws SourceError ALPR_SOURCE_LOGIN when user or password are missing or refused
   */
  async get(headers: http.OutgoingHttpHeaders = {}): Promise<http.IncomingMessage> {
    let url = this.address.url;
    let steps = 0;
    let logins = 0;
    for (;;) {
      const response = await this.send(url, headers);
      const status = response.statusCode ?? 0;
      const location = response.headers.location;
      if (redirects.includes(status) && location !== undefined) {
        await discard(response);
        if (++steps > mostRedirects) throw this.fault(`it was sent on more than ${mostRedirects} times`);
        url = this.follow(url, location);
      } else if (status === 401) {
        await discard(response);
        this.logIn(url, response, logins++);
      } else if (status === 304 || (status >= 200 && status < 300 && status !== 204)) {
        if (this.mayLogIn(url)) this.login.accepted(first(response.headers['authentication-info']));
        return response;
      } else {
        response.on('error', () => undefined).destroy();
        const final = [403, 404, 410].includes(status);
        throw this.fault(describeStatus(status), status === 403 ? 'ALPR_SOURCE_LOGIN' : 'ALPR_SOURCE', final);
      }
    }
  }

  /** Ends the request that is under way, whose `get` or body then fails. */
  abort(): void {
    for (const giveUp of [...this.current]) giveUp();
  }

  /** Resolves when no socket is open any more. */
  async close(): Promise<void> {
    this.closed = true;
    this.abort();
    await this.sockets.close();
  }

  /** An error that says what was expected of this camera, and what came; without secrets. */
  fault(received: string, code: SourceErrorCode = 'ALPR_SOURCE', final = code !== 'ALPR_SOURCE'): HttpFault {
    const { user, password, description } = this.address;
    const message = `Expected ${this.wanted} from ${description} but ${received}`;
    return new HttpFault(hideSecrets(message, [user, password]), code, final);
  }

  /** What broke a connection, for people. */
  broken(error: unknown, url = this.address.url): HttpFault {
    if (error instanceof HttpFault) return error;
    const failure = error as NodeJS.ErrnoException;
    const code = isUnreachable(failure) ? 'ALPR_SOURCE_UNREACHABLE' : 'ALPR_SOURCE';
    return this.fault(describeNetworkError(failure, url), code, false);
  }

  private send(url: URL, headers: http.OutgoingHttpHeaders): Promise<http.IncomingMessage> {
    if (this.closed) return Promise.reject(this.fault('it was closed'));
    const uri = `${url.pathname}${url.search}`;
    const authorization = this.mayLogIn(url) ? this.login.authorization('GET', uri) : undefined;
    this.phase = 'connecting';
    return new Promise((resolve, reject) => {
      const { request: start } = url.protocol === 'https:' ? https : http;
      const request = start(url, {
        agent: this.sockets.agentFor(url),
        headers: {
          Accept: 'image/jpeg, multipart/x-mixed-replace, image/*;q=0.8, */*;q=0.1',
          ...headers,
          ...(authorization === undefined ? {} : { Authorization: authorization }),
        },
        // Small cameras end lines with LF alone or forget a space. We only read what is ours; there is nobody to be fooled by it.
        insecureHTTPParser: true,
      });
      // A request without a socket yet says nothing of its end.
      const giveUp = (): void => {
        request.destroy();
        reject(this.fault('it was given up'));
      };
      this.current.add(giveUp);
      request.on('socket', (socket) => {
        const connected = (): void => {
          this.phase = 'answering';
        };
        if (socket.connecting) socket.once('connect', connected);
        else connected();
        socket.setNoDelay(true);
      });
      request.on('response', resolve);
      request.on('error', (error) => reject(this.broken(error, url)));
      request.on('close', () => {
        this.current.delete(giveUp);
        reject(this.fault('it ended without an answer'));
      });
      request.end();
    });
  }

  private logIn(url: URL, response: http.IncomingMessage, logins: number): void {
    if (!this.mayLogIn(url)) {
      throw this.fault(
        `it was sent on to ${describeUrl(url)}, which asks for a user and a password; they only go to the camera itself`,
        'ALPR_SOURCE_LOGIN',
      );
    }
    const headers = response.headersDistinct['www-authenticate'] ?? [];
    const answer = logins >= mostLogins ? 'refused' : this.login.challenged(headers, logins > 0);
    if (answer === 'retry') return;
    const sentences = {
      missing: 'it asks for a user and a password (401)',
      refused: 'it refused the user or the password (401)',
      unknown: 'it asks for a kind of login that is neither Basic nor Digest (401)',
    };
    throw this.fault(sentences[answer], 'ALPR_SOURCE_LOGIN');
  }

  /** User and password only go where the person sent them: the same server, or the same host over TLS. */
  private mayLogIn(url: URL): boolean {
    const home = this.address.url;
    return url.origin === home.origin || (url.protocol === 'https:' && url.hostname === home.hostname);
  }

  private follow(from: URL, location: string): URL {
    const url = URL.canParse(location, from) ? new URL(location, from) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol))
      throw this.fault('it was sent on to something else than HTTP');
    url.username = '';
    url.password = '';
    url.hash = '';
    return url;
  }
}

/** Reads a body that nobody wants, so that its connection can be used again; one that does not end soon is not worth it. */
function discard(response: http.IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > longestDiscard) response.destroy();
    });
    response.on('error', () => undefined);
    response.on('close', resolve);
  });
}

function first(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

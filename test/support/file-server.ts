import http from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (request: http.IncomingMessage, response: http.ServerResponse) => void;

/** A web server on this machine whose answers a test writes down, one per request; the last one is given again and again. */
export class FileServer {
  readonly requests: { url: string; headers: http.IncomingHttpHeaders }[] = [];
  private answers: Answer[] = [];
  private readonly server = http.createServer((request, response) => {
    this.requests.push({ url: request.url ?? '', headers: request.headers });
    const answer = this.answers[Math.min(this.requests.length, this.answers.length) - 1];
    if (answer === undefined) response.writeHead(500).end();
    else answer(request, response);
  });

  /** @returns the server's address, without a slash at its end */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  answer(...answers: Answer[]): void {
    this.requests.length = 0;
    this.answers = answers;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** What a well-behaved server does: the whole file, or the rest of it when it is still the same one. */
export function serve(bytes: Buffer, etag = '"one"'): Answer {
  return (request, response) => {
    const start = startOf(request, etag);
    if (start === undefined) response.writeHead(200, { 'Content-Length': bytes.length, ETag: etag }).end(bytes);
    else if (start >= bytes.length) response.writeHead(416, { 'Content-Range': `bytes */${bytes.length}` }).end();
    else {
      const rest = bytes.subarray(start);
      const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
      response.writeHead(206, { 'Content-Length': rest.length, 'Content-Range': range, ETag: etag }).end(rest);
    }
  };
}

/** As `serve`, but the connection breaks off after `count` bytes of the body. */
export function breakOff(bytes: Buffer, count: number, etag = '"one"'): Answer {
  return (request, response) => {
    const start = startOf(request, etag) ?? 0;
    const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
    const head = { 'Content-Length': bytes.length - start, ETag: etag };
    response.writeHead(start > 0 ? 206 : 200, start > 0 ? { ...head, 'Content-Range': range } : head);
    response.write(bytes.subarray(start, start + count), () => response.destroy());
  };
}

/** An answer with a status and nothing of use. */
export function status(code: number, headers: http.OutgoingHttpHeaders = {}): Answer {
  return (_, response) => response.writeHead(code, headers).end(`status ${code}`);
}

function startOf({ headers }: http.IncomingMessage, etag: string): number | undefined {
  const match = /^bytes=(\d+)-$/.exec(headers.range ?? '');
  const condition = headers['if-range'];
  return match === null || (condition !== undefined && condition !== etag) ? undefined : Number(match[1]);
}

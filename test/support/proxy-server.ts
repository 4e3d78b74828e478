import http from 'node:http';
import net, { type AddressInfo } from 'node:net';

/** A proxy on this machine: passes unencrypted requests on, and opens tunnels (CONNECT); with a password when it is given one. */
export class ProxyServer {
  /** What was asked of it: `GET http://…` or `CONNECT host:port`. */
  readonly asked: string[] = [];
  /** Bytes that came back through tunnels. */
  tunnelled = 0;
  /** `user:password`. */
  password: string | undefined;
  /** Answers CONNECT with this status instead of a tunnel. */
  refusal: number | undefined;
  private readonly sockets = new Set<net.Socket>();
  private readonly server = http.createServer((request, response) => {
    this.asked.push(`${request.method} ${request.url}`);
    if (!this.admits(request)) {
      response.writeHead(407, { 'Proxy-Authenticate': 'Basic realm="x"' }).end('no');
      return;
    }
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const onward = http.request(request.url!, { method: request.method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    onward.end();
  });

  constructor() {
    this.server.on('connect', (request: http.IncomingMessage, socket: net.Socket) => {
      this.asked.push(`CONNECT ${request.url}`);
      this.keep(socket);
      if (!this.admits(request)) socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      else if (this.refusal !== undefined) socket.end(`HTTP/1.1 ${this.refusal} Forbidden\r\n\r\n`);
      else {
        const { hostname, port } = new URL(`http://${request.url}`);
        const onward = net.connect(Number(port || 80), hostname, () => {
          socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
          socket.pipe(onward).pipe(socket);
        });
        onward.on('data', (chunk: Buffer) => (this.tunnelled += chunk.length));
        this.keep(onward);
      }
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private admits({ headers }: http.IncomingMessage): boolean {
    if (this.password === undefined) return true;
    return headers['proxy-authorization'] === `Basic ${Buffer.from(this.password).toString('base64')}`;
  }

  private keep(socket: net.Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
  }
}

import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import tls from 'node:tls';
import { isPrivateAddress } from './private-address.js';

/** A certificate that nobody vouches for, at an address outside this network. */
export class UntrustedCertificate extends Error {}

type Done = (error: Error | null, socket?: Socket) => void;
type Connect = (options: http.ClientRequestArgs, done: Done) => Socket | undefined;

/**
 * The connections of one camera: kept alive between requests, all gone after `close`.
 *
 * Nearly every camera that speaks HTTPS has a certificate it signed itself. Within the own network such a one is taken: it protects no less
 * than the plain HTTP which is the alternative there. Anywhere else a certificate must be valid.
 */
export class CameraSockets {
  private readonly open = new Set<Socket>();
  private readonly plain = new http.Agent({ keepAlive: true, maxFreeSockets: 1 });
  private readonly secure = new https.Agent({ keepAlive: true, maxFreeSockets: 1 });

  constructor(private readonly isOwnNetwork = isPrivateAddress) {
    const plain = connectOf(this.plain);
    replaceConnect(this.plain, (options, done) => this.note(plain(options, done)));
    // Asked for later, so that no byte of a request is sent before the certificate was looked at.
    replaceConnect(this.secure, (options, done) => {
      this.connectSecurely(options as tls.ConnectionOptions, done);
      return undefined;
    });
  }

  agentFor(url: URL): http.Agent {
    return url.protocol === 'https:' ? this.secure : this.plain;
  }

  /** Resolves when every socket is closed. */
  async close(): Promise<void> {
    this.plain.destroy();
    this.secure.destroy();
    await Promise.all(
      [...this.open].map((socket) => {
        const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
        socket.destroy();
        return closed;
      }),
    );
  }

  private connectSecurely(options: tls.ConnectionOptions, done: Done): void {
    const socket = tls.connect({ ...options, rejectUnauthorized: false });
    this.note(socket);
    const failed = (error: Error): void => done(error);
    socket.once('error', failed);
    socket.once('secureConnect', () => {
      socket.off('error', failed);
      if (socket.authorized || this.isOwnNetwork(socket.remoteAddress ?? '')) {
        done(null, socket);
        return;
      }
      // From here on nobody listens.
      socket.on('error', () => undefined);
      socket.destroy();
      done(new UntrustedCertificate(String(socket.authorizationError)));
    });
  }

  private note<T extends Socket | undefined>(socket: T): T {
    if (socket) {
      this.open.add(socket);
      socket.once('close', () => this.open.delete(socket));
    }
    return socket;
  }
}

/** Documented of http.Agent (`agent.createConnection(options[, callback])`), but not in its types. */
interface WithConnect {
  createConnection: Connect;
}

function connectOf(agent: http.Agent): Connect {
  const { createConnection } = agent as unknown as WithConnect;
  return createConnection.bind(agent);
}

function replaceConnect(agent: http.Agent, connect: Connect): void {
  (agent as unknown as WithConnect).createConnection = connect;
}

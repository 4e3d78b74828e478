import dgram from 'node:dgram';
import net from 'node:net';
import { seededRandom } from '../random.js';
import { InterleavedSplitter, pictureStart, type RtspUnit } from './interleaved.js';

/**
 * What the proxy does with what the camera sends. Shares are 0..1 of the packets.
 * - `refuse`: no new connection (the port is closed); those there are go on
 * - `stall`: connections stay open and nothing passes, in neither direction
 * - `cut`: ends each connection after so many bytes from the camera, counted from now on
 * - `halve`: packets lose their second half, without the header saying so
 * - `fragment`: everything passes, three bytes at a time
 * - `delay`: everything passes, later
 * - `no-udp`: clients that connect and ask for UDP get nothing over it, as behind a firewall
 * - `corrupt`: bits of the picture are flipped; RTSP, RTP and RTCP stay whole
 */
export type Fault =
  | { kind: 'none' | 'refuse' | 'stall' | 'no-udp' }
  | { kind: 'cut'; afterBytes: number }
  | { kind: 'halve' | 'corrupt' | 'duplicate' | 'reorder' | 'drop'; share: number }
  | { kind: 'fragment' }
  | { kind: 'delay'; ms: number; jitterMs?: number };

export interface FaultCounts {
  accepted: number;
  /** Connections that the proxy ended. */
  ended: number;
  bytes: number;
  packets: number;
  /** Packets per kind of fault that was done to them. */
  faulty: Record<string, number>;
}

/** A TCP proxy between a client and an RTSP server (over TCP; UDP packets do not pass it). Same seed, same faults. */
export interface FaultProxy {
  readonly port: number;
  readonly counts: FaultCounts;
  /** The server's address through the proxy. */
  url(serverUrl: string): string;
  set(fault: Fault): Promise<void>;
  /** Ends all connections: in order, or by a reset. */
  disconnect(reset?: boolean): void;
  close(): Promise<void>;
}

export async function startFaultProxy(target: { port: number; seed?: number }): Promise<FaultProxy> {
  const chance = seededRandom(target.seed ?? 1);
  const counts: FaultCounts = { accepted: 0, ended: 0, bytes: 0, packets: 0, faulty: {} };
  const links = new Set<Link>();
  let fault: Fault = { kind: 'none' };
  // Here ends what a firewall would swallow.
  const nowhere = dgram.createSocket('udp4');
  await new Promise<void>((resolve) => nowhere.bind(0, '127.0.0.1', resolve));
  const swallowing = nowhere.address().port;
  const listener = net.createServer((client) => {
    counts.accepted++;
    const server = net.connect(target.port, '127.0.0.1');
    const link = new Link(client, server, { chance, counts, swallowing, fault: () => fault });
    links.add(link);
    void link.ended.then(() => links.delete(link));
  });
  await listen(listener, 0);
  const { port } = listener.address() as net.AddressInfo;
  return {
    port,
    counts,
    url(serverUrl) {
      const url = new URL(serverUrl);
      url.port = String(port);
      return url.href;
    },
    async set(next) {
      fault = next;
      for (const link of links) link.faultChanged();
      if (next.kind === 'refuse' && listener.listening) listener.close();
      else if (next.kind !== 'refuse' && !listener.listening) await listen(listener, port);
    },
    disconnect(reset = false) {
      for (const link of links) link.end(reset);
    },
    async close() {
      for (const link of links) link.end(true);
      nowhere.close();
      if (listener.listening) await new Promise((resolve) => listener.close(resolve));
    },
  };
}

interface LinkContext {
  chance: () => number;
  counts: FaultCounts;
  /** UDP port of ours that answers nothing. */
  swallowing: number;
  fault: () => Fault;
}

/** One client and its connection to the server. */
class Link {
  readonly ended: Promise<void>;
  private readonly splitter = new InterleavedSplitter();
  private left: number | undefined;
  private held: Buffer | undefined;
  private lastDue = 0;

  constructor(
    private readonly client: net.Socket,
    private readonly server: net.Socket,
    private readonly context: LinkContext,
  ) {
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('end', () => other.end());
      socket.on('close', () => other.destroy());
    }
    this.ended = new Promise((resolve) => client.once('close', () => resolve()));
    client.on('data', (chunk) => server.write(this.fromClient(chunk)));
    server.on('data', (chunk) => this.fromServer(chunk));
    this.faultChanged();
  }

  faultChanged(): void {
    const fault = this.context.fault();
    this.left = fault.kind === 'cut' ? fault.afterBytes : undefined;
    for (const socket of [this.client, this.server]) {
      if (fault.kind === 'stall') socket.pause();
      else socket.resume();
    }
    if (this.held && fault.kind !== 'reorder') this.client.write(this.held);
    if (fault.kind !== 'reorder') this.held = undefined;
  }

  end(reset: boolean): void {
    this.context.counts.ended++;
    if (reset) this.client.resetAndDestroy();
    else this.client.end();
    this.server.destroy();
  }

  private fromClient(chunk: Buffer): Buffer {
    const { fault, swallowing } = this.context;
    if (fault().kind !== 'no-udp') return chunk;
    const asked = chunk.toString('latin1');
    const answered = asked.replace(/client_port=\d+-\d+/, `client_port=${swallowing}-${swallowing}`);
    this.count('no-udp', answered !== asked);
    return Buffer.from(answered, 'latin1');
  }

  private fromServer(chunk: Buffer): void {
    for (const unit of this.splitter.push(chunk)) this.pass(unit);
  }

  private pass(unit: RtspUnit): void {
    const { context } = this;
    const fault = context.fault();
    const isPacket = unit.kind === 'packet';
    if (isPacket) context.counts.packets++;
    const hit = isPacket && 'share' in fault && context.chance() < fault.share;
    let { bytes } = unit;
    switch (fault.kind) {
      case 'cut':
        return this.passUntilCut(bytes);
      case 'delay':
        this.count('delay', isPacket);
        return this.passLater(bytes, fault.ms + context.chance() * (fault.jitterMs ?? 0));
      case 'fragment':
        this.count('fragment', isPacket);
        for (let from = 0; from < bytes.length; from += 3) this.send(bytes.subarray(from, from + 3));
        return;
      case 'drop':
        if (hit) return this.count('drop', true);
        break;
      case 'halve':
        if (hit) bytes = bytes.subarray(0, Math.ceil(bytes.length / 2));
        break;
      case 'corrupt':
        if (hit && !this.damage(bytes)) return this.send(bytes);
        break;
      case 'duplicate':
        if (hit) this.send(bytes);
        break;
      case 'reorder':
        if (hit && this.held === undefined) {
          this.held = bytes;
          return this.count('reorder', true);
        }
        this.send(bytes);
        if (this.held && isPacket) {
          this.send(this.held);
          this.held = undefined;
        }
        return;
    }
    this.count(fault.kind, hit);
    this.send(bytes);
  }

  /** @returns whether the packet holds any of the picture */
  private damage(packet: Buffer): boolean {
    const start = pictureStart(packet);
    if (start === undefined) return false;
    const flips = 1 + Math.floor(this.context.chance() * 8);
    for (let flip = 0; flip < flips; flip++) {
      const at = start + Math.floor(this.context.chance() * (packet.length - start));
      packet[at] = packet[at]! ^ (1 << Math.floor(this.context.chance() * 8));
    }
    return true;
  }

  private passUntilCut(bytes: Buffer): void {
    const left = this.left ?? 0;
    this.left = left - bytes.length;
    if (left <= 0) return;
    this.send(bytes.subarray(0, left));
    if (this.left > 0) return;
    this.count('cut', true);
    this.end(false);
  }

  /** In order: a later packet never overtakes. */
  private passLater(bytes: Buffer, delayMs: number): void {
    this.lastDue = Math.max(this.lastDue, performance.now() + delayMs);
    setTimeout(() => this.send(bytes), this.lastDue - performance.now());
  }

  private send(bytes: Buffer): void {
    if (!this.client.writable) return;
    this.context.counts.bytes += bytes.length;
    this.client.write(bytes);
  }

  private count(kind: string, hit: boolean): void {
    if (!hit || kind === 'none') return;
    const { faulty } = this.context.counts;
    faulty[kind] = (faulty[kind] ?? 0) + 1;
  }
}

function listen(listener: net.Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(port, '127.0.0.1', () => {
      listener.off('error', reject);
      resolve();
    });
  });
}

import net from 'node:net';
import { join } from 'node:path';
import type { FramePoolStats } from '../../../src/frame/pool.js';
import type { CameraReport } from '../../../src/sources/live/camera-state.js';

/** What probe.cjs tells. */
export type Told =
  | { kind: 'report'; report: CameraReport }
  | { kind: 'frame'; camera: string; width: number; height: number; timestamp: number }
  /** A visit came to the log, and was stored. */
  | { kind: 'given' | 'logged'; id: string }
  | { kind: 'error'; node: string; message: string }
  | { kind: 'status'; node: string; text: string };

/** Inside Node-RED, after a garbage collection. Bytes. */
export interface Measured {
  rss: number;
  /** Of the main thread: in use, and held by V8. */
  heap: number;
  heapTotal: number;
  external: number;
  /** What keeps the event loop alive, by kind. */
  resources: Record<string, number>;
  pool: FramePoolStats;
  /** Threads that JavaScript began since the start. */
  begun: number;
}

type Order = { do: 'measure' } | { do: 'clock'; ms: number } | { do: 'cameras'; payload: unknown };

/** Our end of the connection to a Node-RED with probe.cjs in it. */
export class Probe {
  private socket: net.Socket | undefined;
  private readonly answers: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];
  private readonly waiting = new Set<{ check: () => boolean; done: () => void; fail: (error: Error) => void }>();

  private constructor(
    private readonly server: net.Server,
    private readonly heard: (told: Told) => void,
  ) {
    server.on('connection', (socket) => this.attach(socket));
  }

  static async listen(heard: (told: Told) => void): Promise<Probe> {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Probe(server, heard);
  }

  /** Environment of the Node-RED to be observed. */
  environment(packageFolder: string, hurry: number): Record<string, string> {
    return {
      NODE_OPTIONS: `--require ${join(__dirname, 'probe.cjs')}`,
      ALPR_SOAK_PORT: String((this.server.address() as net.AddressInfo).port),
      ALPR_SOAK_PACKAGE: packageFolder,
      ALPR_SOAK_HURRY: String(hurry),
    };
  }

  measure(): Promise<Measured> {
    return this.order({ do: 'measure' }) as Promise<Measured>;
  }

  /** The clock of Node-RED is off by so much from now on. */
  async setClock(ms: number): Promise<void> {
    await this.order({ do: 'clock', ms });
  }

  /** A message to every camera. */
  async tellCameras(payload: unknown): Promise<void> {
    await this.order({ do: 'cameras', payload });
  }

  /**
   * Resolves when something is so; looked at whenever something is heard.
   * @throws Error with `what` after a long time
   */
  until(check: () => boolean, what: () => string, timeoutMs = 60_000): Promise<void> {
    if (check()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.waiting.delete(entry);
        settle();
      };
      const entry = {
        check,
        done: () => end(resolve),
        fail: (error: Error) => end(() => reject(error)),
      };
      const timer = setTimeout(() => entry.fail(new Error(`Expected ${what()}`)), timeoutMs);
      this.waiting.add(entry);
    });
  }

  close(): void {
    this.socket?.destroy();
    this.server.close();
  }

  private order(order: Order): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.socket === undefined || this.socket.destroyed) {
        reject(goneError());
        return;
      }
      this.answers.push({ resolve, reject });
      this.socket.write(`${JSON.stringify(order)}\n`);
    });
  }

  private attach(socket: net.Socket): void {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.once('close', () => {
      for (const { reject } of this.answers.splice(0)) reject(goneError());
      for (const { fail } of this.waiting) fail(goneError());
    });
    let rest = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) this.take(JSON.parse(line) as Told | { kind: 'answer'; value: unknown });
      for (const entry of this.waiting) if (entry.check()) entry.done();
    });
  }

  private take(told: Told | { kind: 'answer'; value: unknown }): void {
    if (told.kind === 'answer') this.answers.shift()?.resolve(told.value);
    else this.heard(told);
  }
}

function goneError(): Error {
  return new Error('Expected Node-RED to be connected but it is gone');
}

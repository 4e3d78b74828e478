import { SourceError } from '../../source.js';
import type { Feed, FeedContext, FeedSink } from '../feed.js';
import type { LiveSettings } from '../settings.js';
import { readAddress, type CameraAddress } from './address.js';
import { CameraClient } from './client.js';
import { timeoutOf } from './limits.js';
import { PictureDecoder } from './picture-decoder.js';

/** What an open feed works with. */
export interface HttpWork {
  client: CameraClient;
  decoder: PictureDecoder;
}

/** What feeds over HTTP share: the address, the end, and that nothing reaches the sink after it. */
export abstract class HttpFeed implements Feed {
  readonly description: string;
  protected isOver = false;
  /** ms */
  protected readonly timeoutMs: number;
  private work: HttpWork | undefined;
  private released: Promise<void> | undefined;

  /** @param wanted what the camera is asked for, as in `Expected … from http://camera.lan` */
  constructor(
    protected readonly settings: LiveSettings,
    context: FeedContext,
    protected readonly sink: FeedSink,
    wanted: string,
    codec: string,
  ) {
    this.timeoutMs = timeoutOf(settings);
    this.description = 'no address';
    try {
      checkNumbers(settings);
      const address = readAddress(settings);
      this.description = address.description;
      this.work = this.prepare(address, context, wanted, codec);
    } catch (error) {
      setImmediate(() => this.end(error as SourceError));
      return;
    }
    const { work } = this;
    setImmediate(() => {
      if (this.isOver) return;
      this.run(work).then(
        () => this.end(work.client.fault('it ended')),
        (error: unknown) => this.end(work.client.broken(error)),
      );
    });
  }

  want(wanted: boolean): void {
    this.work?.decoder.want(wanted);
  }

  close(): Promise<void> {
    this.isOver = true;
    return this.release();
  }

  /** Runs until the feed is over. What it rejects with ends the feed; returning ends one that is not over yet, too. */
  protected abstract run(work: HttpWork): Promise<void>;

  /** Frees what `run` holds, such as timers; sockets and decoder are not its business. */
  protected abstract stop(): void;

  protected end(error: SourceError): void {
    if (this.isOver) return;
    this.isOver = true;
    void this.release();
    this.sink.ended(error);
  }

  private prepare(address: CameraAddress, context: FeedContext, wanted: string, codec: string): HttpWork {
    const { settings, sink, timeoutMs } = this;
    const client = new CameraClient(address, wanted);
    const decoder = new PictureDecoder({
      ...{ settings, context, sink, codec, timeoutMs },
      fault: (received) => client.fault(received),
      failed: (error) => this.end(error),
    });
    return { client, decoder };
  }

  private release(): Promise<void> {
    this.released ??= (async () => {
      this.stop();
      await Promise.all([this.work?.decoder.close(), this.work?.client.close()]);
    })();
    return this.released;
  }
}

function checkNumbers(settings: LiveSettings): void {
  for (const name of ['fps', 'interval', 'maxWidth', 'maxMegapixels', 'timeoutMs'] as const) {
    const value = settings[name];
    if (value === undefined || (Number.isFinite(value) && value > 0)) continue;
    throw new SourceError(`Expected a number above 0 for ${name} but received ${value}`, 'ALPR_SOURCE_SETTINGS');
  }
}

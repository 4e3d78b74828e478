import { DecoderChoice } from '../decoder-choice.js';
import { DecoderThread } from '../decoder-thread.js';
import { logOptions, outputArguments } from '../ffmpeg-arguments.js';
import type { StreamNotes } from '../ffmpeg-log.js';
import { findFfmpeg, isAtLeast, type Ffmpeg } from '../ffmpeg.js';
import { SourceError, type SourceErrorCode } from '../source.js';
import type { FromDecoderThread } from '../video-protocol.js';
import type { Feed, FeedContext, FeedFacts, FeedSink, OpenFeed } from './feed.js';
import { diagnose } from './ffmpeg-errors.js';
import type { FfmpegInput, MakeFfmpegInput } from './ffmpeg-inputs/input.js';
import { LiveFrames } from './live-frames.js';
import { hideSecrets } from './redact.js';
import type { LiveSettings } from './settings.js';

/**
 * Before the input. Threads that share one picture instead of taking turns with pictures: those would hold back as many frames as there are
 * threads (80 ms at 25 a second with two cores). ffmpeg looks at a stream for a second at most before it begins, not for five.
 * Not `-fflags nobuffer`: it throws away what was looked at, and the first frame then waits for another key frame (2 s at 75 frames
 * from one to the next), while later ones come no sooner. Not `-flags low_delay`: it sends frames out of order where there are B-frames.
 */
const inputOptions = ['-thread_type', 'slice', '-analyzeduration', '1000000'];

/** What a camera's connections have in common. */
interface Camera {
  settings: LiveSettings;
  context: FeedContext;
  makeInput: MakeFfmpegInput;
  decoder: DecoderChoice;
}

/** A live camera through ffmpeg, decoded in a process of its own and read in a thread. `makeInput` says how it gets at the camera. */
export function openFfmpegFeed(settings: LiveSettings, context: FeedContext, makeInput: MakeFfmpegInput): OpenFeed {
  const { hwaccel, hwDevice } = settings;
  const camera = { settings, context, makeInput, decoder: new DecoderChoice(hwaccel, hwDevice) };
  return (sink) => new FfmpegFeed(camera, sink);
}

class FfmpegFeed implements Feed {
  description: string;
  private readonly frames: LiveFrames;
  private readonly timeoutMs: number;
  private readonly secrets: string[];
  private ffmpeg: Ffmpeg | undefined;
  private input: FfmpegInput | undefined;
  private thread: DecoderThread | undefined;
  private readonly gone: Promise<void>[] = [];
  private readonly begun: Promise<void>;
  private facts: FeedFacts | undefined;
  private over = false;
  private fellBack = false;
  /** How long the hardware may take for its first frame. */
  private patience: NodeJS.Timeout | undefined;
  /** A size that this ffmpeg cannot follow. */
  private fixedSize: { width: number; height: number } | undefined;

  constructor(
    private readonly camera: Camera,
    private readonly sink: FeedSink,
  ) {
    const { settings, context } = camera;
    // A little before whoever watches the feed: they know nothing of what ffmpeg said.
    const timeoutMs = settings.timeoutMs ?? 10_000;
    this.timeoutMs = timeoutMs - Math.min(500, timeoutMs * 0.05);
    this.secrets = [settings.user ?? '', settings.password ?? ''].filter((secret) => secret !== '');
    this.description = hideSecrets(settings.url ?? settings.source, this.secrets);
    this.frames = new LiveFrames(context, (frame) => {
      if (this.over) return context.pool.recycle(frame);
      sink.frame(frame);
    });
    this.begun = this.begin();
  }

  async close(): Promise<void> {
    this.over = true;
    await this.begun;
    this.dropThread();
    await Promise.all(this.gone);
  }

  /** Resolves when the thread has been started, or will not be. */
  private async begin(): Promise<void> {
    try {
      const ffmpeg = await findFfmpeg(this.camera.settings.ffmpeg);
      if (this.over) return;
      this.ffmpeg = ffmpeg;
      this.input = this.camera.makeInput(this.camera.settings, ffmpeg);
      this.secrets.push(...this.input.secrets);
      this.description = this.input.description;
      this.launch();
    } catch (error) {
      const known = error instanceof SourceError ? error : new SourceError(String(error));
      this.end(new SourceError(hideSecrets(known.message, this.secrets), known.code));
    }
  }

  private launch(): void {
    const { settings, decoder } = this.camera;
    const [ffmpeg, input] = [this.ffmpeg!, this.input!];
    const { fps, maxWidth, maxMegapixels = 64 } = settings;
    const mailbox = this.frames.restart();
    const thread = new DecoderThread(
      {
        program: ffmpeg.path,
        arguments: [
          ...[...logOptions, ...inputOptions, ...decoder.arguments, ...input.arguments],
          ...outputArguments(ffmpeg, { fps, maxWidth, live: true }),
        ],
        stdin: input.stdin,
        producer: input.producer,
        maxMegapixels,
        stallTimeoutMs: this.timeoutMs,
        mailbox,
      },
      (message) => {
        if (thread === this.thread && !this.over) this.receive(message);
      },
    );
    this.thread = thread;
  }

  private dropThread(): void {
    const { thread } = this;
    clearTimeout(this.patience);
    if (!thread) return;
    this.thread = undefined;
    // Only then is nobody writing into the buffers any more.
    const release = this.frames.release();
    this.gone.push(thread.close().then(release));
  }

  /** Called from a message's handler: what is thrown there would end Node-RED. */
  private relaunch(): void {
    this.dropThread();
    try {
      this.launch();
    } catch (error) {
      this.end(error as SourceError);
    }
  }

  private receive(message: FromDecoderThread): void {
    switch (message.kind) {
      case 'codec':
        this.learn(message.codec);
        return;
      case 'announced':
        this.announce(message);
        return;
      case 'filled':
        this.withRoom(() => this.frames.deliver((slot, buffer) => this.thread?.post({ kind: 'slot', slot, buffer })));
        return;
      case 'damaged':
        this.sink.problem(
          this.error(
            `an undamaged picture from ${this.description}`,
            `ffmpeg says: ${message.complaint}`,
            'ALPR_SOURCE',
          ),
        );
        return;
      case 'ended':
        this.frames.flush();
        this.end(this.error(`frames from ${this.description}`, 'the stream ended', 'ALPR_SOURCE'));
        return;
      case 'failed':
        this.fail(message);
    }
  }

  private learn(codec: string): void {
    const { decoder } = this.camera;
    if (this.facts) return;
    if (decoder.learn(codec)) this.relaunch();
    // Some hardware takes pictures and gives none.
    else if (decoder.isHardware) {
      const seconds = Math.round(this.timeoutMs / 200) / 10;
      this.patience = setTimeout(() => this.fallBack(`no frame came for ${seconds} s`), this.timeoutMs / 2);
    }
  }

  private announce({ frame, stream, returned }: FromDecoderThread & { kind: 'announced' }): void {
    const { width, height } = frame;
    clearTimeout(this.patience);
    if (!isAtLeast(this.ffmpeg!.version, 4, 4)) {
      this.fixedSize ??= frame;
      if (this.fixedSize.width !== width || this.fixedSize.height !== height) {
        const now = `${width}x${height}; ffmpeg ${this.ffmpeg!.version} must be started anew for that`;
        return this.end(
          this.error(`frames of one size from ${this.description}`, `the camera now sends ${now}`, 'ALPR_SOURCE'),
        );
      }
    }
    this.tell(this.factsOf(width, height, stream));
    this.withRoom(() =>
      this.frames.provide({ width, height }, returned, (slot, buffer) =>
        this.thread?.post({ kind: 'slot', slot, buffer }),
      ),
    );
  }

  /** There may be no memory for a frame; what is thrown in a message's handler would end Node-RED. */
  private withRoom(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.end(new SourceError(`${this.description}: ${(error as Error).message}`, 'ALPR_SOURCE', { cause: error }));
    }
  }

  private factsOf(width: number, height: number, { rate, codec, hwaccel }: StreamNotes): FeedFacts {
    const { name } = this.camera.decoder;
    return { width, height, fps: rate, codec, decoder: name === 'auto' ? (hwaccel ?? 'software') : name };
  }

  private tell(facts: FeedFacts): void {
    const isNew = JSON.stringify(facts) !== JSON.stringify(this.facts);
    this.facts = facts;
    if (isNew) this.sink.facts(facts);
  }

  private fail({ failure, what, complaints, frames }: FromDecoderThread & { kind: 'failed' }): void {
    const { decoder, settings } = this.camera;
    const own = failure === 'end' ? this.input!.explain?.(complaints) : undefined;
    const common = failure === 'end' || failure === 'stall' ? diagnose(complaints, frames > 0) : undefined;
    const diagnosis = own === undefined ? common : { what: own, code: 'ALPR_SOURCE' as const };
    const isCamera =
      own !== undefined || common?.code === 'ALPR_SOURCE_UNREACHABLE' || /received \d/.test(common?.what ?? '');
    if (frames === 0 && failure === 'end' && decoder.isHardware && !isCamera) {
      this.fallBack(complaints === '' ? what : `${what}: ${complaints}`);
      return;
    }
    // It was not the hardware.
    if (frames === 0 && this.fellBack) decoder.restore();
    const said = complaints === '' ? '' : ` (ffmpeg: ${complaints})`;
    const codes: Partial<Record<typeof failure, SourceErrorCode>> = {
      program: 'ALPR_FFMPEG',
      stall: 'ALPR_SOURCE_STALLED',
    };
    let expected = `frames from ${this.description}`;
    let reason = diagnosis?.what ?? what;
    if (failure === 'size') expected = `at most ${settings.maxMegapixels ?? 64} megapixels from ${this.description}`;
    if (failure === 'stall') {
      const seconds = Math.round((settings.timeoutMs ?? 10_000) / 100) / 10;
      reason = `none came for ${seconds} s`;
      if (settings.transport === 'udp') reason += ' (do firewalls let UDP through? set TCP as the transport)';
    }
    const code = failure === 'stall' ? 'ALPR_SOURCE_STALLED' : (diagnosis?.code ?? codes[failure] ?? 'ALPR_SOURCE');
    this.frames.flush();
    this.end(this.error(expected, `${reason}${said}`, code));
  }

  /** The same connection by software, before the first frame. */
  private fallBack(why: string): void {
    const { decoder } = this.camera;
    const { name } = decoder;
    this.fellBack = true;
    decoder.refuse();
    this.sink.problem(
      this.error(`${name} to decode ${this.description}`, `${why}. Software decodes it now`, 'ALPR_SOURCE'),
    );
    if (!this.over) this.relaunch();
  }

  private error(expected: string, received: string, code: SourceErrorCode): SourceError {
    return new SourceError(hideSecrets(`Expected ${expected} but ${received}`, this.secrets), code);
  }

  private end(error: SourceError): void {
    if (this.over) return;
    this.over = true;
    this.dropThread();
    this.sink.ended(error);
  }
}

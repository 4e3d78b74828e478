import { EventEmitter, once } from 'node:events';
import type { Frame } from '../../../src/frame/frame.js';
import type { FeedFacts, FeedSink } from '../../../src/sources/live/feed.js';
import type { SourceError } from '../../../src/sources/source.js';

/** Keeps everything that a feed says. */
export class TestSink implements FeedSink {
  readonly frames: Frame[] = [];
  readonly allFacts: FeedFacts[] = [];
  readonly problems: SourceError[] = [];
  readonly ends: SourceError[] = [];
  /** How often it was said that the camera is there. */
  signs = 0;
  /** Set to notice what comes after close(). */
  closed = false;
  readonly late: string[] = [];
  private readonly events = new EventEmitter();

  frame(frame: Frame): void {
    this.frames.push(frame);
    this.said('frame');
  }

  facts(facts: FeedFacts): void {
    this.allFacts.push(facts);
    this.said('facts');
  }

  problem(error: SourceError): void {
    this.problems.push(error);
    this.said('problem');
  }

  alive(): void {
    this.signs++;
    this.said('alive');
  }

  ended(error: SourceError): void {
    this.ends.push(error);
    this.said('ended');
  }

  /** Resolves when it is so; looked at after everything that the feed says. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await once(this.events, 'said');
  }

  /** Why the feed is over. */
  async end(): Promise<SourceError> {
    await this.until(() => this.ends.length > 0);
    return this.ends[0]!;
  }

  /** The grey of each frame's first pixel, in tens. */
  get greys(): number[] {
    return this.frames.map((frame) => Math.round(frame.pixels[0]! / 10) * 10);
  }

  private said(what: string): void {
    if (this.closed) this.late.push(what);
    this.events.emit('said');
  }
}

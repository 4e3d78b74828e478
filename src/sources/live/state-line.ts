import type { CameraCounts, CameraReport, CameraState } from './camera-state.js';
import type { FeedFacts } from './feed.js';
import type { Timers } from './timers.js';

/** Between live and still a camera changes no faster, ms. */
const STEADY_MS = 1000;

const factNames = ['width', 'height', 'fps', 'codec', 'decoder', 'mainStream'] as const satisfies (keyof FeedFacts)[];

/** Why, and what comes next. */
export type StateDetails = Pick<CameraReport, 'reason' | 'code' | 'retryInMs' | 'attempts'>;

/** What a camera is and was, told whenever it changes. */
export class StateLine {
  private current: CameraReport;
  private enteredAt = -Infinity;
  private facts: FeedFacts | undefined;
  /** What the latest frame says. */
  private seen: 'live' | 'still' = 'live';
  private forget: (() => void) | undefined;
  private closed = false;

  constructor(
    camera: string,
    private readonly timers: Timers,
    private readonly counts: () => CameraCounts,
    private readonly tell: (report: CameraReport) => void,
  ) {
    this.current = { camera, state: 'stopped', previous: 'stopped', since: Date.now(), counts: counts() };
  }

  get state(): CameraState {
    return this.current.state;
  }

  /** With the counts of now. */
  get report(): CameraReport {
    return { ...this.current, counts: this.counts() };
  }

  /** A frame came. Live and still take turns slowly; out of any other state the camera is what the frame says at once. */
  see(seen: 'live' | 'still'): void {
    this.seen = seen;
    const { state } = this;
    if (state === seen) return;
    const wait = state === 'live' || state === 'still' ? this.enteredAt + STEADY_MS - this.timers.now() : 0;
    if (wait <= 0) this.set(seen);
    else this.forget ??= this.timers.after(wait, () => this.set(this.seen));
  }

  /** Told when it is another state, or another error; attempts alone change quietly. */
  set(state: CameraState, details: StateDetails = {}): void {
    this.forget?.();
    this.forget = undefined;
    const { state: previous, code, since } = this.current;
    const isNew = state !== previous;
    if (isNew) this.enteredAt = this.timers.now();
    else if (Object.keys(details).length === 0) return;
    this.current = {
      camera: this.current.camera,
      state,
      previous: isNew ? previous : this.current.previous,
      since: isNew ? Date.now() : since,
      ...details,
      ...(state === 'live' || state === 'still' ? this.facts : {}),
      counts: this.counts(),
    };
    if (isNew || details.code !== code) this.say();
  }

  /** What the camera sends has changed, or is known for the first time. */
  learn(facts: FeedFacts): void {
    this.facts = facts;
    if (this.state !== 'live' && this.state !== 'still') return;
    if (factNames.every((name) => this.current[name] === facts[name])) return;
    this.current = { ...this.current, ...facts };
    this.say();
  }

  /** Nobody is told any more. */
  close(): void {
    this.closed = true;
    this.forget?.();
    this.forget = undefined;
  }

  private say(): void {
    if (!this.closed) this.tell(this.report);
  }
}

import type { Node, NodeStatus } from 'node-red';

/** Each status is a message to every open editor. */
const MIN_INTERVAL_MS = 1000;
const MAX_TEXT = 19;

/**
 * A node's status line: shown when it changes, at most once a second, except that an error shows at once.
 * The last status of a burst always appears.
 */
export class StatusLine {
  private shown: NodeStatus | undefined;
  private shownAt = -Infinity;
  private waiting: NodeStatus | undefined;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  /** @param longest characters of a text; Node-RED's rule for what fits beside other nodes when left out */
  constructor(
    private readonly node: Pick<Node, 'status'>,
    private readonly longest = MAX_TEXT,
  ) {}

  /** Green: at work. */
  ok(text: string): void {
    this.show({ fill: 'green', shape: 'dot', text });
  }

  /** Grey: nothing to do. */
  idle(text: string): void {
    this.show({ fill: 'grey', shape: 'ring', text });
  }

  /** Yellow: not ready yet. */
  waitingFor(text: string): void {
    this.show({ fill: 'yellow', shape: 'ring', text });
  }

  /** Red: the last message, the settings or the device failed. */
  failed(text: string): void {
    this.show({ fill: 'red', shape: 'ring', text });
  }

  /** True while the line is red, or about to be. */
  get isFailed(): boolean {
    return (this.waiting ?? this.shown)?.fill === 'red';
  }

  /** True while the line says that something is not ready yet. */
  get isWaiting(): boolean {
    return (this.waiting ?? this.shown)?.fill === 'yellow';
  }

  /** Nothing is shown any more. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private show(status: NodeStatus): void {
    if (this.closed) return;
    const next = { ...status, text: shortText(status.text ?? '', this.longest) };
    if (same(next, this.waiting ?? this.shown)) return;
    this.waiting = next;
    const turnsRed = next.fill === 'red' && this.shown?.fill !== 'red';
    const wait = turnsRed ? 0 : this.shownAt + MIN_INTERVAL_MS - performance.now();
    clearTimeout(this.timer);
    if (wait <= 0) this.flush();
    else this.timer = setTimeout(() => this.flush(), wait).unref();
  }

  private flush(): void {
    const status = this.waiting;
    this.waiting = undefined;
    if (status === undefined || this.closed || same(status, this.shown)) return;
    this.shown = status;
    this.shownAt = performance.now();
    this.node.status(status);
  }
}

function same(a: NodeStatus, b: NodeStatus | undefined): boolean {
  return b !== undefined && a.fill === b.fill && a.shape === b.shape && a.text === b.text;
}

/** Node-RED's rule: a status is shorter than 20 characters. */
export function shortText(text: string, longest = MAX_TEXT): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= longest ? line : `${line.slice(0, longest - 1).trimEnd()}…`;
}

/** `1 plate`, `2 plates`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** Messages per second over the last few seconds. */
export class RateMeter {
  private static readonly WINDOW_MS = 3000;
  private readonly ticks: number[] = [];

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Counts one. */
  tick(): void {
    this.ticks.push(this.now());
    this.forget();
  }

  /** Per second; 0 until two were counted. */
  get perSecond(): number {
    this.forget();
    const first = this.ticks[0];
    const last = this.ticks[this.ticks.length - 1];
    if (first === undefined || last === undefined || last <= first) return 0;
    return ((this.ticks.length - 1) * 1000) / (last - first);
  }

  /** `12 fps`, below ten with one decimal. */
  get text(): string {
    const rate = this.perSecond;
    return `${rate >= 9.95 ? Math.round(rate) : rate.toFixed(1)} fps`;
  }

  private forget(): void {
    const oldest = this.now() - RateMeter.WINDOW_MS;
    let gone = 0;
    while (gone < this.ticks.length && (this.ticks[gone] as number) < oldest) gone += 1;
    if (gone > 0) this.ticks.splice(0, gone);
  }
}

/** `12 fps · 2 plates`; the rate is left out while it is unknown or would not fit. */
export function withRate(rate: RateMeter, what: string): string {
  const text = `${rate.text} · ${what}`;
  return rate.perSecond > 0 && text.length <= MAX_TEXT ? text : what;
}

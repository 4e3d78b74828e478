import type { Message } from './kept-message.js';
import type { OutboxStore } from './store.js';

export interface DeliveryOptions {
  /** Messages that may be on their way at once; 1 keeps their order whatever is lost. */
  inFlight: number;
  /** How long an answer may take, ms. */
  answerMs: number;
  /** First pause before a message is sent again, ms; doubled each time, up to `retryMaxMs`, and shortened by chance up to a half. */
  retryFromMs: number;
  retryMaxMs: number;
  /** A message that waits longer is given up, ms. */
  maxAgeMs: number;
  maxMessages: number;
  /** Of the files. */
  maxBytes: number;
  /** Attempts in a row without an answer, while the connection is known to stand, before a message is given up; 0 never. */
  maxUnanswered: number;
  /** A new retained message replaces one of its topic that waits. */
  latestRetained: boolean;
}

/** Why a message was not delivered and is not kept any more. */
export type GiveUpReason = 'full' | 'age' | 'refused' | 'unanswered' | 'damaged';

export interface DeliveryPort {
  /** Hands a message over; the answer comes by `answer`. What it throws gives the message up as refused. */
  send(message: Message, id: number, attempt: number): void;
  /** @param message undefined when it cannot be read any more */
  giveUp(message: Message | undefined, reason: GiveUpReason): void;
  /** Trouble that no caller hears of. */
  trouble(error: Error): void;
  /** Something changed that a status line shows. */
  changed(): void;
}

type Answer = 'delivered' | 'failed' | 'refused';

interface Flight {
  attempts: number;
  unanswered: number;
  /** `held`: to be sent as soon as there is a connection. */
  state: 'sending' | 'sent' | 'pausing' | 'held';
  timer: NodeJS.Timeout | undefined;
  /** The connection was known to stand when it was sent. */
  wasConnected: boolean;
}

/** Sends what a store holds, oldest first, until each message is answered; see `DeliveryOptions` for what it keeps to. */
export class Delivery {
  readonly counts = { delivered: 0, givenUp: 0, replaced: 0 };
  readonly #flights = new Map<number, Flight>();
  /** undefined: nobody says. */
  #connected: boolean | undefined;
  #started = false;
  #closed = false;
  /** Sends leave in the order in which they began. */
  #line: Promise<void> = Promise.resolve();
  #ageTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: OutboxStore,
    private readonly options: DeliveryOptions,
    private readonly port: DeliveryPort,
    private readonly random: () => number = Math.random,
  ) {}

  get connected(): boolean | undefined {
    return this.#connected;
  }

  /** True while a message waits for its next attempt. */
  get isRetrying(): boolean {
    for (const { state } of this.#flights.values()) if (state === 'pausing') return true;
    return false;
  }

  start(): void {
    if (this.#closed || this.#started) return;
    this.#started = true;
    this.#ageTimer = setInterval(() => this.#dropOld(), 60_000).unref();
    this.#dropOld();
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#ageTimer);
    for (const { timer } of this.#flights.values()) clearTimeout(timer);
    this.#flights.clear();
  }

  /** Keeps a message and sends it when its turn comes. @throws OutboxError as `OutboxStore.append` */
  async take(message: Message): Promise<void> {
    await this.store.append(message);
    this.#wake();
    this.#replace(message);
    while (
      this.store.size > this.options.maxMessages ||
      (this.store.bytes > this.options.maxBytes && this.store.size > 1)
    ) {
      const oldest = this.store.ids().next().value;
      if (oldest === undefined) break;
      await this.#giveUp(oldest, 'full');
    }
    this.port.changed();
  }

  /** The answer to a message; one that is done with already is passed over. Resolves when the disk knows it. */
  async answer(id: number, answer: Answer): Promise<void> {
    const flight = this.#flights.get(id);
    if (answer === 'delivered') {
      if (this.store.timeOf(id) === undefined) return;
      this.counts.delivered += 1;
      await this.#settle(id);
    } else if (flight?.state === 'sent') {
      if (answer === 'refused') await this.#giveUp(id, 'refused');
      else this.#pause(id, flight);
    }
  }

  /** Tells whether there is a connection to send on. */
  setConnected(connected: boolean): void {
    if (connected === this.#connected) return;
    this.#connected = connected;
    for (const [id, flight] of this.#flights) {
      // What was handed to a standing connection is sent again by the MQTT client itself.
      const isLost = flight.state !== 'sending' && !(flight.state === 'sent' && flight.wasConnected);
      if (connected && isLost) this.#send(id, flight);
    }
    this.#wake();
    this.port.changed();
  }

  /** Sends at once what waits for its next attempt. */
  retry(): void {
    for (const [id, flight] of this.#flights)
      if (flight.state === 'pausing' || flight.state === 'held') this.#send(id, flight);
  }

  /** Forgets all messages that wait. @returns how many */
  async clear(): Promise<number> {
    for (const { timer } of this.#flights.values()) clearTimeout(timer);
    this.#flights.clear();
    const count = await this.store.clear();
    this.port.changed();
    return count;
  }

  /** Sends as many of the oldest as may be on their way. */
  #wake(): void {
    if (!this.#started || this.#closed || this.#connected === false) return;
    let places = this.options.inFlight;
    for (const id of this.store.ids()) {
      if (places-- <= 0) return;
      if (this.#flights.has(id)) continue;
      const flight: Flight = { attempts: 0, unanswered: 0, state: 'held', timer: undefined, wasConnected: false };
      this.#flights.set(id, flight);
      this.#send(id, flight);
    }
  }

  #send(id: number, flight: Flight): void {
    clearTimeout(flight.timer);
    flight.state = 'sending';
    this.#line = this.#line.then(() => this.#sendNow(id, flight)).catch((error: Error) => this.port.trouble(error));
  }

  async #sendNow(id: number, flight: Flight): Promise<void> {
    const isCurrent = (): boolean => !this.#closed && this.#flights.get(id) === flight;
    if (!isCurrent()) return;
    if (this.#connected === false) {
      flight.state = 'held';
      return;
    }
    let message: Message | undefined;
    try {
      message = await this.store.read(id);
    } catch (error) {
      this.port.trouble(error as Error);
      if (isCurrent()) this.#pause(id, flight);
      return;
    }
    if (!isCurrent()) return;
    if (message === undefined) return this.#giveUp(id, 'damaged');
    flight.attempts += 1;
    flight.state = 'sent';
    flight.wasConnected = this.#connected === true;
    flight.timer = setTimeout(() => this.#unanswered(id, flight), this.options.answerMs);
    try {
      this.port.send(message, id, flight.attempts);
    } catch (error) {
      this.port.trouble(error as Error);
      await this.#giveUp(id, 'refused');
    }
  }

  #unanswered(id: number, flight: Flight): void {
    flight.unanswered = flight.wasConnected && this.#connected === true ? flight.unanswered + 1 : 0;
    const { maxUnanswered } = this.options;
    if (maxUnanswered > 0 && flight.unanswered >= maxUnanswered) {
      void this.#giveUp(id, 'unanswered').catch((error: Error) => this.port.trouble(error));
    } else this.#pause(id, flight);
  }

  #pause(id: number, flight: Flight): void {
    clearTimeout(flight.timer);
    flight.state = 'pausing';
    const { retryFromMs, retryMaxMs } = this.options;
    const longest = Math.min(retryMaxMs, retryFromMs * 2 ** Math.min(30, Math.max(0, flight.attempts - 1)));
    flight.timer = setTimeout(() => this.#send(id, flight), longest * (1 - this.random() / 2));
    this.port.changed();
  }

  /** A newer retained message of the topic has been kept: older ones that are not on their way go. */
  #replace(message: Message): void {
    if (!this.options.latestRetained) return;
    for (const id of this.store.olderRetained(message)) {
      const state = this.#flights.get(id)?.state;
      if (state === 'sending' || state === 'sent') continue;
      this.counts.replaced += 1;
      void this.#settle(id).catch((error: Error) => this.port.trouble(error));
    }
  }

  async #giveUp(id: number, reason: GiveUpReason): Promise<void> {
    const message = await this.store.read(id).catch(() => undefined);
    if (this.store.timeOf(id) === undefined) return;
    this.counts.givenUp += 1;
    const settled = this.#settle(id);
    this.port.giveUp(message, reason);
    await settled;
  }

  #settle(id: number): Promise<void> {
    clearTimeout(this.#flights.get(id)?.timer);
    this.#flights.delete(id);
    const settled = this.store.settle(id);
    this.#wake();
    this.port.changed();
    return settled;
  }

  #dropOld(): void {
    const oldest = Date.now() - this.options.maxAgeMs;
    const old = [...this.store.ids()].filter((id) => this.store.timeOf(id)! < oldest);
    void (async () => {
      for (const id of old) await this.#giveUp(id, 'age');
    })().catch((error: Error) => this.port.trouble(error));
  }
}

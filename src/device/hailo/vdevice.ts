import type { Network } from '../device.js';
import type { Manifest } from '../../models/manifest.js';
import { Control } from './control.js';
import { openSession } from './device-session.js';
import { HailoError } from './errors.js';
import { chipName, locateHef } from './hef-choice.js';
import type { HailoHealth } from './health.js';
import { versionText } from './library/layout.js';
import { isDeviceLost } from './library/status.js';
import { networkShare } from './network-share.js';
import { OpenNetwork } from './open-network.js';
import type { Session } from './session.js';
import { within } from './within.js';
import type { HailoSettings } from './settings.js';
import { manifestForHef } from './tensors/manifest-for-hef.js';

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;
/** Share of the waiting time that chance adds or takes: several programs that lost one device do not return in step. */
const JITTER = 0.2;
/** A temperature read is a trip to the firmware: several askers share one (hailort-c-api §10.6). */
const TEMPERATURE_AGE_MS = 3000;
/** What `close` waits for the threads, ms; the rest is done in the background. */
const CLOSE_LIMIT = 4500;
/** What the release of a lost device is waited for before it is looked for again. */
const RELEASE_LIMIT = 10_000;

/**
 * A physical device that this process holds, with the networks that run on it: one for all users. It survives its session: when
 * the device is lost, everything is released and it is looked for until it answers again.
 */
export class Vdevice {
  users = 0;
  private readonly networks = new Map<string, OpenNetwork>();
  /** Being closed: who opens one again waits, so that it gets the group that was configured for it. */
  private readonly leaving = new Map<string, Promise<void>>();
  private current: Session | undefined;
  /** What a person can tell the device by; kept while it is away. */
  private name = 'Hailo device';
  /** `retryAt`: when it is looked for again; undefined while that goes on. */
  private loss: { error: Error; retryMs: number; retryAt?: Date | undefined } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private endWait: (() => void) | undefined;
  private closing: Promise<void> | undefined;
  private recovering: Promise<void> = Promise.resolve();
  private temperature: { celsius: number; at: number } | undefined;
  private faults = 0;
  private recoveries = 0;

  private constructor(
    readonly settings: HailoSettings,
    /** Answers for a look at the device while it is in use. */
    readonly control: Control,
  ) {}

  /**
   * @param heldIds devices that others of this process hold
   * @throws HailoError why there is no device to use
   */
  static async open(settings: HailoSettings, heldIds: ReadonlySet<string>): Promise<Vdevice> {
    const control = new Control(settings.library);
    try {
      const vdevice = new Vdevice(settings, control);
      vdevice.adopt(await openSession(control, settings, heldIds));
      return vdevice;
    } catch (error) {
      await control.close();
      throw error;
    }
  }

  /** PCIe address; undefined when the driver does not tell. */
  id: string | undefined;

  /** `Hailo-8 0000:01:00.0, HailoRT 4.23.0, 48 °C`, and what is wrong with it. */
  describe(): string {
    const { temperature, loss } = this;
    const warmth = temperature ? `, ${Math.round(temperature.celsius)} °C` : '';
    return loss ? `${this.name}, lost: ${loss.error.message}` : `${this.name}${warmth}`;
  }

  /**
   * Opens a model, or gives a share of it.
   * @throws ModelError when it has no file for this chip; HailoError when the file cannot be used or the device is lost
   */
  async openNetwork(manifest: Manifest): Promise<Network> {
    const file = await locateHef(manifest, this.session().facts.identity.architecture);
    const model = { manifest: manifestForHef(manifest), file };
    const { input, output, thresholds, task } = model.manifest;
    const key = JSON.stringify([manifest.name, file, input, output, thresholds, task]);
    while (this.leaving.has(key)) await this.leaving.get(key);
    let network = this.networks.get(key);
    if (!network) {
      network = new OpenNetwork(model, {
        session: () => this.session(),
        answeredSince: (time) => [...this.networks.values()].some(({ lastAnswer }) => lastAnswer > time),
        lost: (session, error) => this.lose(session, error),
      });
      this.networks.set(key, network);
    }
    const shared = network;
    shared.users++;
    try {
      await shared.start();
    } catch (error) {
      await this.giveBack(key, shared);
      this.noticeLoss(error);
      throw error;
    }
    return networkShare(shared, () => this.giveBack(key, shared));
  }

  get isUsed(): boolean {
    return this.networks.size > 0;
  }

  async health(): Promise<HailoHealth> {
    const { current, loss } = this;
    const health: HailoHealth = {
      state: this.closing ? 'closing' : loss ? 'lost' : 'open',
      name: this.name,
      networks: [...this.networks.values()].map((network) => ({
        model: network.model.manifest.name,
        file: network.model.file,
        ...network.backlog,
        ...network.counters,
      })),
      faults: this.faults,
      recoveries: this.recoveries,
    };
    if (loss) health.error = loss.error.message;
    if (this.id !== undefined) health.id = this.id;
    if (!current || loss) return health;
    const { identity, library } = current.facts;
    health.identity = identity;
    health.library = { path: library.path, version: library.version };
    const celsius = await this.pollTemperature(current);
    if (celsius !== undefined) health.temperature = celsius;
    return health;
  }

  /**
   * Ends networks and threads, then the vdevice; `released` tells when that is really done.
   * Resolves within 5 s: a thread that hangs in the library is waited for in the background.
   */
  async close(): Promise<void> {
    await within(CLOSE_LIMIT, this.released());
  }

  /** Resolves when the physical device is free again. */
  released(): Promise<void> {
    return (this.closing ??= this.shutDown());
  }

  private async shutDown(): Promise<void> {
    this.endWait?.();
    const networks = [...this.networks.values()];
    this.networks.clear();
    await Promise.all([...networks.map((network) => network.close()), ...this.leaving.values()]);
    await this.recovering;
    await this.current?.release().catch(() => {});
    this.current = undefined;
    await this.control.close();
  }

  /** @throws HailoError while the device is lost or being closed */
  private session(): Session {
    if (this.current && !this.loss) return this.current;
    if (this.loss) throw this.lostError(this.loss.error);
    throw new HailoError(`Expected ${this.name} to be open but it is being closed`);
  }

  private adopt(session: Session): void {
    const { identity, library, id } = session.facts;
    this.current = session;
    this.id = id;
    this.name =
      [chipName(identity.architecture), id].filter(Boolean).join(' ') + `, HailoRT ${versionText(library.version)}`;
  }

  private async giveBack(key: string, network: OpenNetwork): Promise<void> {
    network.users--;
    if (network.users > 0) return;
    if (this.networks.get(key) !== network) return network.close();
    this.networks.delete(key);
    const left = network.close().finally(() => this.leaving.delete(key));
    this.leaving.set(key, left);
    await left;
  }

  private noticeLoss(error: unknown): void {
    const status = error instanceof HailoError ? error.status : undefined;
    if (this.current && isDeviceLost(status) !== undefined) this.lose(this.current, error as Error);
  }

  private lose(session: Session, error: Error): void {
    if (this.closing || session !== this.current || this.loss) return;
    this.faults++;
    this.loss = { error, retryMs: FIRST_RETRY_MS, retryAt: new Date(Date.now() + FIRST_RETRY_MS) };
    this.temperature = undefined;
    const lost = this.lostError(error);
    for (const network of this.networks.values()) {
      network.detach();
      network.fail(lost);
    }
    this.recovering = this.recover(session);
  }

  private async recover(lost: Session): Promise<void> {
    const release = lost.release().catch(() => {});
    await within(RELEASE_LIMIT, release);
    for (;;) {
      await this.waitForRetry();
      // Until then the device is not free for the next one.
      if (this.closing) return release;
      try {
        await this.comeBack();
        return;
      } catch (error) {
        if (this.closing) return;
        const { retryMs } = this.loss as { retryMs: number };
        this.loss = { error: error as Error, retryMs: Math.min(LONGEST_RETRY_MS, retryMs * 2) };
      }
    }
  }

  /** @throws HailoError while it does not answer; nothing is open then */
  private async comeBack(): Promise<void> {
    // The same device, even where the user has left the choice to us: another one may be another chip.
    const settings = this.id === undefined ? this.settings : { ...this.settings, deviceId: this.id };
    const session = await openSession(this.control, settings, new Set());
    this.adopt(session);
    if (this.closing) return;
    this.loss = undefined;
    this.recoveries++;
    // One that does not open now tries again with its next request, and says why.
    await Promise.all(
      [...this.networks.values()].map((network) => network.start().catch((error) => this.noticeLoss(error))),
    );
  }

  private async waitForRetry(): Promise<void> {
    const loss = this.loss as { retryMs: number; retryAt?: Date | undefined };
    const jittered = loss.retryMs * (1 + JITTER * (2 * Math.random() - 1));
    loss.retryAt = new Date(Date.now() + jittered);
    await new Promise<void>((resolve) => {
      this.endWait = resolve;
      this.timer = setTimeout(resolve, jittered).unref();
    });
    clearTimeout(this.timer);
    this.endWait = undefined;
    loss.retryAt = undefined;
  }

  private lostError(cause: Error): HailoError {
    const { message } = cause;
    const time = this.loss?.retryAt?.toTimeString().slice(0, 8);
    return new HailoError(
      `Expected ${this.name} to answer but it was lost (${message.replace(/\.$/, '')}); trying again ` +
        `${time === undefined ? 'now' : `at ${time}`}, then less often, at least every ${LONGEST_RETRY_MS / 1000} s`,
      cause instanceof HailoError ? cause.status : undefined,
      { cause, brief: time === undefined ? 'lost, trying now' : `lost, next ${time}` },
    );
  }

  private async pollTemperature(session: Session): Promise<number | undefined> {
    const { temperature } = this;
    if (temperature && performance.now() - temperature.at < TEMPERATURE_AGE_MS) return temperature.celsius;
    try {
      const celsius = await session.temperature();
      this.temperature = { celsius, at: performance.now() };
      return celsius;
    } catch {
      // Without it the rest is worth telling; a device that is gone is noticed by its networks.
      return undefined;
    }
  }
}

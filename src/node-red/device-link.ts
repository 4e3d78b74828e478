import type { Node, NodeAPI } from 'node-red';
import type { Network } from '../device/device.js';
import type { DeviceSettings } from '../device/shared.js';
import type { DeviceAccess, PixelsShare } from './device-handle.js';
import { AlprNodeError, toError } from './errors.js';
import { statusOf } from './handle-input.js';
import type { StatusLine } from './status.js';

interface Closable {
  close(): Promise<void>;
}

/** A node that holds a device context, as far as its users see. */
export interface DeviceConfigNode extends Node {
  alpr: DeviceAccess;
  /** As deployed, for who examines the device. */
  settings: DeviceSettings;
  /** Why the settings make no device. */
  problem?: Error | undefined;
}

/**
 * The device context with this id.
 * @throws AlprNodeError ALPR_NO_DEVICE when none was chosen, or it is disabled or deleted
 */
export function deviceOf(RED: NodeAPI, id: string): DeviceAccess {
  const expected = "Expected a hailo-device configuration (choose one in this node's dialog) but received";
  if (id === '') throw new AlprNodeError('ALPR_NO_DEVICE', `${expected} none`);
  const node = RED.nodes.getNode(id) as Partial<DeviceConfigNode> | null | undefined;
  if (node?.alpr === undefined) {
    const received = node ? `a node of type ${node.type}` : 'one that is disabled or deleted';
    throw new AlprNodeError('ALPR_NO_DEVICE', `${expected} ${received}`);
  }
  return node.alpr;
}

/** So many tries in a row fail before there are pauses between them: a person's next message is a try, not every frame of a camera. */
const TRIES_WITHOUT_PAUSE = 3;
/** Then opening takes a tenth of the time, no more; but what was put right shows within so many ms. */
const PAUSE_FACTOR = 9;
const LONGEST_PAUSE_MS = 5000;
/** ms that runs have to end when Node-RED closes the node, before what they wait for is closed. */
const RUNS_LIMIT_MS = 1000;

/**
 * What one node holds of the device. `warmUp` opens it soon after the flow has started, so that a missing model shows at
 * once; an opening that failed is tried again with the next message, though not with every frame of a camera. When Node-RED closes the
 * node, runs that the device does not answer are cut short.
 */
export class DeviceLink<T extends Closable> {
  private opening: Promise<T> | undefined;
  private failure: { error: Error; believedUntil: number } | undefined;
  private failures = 0;
  private closing: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly node: Node,
    private readonly openShare: (device: DeviceAccess) => Promise<T>,
    private readonly findDevice: () => DeviceAccess,
    private readonly status: StatusLine,
  ) {
    node.on('close', () => {
      clearTimeout(this.timer);
      // The node itself closes when its runs have ended; it meets an error then.
      if (!this.closing) this.timer = setTimeout(() => void this.close().catch(() => {}), RUNS_LIMIT_MS);
    });
  }

  /** Opens it soon, once the whole flow is there. */
  warmUp(): this {
    this.timer = setTimeout(() => void this.openEarly(), 20).unref();
    return this;
  }

  get(): Promise<T> {
    if (this.closing)
      return Promise.reject(new AlprNodeError('ALPR_CLOSED', 'Expected an open node but received a closed one'));
    if (this.failure && performance.now() < this.failure.believedUntil) return Promise.reject(this.failure.error);
    if (this.opening === undefined) {
      const started = performance.now();
      const opening = this.open();
      this.opening = opening;
      opening.catch((error: Error) => {
        this.opening = undefined;
        const now = performance.now();
        const isPausing = ++this.failures >= TRIES_WITHOUT_PAUSE;
        const pause = isPausing ? Math.min(LONGEST_PAUSE_MS, PAUSE_FACTOR * (now - started)) : 0;
        this.failure = { error, believedUntil: now + pause };
      });
    }
    return this.opening;
  }

  /** Gives back what was opened, or what is just being opened. */
  close(): Promise<void> {
    return (this.closing ??= this.giveBack());
  }

  private async giveBack(): Promise<void> {
    clearTimeout(this.timer);
    const share = await this.opening?.catch(() => undefined);
    await share?.close();
  }

  private async open(): Promise<T> {
    return this.openShare(this.findDevice());
  }

  private async openEarly(): Promise<void> {
    // A message was faster: what it says is news, this is not.
    if (this.closing || this.opening !== undefined) return;
    try {
      this.status.waitingFor('loading');
      const device = this.findDevice();
      await this.get();
      const description = device.describe();
      if (description?.includes('; no Hailo: ')) this.node.log(description);
      if (this.status.isWaiting) this.status.ok(shortDevice(description));
    } catch (thrown) {
      if (this.closing) return;
      const error = toError(thrown);
      this.status.failed(statusOf(error));
      this.node.error(error.message);
    }
  }
}

/** For nodes with a network: the model is named in their settings. */
export function linkNetwork(
  RED: NodeAPI,
  node: Node,
  deviceId: string,
  model: string,
  status: StatusLine,
): DeviceLink<Network> {
  return new DeviceLink(
    node,
    (device) => device.open(model),
    () => deviceOf(RED, deviceId),
    status,
  );
}

/** For nodes that only work on pixels. */
export function linkPixels(RED: NodeAPI, node: Node, deviceId: string, status: StatusLine): DeviceLink<PixelsShare> {
  return new DeviceLink(
    node,
    (device) => device.openPixels(),
    () => deviceOf(RED, deviceId),
    status,
  );
}

/**
 * What fits into a status: `CPU, ONNX Runtime 1.30.0 (native), 2 workers` → `native · 2 workers`,
 * `Hailo-8 0000:01:00.0, HailoRT 4.23.0, 49 °C` → `Hailo-8`, `CPU, …; no Hailo: …` → `CPU, no Hailo`.
 */
export function shortDevice(description: string | undefined): string {
  if (description === undefined) return 'ready';
  const hailo = /^Hailo(-\w+)?/.exec(description)?.[0];
  if (hailo !== undefined) {
    if (description.includes(', lost: ')) return `${hailo} lost`;
    return description.includes('; CPU') ? `${hailo} or CPU` : hailo;
  }
  const runtime = /\((native|wasm)\)/.exec(description)?.[1];
  const workers = /\d+ workers?/.exec(description)?.[0];
  // The model has a file for one: whoever bought it wants to know.
  if (description.includes('; no Hailo: ')) return 'CPU, no Hailo';
  const parts = [runtime, workers].filter((part) => part !== undefined);
  return parts.length > 0 ? parts.join(' · ') : description;
}

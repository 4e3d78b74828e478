import type { EventEmitter } from 'node:events';
import type { Node, NodeAPI, NodeInitializer, NodeMessageInFlow } from 'node-red';
import helper = require('node-red-node-test-helper');
import type { Network, PixelWorker } from '../../src/device/device.js';
import type { DeviceAccess, ModelSummary } from '../../src/node-red/device-handle.js';
import type { AlprMessage } from '../../src/node-red/message.js';

// scripts/test.mjs names the Node-RED to test with; the checkout's own otherwise.
helper.init(process.env['ALPR_NODE_RED_MODULE'] ?? require.resolve('node-red'));

export type FlowNode = { id: string; type: string; [setting: string]: unknown };

/** Starts and stops the Node-RED runtime around every case of the suite. */
export function withRuntime(): void {
  beforeEach(() => new Promise<void>((resolve) => void helper.startServer(resolve)));
  afterEach(async () => {
    fakeDevices.clear();
    await helper.unload();
    await new Promise<void>((resolve) => helper.stopServer(resolve));
  });
}

/** What arrives at a node, in order, and a way to wait for it. */
export class Inbox {
  readonly messages: AlprMessage[] = [];
  private wake: (() => void) | undefined;

  constructor(node: Node) {
    node.on('input', (msg: NodeMessageInFlow) => {
      this.messages.push(msg as AlprMessage);
      this.wake?.();
    });
  }

  /** The first `count` messages, once they are there. */
  async wait(count: number): Promise<AlprMessage[]> {
    while (this.messages.length < count) await new Promise<void>((resolve) => (this.wake = resolve));
    return this.messages.slice(0, count);
  }

  async first(): Promise<AlprMessage> {
    return (await this.wait(1))[0]!;
  }
}

/** Long enough for anything that is on its way through the flow without work to arrive. */
export function settle(ms = 60): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export interface Running {
  inbox(id: string): Inbox;
  node(id: string): Node;
  /** Hands a message to the node under test. */
  receive(id: string, msg: AlprMessage): void;
  /** Texts and colours of the node's status so far; the latest last. */
  statuses(id: string): { fill?: string; text?: string }[];
}

/**
 * Loads a flow with a tab. Besides the given nodes it gets `errors` (a catch node's receiver) and `completed` (a complete
 * node's receiver) for the nodes in `watched`; `credentials` are by node. Every output of the node `n` is to be wired to helper nodes by the test.
 */
export async function loadFlow(
  initializers: NodeInitializer[],
  nodes: FlowNode[],
  watched = ['n'],
  credentials: Record<string, Record<string, string>> = {},
): Promise<Running> {
  const flow: FlowNode[] = [
    { id: 'tab', type: 'tab', label: 'test' },
    ...nodes.map((node) => (node.type === 'tab' ? node : { z: 'tab', ...node })),
    { id: 'catcher', z: 'tab', type: 'catch', scope: watched, wires: [['errors']] },
    { id: 'completer', z: 'tab', type: 'complete', scope: watched, wires: [['completed']] },
    { id: 'errors', z: 'tab', type: 'helper' },
    { id: 'completed', z: 'tab', type: 'helper' },
  ];
  await helper.load([fakeDevice as NodeInitializer, ...initializers], flow as never, credentials as never);
  const inboxes = new Map<string, Inbox>();
  for (const { id, type } of flow) if (type === 'helper') inboxes.set(id, new Inbox(helper.getNode(id)));
  const statuses = new Map<string, { fill?: string; text?: string }[]>();
  for (const id of watched) {
    const list: { fill?: string; text?: string }[] = [];
    statuses.set(id, list);
    // What was shown in the constructor came before anybody could listen.
    const node = helper.getNode(id) as EventEmitter | null;
    node?.on('call:status', (call: { args: [{ fill?: string; text?: string }] }) => list.push(call.args[0]));
  }
  return {
    inbox: (id) => inboxes.get(id)!,
    node: (id) => helper.getNode(id),
    receive: (id, msg) => helper.getNode(id).receive(msg),
    statuses: (id) => statuses.get(id) ?? [],
  };
}

/** What the fake device's config node hands out, by its id. */
export const fakeDevices = new Map<string, FakeAccess>();

/** A device whose networks and pixel worker the test brings along; counts what is open. */
export class FakeAccess implements DeviceAccess {
  open_ = 0;
  opened = 0;

  constructor(
    private readonly parts: {
      network?: () => Network | Promise<Network>;
      pixels?: PixelWorker;
      models?: ModelSummary[];
    },
  ) {}

  async open(): Promise<Network> {
    if (this.parts.network === undefined) throw new Error('Expected no call of open');
    const network = await this.parts.network();
    this.take();
    return { manifest: network.manifest, run: (request) => network.run(request), close: this.giveBack() };
  }

  async openPixels(): Promise<{ pixels: PixelWorker; close(): Promise<void> }> {
    if (this.parts.pixels === undefined) throw new Error('Expected no call of openPixels');
    this.take();
    return { pixels: this.parts.pixels, close: this.giveBack() };
  }

  async models(): Promise<ModelSummary[]> {
    return this.parts.models ?? [];
  }

  describe(): string {
    return 'CPU, ONNX Runtime 1.30.0 (native), 2 workers';
  }

  private take(): void {
    this.open_ += 1;
    this.opened += 1;
  }

  private giveBack(): () => Promise<void> {
    let open = true;
    return async () => {
      if (open) this.open_ -= 1;
      open = false;
    };
  }
}

/** Registers the type `fake-device`, which offers what the test put into `fakeDevices`. */
function fakeDevice(RED: NodeAPI): void {
  RED.nodes.registerType('fake-device', function (this: Node & { alpr?: DeviceAccess }, config) {
    RED.nodes.createNode(this, config);
    const access = fakeDevices.get(this.id);
    if (access !== undefined) this.alpr = access;
  });
}

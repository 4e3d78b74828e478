import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { packageRoot, startNodeRed } from '../support/node-red-process.js';

export type FlowNode = { id: string; type: string; wires?: string[][]; [setting: string]: unknown };

/** What one node of a flow sent, as JSON took it. */
export interface Recording {
  /** Per output of the recorded node, its messages in order. */
  outputs: Record<string, unknown>[][];
  /** Log lines of level error. */
  errors: string[];
}

/**
 * Runs a flow in a real Node-RED until its source has ended, and records what some of its nodes send.
 *
 * @param flow nodes of one tab
 * @param record pairs of node id and output whose messages are written down (without frame)
 * @param endAt id of the node whose control message `complete` ends the run; everything before it has then left that node
 */
export async function recordFlow(
  flow: FlowNode[],
  record: { id: string; output: number }[],
  endAt: string,
  timeoutMs: number,
): Promise<Recording> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-flow-'));
  const file = (name: string): string => path.join(folder, name);
  const tab = String(flow.find(({ id }) => id === endAt)?.['z']);
  const extra: FlowNode[] = [];
  const wired = structuredClone(flow);
  const tap = (id: string, output: number, name: string, func: string): void => {
    const node = wired.find((candidate) => candidate.id === id);
    if (node === undefined) throw new Error(`Expected a node ${id} in the flow`);
    node.wires ??= [];
    while (node.wires.length <= output) node.wires.push([]);
    const tapId = `tap-${name}`;
    node.wires[output]!.push(tapId);
    extra.push({ id: tapId, z: tab, type: 'function', func, outputs: 1, x: 0, y: 0, wires: [[`${tapId}-file`]] });
    extra.push({
      id: `${tapId}-file`,
      z: tab,
      type: 'file',
      filename: file(name),
      filenameType: 'str',
      appendNewline: true,
      createDir: false,
      overwriteFile: 'false',
      encoding: 'utf8',
      x: 0,
      y: 0,
      wires: [[]],
    });
  };
  record.forEach(({ id, output }, index) =>
    tap(
      id,
      output,
      `out-${index}`,
      'const { frame, ...rest } = msg; return { payload: JSON.stringify({ ...rest, frame }) };',
    ),
  );
  tap(endAt, 0, 'end', 'return msg.complete === true ? { payload: "end" } : null;');

  const nodeRed = await startNodeRed({ flows: [...wired, ...extra] });
  try {
    const deadline = Date.now() + timeoutMs;
    while (!fs.existsSync(file('end'))) {
      if (Date.now() > deadline)
        throw new Error(`Expected the source to end within ${timeoutMs} ms:\n${nodeRed.log().slice(-3000)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    // What was sent with the end is on its way to the files.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const lines = (name: string): string[] =>
      fs.existsSync(file(name)) ? fs.readFileSync(file(name), 'utf8').trim().split('\n') : [];
    const outputs = record.map((_, index) =>
      lines(`out-${index}`).map((line) => JSON.parse(line) as Record<string, unknown>),
    );
    return { outputs, errors: nodeRed.errors() };
  } finally {
    await nodeRed.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** A shipped example flow whose camera plays `settings` once, as fast as the flow goes. */
export function exampleFlow(number: string, settings: Record<string, unknown>): FlowNode[] {
  const folder = path.join(packageRoot, 'examples', 'flows');
  const name = fs.readdirSync(folder).find((file) => file.startsWith(number));
  if (name === undefined) throw new Error(`Expected an example flow ${number}`);
  const flow = JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8')) as FlowNode[];
  const cameras = flow.filter(({ type }) => type === 'alpr-camera-in');
  for (const camera of cameras) Object.assign(camera, { loop: false, pace: 'fast', autostart: true }, settings);
  return flow;
}

export function onlyNode(flow: FlowNode[], type: string): FlowNode {
  const nodes = flow.filter((node) => node.type === type);
  if (nodes.length !== 1) throw new Error(`Expected one ${type} in the flow but found ${nodes.length}`);
  return nodes[0]!;
}

/** The labelled pictures that this project measures itself with: not in the repository, so only where they are at hand. */
export function datasetsFolder(): string | undefined {
  const folder = process.env['ALPR_DATASETS'] ?? path.join(packageRoot, '..', 'shared', 'datasets');
  return fs.existsSync(folder) ? folder : undefined;
}

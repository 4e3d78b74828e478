import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { writeHef, type HefOptions, type Stub, type StubStats } from '../support/hailort-stub/stub.js';
import { packageRoot, type NodeRedProcess } from '../support/node-red-process.js';
import type { FlowNode } from './recorded-flow.js';

/** What the nodes of a tab were seen to do, as its `watch` nodes have written it to the log. */
export interface Sighting {
  kind: 'status' | 'error' | 'frame' | 'plate' | 'event';
  id: string;
  fill?: string;
  text: string;
  code?: string;
  /** Its number. */
  frame?: number;
}

/** What a node answered to one picture. */
export interface Answer {
  plates?: { text?: string }[];
  vehicles?: { box: { x1: number; y1: number; x2: number; y2: number }; confidence: number }[];
  error?: string;
  code?: string;
}

const MARK = '@seen ';

/** A tab that writes every status and every error of its nodes to the log, and answers requests whose message failed. */
export function tab(): FlowNode[] {
  const see = `node.warn(${JSON.stringify(MARK)} + JSON.stringify(seen));`;
  const status = `const { source, fill, text } = msg.status; const seen = { kind: "status", id: source.id, fill, text }; ${see}`;
  const error = `const { source, message, code } = msg.error; const seen = { kind: "error", id: source.id, text: message, code, frame: msg.frame && msg.frame.sequence }; ${see}
    if (!msg.res) return null;
    msg.payload = { error: message, code }; msg.statusCode = 500; return msg;`;
  return [
    { id: 'tab', type: 'tab', label: 'tab' },
    ...onTab([
      { id: 'status', type: 'status', scope: null, wires: [['saw-status']] },
      { id: 'saw-status', type: 'function', func: status, outputs: 0, wires: [] },
      { id: 'catch', type: 'catch', scope: null, wires: [['saw-error']] },
      { id: 'saw-error', type: 'function', func: error, outputs: 1, wires: [['failed']] },
      { id: 'failed', type: 'http response', wires: [] },
    ]),
  ];
}

/** A device whose library is the stub. */
export function hailoDevice(id: string, stub: Stub, modelDirectory: string, settings: object = {}): FlowNode {
  const fixed = { modelDirectory, hailoLibrary: stub.path, hailoTimeout: 2000, workers: 1, backend: 'hailo' };
  return { id, type: 'alpr-hailo-device', ...fixed, ...settings };
}

/** A node that is asked by GET /`node.id`: it gets a picture and answers with what it made of it. */
export function asked(node: FlowNode, picture: Buffer): FlowNode[] {
  const { id } = node;
  const func = `msg.payload = Buffer.from("${picture.toString('base64')}", "base64"); msg.topic = "${id}"; return msg;`;
  const answer = 'msg.payload = { plates: msg.plates, vehicles: msg.vehicles }; return msg;';
  return onTab([
    { id: `${id}-in`, type: 'http in', url: `/${id}`, method: 'get', wires: [[`${id}-picture`]] },
    { id: `${id}-picture`, type: 'function', func, outputs: 1, wires: [[id]] },
    { ...node, wires: [[`${id}-answer`]] },
    { id: `${id}-answer`, type: 'function', func: answer, outputs: 1, wires: [[`${id}-out`]] },
    { id: `${id}-out`, type: 'http response', wires: [] },
  ]);
}

export function onTab(nodes: FlowNode[]): FlowNode[] {
  return nodes.map((node) => ({ ...node, z: 'tab', x: 0, y: 0 }));
}

/** Asks a node of `asked`; every request must be answered. */
export async function ask(nodeRed: NodeRedProcess, id: string): Promise<Answer> {
  const response = await fetch(`${nodeRed.url}${id}`, { signal: AbortSignal.timeout(30_000) });
  return (await response.json()) as Answer;
}

/** All that was seen, in order; from a place in the log on. */
export function sightings(nodeRed: NodeRedProcess, from = 0): Sighting[] {
  const lines = nodeRed.log().slice(from).split('\n');
  return lines
    .filter((line) => line.includes(MARK))
    .map((line) => JSON.parse(line.slice(line.indexOf(MARK) + MARK.length)) as Sighting);
}

/** The latest status of a node: `red no Hailo found`. */
export function statusOf(nodeRed: NodeRedProcess, node: string): string {
  const last = sightings(nodeRed)
    .filter(({ kind, id }) => kind === 'status' && id === node)
    .at(-1);
  return `${last?.fill} ${last?.text}`;
}

/** A picture that shows nothing. */
export function greyPicture(width = 64, height = 48): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: 'grey' } })
    .png()
    .toBuffer();
}

/** What the made-up readers read everywhere. */
export const READING = '1234567';

/** Seven digits with blanks between them, in each of the five rows of LPRNet's outputs. */
function lprnetAnswer(reading: string): Uint8Array {
  const logits = new Uint8Array(5 * 19 * 11).fill(78);
  for (let step = 0; step < 5 * 19; step++) {
    const at = step % 19;
    const digit = at % 2 === 0 && at / 2 < reading.length ? Number(reading[at / 2]) : 10;
    logits[step * 11 + digit] = 228;
  }
  return logits;
}

/** Writes a reader that reads `1234567` everywhere: its HEF and, when `name` is given, its manifest. @returns the HEF's path */
export function writeReader(
  folder: string,
  name: string,
  file = `${name}.hailo8.hef`,
  options: HefOptions = {},
): string {
  const answer = path.join(folder, 'reading.outputs');
  writeFileSync(answer, lprnetAnswer(READING));
  const hef = path.join(folder, file);
  writeReaderHef(hef, name, answer, options);
  const { url } = shippedManifest('lprnet').files.hef!.hailo8!;
  writeReaderManifest(folder, name, { hailo8: { file, url } });
  return hef;
}

export function writeReaderHef(hef: string, network: string, answer: string, options: HefOptions = {}): void {
  writeHef(
    hef,
    {
      name: network,
      inputs: [{ name: 'input_layer1', height: 75, width: 300, features: 3 }],
      outputs: [{ name: 'conv31', height: 5, width: 19, features: 11, zeroPoint: 128, scale: 0.1 }],
      compute: { file: answer },
    },
    options,
  );
}

type ShippedManifest = {
  input: object;
  hef: { output: object };
  files: { onnx?: object; hef?: Record<string, { file: string; url?: string | undefined }> };
};

function shippedManifest(name: string): ShippedManifest {
  return JSON.parse(readFileSync(path.join(packageRoot, 'models', 'field', `${name}.json`), 'utf8')) as ShippedManifest;
}

export function writeReaderManifest(folder: string, name: string, hef: object): void {
  const manifest = shippedManifest('lprnet');
  const files = { ...manifest.files, hef };
  writeFileSync(path.join(folder, `${name}.json`), JSON.stringify({ ...manifest, name, files }));
}

/** The shipped reader with a file for a Hailo, too: for the back end auto. After `writeReader`. */
export function writeReaderForBoth(folder: string): void {
  const shipped = path.join(packageRoot, 'models', 'plateflow-reader');
  copyFileSync(`${shipped}.onnx`, path.join(folder, 'plateflow-reader.onnx'));
  const file = 'plateflow-reader.hailo8.hef';
  writeReaderHef(path.join(folder, file), 'both', path.join(folder, 'reading.outputs'));
  const manifest = JSON.parse(readFileSync(`${shipped}.json`, 'utf8')) as ShippedManifest;
  const { hef } = shippedManifest('lprnet');
  const files = { ...manifest.files, hef: { hailo8: { file } } };
  const input = { width: 300, height: 75 };
  writeFileSync(
    path.join(folder, 'plateflow-reader.json'),
    JSON.stringify({ ...manifest, files, hef: { input, output: hef.output } }),
  );
}

/** Writes a detector of vehicles for pictures of 64 x 48, whose answer is always the same. @param fill sets its NMS output: count, then records */
export function writeVehicles(folder: string, name: string, fill: (numbers: Float32Array) => void): void {
  const numbers = new Float32Array(1 + 5 * 20);
  fill(numbers);
  const answer = path.join(folder, `${name}.outputs`);
  writeFileSync(answer, new Uint8Array(numbers.buffer));
  const file = `${name}.hailo8.hef`;
  writeHef(path.join(folder, file), {
    name,
    inputs: [{ name: 'input_layer1', height: 48, width: 64, features: 3 }],
    outputs: [{ name: 'nms', nms: { classes: 1, maxPerClass: 20 } }],
    compute: { file: answer },
  });
  const manifest = shippedManifest('yolov5m_vehicles');
  const input = { ...manifest.input, width: 64, height: 48 };
  const own = { ...manifest, name, input, files: { hef: { hailo8: { file } } } };
  writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(own));
}

/** What must hold of a library when Node-RED has stopped. */
export function remainsOf(stats: StubStats): object {
  const { live, misuse, problems, mainThread } = stats;
  return { live, misuse, problems, mainThread };
}

export const NOTHING = {
  live: { device: 0, vdevice: 0, hef: 0, group: 0, input: 0, output: 0 },
  misuse: [],
  problems: [],
  mainThread: {},
};

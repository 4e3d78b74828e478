import type * as ort from 'onnxruntime-web';
import type { Manifest, ModelOutput } from '../../models/manifest.js';
import { ModelError } from '../../models/errors.js';

/** What the manifest and the graph together say about feeding it. */
export interface GraphInput {
  name: string;
  /** False: one picture per run. */
  batch: boolean;
}

/**
 * Compares a loaded graph with its manifest.
 * @throws ModelError naming the manifest field that does not fit, with both sides
 */
export function checkGraph(manifest: Manifest, session: ort.InferenceSession): GraphInput {
  const name = manifest.input.name ?? session.inputNames[0] ?? '';
  const index = session.inputNames.indexOf(name);
  if (index < 0) throw mismatch(manifest, 'input.name', oneOf(session.inputNames), name);
  if (session.inputNames.length > 1) {
    const inputs = session.inputNames.join(', ');
    throw new ModelError(`Expected a graph with one input for model ${manifest.name} but received ${inputs}`);
  }
  checkOutputNames(manifest, session.outputNames);
  const metadata = session.inputMetadata[index];
  if (!metadata?.isTensor) return { name, batch: manifest.input.batch !== false };
  if (metadata.type !== manifest.input.type) throw mismatch(manifest, 'input.type', metadata.type, manifest.input.type);
  checkShape(manifest, metadata.shape);
  return { name, batch: manifest.input.batch !== false && metadata.shape[0] !== 1 };
}

function checkShape(manifest: Manifest, graph: readonly (number | string)[]): void {
  const { layout, width, height } = manifest.input;
  const wanted = layout === 'NHWC' ? [1, height, width, 3] : [1, 3, height, width];
  const free = (dim: number | string): boolean => typeof dim === 'string' || dim <= 0;
  const fits = graph.length === 4 && wanted.every((dim, i) => i === 0 || free(graph[i] as number) || graph[i] === dim);
  if (!fits) throw mismatch(manifest, `input (${layout} ${width}x${height})`, shapeText(graph), shapeText(wanted));
  const batch = graph[0] as number | string;
  if (!free(batch) && batch !== 1) {
    throw new ModelError(`Expected a free batch dimension, or 1, for model ${manifest.name} but received ${batch}`);
  }
}

function checkOutputNames(manifest: Manifest, graph: readonly string[]): void {
  for (const [field, name] of namedOutputs(manifest.output, 'output')) {
    if (!graph.includes(name)) throw mismatch(manifest, field, oneOf(graph), name);
  }
}

function namedOutputs(output: ModelOutput, path: string): [field: string, name: string][] {
  if (output.decoder === 'character-boxes') return namedOutputs(output.detector, `${path}.detector`);
  if ('outputs' in output) return output.outputs.map((name, i) => [`${path}.outputs[${i}]`, name]);
  return 'output' in output && output.output !== undefined ? [[`${path}.output`, output.output]] : [];
}

function oneOf(names: readonly string[]): string {
  return names.length === 1 ? String(names[0]) : `one of ${names.join(', ')}`;
}

function shapeText(shape: readonly (number | string)[]): string {
  return `[${shape.join(', ')}]`;
}

function mismatch(manifest: Manifest, field: string, graph: string, received: string): ModelError {
  return new ModelError(
    `model ${manifest.name}: ${field}: Expected ${graph}, as in its ONNX file, but received ${received} from the manifest`,
  );
}

import type { Box } from '../../detection/types.js';
import type { Manifest } from '../../models/manifest.js';
import type { RunOptions, View, ViewResult } from '../device.js';
import type { SharedPicture } from '../request/shared-picture.js';
import type { RuntimeKind, RuntimePreference } from './runtime.js';

/** What a worker must know to open a network; told to each worker once. */
export interface NetworkSpec {
  manifest: Manifest;
  /** Path of the checked ONNX file. */
  file: string;
  runtime: RuntimePreference;
}

export type CpuJob =
  | { kind: 'open'; network: string; spec?: NetworkSpec }
  | { kind: 'infer'; network: string; spec?: NetworkSpec; source: SharedPicture; views: View[]; options: RunOptions }
  | { kind: 'release'; network: string }
  /** Releases all networks. */
  | { kind: 'forget' }
  | { kind: 'sharpness'; source: SharedPicture; boxes: Box[] }
  | { kind: 'draw'; source: SharedPicture; target: SharedArrayBuffer; drawing: unknown };

export interface RuntimeInfo {
  kind: RuntimeKind;
  version: string;
}

export type CpuResult =
  | { kind: 'opened'; runtime: RuntimeInfo }
  | { kind: 'inferred'; results: ViewResult[]; timings: { prepare: number; infer: number; decode: number } }
  | { kind: 'sharpness'; values: number[] }
  | { kind: 'done' };

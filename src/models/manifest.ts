/** What the code must know about a network; the JSON beside each model (design §5). Nothing about a network is written in code. */
export interface Manifest {
  manifestVersion: 1;
  /** Unique in the catalogue; what a node's model field stores. */
  name: string;
  title: string;
  task: 'vehicles' | 'plates' | 'text' | 'generic';
  version: string;
  description?: string;
  files: { onnx?: ModelFile; hef?: Partial<Record<HefTarget, ModelFile>> };
  /** Of the ONNX file; of the HEFs too where `hef` says nothing else. */
  input: ModelInput;
  output: ModelOutput;
  /** Where the HEFs differ from the ONNX file. */
  hef?: { input?: HefInput; output?: ModelOutput };
  thresholds?: { confidence?: number; iou?: number; maxDetections?: number };
  licence: string;
  /** Who made it and from what. */
  source: string;
  /** Folder the manifest was read from; set by the loader, never in the JSON. */
  directory?: string;
  /** Folder of downloads, where model files are looked for that do not lie beside the manifest; set by the Catalogue, never in the JSON. */
  downloads?: string;
}

/** Hailo chips that a HEF can be compiled for. */
export type HefTarget = 'hailo8' | 'hailo8l' | 'hailo8r';

export interface ModelFile {
  /** Name without a folder: it lies beside the manifest or in the folder of downloads. */
  file: string;
  /** Left out with `size` where its maker publishes none and we could not fetch it; then `url` or `description` says where it is from. */
  sha256?: string;
  /** Bytes. */
  size?: number;
  /** Where `alpr models pull` fetches it. */
  url?: string;
}

/**
 * What a HEF's input differs in. The chip normalises and is always fed bytes, channels last, one picture at a time; width and
 * height are checked against the file.
 */
export interface HefInput {
  width?: number;
  height?: number;
  colour?: 'RGB' | 'BGR';
  fit?: 'letterbox' | 'stretch';
  fill?: [number, number, number];
  margin?: number;
}

export interface ModelInput {
  /** Graph input; the first one when left out. */
  name?: string;
  width: number;
  height: number;
  /** When set, other sizes that are multiples of it are allowed too. */
  multipleOf?: number;
  /** Size for crops of a vehicle instead of whole frames, where another one is better; needs `multipleOf`. */
  crop?: { width: number; height: number };
  colour: 'RGB' | 'BGR';
  layout: 'NHWC' | 'NCHW';
  type: 'uint8' | 'float32';
  /** (x − mean) / scale per channel in the order of `colour`; only for float32 inputs. Default none: 0..255. */
  normalisation?: { mean: [number, number, number]; scale: [number, number, number] };
  /** letterbox keeps the aspect ratio and pads with `fill`; stretch does not. */
  fit: 'letterbox' | 'stretch';
  fill?: [number, number, number];
  /** Share of the plate's own size added on each side before reading (text models). */
  margin?: number;
  /** False: the graph takes one picture at a time. Default true. */
  batch?: boolean;
}

interface DetectorCommon {
  /** One per class, in the order of the classes. */
  labels: string[];
  /** Only detections of these labels count, all when left out: a network for many things gives vehicles (or plates) only. */
  keep?: string[];
}

/** Plateflow's own: one row per anchor [score, x1, y1, x2, y2(, 4 corners TL TR BR BL as x, y)], input pixels, activations applied. */
export interface CornerDetectorOutput extends DetectorCommon {
  decoder: 'corner-detector';
  output?: string;
  corners: boolean;
}

interface AnchorHeads extends DetectorCommon {
  /** One per stride, in the order of `strides`; when left out, a stride's output is the one whose grid is of its size. */
  outputs?: string[];
  strides: number[];
  /** Per stride: [w, h] pairs, in pixels of the input or of `gridSize`. */
  anchors: [number, number][][];
  /** The size that strides and anchors count in, where a HEF scales its input on the chip (1920x1080 to 640x640). Default: the input's. */
  gridSize?: { width: number; height: number };
  layout: 'NHWC' | 'NCHW';
}

/** YOLOv5 heads: xy = (2σ − 0.5 + cell) · stride, wh = (2σ)² · anchor. One output per stride, [N, h, w, a·(5+c)], [N, a·(5+c), h, w] or [N, a, h, w, 5+c]. */
export interface Yolov5Output extends AnchorHeads {
  decoder: 'yolov5';
  /** The graph ends in sigmoid already. */
  activated: boolean;
}

/** YOLOv4(-tiny) heads: xy = (s·σ − (s−1)/2 + cell) · stride, wh = e^t · anchor. */
export interface Yolov4Output extends AnchorHeads {
  decoder: 'yolov4';
  scaleXY: number;
  /** Objectness, class and xy are sigmoid-activated by the graph already. */
  activated: boolean;
}

/** YOLOv8-style anchor-free, boxes decoded in the graph: [N, 4+c, A] (channels-first) or [N, A, 4+c]; cx, cy, w, h in input pixels, class scores activated. */
export interface Yolov8Output extends DetectorCommon {
  decoder: 'yolov8';
  output?: string;
  layout: 'channels-first' | 'channels-last';
}

/** NMS in the graph: one row per detection, columns named. */
export interface EndToEndOutput extends DetectorCommon {
  decoder: 'end-to-end';
  output?: string;
  columns: ('batch' | 'x1' | 'y1' | 'x2' | 'y2' | 'confidence' | 'class')[];
  units: 'pixels' | 'normalised';
}

/**
 * HailoRT's NMS by class (reference §7): per class one count, then that many [y1, x1, y2, x2, score], 0..1 of the network's input,
 * packed. One output of shape [classes, 1 + 5 · most per class]; what follows the last record is left over from other frames.
 */
export interface HailoNmsOutput extends DetectorCommon {
  decoder: 'hailo-nms';
  output?: string;
}

/** In the JSON, for alphabets of thousands of characters: a text file beside the manifest, one character per line in class order. */
export interface AlphabetFile {
  /** Name without a folder. */
  file: string;
  /** Characters that come after the file's. */
  append?: string[];
}

/** CTC over time steps. Rank 3 [N, T, C]; rank 4 [N, R, T, C] (LPRNet's HEF: 5x19x11) is averaged over R first. */
export interface CtcOutput {
  decoder: 'ctc';
  output?: string;
  /**
   * Characters by class, without the blank, in class order. Array because one class may be several UTF-16 units. The JSON may name a
   * file of characters instead (`AlphabetFile`); the loader puts its characters here.
   */
  alphabet: string[];
  blank: number;
  /** Order of the last axes. Default NTC. */
  layout?: 'NTC' | 'NCT';
  /** 2: the first half of the steps is the first line, the second half the second. */
  lines?: 1 | 2;
  /** Outputs are probabilities already. Default false: logits. */
  probabilities?: boolean;
}

/** Fixed character positions: [N, slots, C] or [N, slots·C]; `pad` ends or fills. */
export interface SlotsOutput {
  decoder: 'slots';
  output?: string;
  slots: number;
  alphabet: string[];
  /** Class index of the padding character. */
  pad: number;
  probabilities?: boolean;
}

/** A detector whose classes are characters; lines are found by height, characters sorted by x. */
export interface CharacterBoxesOutput {
  decoder: 'character-boxes';
  detector: DetectorOutput;
}

/** Nothing is decoded: hailo-infer hands the tensors on. */
export interface TensorsOutput {
  decoder: 'tensors';
}

export type DetectorOutput =
  CornerDetectorOutput | Yolov5Output | Yolov4Output | Yolov8Output | EndToEndOutput | HailoNmsOutput;
export type ReaderOutput = CtcOutput | SlotsOutput | CharacterBoxesOutput;
export type ModelOutput = DetectorOutput | ReaderOutput | TensorsOutput;

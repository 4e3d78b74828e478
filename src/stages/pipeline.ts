import type { Device, Network } from '../device/device.js';
import type { DepartedTrack, Plate, Timings, Vehicle } from '../detection/types.js';
import type { Frame } from '../frame/frame.js';
import type { Manifest } from '../models/manifest.js';
import type { Tracker } from '../tracking/tracker.js';
import type { DetectOptions } from './detections.js';
import { gatePlates, type BlurGateOptions } from './blur-gate.js';
import { plateInCrop } from './plate-in-crop.js';
import { detectPlates, type PlateDetectOptions } from './plate-detect.js';
import { readPlates, type ReadOptions } from './read.js';
import { trackScene } from './track.js';
import { detectVehicles } from './vehicle-detect.js';

export interface PipelineOptions {
  /** Left out: plates are looked for in the whole frame only (plate-first). */
  vehicles?: DetectOptions | undefined;
  plates: Omit<PlateDetectOptions, 'tracked'>;
  gate: BlurGateOptions;
  read: ReadOptions;
}

/** What is known of one frame at the end of the line. */
export interface Scene {
  vehicles: Vehicle[] | undefined;
  plates: Plate[];
  departed: DepartedTrack[];
  timings: Timings;
}

export interface PipelineModels {
  vehicles?: Manifest | undefined;
  plates: Manifest;
  text: Manifest;
}

/** The whole cascade in one object, for the command line, benches and tests; a flow wires the same stages as nodes. */
export class Pipeline {
  private constructor(
    private readonly device: Device,
    readonly vehicles: Network | undefined,
    private readonly plates: Network,
    readonly reader: Network,
    readonly options: PipelineOptions,
  ) {}

  static async open(device: Device, models: PipelineModels, options: PipelineOptions): Promise<Pipeline> {
    const wantsVehicles = options.vehicles !== undefined && models.vehicles !== undefined;
    const [vehicles, plates, reader] = await Promise.all([
      wantsVehicles ? device.open(models.vehicles!) : undefined,
      device.open(models.plates),
      device.open(models.text),
    ]);
    return new Pipeline(device, vehicles, plates, reader, options);
  }

  /** @param tracker for frames of a video; single pictures go without */
  async process(frame: Frame, tracker?: Tracker): Promise<Scene> {
    const { options } = this;
    const timings: Timings = {};
    let vehicles: Vehicle[] | undefined;
    let departed: DepartedTrack[] = [];
    if (this.vehicles !== undefined) {
      const detected = await detectVehicles(frame, this.vehicles, options.vehicles);
      vehicles = detected.vehicles;
      Object.assign(timings, detected.timings);
      if (tracker !== undefined) ({ vehicles, departed } = trackScene(tracker, frame, vehicles, undefined, 'vehicles'));
    }
    const found = await detectPlates(frame, vehicles, this.plates, {
      ...options.plates,
      tracked: tracker !== undefined,
    });
    let plates = found.plates;
    if (tracker !== undefined && this.vehicles === undefined) {
      const tracked = trackScene(tracker, frame, undefined, plates, 'plates');
      plates = tracked.plates ?? [];
      departed = tracked.departed;
    }
    const gated = await gatePlates(frame, plates, this.device.pixels, options.gate);
    const read = await readPlates(frame, gated.plates, this.reader, options.read, tracker);
    Object.assign(timings, found.timings, gated.timings, read.timings);
    return { vehicles: found.vehicles, plates: read.plates, departed, timings };
  }

  /** The plate in a picture that shows one and little else; undefined where none was found. */
  async findInCrop(frame: Frame): Promise<Plate | undefined> {
    return plateInCrop(frame, this.plates);
  }

  async close(): Promise<void> {
    await Promise.all([this.vehicles?.close(), this.plates.close(), this.reader.close()]);
  }
}

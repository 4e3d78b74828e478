import type { Network, RunOptions } from '../device/device.js';
import { area } from '../detection/boxes.js';
import { PIECE, SAME_PLATE } from '../detection/merge-looks.js';
import { suppressDetections } from '../detection/nms.js';
import type { Detection, Plate, Timings, Vehicle } from '../detection/types.js';
import { closer, lookCloser, type Sight } from '../frame/detail.js';
import type { Frame } from '../frame/frame.js';
import { fartherDetection } from './detail.js';
import { detectionOptions, detectionsOf, type DetectOptions } from './detections.js';
import { lookAtFrame } from './frame-looks.js';
import { VEHICLE_MARGIN } from './vehicle-view.js';
import { ownerOf } from './plate-owner.js';

export interface PlateDetectOptions extends DetectOptions {
  /**
   * `vehicles`: only inside vehicles that are not read yet. `frame`: the whole frame, every time.
   * `auto`: inside unread vehicles, and the whole frame as well, every time for single pictures and every `frameEvery`th frame
   * of a tracked camera, so that a vehicle which the vehicle network missed does not cost a plate (design §1).
   */
  where: 'auto' | 'vehicles' | 'frame';
  frameEvery: number;
  /**
   * At the whole frame. `two`: also at half the input size, where large plates are found whole. `auto`: two for a picture by itself, one
   * for a frame of a stream, which costs no more than before. Default `auto`.
   */
  looks?: 'auto' | 'one' | 'two' | undefined;
  /** The frame belongs to a tracked camera: what this frame misses, the next may find. */
  tracked: boolean;
  /** px²; vehicles smaller than this are left out. TAPPAS: 40 000. */
  minVehicleArea?: number | undefined;
  /** 0..1 of the frame's height that the vehicle's lower edge must have reached. TAPPAS: 0.75. */
  minVehicleBottom?: number | undefined;
  /** Leave out vehicles that the frame's edge cuts off, as TAPPAS does. Default false. */
  wholeVehicles?: boolean | undefined;
}

/**
 * Finds plates in a frame and says which vehicle each is on.
 *
 * @param vehicles as vehicle-detect and tracker left them; undefined in a flow without vehicles
 * @returns new lists; vehicles that were looked at in vain carry `held`
 */
export async function detectPlates(
  frame: Frame,
  vehicles: Vehicle[] | undefined,
  network: Network,
  options: PlateDetectOptions,
): Promise<{ plates: Plate[]; vehicles: Vehicle[] | undefined; timings: Timings }> {
  const started = performance.now();
  const examined = vehicles?.map((vehicle) => examine(vehicle, frame, options));
  const crops = options.where === 'frame' ? [] : (examined ?? []).filter((vehicle) => needsPlate(vehicle));
  const looksAtFrame =
    vehicles === undefined ||
    options.where === 'frame' ||
    (options.where === 'auto' && (!options.tracked || frame.sequence % Math.max(1, options.frameEvery) === 0));

  const [inCrops, inFrame] = await Promise.all([
    crops.length > 0 ? lookCloser(frame, true, (sight) => runOnCrops(sight, crops, network, options)) : [],
    looksAtFrame ? lookAtFrame(frame, network, options, looksTwice(frame, options)) : [],
  ]);

  // Crops come first: at equal confidence their corners are finer.
  // Neighbouring crops overlap, and the whole frame shows every crop's plate again.
  const suppression = { iouThreshold: SAME_PLATE, containedShare: PIECE, classAgnostic: true };
  const finds = suppressDetections([...inCrops, ...inFrame], suppression);
  const plates = finds.map((find) => plateOf(find, examined));
  keepBestPerVehicle(plates);
  for (const [index, vehicle] of (examined ?? []).entries()) {
    const looked = looksAtFrame || crops.includes(vehicle);
    if (looked && needsPlate(vehicle) && !plates.some((plate) => plate.vehicle === index)) {
      vehicle.held = { code: 'no-plate', reason: 'no plate found' };
    }
  }
  return { plates, vehicles: examined, timings: { plateDetect: performance.now() - started } };
}

/** A copy of the vehicle, held back where it breaks a rule of size or place. */
function examine(vehicle: Vehicle, frame: Frame, options: PlateDetectOptions): Vehicle {
  const { held: _earlier, ...copy } = vehicle;
  const minArea = options.minVehicleArea ?? 0;
  const minBottom = options.minVehicleBottom ?? 0;
  if (options.wholeVehicles === true && isCutOff(vehicle, frame)) {
    return { ...copy, held: { code: 'position', reason: 'cut off by the edge' } };
  }
  const size = area(vehicle.box);
  const bottom = vehicle.box.y2 / frame.height;
  if (size < minArea) {
    return {
      ...copy,
      held: { code: 'small', reason: `vehicle ${Math.round(size)} < ${minArea} px²`, value: size, limit: minArea },
    };
  }
  if (bottom < minBottom) {
    return {
      ...copy,
      held: { code: 'position', reason: `bottom ${bottom.toFixed(2)} < ${minBottom}`, value: bottom, limit: minBottom },
    };
  }
  return copy;
}

/** Boxes end at the frame, so one that reaches its edge may go on behind it. */
function isCutOff({ box }: Vehicle, frame: Frame): boolean {
  return box.x1 <= 0 || box.y1 <= 0 || box.x2 >= frame.width || box.y2 >= frame.height;
}

/** Settled vehicles are what the cascade saves its time on. */
function needsPlate(vehicle: Vehicle): boolean {
  return vehicle.held === undefined && (vehicle.plate?.settled !== true || vehicle.reread === true);
}

function looksTwice(frame: Frame, { looks = 'auto', tracked }: PlateDetectOptions): boolean {
  return looks === 'two' || (looks === 'auto' && frame.still === true && !tracked);
}

async function runOnCrops(
  sight: Sight,
  vehicles: Vehicle[],
  network: Network,
  options: PlateDetectOptions,
): Promise<Detection[]> {
  const runOptions: RunOptions = detectionOptions(options);
  const crop = network.manifest.input.crop;
  if (options.inputSize === undefined && crop !== undefined) runOptions.inputSize = crop;
  const response = await network.run({
    source: sight.frame,
    views: vehicles.map(({ box }) => ({ box: closer(box, sight), margin: VEHICLE_MARGIN })),
    options: runOptions,
    fairKey: sight.frame.cameraId,
  });
  return vehicles.flatMap((_, view) =>
    detectionsOf(response, view, network).map((found) => fartherDetection(found, sight)),
  );
}

function plateOf(find: Detection, vehicles: Vehicle[] | undefined): Plate {
  const plate: Plate = { box: find.box, confidence: find.confidence };
  if (find.corners !== undefined) plate.corners = find.corners;
  const index = vehicles === undefined ? -1 : ownerOf(find.box, vehicles);
  const vehicle = vehicles?.[index];
  if (vehicle === undefined) return plate;
  plate.vehicle = index;
  if (vehicle.trackId !== undefined) plate.trackId = vehicle.trackId;
  if (vehicle.plate?.settled === true) {
    plate.text = vehicle.plate.text;
    plate.vote = vehicle.plate;
    if (vehicle.reread === true) plate.reread = true;
  }
  if (vehicle.held !== undefined) plate.held = vehicle.held;
  return plate;
}

/** A vehicle shows one plate at a time; lamps and badges that look like one must not join its vote. */
function keepBestPerVehicle(plates: Plate[]): void {
  const best = new Map<number, Plate>();
  for (const plate of plates) {
    if (plate.vehicle === undefined) continue;
    const first = best.get(plate.vehicle);
    if (first === undefined) best.set(plate.vehicle, plate);
    else {
      plate.held ??= {
        code: 'plate-confidence',
        reason: `second on vehicle ${plate.confidence.toFixed(2)} < ${first.confidence.toFixed(2)}`,
        value: plate.confidence,
        limit: first.confidence,
      };
    }
  }
}

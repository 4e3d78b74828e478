import type { Box } from '../detection/types.js';
import { LineCrossing, type Line } from './line-crossing.js';
import { Movement, type Course } from './movement.js';
import type { Direction } from './plate-event.js';
import type { FrameSize } from '../areas/shares.js';

/** How plate-out's settings tell directions. */
export interface DirectionRule {
  /** With a line only crossing it counts; without one, movement does. */
  line: Line | undefined;
  /** What a vehicle does that comes closer. */
  closer: 'in' | 'out';
}

/** Which way one vehicle went. */
export class DirectionFinder {
  readonly #crossing: LineCrossing | undefined;
  readonly #vehicle = new Movement();
  readonly #plate = new Movement();
  #vehicleSeen = false;
  #earlier: Direction | undefined;

  constructor(private readonly rule: DirectionRule) {
    if (rule.line !== undefined) this.#crossing = new LineCrossing(rule.line);
  }

  /** Undefined while unclear. */
  get direction(): Direction | undefined {
    if (this.#crossing !== undefined) return this.#crossing.direction;
    const course = this.#vehicle.course ?? this.#plate.course;
    return course === undefined ? this.#earlier : this.#directionOf(course);
  }

  /** What crosses the line is the middle of the vehicle's lower edge, where it stands on the ground. */
  seeVehicle(box: Box, frame: FrameSize): void {
    this.#vehicleSeen = true;
    if (this.#crossing === undefined) this.#vehicle.see(box, frame, 'vehicle');
    else this.#cross((box.x1 + box.x2) / 2, box.y2, frame);
  }

  /** In flows that track plates it is the middle of the plate. */
  seePlate(box: Box, frame: FrameSize): void {
    if (this.#crossing === undefined) this.#plate.see(box, frame, 'plate');
    else if (!this.#vehicleSeen) this.#cross((box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2, frame);
  }

  /** The same vehicle was lost and found: this finder goes on where the earlier one stopped. */
  follow(earlier: DirectionFinder): void {
    if (earlier === this) return;
    this.#earlier ??= earlier.direction;
    if (this.#crossing !== undefined && earlier.#crossing !== undefined) this.#crossing.follow(earlier.#crossing);
  }

  #cross(x: number, y: number, { width, height }: FrameSize): void {
    const share = { x: x / width, y: y / height };
    const aspect = width / height;
    if ([share.x, share.y, aspect].every(Number.isFinite) && aspect > 0) this.#crossing?.see(share, aspect);
  }

  #directionOf(course: Course): Direction {
    if (course === 'left' || course === 'right') return course;
    const { closer } = this.rule;
    return course === 'closer' ? closer : closer === 'in' ? 'out' : 'in';
  }
}

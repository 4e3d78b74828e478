import { readSchedule, type Schedule } from '../sources/live/schedule.js';
import { AlprNodeError, describeValue } from './errors.js';
import type { AlprMessage } from './message.js';

/** Timers of more than 24.8 days would fire at once. */
const LONGEST_DURATION_S = 2_000_000;

/** What a message tells a camera to do. */
export interface CameraCommand {
  /** undefined: only the schedule. */
  action: 'start' | 'stop' | 'snapshot' | undefined;
  /** Another file or folder than the one in the settings. */
  file: string | undefined;
  /** Start for so long. */
  forMs: number | undefined;
  /** A new schedule; `none`: without one from now on. */
  schedule: Schedule | 'none' | undefined;
}

/**
 * Reads what a message says. Whatever is neither stop nor snapshot is a start, unless it only brings a schedule.
 * @throws AlprNodeError ALPR_COMMAND, ConfigError for the schedule
 */
export function commandOf(msg: AlprMessage): CameraCommand {
  const { payload, stop } = msg as AlprMessage & { stop?: unknown };
  const schedule = scheduleIn(msg);
  const isStop = payload === 'stop' || (stop !== undefined && stop !== false);
  const isSnapshot = payload === 'snapshot';
  const isStart = payload === 'start' || schedule === undefined;
  const { filename } = msg as AlprMessage & { filename?: unknown };
  return {
    action: isStop ? 'stop' : isSnapshot ? 'snapshot' : isStart ? 'start' : undefined,
    file: typeof filename === 'string' && filename !== '' ? filename : undefined,
    forMs: isStop || isSnapshot ? undefined : durationIn(msg),
    schedule,
  };
}

function scheduleIn({ schedule }: AlprMessage & { schedule?: unknown }): CameraCommand['schedule'] {
  if (schedule === undefined) return undefined;
  if (typeof schedule !== 'string') {
    throw new AlprNodeError('ALPR_COMMAND', `Expected text for msg.schedule but received ${describeValue(schedule)}`);
  }
  return schedule.trim() === '' ? 'none' : readSchedule(schedule);
}

function durationIn({ duration }: AlprMessage & { duration?: unknown }): number | undefined {
  if (duration === undefined || duration === '') return undefined;
  const seconds = typeof duration === 'string' || typeof duration === 'number' ? Number(duration) : NaN;
  if (seconds > 0 && seconds <= LONGEST_DURATION_S) return seconds * 1000;
  throw new AlprNodeError(
    'ALPR_COMMAND',
    `Expected seconds above 0 and up to ${LONGEST_DURATION_S} for msg.duration but received ${describeValue(duration)}`,
  );
}

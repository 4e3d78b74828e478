import { DEFAULT_TIMEOUT_MS, type HailoSettings, type SchedulerSettings } from './settings.js';

const SHORTEST_TIMEOUT = 100;
const LONGEST_TIMEOUT = 60_000;
const HIGHEST_PRIORITY = 31;
/** HailoRT's name for "shared with nobody". */
const UNIQUE = 'UNIQUE';

/** @throws RangeError for settings that no device takes, in words of the settings */
export function checkHailoSettings({ timeoutMs, multiProcessService, groupId, scheduler }: HailoSettings): void {
  const timeout = timeoutMs ?? DEFAULT_TIMEOUT_MS;
  inRange('hailo.timeoutMs', timeout, SHORTEST_TIMEOUT, LONGEST_TIMEOUT);
  if (multiProcessService && (groupId === undefined || groupId === '' || groupId === UNIQUE)) {
    throw new RangeError(
      `Expected a group id other than ${UNIQUE} for hailo.groupId but received ${groupId ? groupId : 'none'}: ` +
        'with the multi-process service all processes that share the device give the same one',
    );
  }
  for (const [task, settings] of Object.entries(scheduler ?? {}))
    checkScheduler(`hailo.scheduler.${task}`, settings, timeout);
}

function checkScheduler(name: string, { threshold, timeoutMs, priority }: SchedulerSettings, timeout: number): void {
  if (threshold !== undefined) inRange(`${name}.threshold`, threshold, 1, LONGEST_TIMEOUT);
  if (priority !== undefined) inRange(`${name}.priority`, priority, 0, HIGHEST_PRIORITY);
  if (timeoutMs === undefined) return;
  inRange(`${name}.timeoutMs`, timeoutMs, 0, LONGEST_TIMEOUT);
  if (timeoutMs >= timeout) {
    throw new RangeError(
      `Expected less than the ${timeout} ms of hailo.timeoutMs for ${name}.timeoutMs but received ${timeoutMs}: ` +
        'a single frame would count as lost before the scheduler runs it',
    );
  }
}

function inRange(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`Expected an integer from ${min} to ${max} for ${name} but received ${value}`);
  }
}

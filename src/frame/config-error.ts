/** A setting that cannot be: wrong type, out of range, or a regular expression that does not compile. */
export class ConfigError extends Error {
  readonly code = 'ALPR_CONFIG';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConfigError';
  }
}

/**
 * @param name as the user knows the setting
 * @throws ConfigError unless `value` is a finite number within [min, max]
 */
export function requireNumber(name: string, value: unknown, min: number, max = Infinity): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max) return value;
  const range = max === Infinity ? `a number of at least ${min}` : `a number from ${min} to ${max}`;
  const received =
    typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : typeof value === 'number' ? value : typeof value;
  throw new ConfigError(`Expected ${range} for ${name} but received ${received}`);
}

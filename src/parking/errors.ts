/** What is wrong with a car park's file, or with what was asked of it. Messages hold no plates: they end up in log files. */
export class ParkingError extends Error {
  constructor(
    readonly code: 'ALPR_PARKING_FILE' | 'ALPR_PARKING_ACTION' | 'ALPR_PLATE',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ParkingError';
  }
}

/** A value as an error shows it. Not for plates. */
export function shown(value: unknown): string {
  if (value === undefined || value === '') return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

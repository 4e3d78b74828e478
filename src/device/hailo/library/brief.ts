/** What the status under a node says of a hailo_status: at most 19 characters. The error's message says what to do in full. */
export function briefStatus(status: number, call: string): string {
  if (status === INVALID_ARGUMENT && opensDevice(call)) return 'check device id';
  if (status === INVALID_OPERATION && opensDevice(call)) return 'switch service off';
  if (status === DRIVER_OPERATION_FAILED && opensDevice(call)) return 'no access to Hailo';
  return briefs[status] ?? `Hailo error ${status}`;
}

const INVALID_ARGUMENT = 2;
const INVALID_OPERATION = 6;
const DRIVER_OPERATION_FAILED = 36;

function opensDevice(call: string): boolean {
  return call === 'hailo_create_vdevice' || call === 'hailo_create_device_by_id';
}

const FETCH_HEF = 'fetch HEF again';

const briefs: Readonly<Record<number, string>> = {
  3: 'out of memory',
  4: 'Hailo timed out',
  7: 'Hailo-10H: use CPU',
  16: 'firmware ≠ library',
  26: FETCH_HEF,
  36: 'driver failed',
  62: 'Hailo lost',
  63: 'Hailo lost',
  64: 'install driver',
  73: 'Hailo in use',
  74: 'no free Hailo',
  76: 'driver ≠ library',
  77: 'start service',
  78: 'service ≠ library',
  79: 'wrong HailoRT line',
  81: 'out of memory',
  86: 'other driver',
  91: FETCH_HEF,
  92: 'HailoRT too old',
  93: 'HEF for other chip',
  96: 'Hailo lost',
};

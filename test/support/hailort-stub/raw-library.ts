/**
 * The functions of a library as they are, with pointers as numbers and buffers: for specs of the stub itself, which must not
 * depend on the binding in src that they help to test.
 */
const signatures = {
  hailo_get_library_version: 'void *',
  hailo_scan_devices: 'void *, void *, void *',
  hailo_create_device_by_id: 'void *, void *',
  hailo_release_device: 'void *',
  hailo_identify: 'void *, void *',
  hailo_get_extended_device_information: 'void *, void *',
  hailo_get_chip_temperature: 'void *, void *',
  hailo_power_measurement: 'void *, int, int, void *',
  hailo_init_vdevice_params: 'void *',
  hailo_create_vdevice: 'void *, void *',
  hailo_release_vdevice: 'void *',
  hailo_get_physical_devices: 'void *, void *, void *',
  hailo_create_hef_file: 'void *, const char *',
  hailo_create_hef_buffer: 'void *, void *, size_t',
  hailo_release_hef: 'void *',
  hailo_get_network_groups_infos: 'void *, void *, void *',
  hailo_hef_get_all_vstream_infos: 'void *, const char *, void *, void *',
  hailo_get_vstream_frame_size: 'void *, void *, void *',
  hailo_init_configure_params: 'void *, int, void *',
  hailo_init_configure_params_by_vdevice: 'void *, void *, void *',
  hailo_configure_vdevice: 'void *, void *, void *, void *, void *',
  hailo_shutdown_network_group: 'void *',
  hailo_set_scheduler_timeout: 'void *, uint32_t, const char *',
  hailo_set_scheduler_threshold: 'void *, uint32_t, const char *',
  hailo_set_scheduler_priority: 'void *, uint8_t, const char *',
  hailo_activate_network_group: 'void *, void *, void *',
  hailo_make_input_vstream_params: 'void *, bool, int, void *, void *',
  hailo_make_output_vstream_params: 'void *, bool, int, void *, void *',
  hailo_create_input_vstreams: 'void *, void *, size_t, void *',
  hailo_create_output_vstreams: 'void *, void *, size_t, void *',
  hailo_get_output_vstream_info: 'void *, void *',
  hailo_get_input_vstream_frame_size: 'void *, void *',
  hailo_get_output_vstream_frame_size: 'void *, void *',
  hailo_get_output_vstream_user_format: 'void *, void *',
  hailo_get_output_vstream_quant_infos: 'void *, void *, void *',
  hailo_vstream_write_raw_buffer: 'void *, void *, size_t',
  hailo_vstream_read_raw_buffer: 'void *, void *, size_t',
  hailo_clear_output_vstreams: 'void *, size_t',
  hailo_vstream_set_nms_score_threshold: 'void *, float',
  hailo_vstream_set_nms_iou_threshold: 'void *, float',
  hailo_vstream_set_nms_max_proposals_per_class: 'void *, uint32_t',
  hailo_release_input_vstreams: 'void *, size_t',
  hailo_release_output_vstreams: 'void *, size_t',
} as const;

export type RawName = keyof typeof signatures;
export type RawArgument = bigint | number | boolean | string | Uint8Array | null;

type NativeFunction = ((...values: RawArgument[]) => number) & {
  async(...values: (RawArgument | ((error: Error | null, status: number) => void))[]): void;
};

export class RawLibrary {
  private readonly functions = new Map<RawName, NativeFunction>();
  private readonly func: (declaration: string) => unknown;

  constructor(path: string) {
    const koffi = require('koffi') as typeof import('koffi', { with: { 'resolution-mode': 'import' } });
    const library = koffi.load(path);
    this.func = (declaration) => library.func(declaration);
  }

  /** Status of a call made at once. */
  call(name: RawName, ...values: RawArgument[]): number {
    return this.function(name)(...values);
  }

  /** The same in another thread, for calls that wait. */
  later(name: RawName, ...values: RawArgument[]): Promise<number> {
    return new Promise((resolve, reject) => {
      this.function(name).async(...values, (error, status) => (error ? reject(error) : resolve(status)));
    });
  }

  /** A call that must succeed and puts a handle into its argument `undefined`. */
  handle(name: RawName, ...values: (RawArgument | undefined)[]): bigint {
    const out = Buffer.alloc(8);
    const status = this.call(name, ...values.map((value) => (value === undefined ? out : value)));
    if (status !== 0) throw new Error(`Expected ${name} to succeed but received ${status}`);
    return out.readBigUInt64LE();
  }

  private function(name: RawName): NativeFunction {
    const known = this.functions.get(name);
    if (known !== undefined) return known;
    const declared = this.func(`int ${name}(${signatures[name]})`) as NativeFunction;
    this.functions.set(name, declared);
    return declared;
  }
}

/** A counter to pass as `size_t *`. */
export function counter(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

export function counted(bytes: Buffer): number {
  return Number(bytes.readBigUInt64LE());
}

/** Handles one after the other, as arrays of them are. */
export function handleArray(...handles: bigint[]): Buffer {
  const bytes = Buffer.alloc(8 * handles.length);
  handles.forEach((handle, index) => bytes.writeBigUInt64LE(handle, 8 * index));
  return bytes;
}

/** The text of a field up to its zero byte. */
export function textAt(bytes: Buffer, offset: number, length: number): string {
  const field = bytes.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}

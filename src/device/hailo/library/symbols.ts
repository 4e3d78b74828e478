import { HailoError } from '../errors.js';
import { type LibraryVersion, type HailoLibrary } from './api.js';
import type { LoadedFile } from './koffi.js';
import { versionText } from './layout.js';

/**
 * The C functions we call, for koffi (hailort-c-api §2, §11). Structs and lists of them are `void *`: they are Buffers that we parse
 * and patch ourselves, because koffi cannot know which version's layout is meant. `_Out_ void **` gives a handle in element 0,
 * `_Inout_ size_t *` takes a capacity and gives a count.
 */
const prototypes = {
  hailo_get_library_version: 'int hailo_get_library_version(void *version)',
  hailo_scan_devices: 'int hailo_scan_devices(void *params, void *ids, _Inout_ size_t *count)',
  hailo_create_device_by_id: 'int hailo_create_device_by_id(const void *id, _Out_ void **device)',
  hailo_release_device: 'int hailo_release_device(void *device)',
  hailo_identify: 'int hailo_identify(void *device, void *identity)',
  hailo_get_extended_device_information: 'int hailo_get_extended_device_information(void *device, void *information)',
  hailo_get_chip_temperature: 'int hailo_get_chip_temperature(void *device, void *temperature)',
  hailo_power_measurement: 'int hailo_power_measurement(void *device, int dvm, int type, _Out_ float *measurement)',
  hailo_init_vdevice_params: 'int hailo_init_vdevice_params(void *params)',
  hailo_create_vdevice: 'int hailo_create_vdevice(void *params, _Out_ void **vdevice)',
  hailo_release_vdevice: 'int hailo_release_vdevice(void *vdevice)',
  hailo_get_physical_devices: 'int hailo_get_physical_devices(void *vdevice, void *devices, _Inout_ size_t *count)',
  hailo_create_hef_file: 'int hailo_create_hef_file(_Out_ void **hef, const char *file)',
  hailo_release_hef: 'int hailo_release_hef(void *hef)',
  hailo_get_network_groups_infos: 'int hailo_get_network_groups_infos(void *hef, void *infos, _Inout_ size_t *count)',
  hailo_hef_get_all_vstream_infos:
    'int hailo_hef_get_all_vstream_infos(void *hef, const char *name, void *infos, _Inout_ size_t *count)',
  hailo_init_configure_params_by_vdevice:
    'int hailo_init_configure_params_by_vdevice(void *hef, void *vdevice, void *params)',
  hailo_configure_vdevice:
    'int hailo_configure_vdevice(void *vdevice, void *hef, void *params, void *groups, _Inout_ size_t *count)',
  hailo_shutdown_network_group: 'int hailo_shutdown_network_group(void *group)',
  hailo_set_scheduler_timeout: 'int hailo_set_scheduler_timeout(void *group, uint32_t timeout, const char *network)',
  hailo_set_scheduler_threshold:
    'int hailo_set_scheduler_threshold(void *group, uint32_t threshold, const char *network)',
  hailo_set_scheduler_priority: 'int hailo_set_scheduler_priority(void *group, uint8_t priority, const char *network)',
  hailo_make_input_vstream_params:
    'int hailo_make_input_vstream_params(void *group, bool unused, int type, void *params, _Inout_ size_t *count)',
  hailo_make_output_vstream_params:
    'int hailo_make_output_vstream_params(void *group, bool unused, int type, void *params, _Inout_ size_t *count)',
  hailo_create_input_vstreams:
    'int hailo_create_input_vstreams(void *group, const void *params, size_t count, void *vstreams)',
  hailo_create_output_vstreams:
    'int hailo_create_output_vstreams(void *group, const void *params, size_t count, void *vstreams)',
  hailo_get_input_vstream_frame_size: 'int hailo_get_input_vstream_frame_size(void *vstream, _Out_ size_t *size)',
  hailo_get_input_vstream_info: 'int hailo_get_input_vstream_info(void *vstream, void *info)',
  hailo_get_input_vstream_user_format: 'int hailo_get_input_vstream_user_format(void *vstream, void *format)',
  hailo_get_output_vstream_frame_size: 'int hailo_get_output_vstream_frame_size(void *vstream, _Out_ size_t *size)',
  hailo_get_output_vstream_info: 'int hailo_get_output_vstream_info(void *vstream, void *info)',
  hailo_get_output_vstream_user_format: 'int hailo_get_output_vstream_user_format(void *vstream, void *format)',
  hailo_get_output_vstream_quant_infos:
    'int hailo_get_output_vstream_quant_infos(void *vstream, void *infos, _Inout_ size_t *count)',
  hailo_vstream_write_raw_buffer: 'int hailo_vstream_write_raw_buffer(void *vstream, const void *bytes, size_t size)',
  hailo_vstream_read_raw_buffer: 'int hailo_vstream_read_raw_buffer(void *vstream, void *bytes, size_t size)',
  hailo_vstream_set_nms_score_threshold: 'int hailo_vstream_set_nms_score_threshold(void *vstream, float threshold)',
  hailo_vstream_set_nms_iou_threshold: 'int hailo_vstream_set_nms_iou_threshold(void *vstream, float threshold)',
  hailo_release_input_vstreams: 'int hailo_release_input_vstreams(const void *vstreams, size_t count)',
  hailo_release_output_vstreams: 'int hailo_release_output_vstreams(const void *vstreams, size_t count)',
} as const;

export type SymbolName = keyof typeof prototypes;
/** Every function gives a hailo_status. */
export type Symbols = Record<SymbolName, (...args: unknown[]) => number>;

/** The names in the order in which they are declared, for tests and checks of a library. */
export const symbolNames = Object.keys(prototypes) as SymbolName[];

/** @throws Error of koffi when the library has no such function */
export function declare(library: LoadedFile, name: SymbolName): (...args: unknown[]) => number {
  return library.func(prototypes[name]) as (...args: unknown[]) => number;
}

/**
 * Declares everything, one by one, so that the error can say what is missing.
 *
 * @throws HailoError naming symbol and file
 */
export function declareAll(library: LoadedFile, { path, version }: Pick<HailoLibrary, 'path' | 'version'>): Symbols {
  const symbols: Partial<Symbols> = {};
  for (const name of symbolNames) {
    try {
      symbols[name] = declare(library, name);
    } catch (error) {
      throw new HailoError(missingSymbol(name, path, version), undefined, {
        cause: error,
        brief: 'change HailoRT',
      });
    }
  }
  return symbols as Symbols;
}

function missingSymbol(name: string, path: string, version: LibraryVersion): string {
  const age = version.major >= 5 ? 'too new' : 'too old';
  return (
    `Expected the function ${name} in ${path} (HailoRT ${versionText(version)}) but received a library without it: it is ` +
    `${age} for this package, or was built without parts. Install HailoRT 4.20 to 4.23 from the vendor's package.`
  );
}

import { HailoError } from '../errors.js';
import type { DeviceHandle, HailoLibrary, VdeviceHandle } from './api.js';
import { call, list, outHandle, type LibraryContext } from './calls.js';
import {
  deviceId,
  DEVICE_ID_SIZE,
  EXTENDED_INFORMATION_SIZE,
  IDENTITY_SIZE,
  patchVdeviceParams,
  readDeviceId,
  readExtendedInformation,
  readIdentity,
  readTemperature,
  TEMPERATURE_SIZE,
  VDEVICE_PARAMS_SIZE,
} from './device-structs.js';
import { memory } from './memory.js';

/** hailo_dvm_options_t, hailo_power_measurement_types_t: the library chooses; the type is then power in W. */
const AUTO = 0x7fffffff;
const POINTER_SIZE = 8;
const ROOM_FOR_DEVICES = 8;

type DeviceCalls = Pick<
  HailoLibrary,
  | 'scan'
  | 'createDevice'
  | 'releaseDevice'
  | 'identify'
  | 'extendedInformation'
  | 'temperature'
  | 'power'
  | 'createVdevice'
  | 'releaseVdevice'
  | 'physicalDevices'
>;

/** Devices and the virtual device that networks run on. */
export function deviceCalls(context: LibraryContext): DeviceCalls {
  const { handles, layout, koffi } = context;
  /** What vdevice params point to; the header does not say how long the library looks, so as long as the vdevice lives. */
  const pointedTo = new Map<bigint, Buffer[]>();

  const checkedId = (id: string): Buffer => {
    const bytes = deviceId(id);
    if (bytes) return bytes;
    throw new HailoError(
      `Expected a device id such as 0000:01:00.0 but received ${JSON.stringify(id).slice(0, 60)}. Leave it empty to take the ` +
        'first free device.',
    );
  };

  return {
    scan(): string[] {
      const { bytes, count } = list(context, {
        name: 'hailo_scan_devices',
        about: 'the list of devices',
        args: [null],
        size: DEVICE_ID_SIZE,
        room: ROOM_FOR_DEVICES,
      });
      return Array.from({ length: count }, (_, index) => readDeviceId(bytes, index));
    },

    createDevice(id): DeviceHandle {
      const handle = outHandle(context, 'hailo_create_device_by_id', `device ${id}`, checkedId(id));
      return handles.add('device', handle);
    },

    releaseDevice(device): void {
      handles.checkOwn('device', device);
      handles.remove('device', device);
      call(context, 'hailo_release_device', undefined, device);
    },

    identify(device) {
      const bytes = memory(IDENTITY_SIZE);
      call(context, 'hailo_identify', undefined, handles.check('device', device), bytes);
      return readIdentity(bytes);
    },

    extendedInformation(device) {
      const bytes = memory(EXTENDED_INFORMATION_SIZE);
      call(context, 'hailo_get_extended_device_information', undefined, handles.check('device', device), bytes);
      return readExtendedInformation(bytes, layout);
    },

    temperature(device): number {
      const bytes = memory(TEMPERATURE_SIZE);
      call(context, 'hailo_get_chip_temperature', undefined, handles.check('device', device), bytes);
      return readTemperature(bytes);
    },

    power(device): number {
      const out: number[] = [0];
      call(context, 'hailo_power_measurement', undefined, handles.check('device', device), AUTO, AUTO, out);
      return out[0]!;
    },

    createVdevice(params): VdeviceHandle {
      const bytes = memory(VDEVICE_PARAMS_SIZE);
      const id = params.deviceId === undefined ? undefined : checkedId(params.deviceId);
      call(context, 'hailo_init_vdevice_params', undefined, bytes);
      const kept = patchVdeviceParams(bytes, params, id, (buffer) => koffi.address(buffer));
      const about = params.deviceId === undefined ? 'the first free device' : `device ${params.deviceId}`;
      const vdevice = handles.add('vdevice', outHandle(context, 'hailo_create_vdevice', about, bytes));
      pointedTo.set(vdevice, kept);
      return vdevice;
    },

    releaseVdevice(vdevice): void {
      handles.checkOwn('vdevice', vdevice);
      const open = [...handles.ownedBy('output-vstream', vdevice), ...handles.ownedBy('input-vstream', vdevice)];
      if (open.length > 0) {
        throw new HailoError(
          `Expected the vstreams of a vdevice to be released before it but received ${open.length} that still live`,
        );
      }
      handles.remove('vdevice', vdevice);
      call(context, 'hailo_release_vdevice', undefined, vdevice);
      pointedTo.delete(vdevice);
    },

    physicalDevices(vdevice): DeviceHandle[] {
      const { bytes, count } = list(context, {
        name: 'hailo_get_physical_devices',
        about: 'the vdevice',
        args: [handles.check('vdevice', vdevice)],
        size: POINTER_SIZE,
        room: ROOM_FOR_DEVICES,
      });
      return Array.from({ length: count }, (_, index) =>
        handles.add('device', bytes.readBigUInt64LE(index * POINTER_SIZE), { owner: vdevice, borrowed: true }),
      );
    },
  };
}

import type { Control } from './control.js';
import { hefTargets, chipName } from './hef-choice.js';
import { HailoError } from './errors.js';
import type { LibraryVersion, VdeviceParams } from './library/api.js';
import { versionText } from './library/layout.js';
import { Status } from './library/status.js';
import { Session } from './session.js';
import type { HailoSettings } from './settings.js';

/** The line of HailoRT that drives the Hailo-8 family, and whose C interface can infer (hailort-c-api §0.1, §0.2). */
const INFERRING_MAJOR = 4;

/** Another process holds the device; the next one may be free. */
const TAKEN = new Set<number | undefined>([Status.DEVICE_IN_USE, Status.OUT_OF_PHYSICAL_DEVICES]);

/**
 * Creates the vdevice on the first of `ids` that is free and asks who it is.
 *
 * @param heldIds devices that are open in this process
 * @throws HailoError for a library or chip that cannot infer, and when no device is free; nothing stays open then
 */
export async function openSession(
  control: Control,
  settings: HailoSettings,
  heldIds: ReadonlySet<string>,
): Promise<Session> {
  const library = await control.call({ do: 'look' });
  checkLine(library.version);
  const { deviceId } = settings;
  const wanted = deviceId === undefined ? library.ids.filter((id) => !heldIds.has(id)) : [deviceId];
  const isOnlyOne = library.ids.length < 2 && deviceId === undefined;
  let failure: unknown;
  // Without a device the library is asked all the same: it knows why there is none.
  for (const id of wanted.length > 0 ? wanted : [undefined]) {
    try {
      const params = vdeviceParams(settings, isOnlyOne ? undefined : id);
      const { vdevice } = await control.call({ do: 'create', params });
      return await identified(control, settings, { library, id, vdevice });
    } catch (error) {
      failure ??= error;
      if (!(error instanceof HailoError && TAKEN.has(error.status))) throw error;
      if (library.ids.length === 0 && !settings.multiProcessService) throw noDevice(error);
    }
  }
  throw failure;
}

/** The library's status for it is the same as for devices that are taken. */
function noDevice(cause: HailoError): HailoError {
  return new HailoError(
    'Expected a Hailo device but its driver shows none (HAILO_OUT_OF_PHYSICAL_DEVICES (74)): check that `lspci` lists one, else ' +
      'seat the module and switch PCIe on; and that /dev/hailo0 exists, else install the driver (in Docker pass --device /dev/hailo0)',
    cause.status,
    { cause, brief: 'no Hailo found' },
  );
}

async function identified(
  control: Control,
  settings: HailoSettings,
  made: Pick<Session['facts'], 'library' | 'id' | 'vdevice'>,
): Promise<Session> {
  try {
    const { identity } = await control.call({ do: 'identify', vdevice: made.vdevice });
    if (hefTargets(identity.architecture).length === 0) {
      throw new HailoError(
        `Expected a Hailo-8 or Hailo-8L but ${made.id ?? 'the device'} is a ${chipName(identity.architecture)}: its networks ` +
          "cannot be run through HailoRT's C interface; the back end cpu runs the models on the CPU",
        undefined,
        { brief: `${chipName(identity.architecture)}: use CPU` },
      );
    }
    return new Session({ ...made, settings, identity }, control);
  } catch (error) {
    await control.call({ do: 'release', vdevice: made.vdevice }).catch(() => {});
    throw error;
  }
}

function checkLine(version: LibraryVersion): void {
  if (version.major === INFERRING_MAJOR) return;
  throw new HailoError(
    `Expected HailoRT 4.x, the line for Hailo-8 and Hailo-8L, but received HailoRT ${versionText(version)}: it is the line for ` +
      'Hailo-10H and Hailo-15, whose networks cannot be run through its C interface. With a Hailo-10H choose the back end cpu; ' +
      'with a Hailo-8 or 8L install HailoRT 4.23, driver and library alike',
    undefined,
    { brief: 'HailoRT 5: use CPU' },
  );
}

function vdeviceParams(settings: HailoSettings, deviceId: string | undefined): VdeviceParams {
  const params: VdeviceParams = {};
  if (deviceId !== undefined) params.deviceId = deviceId;
  if (settings.groupId !== undefined && settings.groupId !== '') params.groupId = settings.groupId;
  if (settings.multiProcessService) params.multiProcessService = true;
  return params;
}

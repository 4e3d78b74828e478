import { HailoError } from '../errors.js';
import type { GroupHandle, HailoLibrary, HefHandle, VstreamInfo } from './api.js';
import { call, integer, list, type LibraryContext } from './calls.js';
import { CONFIGURE_PARAMS_SIZE, GROUP_INFO_SIZE, patchBatchSize, readGroupInfo } from './device-structs.js';
import { memory } from './memory.js';
import { readVstreamInfo } from './vstream-structs.js';

/** HAILO_MAX_NETWORK_GROUPS; hailo_configure_vdevice does not say how many it needs, so there is always room for all (§2). */
const MOST_GROUPS = 8;
const POINTER_SIZE = 8;
const ROOM_FOR_VSTREAMS = 16;
const LARGEST_BATCH = 0xffff;
const HIGHEST_PRIORITY = 31;

/** What the HEF says about the vstreams of the groups that were configured from it. */
export type GroupInfos = Map<bigint, readonly VstreamInfo[]>;

type NetworkCalls = Pick<
  HailoLibrary,
  'createHef' | 'releaseHef' | 'networkGroups' | 'vstreamInfos' | 'configure' | 'shutdownGroup' | 'setScheduler'
>;

/** HEFs and the network groups that are configured from them. */
export function networkCalls(context: LibraryContext, infosOf: GroupInfos): NetworkCalls {
  const { handles, layout } = context;
  /** For error messages. */
  const files = new Map<bigint, string>();
  const about = (hef: HefHandle): string => `the HEF ${files.get(hef) ?? ''}`;

  const networkGroups = (hef: HefHandle): { name: string; isMultiContext: boolean }[] => {
    const { bytes, count } = list(context, {
      name: 'hailo_get_network_groups_infos',
      about: about(hef),
      args: [handles.check('hef', hef)],
      size: GROUP_INFO_SIZE,
      room: MOST_GROUPS,
    });
    return Array.from({ length: count }, (_, index) => readGroupInfo(bytes, index));
  };

  /** @param group null: of the one group there is */
  const infos = (hef: HefHandle, group: string | null): VstreamInfo[] => {
    const { bytes, count } = list(context, {
      name: 'hailo_hef_get_all_vstream_infos',
      about: about(hef),
      args: [handles.check('hef', hef), group],
      size: layout.vstreamInfoSize,
      room: ROOM_FOR_VSTREAMS,
    });
    return Array.from({ length: count }, (_, index) => readVstreamInfo(bytes, index * layout.vstreamInfoSize, layout));
  };

  const vstreamInfos = (hef: HefHandle): VstreamInfo[] => {
    const groups = networkGroups(hef);
    return groups.length < 2 ? infos(hef, null) : groups.flatMap(({ name }) => infos(hef, name));
  };

  return {
    createHef(file): HefHandle {
      if (file === '' || file.includes('\0')) {
        throw new HailoError(`Expected the path of a HEF but received ${JSON.stringify(file)}`);
      }
      const out: unknown[] = [null];
      call(context, 'hailo_create_hef_file', `the HEF ${file}`, out, file);
      const hef = handles.add('hef', out[0]);
      files.set(hef, file);
      return hef;
    },

    releaseHef(hef): void {
      handles.checkOwn('hef', hef);
      handles.remove('hef', hef);
      files.delete(hef);
      call(context, 'hailo_release_hef', undefined, hef);
    },

    networkGroups,
    vstreamInfos,

    configure(vdevice, hef, batchSize = 0): GroupHandle[] {
      handles.check('vdevice', vdevice);
      handles.check('hef', hef);
      const known = vstreamInfos(hef);
      let params: Buffer | null = null;
      if (integer('batchSize', batchSize, 0, LARGEST_BATCH) > 0) {
        params = memory(CONFIGURE_PARAMS_SIZE);
        call(context, 'hailo_init_configure_params_by_vdevice', about(hef), hef, vdevice, params);
        if (patchBatchSize(params, batchSize, layout) === 0) {
          throw new HailoError(
            `Expected 1 to ${MOST_GROUPS} network groups in ${about(hef)} but received another count`,
          );
        }
      }
      const bytes = memory(MOST_GROUPS * POINTER_SIZE);
      const counter: unknown[] = [MOST_GROUPS];
      call(context, 'hailo_configure_vdevice', about(hef), vdevice, hef, params, bytes, counter);
      const count = integer('the number of network groups', Number(counter[0]), 1, MOST_GROUPS);
      return Array.from({ length: count }, (_, index) => {
        const group = handles.add('network-group', bytes.readBigUInt64LE(index * POINTER_SIZE), { owner: vdevice });
        infosOf.set(group, known);
        return group;
      });
    },

    shutdownGroup(group): void {
      call(context, 'hailo_shutdown_network_group', undefined, handles.check('network-group', group));
    },

    setScheduler(group, { threshold, timeoutMs, priority }): void {
      handles.check('network-group', group);
      // The network's name must be NULL: a specific one is not implemented (§8.7).
      const set = (name: Parameters<typeof call>[1], value: number): void =>
        call(context, name, `the value ${value}`, group, value, null);
      if (timeoutMs !== undefined) set('hailo_set_scheduler_timeout', integer('timeoutMs', timeoutMs, 0));
      if (threshold !== undefined) set('hailo_set_scheduler_threshold', integer('threshold', threshold, 0));
      if (priority !== undefined) {
        set('hailo_set_scheduler_priority', integer('priority', priority, 0, HIGHEST_PRIORITY));
      }
    },
  };
}

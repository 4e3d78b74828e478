import type { GroupHandle, HailoLibrary, Handle } from './api.js';
import type { LibraryContext } from './calls.js';
import { deviceCalls } from './devices.js';
import { frameCalls, LentBuffers } from './frames.js';
import { networkCalls, type GroupInfos } from './networks.js';
import { vstreamCalls } from './vstreams.js';

/** The typed face of a loaded libhailort, for the thread that loaded it. */
export function typedLibrary(context: LibraryContext): HailoLibrary {
  const { handles, path, version } = context;
  const infosOf: GroupInfos = new Map();
  const lent = new LentBuffers();
  return {
    path,
    version,
    adopt<Kind extends 'vdevice' | 'device' | 'network-group'>(kind: Kind, handle: bigint): Handle<Kind> {
      return handles.adopt(kind, handle);
    },
    adoptOwn<Kind extends 'vdevice' | 'input-vstream' | 'output-vstream'>(kind: Kind, handle: bigint): Handle<Kind> {
      return handles.adoptOwn(kind, handle);
    },
    adoptGroup(handle, infos): GroupHandle {
      const group = handles.adopt('network-group', handle);
      infosOf.set(group, infos);
      return group;
    },
    disown(handle): void {
      for (const kind of ['network-group', 'device', 'vdevice'] as const) handles.remove(kind, handle);
    },
    ...deviceCalls(context),
    ...networkCalls(context, infosOf),
    ...vstreamCalls(context, infosOf, lent),
    ...frameCalls(context, lent),
  };
}

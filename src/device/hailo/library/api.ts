/**
 * The loaded libhailort as the rest of the room sees it: every call is synchronous and throws HailoError, so it must be called
 * from a thread of its own, never from Node-RED's (hailort-c-api §8.1, §8.10). Handles may go from thread to thread.
 */
declare const handleKind: unique symbol;

/** An opaque pointer of the library. The brand keeps a device from being passed as a HEF: the library would not notice. */
export type Handle<Kind extends string> = bigint & { readonly [handleKind]: Kind };
export type DeviceHandle = Handle<'device'>;
export type VdeviceHandle = Handle<'vdevice'>;
export type HefHandle = Handle<'hef'>;
export type GroupHandle = Handle<'network-group'>;
export type InputHandle = Handle<'input-vstream'>;
export type OutputHandle = Handle<'output-vstream'>;

export interface LibraryVersion {
  major: number;
  minor: number;
  revision: number;
}

/** hailo_format_type_t, hailo_format_order_t by their numbers (§3). */
export const FormatType = { AUTO: 0, UINT8: 1, UINT16: 2, FLOAT32: 3 } as const;
export const FormatOrder = {
  AUTO: 0,
  NHWC: 1,
  NHCW: 2,
  FCR: 3,
  F8CR: 4,
  NHW: 5,
  NC: 6,
  NMS: 9,
  RGB888: 10,
  NCHW: 11,
  YUY2: 12,
  NV12: 13,
  RGB4: 17,
  NMS_BY_CLASS: 22,
  NMS_BY_SCORE: 23,
} as const;

export interface VstreamFormat {
  type: number;
  order: number;
  flags: number;
}

/** `real = (q − zeroPoint) · scale`. A scale of 0: quantised per channel, ask the vstream (§6). */
export interface Quantisation {
  zeroPoint: number;
  scale: number;
  min: number;
  max: number;
}

/** One input or output of a network, as hailo_vstream_info_t says. */
export interface VstreamInfo {
  /** `network/layer` */
  name: string;
  /** `group/network` */
  network: string;
  direction: 'input' | 'output';
  format: VstreamFormat;
  /** Of an NMS output (order 9, 20, 22, 23) … */
  nms?: { classes: number; maxPerClass: number };
  /** … and of every other vstream. */
  shape?: { height: number; width: number; features: number };
  quantisation: Quantisation;
}

export type Architecture =
  'hailo8-a0' | 'hailo8' | 'hailo8l' | 'hailo15h' | 'hailo15l' | 'hailo15m' | 'hailo10h' | 'other';

/** hailo_device_identity_t */
export interface DeviceIdentity {
  architecture: Architecture;
  firmware: LibraryVersion;
  boardName: string;
  serialNumber: string;
  partNumber: string;
  productName: string;
}

export interface VdeviceParams {
  deviceId?: string;
  groupId?: string;
  multiProcessService?: boolean;
}

/** One opened vstream; `frameSize` is what every write or read must bring, to the byte. */
export interface InputVstream {
  handle: InputHandle;
  info: VstreamInfo;
  /** The format of the frames to write, nothing AUTO any more. */
  format: VstreamFormat;
  frameSize: number;
}

export interface OutputVstream {
  handle: OutputHandle;
  info: VstreamInfo;
  format: VstreamFormat;
  frameSize: number;
  /** One entry, or one per feature. */
  quantisations: Quantisation[];
}

export interface VstreamWish {
  /** By vstream; default AUTO for inputs as UINT8, FLOAT32 for NMS outputs, AUTO for others. */
  formatType: (info: VstreamInfo) => number;
  timeoutMs: number;
  queueSize: number;
}

/** Memory outside of V8 whose address does not change; lives until `free` (§8.4: the library may still write into it after a timeout). */
export interface NativeBuffer {
  readonly bytes: Uint8Array;
  free(): void;
}

export interface HailoLibrary {
  /** Of the file that was loaded. */
  readonly path: string;
  readonly version: LibraryVersion;

  /**
   * Makes a handle of another thread known here. Every thread knows the handles it made itself and refuses all others, because a
   * released or mistaken one would crash the process. So a vdevice is adopted by the threads that configure on it, and a group by
   * the thread that shuts it down.
   */
  adopt<Kind extends 'vdevice' | 'device' | 'network-group'>(kind: Kind, handle: bigint): Handle<Kind>;
  /** The same for what the other thread has left to this one to release, because it ended. */
  adoptOwn<Kind extends 'vdevice' | 'input-vstream' | 'output-vstream'>(kind: Kind, handle: bigint): Handle<Kind>;
  /** A group that another thread configured, so that its vstreams can be made here. @param infos of its HEF */
  adoptGroup(handle: bigint, infos: readonly VstreamInfo[]): GroupHandle;
  /** The other thread has released it, or is about to; what belongs to it is forgotten too. Unknown handles are ignored. */
  disown(handle: VdeviceHandle | DeviceHandle | GroupHandle): void;

  /** Ids of the devices that the driver shows; none is no error. */
  scan(): string[];
  /** A device by its id, for identify and temperature while no vdevice holds it. @throws HailoError 36, 76, 79, 86 … */
  createDevice(id: string): DeviceHandle;
  releaseDevice(device: DeviceHandle): void;
  identify(device: DeviceHandle): DeviceIdentity;
  /** Hz of the neural core, and whether power can be measured. */
  extendedInformation(device: DeviceHandle): { coreClockHz: number; powerMeasurement: boolean };
  /** °C, the hotter of the two sensors. */
  temperature(device: DeviceHandle): number;
  /** W; suspends over-current protection for the moment on some boards (§10.7). @throws HailoError 48 and others where there is no monitor */
  power(device: DeviceHandle): number;

  createVdevice(params: VdeviceParams): VdeviceHandle;
  releaseVdevice(vdevice: VdeviceHandle): void;
  /** Borrowed: never to be released. */
  physicalDevices(vdevice: VdeviceHandle): DeviceHandle[];

  /** The file must have passed `checkHefFile` (hef/): an unknown one can crash the process. */
  createHef(file: string): HefHandle;
  releaseHef(hef: HefHandle): void;
  networkGroups(hef: HefHandle): { name: string; isMultiContext: boolean }[];
  vstreamInfos(hef: HefHandle): VstreamInfo[];

  /** @param batchSize 0 lets the library choose */
  configure(vdevice: VdeviceHandle, hef: HefHandle, batchSize?: number): GroupHandle[];
  /** Ends waiting calls with 63; the group cannot be used again (§8.5). */
  shutdownGroup(group: GroupHandle): void;
  setScheduler(group: GroupHandle, settings: { threshold?: number; timeoutMs?: number; priority?: number }): void;

  /** All inputs of the group, matched by name; in one call (§2). */
  createInputs(group: GroupHandle, wish: VstreamWish): InputVstream[];
  createOutputs(group: GroupHandle, wish: VstreamWish): OutputVstream[];
  releaseInputs(inputs: readonly InputVstream[]): void;
  releaseOutputs(outputs: readonly OutputVstream[]): void;
  /** Only on host-NMS outputs, before the first frame. */
  setNmsThresholds(output: OutputVstream, thresholds: { score?: number; iou?: number }): void;

  /** Copies the frame; blocks while the queue is full. `bytes` may be a view of shared memory. */
  write(input: InputVstream, bytes: Uint8Array): void;
  /** Blocks until one frame is complete; after a timeout (4) the buffer still belongs to the library until the vstream is released. */
  read(output: OutputVstream, buffer: NativeBuffer): void;
  allocate(size: number): NativeBuffer;
}

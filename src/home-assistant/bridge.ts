import type { PlateEvent, PlateMiss } from '../events/plate-event.js';
import { normalisePlate } from '../reading/normalise.js';
import type { CameraReport } from '../sources/live/camera-state.js';
import { attributesOf, eventTypeOf, stateText } from './attributes.js';
import { cameraTopics, componentsOf, stateTopics, type CameraParts } from './components.js';
import { configTopic, discovery, migration } from './discovery.js';
import { Heartbeat } from './heartbeat.js';
import type { CameraMemory, Memory } from './memory.js';
import { cleared, type MqttMessage } from './mqtt-message.js';
import type { HomeAssistantOptions } from './options.js';
import { topicId } from './topic-id.js';

/** Visits of a camera that are known to be counted. */
const VISITS = 1000;
/** Cameras whose number grows with the data would fill Home Assistant: more are refused. */
const MAX_CAMERAS = 200;

interface Camera {
  memory: CameraMemory;
  heartbeat: Heartbeat;
  counted: Set<string>;
  /** Discovery as it was sent last, to send it again only when it changed. */
  announced: string;
}

/**
 * Turns events, misses and frames into MQTT messages for Home Assistant: one device per camera. Pure but for the time that is
 * handed in; `memory` is to be kept over restarts.
 */
export class HomeAssistantBridge {
  readonly #cameras = new Map<string, Camera>();
  readonly #before: Memory | undefined;

  /** @param before what an earlier run remembered */
  constructor(
    private readonly options: HomeAssistantOptions,
    before?: Memory,
  ) {
    this.#before = before;
    for (const [id, memory] of Object.entries(before?.cameras ?? {})) this.#cameras.set(id, this.#cameraOf(memory));
  }

  get memory(): Memory {
    const cameras = Object.fromEntries([...this.#cameras].map(([id, { memory }]) => [id, memory]));
    return { prefix: this.options.prefix, base: this.options.base, cameras };
  }

  get size(): number {
    return this.#cameras.size;
  }

  /** First messages of a run: takes back what was announced under other topics, and announces the cameras of earlier runs. */
  start(): MqttMessage[] {
    const messages: MqttMessage[] = [];
    const { prefix, base } = this.options;
    if (this.#before !== undefined && (this.#before.prefix !== prefix || this.#before.base !== base)) {
      for (const id of this.#cameras.keys())
        messages.push(...this.#takenBack(id, this.#before.prefix, this.#before.base));
    }
    messages.push(...this.announce());
    // What the settings do not want any more must not stay on the broker either.
    for (const [id, { memory }] of this.#cameras) {
      const states = stateTopics(this.#root(id));
      messages.push(...Object.keys(memory.removed).flatMap((name) => (states[name] ?? []).map(cleared)));
    }
    return messages;
  }

  /** All cameras' discovery, and that we are here. To be sent when Home Assistant or the connection comes back. */
  announce(): MqttMessage[] {
    const { availability } = this.options;
    const here: MqttMessage[] =
      availability === '' || this.#cameras.size === 0
        ? []
        : [{ topic: availability, payload: 'online', qos: 1, retain: true }];
    return [...[...this.#cameras].map(([id, camera]) => this.#discovery(id, camera)), ...here];
  }

  /** Home Assistant has started. It reads what was taken back, so that need not be said again later. */
  born(): MqttMessage[] {
    const messages = this.announce();
    for (const { memory } of this.#cameras.values()) memory.removed = {};
    return messages;
  }

  /** @param now ms since the epoch */
  event(event: PlateEvent, now: number): MqttMessage[] {
    const { images = {}, hashed } = event;
    // The picture of a plate can be read whatever was done to its text.
    const shown = hashed === true ? {} : images;
    const isFinal = event.event === 'final';
    const [camera, messages] = this.#enter(event.camera, {
      plateImage: shown.plate !== undefined,
      vehicleImage: shown.vehicle !== undefined,
    });
    const topics = cameraTopics(this.#root(event.camera));
    const attributes = attributesOf(event);
    const { options } = this;
    messages.push(message(topics.event, JSON.stringify({ event_type: eventTypeOf(event), ...attributes }), false));
    if (event.event === 'left') return messages;
    if (options.images) {
      if (shown.plate !== undefined) messages.push(message(topics.plateImage, bytes(shown.plate), options.retain));
      if (shown.vehicle !== undefined)
        messages.push(message(topics.vehicleImage, bytes(shown.vehicle), options.retain));
    }
    if (options.lastPlate) {
      messages.push(message(topics.lastPlateAttributes, JSON.stringify(attributes), options.retain));
      messages.push(message(topics.lastPlate, stateText(event.plate), options.retain));
    }
    if (!isFinal) return messages;
    for (const { plate } of options.plates) {
      if (isOf(event, plate)) messages.push(message(topics.seen(plate), 'ON', false));
    }
    return [...messages, ...this.#counted(event, camera, now)];
  }

  miss(miss: PlateMiss): MqttMessage[] {
    const [, messages] = this.#enter(miss.camera, { misses: true });
    if (!this.options.diagnostics) return messages;
    return [...messages, message(cameraTopics(this.#root(miss.camera)).lastMiss, stateText(miss.reason), false)];
  }

  /** @param milliseconds that the frame took in all stages */
  frame(cameraId: string, milliseconds: number, now: number): MqttMessage[] {
    const [camera, messages] = this.#enter(cameraId, { frames: true });
    if (!this.options.diagnostics) return messages;
    const { fps, inferMs } = camera.heartbeat.frame(milliseconds, now) ?? {};
    const topics = cameraTopics(this.#root(cameraId));
    if (camera.heartbeat.changed) messages.push(message(topics.cameraOk, 'ON', this.options.retain));
    if (fps !== undefined) messages.push({ ...message(topics.fps, String(fps), false), qos: 0 });
    if (inferMs !== undefined) messages.push({ ...message(topics.inferMs, String(inferMs), false), qos: 0 });
    return messages;
  }

  /** What camera-in says of its camera. */
  report({ camera: cameraId, state }: CameraReport): MqttMessage[] {
    // The first attempt says nothing yet.
    if (state === 'connecting') return [];
    const isThere = state === 'live' || state === 'still';
    const [camera, messages] = this.#enter(cameraId, { frames: true });
    if (!camera.heartbeat.report(isThere) || !this.options.diagnostics) return messages;
    const topics = cameraTopics(this.#root(cameraId));
    return [...messages, message(topics.cameraOk, isThere ? 'ON' : 'OFF', this.options.retain)];
  }

  /** The camera's source has ended or broken off. */
  ended(cameraId: string): MqttMessage[] {
    const camera = this.#cameras.get(cameraId);
    if (camera === undefined || !this.options.diagnostics || !camera.heartbeat.stop()) return [];
    return [message(cameraTopics(this.#root(cameraId)).cameraOk, 'OFF', this.options.retain)];
  }

  /** What time alone brings: a new day, a camera that has become silent. */
  tick(now: number): MqttMessage[] {
    return [...this.#cameras].flatMap(([id, camera]) => {
      const silent = camera.heartbeat.isSilent(now) ? this.ended(id) : [];
      return [...silent, ...this.#newDay(id, camera, now)];
    });
  }

  /** Takes cameras out of Home Assistant and their states from the broker. @param cameraId all of them when undefined */
  remove(cameraId?: string): MqttMessage[] {
    const ids = cameraId === undefined ? [...this.#cameras.keys()] : this.#cameras.has(cameraId) ? [cameraId] : [];
    const { prefix, base } = this.options;
    return ids.flatMap((id) => {
      const messages = this.#takenBack(id, prefix, base);
      this.#cameras.delete(id);
      return messages;
    });
  }

  /** @see migration */
  migrate(oldTopics: readonly string[]): MqttMessage[] {
    return migration(oldTopics, this.announce());
  }

  #cameraOf(memory: CameraMemory): Camera {
    const { silenceMs, reportMs } = this.options;
    return { memory, heartbeat: new Heartbeat(silenceMs, reportMs), counted: new Set(), announced: '' };
  }

  /** The camera, and its discovery when it is new or has something new. */
  #enter(id: string, news: Partial<CameraParts>): [Camera, MqttMessage[]] {
    let camera = this.#cameras.get(id);
    if (camera === undefined) {
      if (this.#cameras.size >= MAX_CAMERAS) {
        throw new Error(`Expected at most ${MAX_CAMERAS} cameras for Home Assistant but received one more`);
      }
      const parts = { plateImage: false, vehicleImage: false, frames: false, misses: false };
      camera = this.#cameraOf({ parts, components: {}, removed: {}, day: '', reads: 0 });
      this.#cameras.set(id, camera);
    }
    const { parts } = camera.memory;
    const isNew = camera.announced === '';
    let isChanged = isNew;
    for (const part of Object.keys(news) as (keyof CameraParts)[]) {
      isChanged ||= news[part] === true && !parts[part];
      parts[part] ||= news[part] === true;
    }
    if (!isChanged) return [camera, []];
    const { announced } = camera;
    const config = this.#discovery(id, camera);
    if (camera.announced === announced) return [camera, []];
    const { availability } = this.options;
    const online: MqttMessage = { topic: availability, payload: 'online', qos: 1, retain: true };
    return [camera, isNew && availability !== '' ? [config, online] : [config]];
  }

  #discovery(id: string, camera: Camera): MqttMessage {
    const { prefix, availability, version } = this.options;
    const { memory } = camera;
    const device = this.#device(id);
    const components = componentsOf(device, this.#root(id), memory.parts, this.options);
    for (const [old, platform] of Object.entries(memory.components)) {
      if (components[old] === undefined) memory.removed[old] = platform;
    }
    memory.components = Object.fromEntries(Object.entries(components).map(([name, { p }]) => [name, p]));
    for (const name of Object.keys(components)) delete memory.removed[name];
    const name = id === '' ? 'Camera' : id;
    const config = discovery(prefix, { id: device, name, version, availability }, components, memory.removed);
    camera.announced = JSON.stringify(components);
    return config;
  }

  #takenBack(id: string, prefix: string, base: string): MqttMessage[] {
    const config = cleared(configTopic(prefix, `${topicId(base)}_${topicId(id)}`));
    return [
      config,
      ...Object.values(stateTopics(`${base}/${topicId(id)}`))
        .flat()
        .map(cleared),
    ];
  }

  #counted(event: PlateEvent, camera: Camera, now: number): MqttMessage[] {
    const { memory, counted } = camera;
    const messages = this.#newDay(event.camera, camera, now);
    // A corrected final, or the same one by way of plate-list, is the same visit.
    if (event.supersedes !== undefined || counted.has(event.id)) return messages;
    counted.add(event.id);
    if (counted.size > VISITS) counted.delete(counted.values().next().value!);
    memory.reads += 1;
    return this.#readsToday(event.camera, memory);
  }

  #newDay(id: string, { memory }: Camera, now: number): MqttMessage[] {
    const today = localDay(now);
    if (memory.day === today) return [];
    const isFirst = memory.day === '';
    memory.day = today;
    memory.reads = 0;
    return isFirst ? [] : this.#readsToday(id, memory);
  }

  #readsToday(id: string, { reads }: CameraMemory): MqttMessage[] {
    if (!this.options.readsToday) return [];
    return [message(cameraTopics(this.#root(id)).readsToday, String(reads), this.options.retain)];
  }

  #device(id: string): string {
    return `${topicId(this.options.base)}_${topicId(id)}`;
  }

  #root(id: string): string {
    return `${this.options.base}/${topicId(id)}`;
  }
}

function message(topic: string, payload: string | Buffer, retain: boolean): MqttMessage {
  return { topic, payload, qos: 1, retain };
}

function bytes(picture: Uint8Array): Buffer {
  return Buffer.from(picture.buffer, picture.byteOffset, picture.byteLength);
}

/** Whether the event is about this plate: as it was read, or as a list took it for it. */
function isOf({ normalised, hashed, known }: PlateEvent, plate: string): boolean {
  if (hashed === true) return false;
  return normalised === plate || normalisePlate(known?.plate ?? '') === plate;
}

/** `2026-11-20`, of this machine's clock and time zone. */
function localDay(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

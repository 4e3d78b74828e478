import type { HomeAssistantOptions } from './options.js';
import { shortHash } from './topic-id.js';

/** One entity in a device's discovery payload; `p` is its platform. */
export type Component = { p: Platform; unique_id: string; name: string } & Record<string, unknown>;
export type Platform = 'event' | 'sensor' | 'image' | 'binary_sensor';

/** What a camera has shown so far, beyond events: the entities of what it never gave would stay empty for ever. */
export interface CameraParts {
  plateImage: boolean;
  vehicleImage: boolean;
  frames: boolean;
  misses: boolean;
}

/** Every step of a visit, and what plate-list says of a final one (see `eventTypeOf`). */
export const eventTypes = ['provisional', 'final', 'left', 'allowed', 'known', 'alert', 'denied', 'unknown'] as const;
export type EventType = (typeof eventTypes)[number];

/** Topics of one camera. */
export function cameraTopics(root: string) {
  return {
    event: `${root}/event`,
    lastPlate: `${root}/last_plate`,
    lastPlateAttributes: `${root}/last_plate/attributes`,
    plateImage: `${root}/last_plate/image`,
    vehicleImage: `${root}/last_vehicle/image`,
    readsToday: `${root}/reads_today`,
    cameraOk: `${root}/camera_ok`,
    fps: `${root}/fps`,
    inferMs: `${root}/infer_ms`,
    lastMiss: `${root}/last_miss`,
    seen: (plate: string) => `${root}/seen/${shortHash(plate)}`,
  };
}

/** Topics with states that the broker may have kept, by the entity they are of. */
export function stateTopics(root: string): Record<string, string[]> {
  const topics = cameraTopics(root);
  return {
    last_plate: [topics.lastPlate, topics.lastPlateAttributes],
    last_plate_image: [topics.plateImage],
    last_vehicle_image: [topics.vehicleImage],
    reads_today: [topics.readsToday],
    camera_ok: [topics.cameraOk],
  };
}

/** Id of a shown plate's component: plates do not stand in topics and ids. */
export function seenId(plate: string): string {
  return `seen_${shortHash(plate)}`;
}

/**
 * The entities of one camera by their ids in the device, after field facts §5.1.
 *
 * @param device the device's id, which makes unique ids of theirs
 * @param root of the camera's topics
 */
export function componentsOf(
  device: string,
  root: string,
  parts: CameraParts,
  options: HomeAssistantOptions,
): Record<string, Component> {
  const topics = cameraTopics(root);
  const list: [string, Platform, string, Record<string, unknown>, boolean][] = [
    ['plate', 'event', 'Plate', { state_topic: topics.event, event_types: eventTypes, icon: 'mdi:car' }, true],
    [
      'last_plate',
      'sensor',
      'Last plate',
      {
        state_topic: topics.lastPlate,
        json_attributes_topic: topics.lastPlateAttributes,
        // The same plate twice in a row is news, too.
        force_update: true,
        icon: 'mdi:car-info',
      },
      options.lastPlate,
    ],
    ['last_plate_image', 'image', 'Last plate', imageOf(topics.plateImage), options.images && parts.plateImage],
    ['last_vehicle_image', 'image', 'Last vehicle', imageOf(topics.vehicleImage), options.images && parts.vehicleImage],
    [
      'reads_today',
      'sensor',
      'Plates today',
      { state_topic: topics.readsToday, state_class: 'total_increasing', icon: 'mdi:counter' },
      options.readsToday,
    ],
    ...options.plates.map(({ plate, name }): [string, Platform, string, Record<string, unknown>, boolean] => {
      const about = { state_topic: topics.seen(plate), off_delay: options.seenSeconds, device_class: 'presence' };
      return [seenId(plate), 'binary_sensor', name === '' ? plate : name, about, true];
    }),
    ...diagnostics(topics).map(
      ([id, platform, name, about]): [string, Platform, string, Record<string, unknown>, boolean] => {
        const wanted = options.diagnostics && (id === 'last_miss' ? parts.misses : parts.frames);
        return [id, platform, name, { ...about, entity_category: 'diagnostic' }, wanted];
      },
    ),
  ];
  return Object.fromEntries(
    list
      .filter(([, , , , wanted]) => wanted)
      .map(([id, p, name, about]) => [id, { p, unique_id: `${device}_${id}`, name, ...about }]),
  );
}

function imageOf(topic: string): Record<string, unknown> {
  return { image_topic: topic, content_type: 'image/jpeg' };
}

function diagnostics(topics: ReturnType<typeof cameraTopics>): [string, Platform, string, Record<string, unknown>][] {
  return [
    ['camera_ok', 'binary_sensor', 'Camera', { state_topic: topics.cameraOk, device_class: 'connectivity' }],
    [
      'fps',
      'sensor',
      'Frames per second',
      { state_topic: topics.fps, unit_of_measurement: 'fps', state_class: 'measurement', icon: 'mdi:speedometer' },
    ],
    [
      'infer_ms',
      'sensor',
      'Time per frame',
      { state_topic: topics.inferMs, unit_of_measurement: 'ms', device_class: 'duration', state_class: 'measurement' },
    ],
    ['last_miss', 'sensor', 'Last miss', { state_topic: topics.lastMiss, icon: 'mdi:car-off' }],
  ];
}

import type { Component, Platform } from './components.js';
import { cleared, type MqttMessage } from './mqtt-message.js';

const PACKAGE = '@plateflow/node-red-hailo-alpr';

export interface Device {
  /** Id in topics and unique ids. */
  id: string;
  /** As people see it. */
  name: string;
  version: string;
  /** '' for none. */
  availability: string;
}

export function configTopic(prefix: string, device: string): string {
  return `${prefix}/device/${device}/config`;
}

/**
 * The device's discovery message: all its entities at once, retained, so that Home Assistant finds it whenever it starts.
 *
 * @param removed entities that are no more: only their platform is named, which takes them out of Home Assistant
 */
export function discovery(
  prefix: string,
  device: Device,
  components: Record<string, Component>,
  removed: Record<string, Platform>,
): MqttMessage {
  const payload = {
    dev: { ids: [device.id], name: device.name, mf: 'Plateflow', mdl: 'Number plate camera', sw: device.version },
    o: { name: PACKAGE, sw: device.version, url: 'https://github.com/plateflow/node-red-hailo-alpr' },
    ...(device.availability === '' ? {} : { availability_topic: device.availability }),
    qos: 1,
    cmps: {
      ...components,
      ...Object.fromEntries(Object.entries(removed).map(([id, p]) => [id, { p }])),
    },
  };
  return { topic: configTopic(prefix, device.id), payload: JSON.stringify(payload), qos: 1, retain: true };
}

/**
 * Moves entities that were announced one by one (`<prefix>/<component>/…/config`) into the device of the announcements without
 * losing their history: the old topics are told so, the device is announced, and only then the old topics are emptied.
 */
export function migration(oldTopics: readonly string[], announcements: readonly MqttMessage[]): MqttMessage[] {
  const told = oldTopics.map((topic): MqttMessage => {
    // Not retained: the emptying of the same topic must not take its place on the way.
    return { topic, payload: '{"migrate_discovery": true}', qos: 1, retain: false };
  });
  return [...told, ...announcements, ...oldTopics.map(cleared)];
}

/**
 * Home Assistant's rules for MQTT device discovery, written down from its documentation (field facts §5.1) and not from our code.
 * Every function gives what is wrong, in words.
 */
type Json = Record<string, unknown>;

/** Fields of a component that its platform needs, and those it may have. */
const platforms: Record<string, { needs: string[]; may: string[] }> = {
  event: { needs: ['state_topic', 'event_types'], may: ['device_class'] },
  sensor: {
    needs: ['state_topic'],
    may: [
      'force_update',
      'json_attributes_topic',
      'unit_of_measurement',
      'state_class',
      'device_class',
      'expire_after',
    ],
  },
  image: { needs: [], may: ['image_topic', 'url_topic', 'content_type', 'image_encoding', 'json_attributes_topic'] },
  binary_sensor: { needs: ['state_topic'], may: ['off_delay', 'device_class', 'expire_after'] },
};
const common = ['p', 'unique_id', 'name', 'icon', 'entity_category', 'qos', 'enabled_by_default'];
const deviceClasses: Record<string, string[]> = {
  binary_sensor: ['connectivity', 'presence', 'occupancy'],
  sensor: ['duration'],
};
const stateClasses = ['measurement', 'total', 'total_increasing'];

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

export function isTopic(topic: unknown): topic is string {
  return isText(topic) && !/[+#\0]/.test(topic) && Buffer.byteLength(topic) <= 65_535;
}

/** What is wrong with a device's discovery message. */
export function discoveryProblems(
  message: { topic: string; payload: unknown; retain?: boolean },
  prefix = 'homeassistant',
): string[] {
  const problems: string[] = [];
  const must = (holds: boolean, text: string): void => {
    if (!holds) problems.push(text);
  };
  const id = new RegExp(`^${prefix}/device/([^/]+)/config$`).exec(message.topic)?.[1] ?? '';
  must(/^[a-zA-Z0-9_-]+$/.test(id), `topic ${message.topic}`);
  must(message.retain === true, 'not retained');
  const text = String(message.payload as string | Buffer);
  const payload = JSON.parse(text) as Json;
  const { dev, o, cmps } = payload;
  must(isRecord(dev) && Array.isArray(dev['ids']) && dev['ids'].length > 0 && dev['ids'].every(isText), 'dev.ids');
  must(isRecord(dev) && isText(dev['name']), 'dev.name');
  must(isRecord(o) && isText(o['name']), 'o.name');
  for (const field of Object.keys(isRecord(dev) ? dev : {})) {
    must(['ids', 'cns', 'name', 'mf', 'mdl', 'sw', 'hw', 'sn', 'sa', 'via_device'].includes(field), `dev.${field}`);
  }
  for (const field of Object.keys(isRecord(o) ? o : {})) must(['name', 'sw', 'url'].includes(field), `o.${field}`);
  for (const field of Object.keys(payload)) {
    must(
      ['dev', 'o', 'cmps', 'availability_topic', 'availability', 'qos', 'encoding'].includes(field),
      `root ${field}`,
    );
  }
  if ('availability_topic' in payload) must(isTopic(payload['availability_topic']), 'availability_topic');
  if (!isRecord(cmps)) return [...problems, 'cmps'];
  const unique = new Set<unknown>();
  for (const [name, component] of Object.entries(cmps)) {
    must(/^[a-zA-Z0-9_-]+$/.test(name), `id of component ${name}`);
    if (!isRecord(component)) problems.push(`component ${name}`);
    else {
      problems.push(...componentProblems(component).map((problem) => `${name}: ${problem}`));
      if (!isRemoval(component)) {
        must(!unique.has(component['unique_id']), `${name}: unique_id is not unique`);
        unique.add(component['unique_id']);
      }
    }
  }
  return problems;
}

/** Only the platform is named: takes the component out. */
export function isRemoval(component: unknown): boolean {
  return isRecord(component) && Object.keys(component).join() === 'p';
}

function componentProblems(component: Json): string[] {
  const problems: string[] = [];
  const must = (holds: boolean, text: string): void => {
    if (!holds) problems.push(text);
  };
  const platform = String(component['p']);
  const rule = platforms[platform];
  if (rule === undefined) return [`platform ${platform}`];
  if (isRemoval(component)) return [];
  must(isText(component['unique_id']), 'unique_id');
  must(isText(component['name']), 'name');
  for (const field of rule.needs) must(field in component, `${field} is missing`);
  for (const field of Object.keys(component)) {
    must([...common, ...rule.needs, ...rule.may].includes(field), `${field} is not a field of ${platform}`);
    if (field.endsWith('_topic')) must(isTopic(component[field]), `${field} is no topic`);
  }
  if (platform === 'event') {
    const types = component['event_types'];
    must(Array.isArray(types) && types.length > 0 && types.every(isText), 'event_types');
  }
  if (platform === 'image')
    must('image_topic' in component !== 'url_topic' in component, 'image_topic or url_topic, one of them');
  if ('off_delay' in component) must(Number(component['off_delay']) > 0, 'off_delay');
  if ('device_class' in component) {
    must((deviceClasses[platform] ?? []).includes(String(component['device_class'])), 'device_class');
  }
  if ('state_class' in component) must(stateClasses.includes(String(component['state_class'])), 'state_class');
  if ('entity_category' in component) {
    must(['diagnostic', 'config'].includes(String(component['entity_category'])), 'entity_category');
  }
  return problems;
}

/** Home Assistant as far as discovery goes: which entities there are after these messages, and what they show. */
export class PretendedHomeAssistant {
  /** `<device>/<component>` → its definition. */
  readonly entities = new Map<string, Json>();
  readonly problems: string[] = [];
  /** Retained messages, as a broker keeps them. */
  readonly retained = new Map<string, string | Buffer>();

  constructor(private readonly prefix = 'homeassistant') {}

  take(message: { topic: string; payload: string | Buffer; retain: boolean; qos: number }): void {
    const { topic, payload, retain } = message;
    if (!isTopic(topic)) this.problems.push(`topic ${topic}`);
    if (retain) {
      if (payload.length === 0) this.retained.delete(topic);
      else this.retained.set(topic, payload);
    }
    if (topic.startsWith(`${this.prefix}/device/`)) this.#discover(message);
    else if (!topic.startsWith(`${this.prefix}/`)) this.#state(topic, payload);
  }

  #discover(message: { topic: string; payload: string | Buffer; retain: boolean }): void {
    const device = message.topic.split('/').at(-2)!;
    const mine = [...this.entities.keys()].filter((key) => key.startsWith(`${device}/`));
    if (message.payload.length === 0) {
      for (const key of mine) this.entities.delete(key);
      return;
    }
    this.problems.push(...discoveryProblems(message, this.prefix));
    const { cmps } = JSON.parse(String(message.payload)) as { cmps: Record<string, Json> };
    for (const [name, component] of Object.entries(cmps)) {
      const key = `${device}/${name}`;
      if (isRemoval(component)) this.entities.delete(key);
      else this.entities.set(key, component);
    }
  }

  /** States are understood only by entities that were announced before them. */
  #state(topic: string, payload: string | Buffer): void {
    if (payload.length === 0) return;
    for (const entity of this.entities.values()) {
      if (entity['state_topic'] === topic) {
        const text = String(payload);
        if (entity['p'] === 'event') this.#event(entity, text);
        else if (Array.from(text).length > 255) this.problems.push(`a state of ${text.length} characters on ${topic}`);
        if (entity['p'] === 'binary_sensor' && text !== 'ON' && text !== 'OFF')
          this.problems.push(`${text} on ${topic}`);
        return;
      }
      if (entity['json_attributes_topic'] === topic) {
        if (Buffer.byteLength(payload) > 16_384) this.problems.push(`attributes of more than 16 kB on ${topic}`);
        if (!isRecord(JSON.parse(String(payload)))) this.problems.push(`attributes on ${topic}`);
        return;
      }
      if (entity['image_topic'] === topic) return;
    }
    if (!topic.endsWith('/status')) this.problems.push(`nobody knows ${topic}`);
  }

  #event(entity: Json, text: string): void {
    const { event_type: type } = JSON.parse(text) as { event_type?: unknown };
    if (!(entity['event_types'] as unknown[]).includes(type)) this.problems.push(`event type ${String(type)}`);
  }
}

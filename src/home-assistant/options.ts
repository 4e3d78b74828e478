/** A plate that gets a binary sensor of its own. */
export interface ShownPlate {
  /** As events have it in `normalised`. */
  plate: string;
  /** What people call it; the plate itself when empty. */
  name: string;
}

export interface HomeAssistantOptions {
  /** Home Assistant's discovery prefix. */
  prefix: string;
  /** Of all topics of states; also tells two Node-REDs at one broker apart. */
  base: string;
  /** Where `online` and `offline` are; '' for none. */
  availability: string;
  /** Whether the broker keeps the last states for who comes later. Events and seen plates are never kept. */
  retain: boolean;
  /** Which entities there are. Those of pictures, diagnostics and misses appear when the first of each comes. */
  lastPlate: boolean;
  images: boolean;
  readsToday: boolean;
  diagnostics: boolean;
  plates: readonly ShownPlate[];
  /** How long a seen plate's sensor stays on, s. */
  seenSeconds: number;
  /** Without a frame for so long a camera is not connected, ms. */
  silenceMs: number;
  /** Between reports of frames per second and so on, ms. */
  reportMs: number;
  /** Of the package, as Home Assistant shows it. */
  version: string;
}

/** Why a topic cannot be used as the beginning of topics; undefined when it can. */
export function topicProblem(topic: string): string | undefined {
  if (topic === '') return 'it is empty';
  if (/[+#]|\p{Cc}/u.test(topic)) return 'it has a wildcard or a control character';
  if (topic.startsWith('/') || topic.endsWith('/') || topic.includes('//')) return 'a level of it is empty';
  return undefined;
}

/** A message as Node-RED's mqtt out node takes it, when its own topic, QoS and retain fields are empty. */
export interface MqttMessage {
  topic: string;
  payload: string | Buffer;
  qos: 0 | 1;
  retain: boolean;
}

/** An empty retained payload takes what is retained on a topic from the broker. */
export function cleared(topic: string): MqttMessage {
  return { topic, payload: '', qos: 1, retain: true };
}

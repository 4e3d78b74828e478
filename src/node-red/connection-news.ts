import type { AlprMessage } from './message.js';

/**
 * What a message says about the connection to a broker: a Status node's message about Node-RED's own mqtt nodes, or
 * `msg.connected` from anywhere.
 *
 * @returns whether there is one; `nothing` for the status of another node; undefined when it is no such message
 */
export function connectionNews(msg: AlprMessage): boolean | 'nothing' | undefined {
  if ('payload' in msg) return undefined;
  const { connected, status } = msg as { connected?: unknown; status?: unknown };
  if (typeof connected === 'boolean') return connected;
  if (typeof status !== 'object' || status === null || !('source' in status)) return undefined;
  const { text } = status as { text?: unknown };
  // `node-red:common.status.connected`: the runtime does not translate it.
  const word = typeof text === 'string' ? /(?:^|\.)(connected|connecting|disconnected)$/.exec(text)?.[1] : undefined;
  return word === undefined ? 'nothing' : word === 'connected';
}

import type { PlateEvent } from '../../src/events/plate-event.js';
import { onlyNode, type FlowNode } from './recorded-flow.js';

/** A flow that also takes plate events by HTTP, in the place of plate-out. */
export function withEvents(flow: FlowNode[], before = 'alpr-plate-list'): FlowNode[] {
  const { id, z } = onlyNode(flow, before) as FlowNode & { z: string };
  return [
    ...flow,
    { id: 'test-in', z, type: 'http in', url: '/test-event', method: 'post', wires: [['test-out', id]] },
    { id: 'test-out', z, type: 'http response', wires: [] },
  ];
}

let visits = 0;

/** A final event of another visit, `ago` ms old. */
export function plateEvent(plate: string, ago = 0): PlateEvent {
  const at = Date.now() - ago;
  return {
    ...{
      version: 1,
      event: 'final',
      id: `visit ${++visits}`,
      camera: 'road',
      plate,
      normalised: plate,
      confidence: 0.96,
    },
    ...{ characters: [], candidates: [], reads: 4, agreeing: 3, box: { x1: 0, y1: 0, x2: 9, y2: 9 } },
    ...{ firstSeen: at - 3000, lastSeen: at, frames: 5 },
  };
}

/** Hands an event to a flow of `withEvents`. */
export async function postEvent(nodeRedUrl: string, event: PlateEvent): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await fetch(`${nodeRedUrl}test-event`, { method: 'POST', headers, body: JSON.stringify(event) });
}

import type { FlowNode } from './recorded-flow.js';

/** `GET /seen/<place among names>` answers with all that the debug nodes of these names got, as JSON: payloads, and messages of errors. */
export function witness(flow: FlowNode[], names: readonly string[]): FlowNode[] {
  const z = flow.find(({ type }) => type === 'tab')!.id;
  const debugs = names.map((name) => flow.find((node) => node.type === 'debug' && node['name'] === name)!);
  return debugs.flatMap((node, index): FlowNode[] => {
    for (const from of flow) {
      for (const wire of from.wires ?? []) if (wire.includes(node.id)) wire.push(`keep${index}`);
    }
    const key = `'seen${index}'`;
    const keep = `const all = global.get(${key}) || []; all.push(msg.payload ?? msg.error.message); global.set(${key}, all);`;
    return [
      { id: `keep${index}`, type: 'function', z, func: keep, outputs: 1, wires: [[]] },
      {
        ...{ id: `ask${index}`, type: 'http in', z, url: `/seen/${index}`, method: 'get', upload: false },
        wires: [[`recall${index}`]],
      },
      {
        ...{ id: `recall${index}`, type: 'function', z, outputs: 1, wires: [[`tell${index}`]] },
        func: `msg.payload = global.get(${key}) || []; return msg;`,
      },
      { id: `tell${index}`, type: 'http response', z, statusCode: '', headers: {}, wires: [] },
    ];
  });
}

/** What the node at this place among the names has got so far. */
export async function seenBy<T>(nodeRedUrl: string, place: number): Promise<T[]> {
  const answer = await fetch(`${nodeRedUrl}seen/${place}`, { signal: AbortSignal.timeout(60_000) });
  return (await answer.json()) as T[];
}

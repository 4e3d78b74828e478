// Started by the crash test: keeps and settles messages in a folder until it is killed, and tells what it did on standard output.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { OutboxStore } from '../../src/outbox/store.js';

const [folder = '', from = '0'] = process.argv.slice(2);

/** Written before the next step begins: what the parent has not read was not done, or is not known to be. */
const tell = (...words: (string | number)[]): void => void fs.writeSync(1, `${words.join(' ')}\n`);

/** Bytes that belong to a number: some small, some large enough for a file of their own. */
export function contentOf(number: number): Buffer {
  const seed = createHash('sha256').update(String(number)).digest();
  return Buffer.concat(Array.from({ length: number % 7 === 0 ? 700 : 3 }, () => seed));
}

async function main(): Promise<void> {
  const store = await OutboxStore.open(folder, () => undefined);
  const numbers = new Map<number, number>();
  for (const id of [...store.ids()]) {
    const message = await store.read(id);
    const { number, content } = message!['payload'] as { number: number; content: Buffer };
    if (!content.equals(contentOf(number))) throw new Error(`Expected the content of ${number}`);
    numbers.set(id, number);
    tell('waiting', number);
  }
  tell('ready');
  const take = async (number: number): Promise<void> => {
    const id = await store.append({ payload: { number, content: contentOf(number) } });
    numbers.set(id, number);
    tell('taken', number);
  };
  const settle = async (id: number): Promise<void> => {
    tell('settling', numbers.get(id)!);
    await store.settle(id);
    tell('settled', numbers.get(id)!);
  };
  for (let number = Number(from); ; number += 3) {
    const work = [take(number), take(number + 1), take(number + 2)];
    const [first, , third] = store.ids();
    if (first !== undefined && number % 2 === 0) work.push(settle(first));
    if (third !== undefined && number % 5 === 0) work.push(settle(third));
    await Promise.all(work);
  }
}

if (require.main === module) {
  main().catch((error: Error) => {
    tell('failed', error.message);
    process.exit(1);
  });
}

import { openLog } from '../../src/log/open.js';
import { event, user } from './events.js';

/**
 * A process that stores events as fast as they are acknowledged, tells which ones are, and goes on until it is killed. Each visit
 * has a final and an end, so that rows are changed, too. Arguments: the file, its key, and what its ids begin with.
 */
async function write(file: string, key: string, prefix: string): Promise<void> {
  const { log } = openLog({ file, key }, user());
  for (let n = 0; ; n += 20) {
    await Promise.all(
      Array.from({ length: 20 }, async (_, k) => {
        const id = `${prefix}-${n + k}`;
        const options = { events: 'all' as const, pictures: true };
        await log.append(event({ id, images: { plate: Buffer.alloc(2000, k) } }), options);
        await log.append(event({ id, event: 'left', lastSeen: Date.UTC(2027, 0) }), options);
        process.send!(id);
      }),
    );
  }
}

void write(process.argv[2]!, process.argv[3]!, process.argv[4]!);

import type { Network } from '../device.js';
import type { OpenNetwork } from './open-network.js';
import { within } from './within.js';

/** ms that a caller's own runs have to end when it closes its share and others go on with the network. */
const CLOSE_LIMIT = 1500;

/** One caller's share of an open network. `giveBack` is called once, when it is closed and its runs are done. */
export function networkShare(network: OpenNetwork, giveBack: () => Promise<void>): Network {
  const { manifest } = network.model;
  const running = new Set<Promise<unknown>>();
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    // The last one's runs are waited for by the network itself, which can also cut them short.
    if (network.users > 1) await within(CLOSE_LIMIT, Promise.allSettled(running));
    await giveBack();
  };
  return {
    manifest,
    async run(request) {
      if (closed) throw new Error(`Expected an open network but model ${manifest.name} was closed`);
      const run = network.run(request);
      running.add(run);
      try {
        return await run;
      } finally {
        running.delete(run);
      }
    },
    close() {
      return (closed ??= close());
    },
  };
}

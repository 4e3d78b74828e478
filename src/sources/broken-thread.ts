/**
 * For a thread that has programs running: when it breaks (an error that nobody caught), it ends and collects them first. A thread's
 * programs are collected by that thread alone; those of one that is gone stay as zombies until Node-RED ends.
 *
 * The thread ends with the error all the same, so that whoever started it is told. A second error meanwhile ends it at once.
 *
 * @param close ends the programs; resolves when they are gone
 */
export function endInOrder(close: () => Promise<void>): void {
  process.once('uncaughtException', (error) => {
    const again = (): void => {
      // Outside of any promise: this is thrown to Node.js.
      setImmediate(() => {
        throw error;
      });
    };
    close().then(again, again);
  });
}

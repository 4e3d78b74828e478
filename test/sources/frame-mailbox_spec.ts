import assert from 'node:assert/strict';
import { FrameMailbox, type FrameNote } from '../../src/sources/frame-mailbox.js';

describe('frame mailbox', () => {
  const note = (index: number): FrameNote => ({ index, time: index / 10, arrival: 1e9 + index, width: 64, height: 48 });

  it('keeps the newest frame and gives the slot of the one before back to who put it in', () => {
    const memory = FrameMailbox.memory(2);
    const [writer, reader] = [new FrameMailbox(memory), new FrameMailbox(memory)];
    assert.equal(reader.take(), undefined);
    assert.equal(writer.put(0, note(0)), undefined, 'it was empty: somebody must be told');
    assert.equal(writer.put(1, note(1)), 0);
    assert.equal(writer.put(0, note(2)), 1);
    assert.deepEqual(reader.take(), { slot: 0, note: note(2) });
    assert.equal(reader.take(), undefined);
    assert.equal(writer.put(1, { ...note(3), time: NaN }), undefined);
    assert.deepEqual(writer.take(), { slot: 1, note: { ...note(3), time: NaN } }, 'the writer may take it back');
    assert.equal(reader.take(), undefined);
  });
});

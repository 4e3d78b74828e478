import assert from 'node:assert/strict';
import { DecodeSlots } from '../../../../src/sources/live/detail/decode-slots.js';

class Owner {
  asked = 0;
  entered = 0;

  constructor(private readonly slots: DecodeSlots) {}

  rest(): void {
    this.asked++;
  }

  enter(): void {
    void this.slots.enter(this).then(() => this.entered++);
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('DecodeSlots', () => {
  it('lets in as many as there are slots, the others in their order', async () => {
    const slots = new DecodeSlots(2);
    const owners = [0, 1, 2, 3].map(() => new Owner(slots));
    for (const owner of owners) owner.enter();
    owners[0]!.enter();
    await turn();
    assert.deepEqual(
      owners.map(({ entered }) => entered),
      [2, 1, 0, 0],
    );
    assert.ok(owners[0]!.asked > 0 && owners[1]!.asked > 0, 'those inside are asked to go');
    slots.leave(owners[1]!);
    await turn();
    assert.deepEqual(
      owners.map(({ entered }) => entered),
      [2, 1, 1, 0],
    );
    slots.leave(owners[0]!);
    slots.leave(owners[0]!);
    await turn();
    assert.equal(owners[3]!.entered, 1);
    assert.equal(slots.taken, 2);
  });

  it('lets all that one owner asked for in at once, and lets go of one that gives up', async () => {
    const slots = new DecodeSlots(1);
    const [first, second, third] = [new Owner(slots), new Owner(slots), new Owner(slots)];
    for (const owner of [first, second, second, third]) owner.enter();
    slots.leave(second);
    await turn();
    assert.equal(second.entered, 2, 'whoever waited with it goes on');
    assert.equal(slots.taken, 1);
    slots.leave(first);
    await turn();
    assert.equal(third.entered, 1);
  });
});

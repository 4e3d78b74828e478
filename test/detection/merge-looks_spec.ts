import assert from 'node:assert/strict';
import { mergeLooks } from '../../src/detection/merge-looks.js';
import { detection } from '../support/fake-network.js';

/** Of a frame of 512 px, so that widths are those in the network's input. */
const options = { confidence: 0.45, scale: 1 };

describe('mergeLooks', () => {
  it('keeps a doubtful find that the other look is sure of, once, with the surer confidence', () => {
    const merged = mergeLooks([detection(0, 0, 60, 20, 0.31)], [detection(1, 0, 61, 20, 0.5)], options);
    assert.equal(merged.length, 1);
    assert.equal(merged[0]!.confidence, 0.5);
  });

  it('drops what both doubt', () => {
    assert.deepEqual(mergeLooks([detection(0, 0, 60, 20, 0.44)], [detection(0, 0, 60, 20, 0.44)], options), []);
  });

  it('takes the box of the look that suits the width', () => {
    const small = mergeLooks([detection(0, 0, 60, 20, 0.5)], [detection(1, 0, 61, 20, 0.9)], options);
    assert.equal(small[0]!.box.x1, 0, 'fine');
    const large = mergeLooks([detection(0, 0, 200, 60, 0.9)], [detection(1, 0, 201, 60, 0.5)], options);
    assert.equal(large[0]!.box.x1, 1, 'coarse');
    assert.equal(large[0]!.confidence, 0.9);
  });

  const alone: [string, number, number, 'fine' | 'coarse', boolean][] = [
    ['a sure one', 60, 0.55, 'fine', true],
    ['a fairly sure one', 60, 0.54, 'fine', false],
    ['a fairly sure one that the coarse look cannot see', 39, 0.45, 'fine', true],
    ['a doubtful one that the coarse look cannot see', 39, 0.44, 'fine', false],
    ['a narrow one that only the coarse look has seen', 39, 0.54, 'coarse', false],
  ];
  for (const [title, width, confidence, look, kept] of alone) {
    it(`${kept ? 'keeps' : 'drops'} what one look has seen alone: ${title}`, () => {
      const find = [detection(0, 0, width, 20, confidence)];
      const merged = look === 'fine' ? mergeLooks(find, [], options) : mergeLooks([], find, options);
      assert.equal(merged.length, kept ? 1 : 0);
    });
  }

  it('drops the pieces of a large plate beside the whole', () => {
    const whole = detection(100, 100, 400, 200, 0.8);
    const pieces = [detection(100, 100, 200, 200, 0.7), detection(300, 110, 410, 200, 0.6)];
    assert.deepEqual(mergeLooks(pieces, [whole], options), [whole]);
  });

  it('keeps plates that stand side by side', () => {
    const merged = mergeLooks([detection(0, 0, 60, 20), detection(55, 0, 115, 20)], [], options);
    assert.equal(merged.length, 2);
  });
});

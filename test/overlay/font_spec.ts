import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { capitalHeight, descent, glyphOf, hasGlyph, textUnits } from '../../src/overlay/font.js';
import { drawText, measureText } from '../../src/overlay/text.js';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const digits = '0123456789';
const marks = '.,:;!?%<>=+-_#()[]/\\|*&@\'"·…–→✓×';
const all = [...letters, ...digits, ...marks];

/** White text on black; the brightness of every pixel. */
function render(text: string, size: number, width = size * 2, height = size * 2): Uint8Array {
  const pixels = new Uint8Array(width * height * 3);
  drawText({ pixels, width, height }, text, 2, Math.round(size / 4), size, [255, 255, 255]);
  return pixels.filter((_, index) => index % 3 === 0);
}

describe('overlay font', () => {
  it('has every character that readings, labels and reasons are made of', () => {
    assert.deepEqual(
      all.filter((character) => !hasGlyph(character)),
      [],
    );
  });

  it('keeps every glyph between the top of the capitals and the descenders', () => {
    for (const character of all) {
      for (const stroke of glyphOf(character).strokes) {
        assert.ok(stroke.length >= 4, `${character} has a stroke of one point`);
        for (let i = 0; i < stroke.length; i += 2) {
          assert.ok(stroke[i]! >= 0 && stroke[i]! <= 12, `${character}: x ${stroke[i]}`);
          assert.ok(
            stroke[i + 1]! >= -1 && stroke[i + 1]! <= capitalHeight + descent,
            `${character}: y ${stroke[i + 1]}`,
          );
        }
      }
    }
  });

  for (const size of [8, 14, 40]) {
    it(`draws each character differently from every other at ${size} px`, () => {
      const pictures = all.map((character) => render(character, size));
      for (let a = 0; a < all.length; a++) {
        for (let b = a + 1; b < all.length; b++) {
          let difference = 0;
          pictures[a]!.forEach((value, index) => (difference += Math.abs(value - pictures[b]![index]!)));
          // At least one full pixel apart, even the nearest pair (i and !) at the smallest size.
          assert.ok(difference > 255, `${all[a]} and ${all[b]} differ by ${difference} only`);
        }
      }
    });
  }

  it('draws a box for characters it has not', () => {
    assert.deepEqual(render('京', 20), render('Ж', 20));
    assert.notDeepEqual(render('京', 20), render('O', 20));
    assert.ok(render('京', 20).some((value) => value > 0));
  });

  it('does not take characters outside the basic plane for two', () => {
    assert.equal(textUnits('🚗'), textUnits('京'));
  });

  it('does not confuse characters with properties of objects', () => {
    assert.equal(hasGlyph('constructor'), false);
    assert.deepEqual(render('', 20), new Uint8Array(1600));
  });

  for (const size of [8, 23, 64]) {
    it(`draws nothing right of the measured width at ${size} px`, () => {
      const text = 'WM AB12 CDE 98%';
      const width = measureText(text, size);
      const [canvasWidth, height] = [width + 40, size * 2];
      const bright = render(text, size, canvasWidth, height);
      let rightmost = 0;
      bright.forEach((value, index) => {
        if (value > 0) rightmost = Math.max(rightmost, index % canvasWidth);
      });
      assert.ok(rightmost <= width + 3, `${rightmost} > ${width + 3}`);
      assert.ok(rightmost > width * 0.95, `${rightmost} is far from ${width}`);
    });
  }

  it('fills about as much of the letter I as its strokes are long and wide', () => {
    // One bar of 12 units and two serifs of 3, at 5 px a unit, 8.1 px wide; the serifs' middles are the bar's.
    const size = 60;
    const sum = render('I', size, 80, 120).reduce((total, value) => total + value / 255, 0);
    const width = size * 0.135;
    const bar = width * size;
    const serifs = 2 * (3 * 5 + width - width) * width;
    assert.ok(Math.abs(sum - (bar + serifs)) < 0.1 * (bar + serifs), `${sum} against ${bar + serifs}`);
  });
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pictureFromPayload } from '../../src/image/payload.js';

/** The shortest thing that begins as a PNG does. */
const PICTURE = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const BASE64 = PICTURE.toString('base64');

describe('pictureFromPayload', () => {
  let folder = '';
  let file = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'alpr-payload-'));
    file = join(folder, 'car at gate.png');
    writeFileSync(file, PICTURE);
  });
  after(() => rmSync(folder, { recursive: true }));

  const larger = new Uint8Array([0, 0, ...PICTURE, 0]);
  const accepted: [string, unknown][] = [
    ['a Buffer', PICTURE],
    ['a Uint8Array that is part of a larger one', larger.subarray(2, 2 + PICTURE.length)],
    ['an ArrayBuffer', new Uint8Array(PICTURE).buffer],
    ['base64', BASE64],
    ['base64 broken into lines', `${BASE64.slice(0, 8)}\r\n${BASE64.slice(8)}\n`],
    ['base64 of the URL kind', PICTURE.toString('base64url')],
    ['a data URL', `data:image/png;base64,${BASE64}`],
    ['a data URL with parameters', `data:image/png;name=a.png;base64,${BASE64}`],
  ];
  for (const [name, payload] of accepted) {
    it(`takes ${name}`, async () => assert.deepEqual(await pictureFromPayload(payload), PICTURE));
  }

  it('takes the path of a file', async () => assert.equal(await pictureFromPayload(file), file));

  it('does not copy a Buffer', async () => assert.equal(await pictureFromPayload(PICTURE), PICTURE));

  const refused: [string, unknown, RegExp][] = [
    ['nothing', undefined, /received undefined$/],
    ['null', null, /received null$/],
    ['a number', 7, /received a number$/],
    ['a truth value', true, /received a boolean$/],
    ['an array', [1, 2, 3], /received an array of 3$/],
    ['an object', { temperature: 20, unit: 'C' }, /received an object with temperature, unit$/],
    ['an empty object', {}, /received an empty object$/],
    ['an object with a long key', { ['k'.repeat(90)]: 1 }, /received an object with k{30}…$/],
    ['numbers that are no bytes', new Float32Array(3), /received 12 bytes that are no Buffer or Uint8Array$/],
    // Tried in every way to split the spaces, this would take half a minute.
    ['a great many spaces', `A${' '.repeat(300_000)}!`, /received text of 300002 characters/],
    ['empty text', '  ', /received empty text$/],
    ['words', 'open the gate please', /received text of 20 characters/],
    ['a word that is base64 by chance', 'start', /received text of 5 characters/],
    [
      'base64 of something else',
      Buffer.from('just some text, no picture').toString('base64'),
      /received text of 36 characters/,
    ],
    ['a path to nowhere', '/srv/private/camera/missing.jpg', /a file that is not there: "missing\.jpg"$/],
    ['a Windows path to nowhere', 'C:\\cam\\missing.jpg', /a file that is not there/],
    ['a data URL without base64', 'data:image/svg+xml,%3Csvg%3E', /a data URL without base64/],
    ['a data URL of damaged base64', 'data:image/png;base64,!!!!', /base64 is damaged/],
    ['a data URL that ends early', 'data:image/png;base64', /a data URL without base64/],
  ];
  for (const [name, payload, message] of refused) {
    it(`says what came for ${name}`, async () => {
      await assert.rejects(pictureFromPayload(payload), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'ALPR_IMAGE_INPUT');
        assert.match(error.message, /^Expected a picture \(JPEG, PNG, WebP/);
        assert.match(error.message, message);
        assert.equal(/private|open the gate/.test(error.message), false, error.message);
        return true;
      });
    });
  }

  it('says so for a folder', async () => {
    await assert.rejects(pictureFromPayload(folder), /received the folder "alpr-payload-/);
  });
});

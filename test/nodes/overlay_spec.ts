import assert from 'node:assert/strict';
import type { NodeInitializer } from 'node-red';
import type { Plate, PlateVote, Vehicle } from '../../src/detection/types.js';
import type { PixelWorker } from '../../src/device/device.js';
import { paint } from '../../src/device/cpu/paint.js';
import type { Frame } from '../../src/frame/frame.js';
import { framePool } from '../../src/frame/pool.js';
import { decodeImage } from '../../src/image/decode.js';
import type { AlprMessage } from '../../src/node-red/message.js';
import type { Drawing } from '../../src/overlay/drawing.js';
import { FakeAccess, fakeDevices, loadFlow, settle, withRuntime, type Running } from '../support/node-red-flow.js';
import overlay = require('../../nodes/overlay/overlay.js');

const [width, height] = [640, 360];
const plateBox = { x1: 300, y1: 250, x2: 380, y2: 270 };

function vote(text: string): PlateVote {
  return { text, confidence: 0.9, characters: [], candidates: [], reads: 3, agreeing: 3, settled: true };
}

/** A frame of stripes, in which a blurred part shows. */
function frame(sequence: number, cameraId = 'cam'): Frame {
  const made = framePool().acquire({ cameraId, sequence, timestamp: 1000 + sequence * 100, width, height });
  const { pixels } = made;
  for (let i = 0; i < pixels.length; i++) pixels[i] = Math.floor(i / 3) % 2 === 0 ? 30 : 220;
  return made;
}

/** A car with a plate that goes down the picture. */
function message(sequence: number, text = 'AB12CDE', more: Partial<AlprMessage> = {}): AlprMessage {
  const by = sequence * 8;
  const vehicles: Vehicle[] = [
    { box: { x1: 200, y1: 80 + by, x2: 460, y2: 280 + by }, label: 'car', confidence: 0.9, trackId: 1 },
  ];
  const box = { ...plateBox, y1: plateBox.y1 + by, y2: plateBox.y2 + by };
  const plates: Plate[] = [
    { box, confidence: 0.9, vehicle: 0, trackId: 1, text, textConfidence: 0.9, vote: vote(text) },
  ];
  return { frame: frame(sequence), vehicles, plates, tracker: 't', ...more } as AlprMessage;
}

describe('overlay', () => {
  withRuntime();
  const drawings: Drawing[] = [];
  let fails = false;
  const pixels: PixelWorker = {
    sharpness: () => Promise.reject(new Error('Expected no call')),
    draw: async (source, target, drawing) => {
      if (fails) throw new Error('Expected a worker but it died');
      drawings.push(drawing as Drawing);
      const picture = { pixels: new Uint8Array(source.buffer, 0, width * height * 3), width, height };
      paint(picture, target, drawing as Drawing);
    },
  };

  beforeEach(() => {
    drawings.length = 0;
    fails = false;
    fakeDevices.set('dev', new FakeAccess({ pixels }));
  });

  function load(settings: Record<string, unknown> = {}): Promise<Running> {
    return loadFlow(
      [overlay as unknown as NodeInitializer],
      [
        { id: 'dev', type: 'fake-device' },
        { id: 'n', type: 'alpr-overlay', device: 'dev', quality: 95, ...settings, wires: [['out']] },
        { id: 'out', type: 'helper' },
      ],
    );
  }

  /** Hands in messages one after the other and gives what comes out. */
  async function pass(run: Running, ...messages: AlprMessage[]): Promise<AlprMessage[]> {
    const before = run.inbox('out').messages.length;
    for (const [n, msg] of messages.entries()) {
      run.receive('n', msg);
      await run.inbox('out').wait(before + n + 1);
    }
    return run.inbox('out').messages.slice(before);
  }

  async function answered(run: Running, count: number): Promise<void> {
    while (run.inbox('completed').messages.length + run.inbox('errors').messages.length < count) await settle(5);
  }

  const texts = (drawing: Drawing): string[] =>
    drawing.shapes.flatMap((shape) => (shape.kind === 'label' ? shape.lines.map(({ text }) => text) : []));
  const trails = (drawing: Drawing): number => drawing.shapes.filter(({ kind }) => kind === 'trail').length;

  /** Mean difference of neighbouring pixels, in a row through the middle of a part of the JPEG. */
  async function stripes(jpeg: unknown, { x1, x2, y1, y2 }: typeof plateBox): Promise<number> {
    const shown = await decodeImage(jpeg as Buffer, { cameraId: 'x', sequence: 0, timestamp: 0 });
    const row = Math.round((y1 + y2) / 2);
    let sum = 0;
    for (let x = x1 + 4; x < x2 - 4; x++) {
      const i = (row * width + x) * 3;
      sum += Math.abs(shown.pixels[i]! - shown.pixels[i + 3]!);
    }
    return sum / (x2 - x1 - 8);
  }

  it('draws trails, until the track departs, with or without a frame', async () => {
    const run = await load({ trails: true });
    await pass(run, ...[0, 1, 2].map((n) => message(n)));
    assert.deepEqual(drawings.map(trails), [0, 1, 1]);
    await pass(run, { topic: 'cam', tracker: 't', departed: [{ trackId: 1 }] as never }, message(3));
    assert.equal(trails(drawings.at(-1)!), 0);
    await pass(run, message(4), message(5, 'AB12CDE', { departed: [{ trackId: 1 }] as never }), message(6));
    assert.deepEqual(drawings.slice(-3).map(trails), [1, 0, 0]);
  });

  for (const [what, control] of [
    ['reset', { reset: true }],
    ['reset for the camera', { reset: true, topic: 'cam' }],
    ['the end of the source', { complete: true, topic: 'cam' }],
  ] as const) {
    it(`forgets trails with ${what}, which goes on`, async () => {
      const run = await load({ trails: true });
      await pass(run, message(0), message(1));
      const [sent] = await pass(run, { ...control });
      assert.equal(sent!.payload, undefined);
      await pass(run, message(2));
      assert.equal(trails(drawings.at(-1)!), 0);
    });
  }

  it('keeps the last plates per camera, and forgets them with reset', async () => {
    const run = await load({ lastPlates: true, showText: false, showVehicles: false });
    await pass(run, message(0, 'ONE1'));
    await pass(run, message(1, 'TWO2', { frame: frame(1, 'yard') }));
    assert.deepEqual(drawings.map(texts), [['✓ ONE1 90%'], ['✓ TWO2 90%']]);
    const shown = drawings[0]!.shapes.find(({ kind }) => kind === 'picture');
    assert.ok(shown?.kind === 'picture');
    assert.ok(
      new Uint8Array(shown.pixels).some((value) => value > 150),
      'the picture was cut out',
    );
    await pass(run, message(2, 'ONE1', { plates: [], vehicles: [] }));
    assert.deepEqual(texts(drawings[2]!), ['✓ ONE1 90%']);
    await pass(run, message(3, 'ONE1', { plates: [], reset: true, topic: 'cam' }));
    assert.deepEqual(texts(drawings[3]!), []);
  });

  it('cuts the last plates out of the larger picture that was read, and has none decoded for it', async () => {
    const run = await load({ lastPlates: true });
    const large = framePool().acquire({
      cameraId: 'cam',
      sequence: 0,
      timestamp: 0,
      width: 3 * width,
      height: 3 * height,
    });
    large.pixels.fill(77);
    for (const [n, atHand] of [
      [0, true],
      [1, false],
    ] as const) {
      const small = frame(n, `cam${n}`);
      small.lease.detail = async (onlyAtHand) => {
        assert.equal(onlyAtHand, true, 'nothing is decoded for a picture at the edge');
        return atHand ? large : undefined;
      };
      await pass(run, message(n, `ONE${n}`, { frame: small }));
      const [one] = drawings[n]!.cuts!;
      const [corner] = one!.corners;
      assert.deepEqual(one!.from?.width, atHand ? 3 * width : undefined);
      const left = plateBox.x1 - 0.06 * (plateBox.x2 - plateBox.x1);
      assert.ok(Math.abs(corner.x - (atHand ? 3 : 1) * left) < 1e-6, `${corner.x}`);
      const [value] = new Uint8Array(one!.pixels);
      assert.equal(value === 77, atHand);
    }
    assert.equal(large.lease.holders, 0);
    framePool().recycle(large);
  });

  it('goes on after a drawing that has failed', async () => {
    const run = await load({ lastPlates: true });
    fails = true;
    run.receive('n', message(0, 'ONE1'));
    await answered(run, 1);
    assert.match((run.inbox('errors').messages[0]!['error'] as { message: string }).message, /it died/);
    fails = false;
    const [sent] = await pass(run, message(1, 'ONE1'));
    assert.equal(sent!['contentType'], 'image/jpeg');
    assert.equal(drawings[0]!.cuts!.length, 1, 'the picture is cut out again');
  });

  it('draws zones and line of its settings, and the caption', async () => {
    const places = { zones: 'yard: 0.1,0.1 0.5,0.1 0.5,0.5', line: '0.1,0.6 0.9,0.6', inSide: 'above', caption: true };
    const run = await load(places);
    await pass(run, message(0));
    const written = texts(drawings[0]!);
    assert.ok(written.includes('yard') && written.includes('in'), written.join());
    assert.ok(
      written.some((text) => text.startsWith('cam  1970-01-01 ')),
      written.join(),
    );
  });

  const wrong: [string, Record<string, unknown>, RegExp][] = [
    ['zones', { zones: 'yard: 0.1,0.1 0.5,0.1' }, /Expected 3 to 100 points for zone "yard" but received 2/],
    ['a line', { line: '0.1,0.6 0.9,60' }, /Expected x,y from 0 to 1 for point 2 of line/],
    ['the side of a line', { line: '0.1,0.6 0.9,0.6', inSide: 'left' }, /Expected a line that has a side left/],
    ['plates', { readable: 'AB1\nCD*' }, /for plate 2 of the list but received one with a wildcard/],
    ['blur', { blur: 'some' }, /Expected one of none, strangers, all for blur but received "some"/],
  ];
  for (const [what, settings, reason] of wrong) {
    it(`fails its messages with settings for ${what} that cannot be, and shows no picture`, async () => {
      const run = await load(settings);
      run.receive('n', message(0));
      await answered(run, 1);
      const [failed] = run.inbox('errors').messages;
      assert.match((failed!['error'] as { message: string }).message, reason);
      assert.equal(run.inbox('out').messages.length, 0);
    });
  }

  describe('with blur', () => {
    const plain = { showVehicles: false, showPlates: false };

    it('leaves plates as they are when it is off', async () => {
      const run = await load({ ...plain, showText: false });
      const [sent] = await pass(run, message(0));
      assert.ok((await stripes(sent!.payload, plateBox)) > 100);
      assert.equal(drawings[0]!.hidden, undefined);
    });

    it('blurs strangers in the picture and takes their text away, and leaves friends readable', async () => {
      const run = await load({ ...plain, blur: 'strangers', readable: 'fr-1 end', lastPlates: true });
      const [stranger, friend] = await pass(run, message(0, 'AB12CDE'), message(0, 'FR1END'));
      assert.ok((await stripes(stranger!.payload, plateBox)) < 12);
      assert.deepEqual(texts(drawings[0]!), []);
      assert.ok((await stripes(friend!.payload, plateBox)) > 60);
      assert.deepEqual(texts(drawings[1]!), ['✓ FR1END 90%', '✓ FR1END 90%']);
      // Nodes behind it get the frame as it was.
      assert.equal((stranger!.frame as Frame).pixels[(260 * width + 340) * 3], 30);
      assert.equal(stranger!.plates![0]!.text, 'AB12CDE');
    });

    it('blurs all plates, friends or not', async () => {
      const run = await load({ ...plain, blur: 'all', readable: 'FR1END' });
      const [sent] = await pass(run, message(0, 'FR1END'));
      assert.ok((await stripes(sent!.payload, plateBox)) < 12);
      assert.deepEqual(texts(drawings[0]!), []);
    });

    it('blurs the upper part of strangers’ vehicles when asked to', async () => {
      const run = await load({ ...plain, blur: 'strangers', blurWindscreens: true });
      const [sent] = await pass(run, message(0));
      assert.ok((await stripes(sent!.payload, { x1: 220, x2: 440, y1: 100, y2: 140 })) < 12);
    });

    it('takes other friends from a message, which goes no further, until the next deployment', async () => {
      const run = await load({ ...plain, blur: 'strangers', readable: 'FR1END' });
      run.receive('n', { readable: ['AB12CDE'] } as AlprMessage);
      await answered(run, 1);
      const [first, second] = await pass(run, message(0, 'AB12CDE'), message(0, 'FR1END'));
      assert.ok((await stripes(first!.payload, plateBox)) > 60);
      assert.ok((await stripes(second!.payload, plateBox)) < 12);
      assert.equal(run.inbox('out').messages.length, 2);
      run.receive('n', { readable: ['AB12CDE', 7] } as AlprMessage);
      await answered(run, 4);
      assert.match((run.inbox('errors').messages[0]!['error'] as { message: string }).message, /plate 2 of the list/);
    });

    for (const [what, plates] of [
      ['no plates', undefined],
      ['something else under their name', 'none'],
    ] as const) {
      it(`refuses a frame with ${what}: nobody has looked for them`, async () => {
        const run = await load({ blur: 'strangers' });
        run.receive('n', message(0, '', { plates: plates as never }));
        await answered(run, 1);
        assert.equal(run.inbox('out').messages.length, 0);
        assert.match((run.inbox('errors').messages[0]!['error'] as { message: string }).message, /for msg\.plates/);
      });
    }

    it('blurs a vehicle on which no plate was found where its plate must be', async () => {
      const run = await load({ ...plain, blur: 'strangers' });
      const [sent] = await pass(run, message(0, '', { plates: [] }));
      assert.ok((await stripes(sent!.payload, plateBox)) < 12);
    });
  });
});

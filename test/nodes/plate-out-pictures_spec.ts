import assert from 'node:assert/strict';
import type { EventEmitter } from 'node:events';
import type { NodeInitializer } from 'node-red';
import type { PlateEvent } from '../../src/events/plate-event.js';
import type { JsonPlateEvent } from '../../src/events/shapes/json-event.js';
import { decodeImage } from '../../src/image/decode.js';
import type { AlprMessage } from '../../src/node-red/message.js';
import plateOut = require('../../nodes/plate-out/plate-out.js');
import { loadFlow, settle, withRuntime, type Running } from '../support/node-red-flow.js';
import { carBox, departedMessage, paintedFrame, plateBox, trackedMessage } from '../support/plate-out-messages.js';

function load(settings: Record<string, unknown>): Promise<Running> {
  return loadFlow(
    [plateOut as NodeInitializer],
    [
      { id: 'n', type: 'alpr-plate-out', ...settings, wires: [['events'], ['misses']] },
      { id: 'events', type: 'helper' },
      { id: 'misses', type: 'helper' },
    ],
  );
}
const events = (run: Running): PlateEvent[] => run.inbox('events').messages.map((msg) => msg.payload as PlateEvent);

/** Size of a JPEG and the colour of its middle. */
async function look(jpeg: Uint8Array): Promise<{ size: [number, number]; middle: number[] }> {
  const header = { cameraId: 'test', sequence: 0, timestamp: 0 };
  const { pixels, width, height } = await decodeImage(Buffer.from(jpeg), header);
  const at = ((height >> 1) * width + (width >> 1)) * 3;
  return { size: [width, height], middle: [...pixels.subarray(at, at + 3)] };
}
function assertNear(actual: number[], expected: number[]): void {
  for (const [index, value] of expected.entries()) assert.ok(Math.abs(actual[index]! - value) < 25, actual.join());
}

describe('pictures of plate-out', () => {
  withRuntime();

  it('are none unless they are asked for', async () => {
    const run = await load({});
    run.receive('n', trackedMessage(0, 'AB123CD', 3));
    await run.inbox('events').wait(1);
    assert.deepEqual(
      ['images', 'imageViews'].filter((field) => field in events(run)[0]!),
      [],
    );
  });

  it('show plate, vehicle and frame in every event of the visit, also in the left without a frame', async () => {
    const run = await load({ imagePlate: true, imageVehicle: true, imageFrame: true, imageMaxWidth: '160' });
    run.receive('n', trackedMessage(0, 'AB123CD', 1));
    run.receive('n', trackedMessage(1, 'AB123CD', 3));
    run.receive('n', departedMessage(2));
    await run.inbox('events').wait(3);
    assert.deepEqual(events(run).map(({ event }) => event), ['provisional', 'final', 'left']); // prettier-ignore
    for (const { images, imageViews } of events(run)) {
      const plate = await look(images!.plate!);
      assert.deepEqual(plate.size, [104, 26]);
      assertNear(plate.middle, [200, 30, 30]);
      const vehicle = await look(images!.vehicle!);
      assert.deepEqual(vehicle.size, [160, 160]);
      assertNear(vehicle.middle, [20, 160, 40]);
      assert.deepEqual((await look(images!.frame!)).size, [160, 120]);
      // Bytes that Node-RED copies by reference; it walks through every other kind of list.
      assert.ok(Object.values(images!).every(Buffer.isBuffer));
      assert.deepEqual([imageViews!.plateBox, imageViews!.vehicleBox], [plateBox, carBox]);
      assert.deepEqual([imageViews!.frame!.width, imageViews!.frame!.height], [160, 120]);
    }
    assert.equal(run.inbox('errors').messages.length, 0);
  });

  it('are the very same bytes until a clearly better view comes', async () => {
    const run = await load({ imagePlate: true, dedupeSeconds: 0 });
    run.receive('n', trackedMessage(0, 'AB123CD', 1));
    run.receive('n', trackedMessage(1, 'AB123CD', 2));
    const better = trackedMessage(2, 'AB129CD', 9);
    better.plates![0]!.sharpness = 400;
    run.receive('n', better);
    await run.inbox('events').wait(3);
    const [first, second, third] = events(run).map(({ images }) => images!.plate!);
    assert.equal(first, second);
    assert.notEqual(second, third);
  });

  it('are base64 where that is set, so that the payload is JSON', async () => {
    const run = await load({ imagePlate: true, imageBase64: true });
    run.receive('n', trackedMessage(0, 'AB123CD', 3));
    const msg = await run.inbox('events').first();
    const { images } = JSON.parse(JSON.stringify(msg.payload)) as JsonPlateEvent;
    assertNear((await look(Buffer.from(images!.plate!, 'base64'))).middle, [200, 30, 30]);
  });

  it('that cannot be made leave the event without, in order, with one warning', async () => {
    const run = await load({ imagePlate: true, imageFrame: true });
    const warnings: unknown[] = [];
    (run.node('n') as EventEmitter).on('call:warn', (call: { args: unknown[] }) => warnings.push(call.args[0]));
    const broken = (sequence: number, text: string, agreeing: number): AlprMessage => {
      const msg = trackedMessage(sequence, text, agreeing);
      // Pixels that are gone when the picture is made: reading them throws.
      Object.defineProperty(msg.frame, 'buffer', {
        get: () => {
          throw new Error('the pixels are gone');
        },
      });
      return msg;
    };
    run.receive('n', broken(0, 'AB123CD', 1));
    run.receive('n', broken(1, 'AB123CD', 3));
    run.receive('n', trackedMessage(2, 'XY999ZZ', 3, 6));
    run.receive('n', departedMessage(3));
    await run.inbox('events').wait(4);
    assert.deepEqual(
      events(run).map(({ event, plate, images }) => [event, plate, Object.keys(images ?? {}).length]),
      [
        ['provisional', 'AB123CD', 0],
        ['final', 'AB123CD', 0],
        ['final', 'XY999ZZ', 2],
        ['left', 'AB123CD', 0],
      ],
    );
    assert.equal(warnings.length, 1);
    assert.match(String(warnings[0]), /^A picture is missing from a plate event: the pixels are gone$/);
    assert.equal(run.inbox('errors').messages.length, 0);
  });

  it('hold no event back, lose none and change no order in a burst', async () => {
    const run = await load({ imageFrame: true, imageQuality: '90' });
    const warnings: unknown[] = [];
    (run.node('n') as EventEmitter).on('call:warn', (call: { args: unknown[] }) => warnings.push(call.args[0]));
    const plates = Array.from({ length: 60 }, (_, index) => `AB${1000 + index}`);
    for (const [index, text] of plates.entries()) run.receive('n', trackedMessage(index, text, 3, index + 1));
    await run.inbox('events').wait(60);
    assert.deepEqual(events(run).map(({ plate }) => plate), plates); // prettier-ignore
    const withPicture = events(run).filter(({ images }) => images?.frame !== undefined);
    assert.ok(withPicture.length >= 16, `${withPicture.length} pictures`);
    if (withPicture.length < 60) assert.match(String(warnings[0]), /messages are waiting$/);
    assert.equal(run.inbox('errors').messages.length, 0);
  });

  it('leave the frames to others when they are made', async () => {
    const run = await load({ imageFrame: true });
    const msg = trackedMessage(0, 'AB123CD', 3);
    run.receive('n', msg);
    await run.inbox('events').first();
    await settle();
    assert.equal((msg.frame as ReturnType<typeof paintedFrame>).lease.holders, 0);
  });

  for (const [title, settings, expected] of [
    ['a quality of 101', { imageQuality: '101' }, /a whole number from 1 to 100 for imageQuality but received "101"$/],
    ['a width of a line', { imageMaxWidth: 2 }, /from 16 to 16384 for imageMaxWidth but received 2$/],
    ['an answer that is no answer', { imagePlate: 'perhaps' }, /true or false for imagePlate but received "perhaps"$/],
  ] as const) {
    it(`are refused with ${title}`, async () => {
      const run = await load(settings);
      run.receive('n', trackedMessage(0, 'AB123CD', 3));
      const error = (await run.inbox('errors').first())['error'] as { message: string };
      assert.match(error.message, expected);
    });
  }
});

import { parentPort, workerData } from 'node:worker_threads';
import { endInOrder } from '../../broken-thread.js';
import { DecoderChoice } from '../../decoder-choice.js';
import { Decoder } from './decoder.js';
import type { DetailStart, FromDetailThread, ToDetailThread } from './detail-protocol.js';
import { machineTime } from './moment-clock.js';
import { PictureSupply } from './picture-supply.js';
import { Receiver } from './receiver.js';

/** The thread of a main stream: receives it, keeps its newest packets, and decodes pictures of them when they are asked for. */

const start = workerData as DetailStart;
const choice = new DecoderChoice(start.hwaccel, start.hwDevice);
const rooms = new Map<number, { bytes: number; resolve: (pixels: Uint8Array | undefined) => void }>();

const supply = new PictureSupply({
  now: machineTime,
  ...(start.idleMs === undefined ? {} : { idleMs: start.idleMs }),
  decoder: (options) => {
    choice.learn(options.first.codec);
    const hardware = choice.isHardware;
    let pictures = 0;
    return new Decoder({
      ...options,
      program: start.receiver.program,
      passthrough: start.passthrough,
      inputOptions: choice.arguments,
      done: (unit) => {
        pictures++;
        options.done(unit);
      },
      ended: (message, ran) => {
        if (hardware && ran && pictures === 0) {
          choice.refuse();
          post({ kind: 'problem', message: `${message}. Software decodes it now`, code: 'ALPR_SOURCE' });
        }
        options.ended(message, ran);
      },
    });
  },
  replies: {
    none: (id, why, message) => post({ kind: 'none', id, why, message }),
    same: (id, unit) => post({ kind: 'same', id, unit }),
    picture: (ids, unit, width, height, error) => {
      rooms.get(unit)?.resolve(undefined);
      return new Promise((resolve) => {
        rooms.set(unit, { bytes: width * height * 3, resolve });
        post({ kind: 'picture', ids: [...ids], unit, width, height, error });
      });
    },
    filled: (unit) => post({ kind: 'filled', unit }),
    resting: () => post({ kind: 'resting' }),
  },
});

const receiver = new Receiver(
  start.receiver,
  {
    unit: (unit) => supply.take(unit),
    live: () => post({ kind: 'live' }),
    lost: ({ message, code }) => {
      supply.lost();
      post({ kind: 'lost', message, code });
    },
  },
  machineTime,
);

function post(message: FromDetailThread): void {
  parentPort!.postMessage(message);
}

async function close(): Promise<void> {
  for (const { resolve } of rooms.values()) resolve(undefined);
  await Promise.all([receiver.close(), supply.close()]);
  parentPort!.close();
}

endInOrder(close);
parentPort!.on('message', (message: ToDetailThread) => {
  switch (message.kind) {
    case 'want':
      supply.want(message.id, message.at, message.again);
      return;
    case 'forget':
      supply.forget(message.id);
      return;
    case 'room': {
      const room = rooms.get(message.unit);
      rooms.delete(message.unit);
      room?.resolve(message.buffer && new Uint8Array(message.buffer, 0, room.bytes));
      return;
    }
    case 'rest':
      supply.rest();
      return;
    case 'close':
      void close();
  }
});

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Delivery, type DeliveryOptions, type GiveUpReason } from '../../src/outbox/delivery.js';
import type { Message } from '../../src/outbox/kept-message.js';
import { OutboxStore } from '../../src/outbox/store.js';

const HOUR = 3_600_000;
const defaults: DeliveryOptions = {
  ...{ inFlight: 1, answerMs: HOUR, retryFromMs: 1, retryMaxMs: 4, maxAgeMs: HOUR, maxMessages: 10_000 },
  ...{ maxBytes: 1e9, maxUnanswered: 0, latestRetained: false },
};

async function until(what: () => boolean, wanted: string): Promise<void> {
  for (let waited = 0; !what(); waited += 5) {
    assert.ok(waited < 10_000, `Expected ${wanted}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60));

describe('The delivery from an outbox', () => {
  let folder = '';
  let store: OutboxStore;
  let delivery: Delivery;
  /** What was sent: payload and attempt. */
  let sent: { payload: unknown; id: number; attempt: number }[] = [];
  let givenUp: { message: Message | undefined; reason: GiveUpReason }[] = [];
  let troubles: Error[] = [];
  let sending: (message: Message) => void = () => undefined;

  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alpr-delivery-'))));
  afterEach(async () => {
    delivery.close();
    await store.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  async function begin(options: Partial<DeliveryOptions> = {}): Promise<void> {
    sent = [];
    givenUp = [];
    troubles = [];
    sending = () => undefined;
    store = await OutboxStore.open(folder, () => undefined);
    delivery = new Delivery(
      store,
      { ...defaults, ...options },
      {
        send: (message, id, attempt) => {
          sending(message);
          sent.push({ payload: message['payload'], id, attempt });
        },
        giveUp: (message, reason) => givenUp.push({ message, reason }),
        trouble: (error) => troubles.push(error),
        changed: () => undefined,
      },
    );
    delivery.start();
  }
  const payloads = (): unknown[] => sent.map(({ payload }) => payload);
  const take = async (...list: unknown[]): Promise<void> => {
    for (const payload of list) await delivery.take({ payload });
  };

  it('sends one message at a time, the next when it is answered', async () => {
    await begin();
    await take('a', 'b', 'c');
    await settle();
    assert.deepEqual(payloads(), ['a']);
    for (const expected of [
      ['a', 'b'],
      ['a', 'b', 'c'],
    ]) {
      await delivery.answer(sent.at(-1)!.id, 'delivered');
      await until(() => sent.length === expected.length, 'the next');
      assert.deepEqual(payloads(), expected);
    }
    await delivery.answer(sent.at(-1)!.id, 'delivered');
    assert.deepEqual([store.size, delivery.counts.delivered], [0, 3]);
    assert.deepEqual(fs.readdirSync(folder), ['lock']);
  });

  it('lets as many be on their way as it is told to, and keeps their order', async () => {
    await begin({ inFlight: 3 });
    await Promise.all([...Array(6).keys()].map((payload) => delivery.take({ payload })));
    await until(() => sent.length === 3, 'three');
    await settle();
    assert.deepEqual(payloads(), [0, 1, 2]);
    await delivery.answer(sent[1]!.id, 'delivered');
    await settle();
    assert.deepEqual(payloads(), [0, 1, 2, 3]);
  });

  it('sends a failed message again before any other, until it is delivered', async () => {
    await begin();
    await take('a', 'b');
    for (let attempt = 1; attempt <= 6; attempt++) {
      await until(() => sent.length === attempt, `attempt ${attempt}`);
      await delivery.answer(sent.at(-1)!.id, 'failed');
    }
    await until(() => sent.length === 7, 'one more');
    assert.deepEqual(payloads(), Array(7).fill('a'));
    assert.deepEqual(
      sent.map(({ attempt }) => attempt),
      [1, 2, 3, 4, 5, 6, 7],
    );
    await delivery.answer(sent[0]!.id, 'delivered');
    await until(() => sent.at(-1)!.payload === 'b', 'the next message');
  });

  it('takes an answer once: a second one, or one to nothing, changes nothing', async () => {
    await begin();
    await take('a', 'b');
    await until(() => sent.length === 1, 'a message');
    const { id } = sent[0]!;
    await delivery.answer(id, 'delivered');
    for (const answer of ['delivered', 'failed', 'refused'] as const) await delivery.answer(id, answer);
    await delivery.answer(123, 'delivered');
    await settle();
    assert.deepEqual(payloads(), ['a', 'b']);
    assert.equal(delivery.counts.delivered, 1);
  });

  it('sends again what nobody answered', async () => {
    await begin({ answerMs: 5 });
    await take('a');
    await until(() => sent.length >= 3, 'more attempts');
    assert.deepEqual(new Set(payloads()), new Set(['a']));
    assert.equal(store.size, 1);
  });

  it('takes an answer that comes late, while it waits to send again', async () => {
    await begin({ retryFromMs: HOUR, retryMaxMs: HOUR });
    await take('a', 'b');
    await until(() => sent.length === 1, 'a message');
    await delivery.answer(sent[0]!.id, 'failed');
    await delivery.answer(sent[0]!.id, 'delivered');
    await until(() => sent.length === 2, 'the next');
    assert.deepEqual(payloads(), ['a', 'b']);
  });

  it('waits longer after every failure, up to a limit and with chance in it', async () => {
    const waits: number[] = [];
    const plain = globalThis.setTimeout;
    await begin({ retryFromMs: 1000, retryMaxMs: 6000 });
    globalThis.setTimeout = ((work: () => void, ms: number) => {
      if (ms >= 500 && ms < HOUR) waits.push(ms);
      return plain(work, ms >= 500 && ms < HOUR ? 1 : ms);
    }) as typeof setTimeout;
    try {
      await take('a');
      for (let attempt = 1; attempt <= 6; attempt++) {
        await until(() => sent.length === attempt, `attempt ${attempt}`);
        await delivery.answer(sent.at(-1)!.id, 'failed');
      }
    } finally {
      globalThis.setTimeout = plain;
    }
    for (const [index, longest] of [1000, 2000, 4000, 6000, 6000, 6000].entries()) {
      assert.ok(waits[index]! > longest / 2 - 1 && waits[index]! <= longest, `${waits[index]} of ${longest}`);
    }
    assert.equal(new Set(waits.slice(3)).size, 3);
  });

  describe('over a connection', () => {
    it('sends nothing while it is down, and everything in order when it stands again', async () => {
      await begin();
      delivery.setConnected(false);
      await take('a', 'b');
      await settle();
      assert.equal(sent.length, 0);
      delivery.setConnected(true);
      await until(() => sent.length === 1, 'the first');
      await delivery.answer(sent[0]!.id, 'delivered');
      await until(() => sent.length === 2, 'the second');
      assert.deepEqual(payloads(), ['a', 'b']);
    });

    it('sends at once again what went out before anybody knew that there was none', async () => {
      await begin();
      await take('a');
      await until(() => sent.length === 1, 'a message');
      delivery.setConnected(false);
      delivery.setConnected(true);
      await until(() => sent.length === 2, 'the same again');
      assert.deepEqual(payloads(), ['a', 'a']);
    });

    it('leaves to the MQTT client what was handed to it while the connection stood', async () => {
      await begin();
      delivery.setConnected(true);
      await take('a');
      await until(() => sent.length === 1, 'a message');
      delivery.setConnected(false);
      delivery.setConnected(true);
      await settle();
      assert.equal(sent.length, 1);
    });

    it('gives up a message that stays unanswered while the connection stands, and goes on with the next', async () => {
      await begin({ answerMs: 3, maxUnanswered: 3 });
      delivery.setConnected(true);
      await take('bad');
      await until(() => givenUp.length === 1, 'an end');
      assert.deepEqual(payloads(), ['bad', 'bad', 'bad']);
      assert.deepEqual([givenUp[0]!.reason, givenUp[0]!.message!['payload']], ['unanswered', 'bad']);
      await take('good');
      await until(() => sent.some(({ payload }) => payload === 'good'), 'the next');
    });

    it('never gives up for that reason while nobody says that the connection stands', async () => {
      await begin({ answerMs: 2, maxUnanswered: 2 });
      await take('a');
      await until(() => sent.length > 6, 'many attempts');
      assert.deepEqual(givenUp, []);
    });
  });

  it('gives the oldest away when there are too many, and says which', async () => {
    await begin({ maxMessages: 3 });
    delivery.setConnected(false);
    await Promise.all([...Array(10).keys()].map((payload) => delivery.take({ payload })));
    assert.equal(store.size, 3);
    assert.deepEqual(
      givenUp.map(({ message, reason }) => [message!['payload'], reason]),
      [0, 1, 2, 3, 4, 5, 6].map((n) => [n, 'full']),
    );
    assert.equal(delivery.counts.givenUp, 7);
  });

  it('keeps its files below their limit', async () => {
    const limit = 200_000;
    await begin({ maxBytes: limit });
    delivery.setConnected(false);
    const onDisk = (): number =>
      fs.readdirSync(folder).reduce((sum, name) => sum + fs.statSync(path.join(folder, name)).size, 0);
    for (let index = 0; index < 40; index++) {
      await delivery.take({ payload: Buffer.alloc(30_000, index) });
      assert.ok(onDisk() < limit + 1000, String(onDisk()));
    }
    assert.equal(store.size, 6);
    assert.equal(givenUp.length, 34);
  });

  it('gives away what is too old', async () => {
    store = await OutboxStore.open(folder, () => undefined);
    await store.append({ payload: 'old' }, Date.now() - 2 * HOUR);
    await store.append({ payload: 'new' });
    await store.close();
    await begin({ maxAgeMs: HOUR });
    await until(() => givenUp.length === 1, 'the old one');
    assert.deepEqual([givenUp[0]!.message!['payload'], givenUp[0]!.reason], ['old', 'age']);
    await until(() => payloads().includes('new'), 'the new one');
    assert.equal(store.size, 1);
  });

  it('gives up what is refused or cannot be sent, and goes on', async () => {
    await begin();
    sending = ({ payload }) => {
      if (payload === 'form') throw new Error('Expected no form');
    };
    await take('refused', 'form', 'good');
    await until(() => sent.length === 1, 'a message');
    await delivery.answer(sent[0]!.id, 'refused');
    await until(() => payloads().includes('good'), 'the last');
    assert.deepEqual(
      givenUp.map(({ message, reason }) => [message!['payload'], reason]),
      [
        ['refused', 'refused'],
        ['form', 'refused'],
      ],
    );
    assert.deepEqual(
      troubles.map(({ message }) => message),
      ['Expected no form'],
    );
  });

  it('keeps only the newest retained message of a topic, and every one that is not retained', async () => {
    await begin({ latestRetained: true });
    delivery.setConnected(false);
    for (const payload of [1, 2, 3]) {
      await delivery.take({ topic: 'state', retain: true, payload });
      await delivery.take({ topic: 'event', payload: `event ${payload}` });
    }
    delivery.setConnected(true);
    for (let count = 1; count <= 4; count++) {
      await until(() => sent.length === count, `message ${count}`);
      await delivery.answer(sent.at(-1)!.id, 'delivered');
    }
    assert.deepEqual(payloads(), ['event 1', 'event 2', 3, 'event 3']);
    assert.equal(delivery.counts.replaced, 2);
  });

  it('forgets what waits when it is told to, on the disk, too', async () => {
    await begin();
    await take('a', 'b', 'c');
    assert.equal(await delivery.clear(), 3);
    assert.deepEqual(fs.readdirSync(folder), ['lock']);
    await take('d');
    await until(() => payloads().includes('d'), 'the next');
  });
});

import { join, resolve } from 'node:path';
import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import { connectionNews } from '../../src/node-red/connection-news.js';
import { toError } from '../../src/node-red/errors.js';
import { statusOf } from '../../src/node-red/handle-input.js';
import type { AlprMessage } from '../../src/node-red/message.js';
import { SettingsError, SettingsReader } from '../../src/node-red/settings.js';
import { StatusLine } from '../../src/node-red/status.js';
import { Delivery, type DeliveryPort, type GiveUpReason } from '../../src/outbox/delivery.js';
import { classify, type OutboxMark } from '../../src/outbox/incoming.js';
import { OutboxStore } from '../../src/outbox/store.js';
import { signedForWebhook } from '../../src/outbox/webhook.js';

const HOUR_MS = 3_600_000;
/** Node-RED says when all flows are there; should it not, sending begins anyway. */
const START_MS = 5000;

const reasons: Record<GiveUpReason, string> = {
  full: 'the outbox is full, and this was the oldest',
  age: 'too old',
  refused: 'refused',
  unanswered: 'no answer although the connection stands',
  damaged: 'cannot be read from the disk any more',
};

/** Keeps messages on disk until they are delivered: sends them in order, again and again, until each is answered. */
export = function (RED: NodeAPI): void {
  function Outbox(this: Node<{ secret: unknown }>, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    const read = new SettingsReader(config);
    const { fileWorkingDirectory, userDir = '.' } = RED.settings as { fileWorkingDirectory?: string; userDir?: string };
    const named = read.text('folder');
    const folder =
      named === '' ? join(userDir, 'alpr-outbox', this.id) : resolve(fileWorkingDirectory ?? userDir, named);
    const options = {
      inFlight: read.number('inFlight', 1, { min: 1, max: 100, integer: true }),
      answerMs: 1000 * read.number('answerSeconds', 30, { min: 1, max: 3600 }),
      retryFromMs: 1000 * read.number('retrySeconds', 2, { min: 0.1, max: 3600 }),
      retryMaxMs: 1000 * read.number('maxRetrySeconds', 300, { min: 1, max: 86_400 }),
      maxUnanswered: read.number('maxUnanswered', 10, { min: 0, max: 10_000, integer: true }),
      maxMessages: read.number('maxMessages', 10_000, { min: 1, max: 1_000_000, integer: true }),
      maxBytes: 1e6 * read.number('maxMegabytes', 256, { min: 1, max: 100_000 }),
      maxAgeMs: HOUR_MS * read.number('maxAgeHours', 168, { min: 0.1, max: 87_600 }),
      latestRetained: read.flag('latestRetained', false),
    };
    const sign = read.flag('sign', false);
    const { secret = '' } = (this.credentials ?? {}) as { secret?: string };
    const problem =
      read.error ??
      (sign && secret === '' ? new SettingsError(['Expected a secret for signing but received nothing']) : undefined);

    const status = new StatusLine(this);
    let store: OutboxStore | undefined;
    let delivery: Delivery | undefined;
    let closed = false;

    const show = (): void => {
      if (store === undefined || delivery === undefined) return;
      const { size } = store;
      const { givenUp, delivered } = delivery.counts;
      const lost = givenUp === 0 ? '' : `, ${givenUp} lost`;
      if (size === 0) status.ok(givenUp === 0 ? `${delivered} delivered` : `empty${lost}`);
      else if (delivery.connected === false) status.waitingFor(`offline: ${size}${lost}`);
      else if (delivery.isRetrying || lost !== '') status.waitingFor(`${size} waiting${lost}`);
      else status.ok(`${size} waiting`);
    };

    const port: DeliveryPort = {
      send: (message, id, attempt) => {
        const mark: OutboxMark = { node: this.id, id, attempt };
        const signed = sign ? signedForWebhook(message, id, secret, Date.now() / 1000) : message;
        this.send([{ ...signed, _alprOutbox: mark }, null]);
      },
      giveUp: (message, reason) => {
        this.warn(`A message was not delivered: ${reasons[reason]}`);
        this.send([null, { ...message, outbox: { reason, text: reasons[reason] } }]);
      },
      trouble: (error) => {
        status.failed(statusOf(error));
        this.error(error.message, { topic: 'outbox' });
      },
      changed: show,
    };

    let started = false;
    const open = async (): Promise<Delivery> => {
      if (problem !== undefined) throw problem;
      store = await OutboxStore.open(folder, (damage) => this.warn(damage));
      delivery = new Delivery(store, options, port);
      if (closed) await store.close();
      else if (started) delivery.start();
      show();
      return delivery;
    };
    let opening: Promise<Delivery> | undefined;
    /** A folder that cannot be used now (a drive that is not there yet) is tried again with the next message. */
    const opened = (): Promise<Delivery> => {
      opening ??= open().catch((error: Error) => {
        opening = undefined;
        throw error;
      });
      return opening;
    };
    opened().catch((error: Error) => {
      if (problem === undefined) port.trouble(error);
      else status.failed('settings');
    });
    const { events } = RED as unknown as { events: NodeJS.EventEmitter };
    const start = (): void => {
      events.off('flows:started', start);
      clearTimeout(startTimer);
      started = true;
      delivery?.start();
    };
    const startTimer = setTimeout(start, START_MS);
    events.on('flows:started', start);

    const take = async (msg: AlprMessage): Promise<void> => {
      const ready = await opened();
      const news = connectionNews(msg);
      if (news === 'nothing') return;
      if (news !== undefined) return ready.setConnected(news);
      const incoming = classify(msg, this.id);
      switch (incoming.kind) {
        case 'message':
          return ready.take(msg as Record<string, unknown>);
        case 'answer':
          return ready.answer(incoming.id, incoming.answer);
        case 'action':
          return incoming.action === 'retry' ? ready.retry() : void (await ready.clear());
      }
    };
    // Not by handleInput: answers must get past messages that wait for the disk, and control messages are kept like others.
    this.on('input', (msg: NodeMessageInFlow, _send, done) => {
      if (closed) return done();
      take(msg as AlprMessage).then(
        () => done(),
        (thrown: unknown) => {
          const error = toError(thrown);
          if (problem === undefined) status.failed(statusOf(error));
          done(error);
        },
      );
    });
    this.on('close', (removed: boolean, done: () => void) => {
      closed = true;
      events.off('flows:started', start);
      clearTimeout(startTimer);
      delivery?.close();
      status.close();
      Promise.resolve(opening)
        .then(async () => {
          await store?.close();
          if (removed && store !== undefined && store.size > 0) {
            this.warn(`${store.size} messages that were not delivered stay in ${store.folder}`);
          }
        })
        .catch(() => undefined)
        .finally(done);
    });
  }
  RED.nodes.registerType('alpr-outbox', Outbox, { credentials: { secret: { type: 'password' } } });
};

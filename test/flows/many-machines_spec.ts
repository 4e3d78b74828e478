import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { mosquittoMissing, startBroker, type Broker } from '../support/mosquitto.js';
import {
  assertOncePerVisit,
  commands,
  displayFlow,
  finalByHand,
  finals,
  Machine,
  readerFlow,
  visitsOf,
  whoReads,
  type ReadEvent,
} from './many-machines.js';
import { Listener, until } from './mqtt-flow.js';

/** On the list of example 17. */
const allowed = 'LM73KXR';
const cameras = ['north', 'south'];

/** One story, told in order: each step begins where the one before ended. */
describe('Two machines that read and one that decides, with one broker', function () {
  this.timeout(600_000);
  let broker: Broker;
  let listener: Listener;
  let machines: Machine[] = [];
  let [first, second, display]: Machine[] = [];

  before(async function () {
    const missing = mosquittoMissing();
    if (missing !== undefined) {
      if (process.env['CI']) throw new Error(missing);
      console.log(`    skipped: ${missing}`);
      this.skip();
    }
    broker = await startBroker();
    listener = await Listener.connect(broker, ['plateflow/#']);
    const reader = (folder: string) => readerFlow(broker, folder);
    first = new Machine('reader-1', reader);
    second = new Machine('reader-2', reader);
    display = new Machine('display', () => displayFlow(broker));
    machines = [first, second, display];
    await display.start();
    await untilHeard();
    await Promise.all([first, second].map(async (machine) => machine.start()));
  });
  after(async () => {
    for (const machine of machines) await machine.remove();
    await listener?.close();
    await broker?.remove();
  });

  /** What is told before the display has ever been there is kept for nobody: it listens before anybody reads. */
  async function untilHeard(): Promise<void> {
    const page = `${display!.nodeRed!.url}plates/data.json`;
    const hears = async (): Promise<boolean> => {
      const { visits } = (await (await fetch(page)).json()) as { visits: { camera: string }[] };
      return visits.some(({ camera }) => camera === 'probe');
    };
    for (let id = 0; !(await hears()); id++) {
      const event = finalByHand('probe', `probe ${id}`, 'AB12CDE', Date.now());
      await listener.client.publishAsync('plateflow/cameras/probe/plates', event, { qos: 1 });
      await setTimeout(100);
    }
  }

  const shared = { 'reader-1': 'north', 'reader-2': 'south' };
  const areShared = (said: Record<string, string>, wanted: Record<string, string>): boolean =>
    Object.entries(wanted).every(([machine, what]) => said[machine] === what);
  async function untilShared(wanted: Record<string, string>): Promise<void> {
    await until(
      () => areShared(whoReads(listener), wanted),
      () => `${JSON.stringify(wanted)} but received ${JSON.stringify(whoReads(listener))}`,
    );
  }
  /** Waits for further finals of a camera, all of them by one machine. */
  async function untilRead(camera: string, machine: string): Promise<void> {
    const before = finals(listener, camera).length;
    const further = (): ReadEvent[] => finals(listener, camera).slice(before);
    await until(
      () => further().filter((event) => event.machine === machine).length >= 2,
      `plates of ${camera} by ${machine}`,
    );
  }
  /** Events of the plate that may come in. */
  const ofAllowed = (camera: string): ReadEvent[] => finals(listener, camera).filter(({ plate }) => plate === allowed);
  async function untilOpened(camera: string): Promise<void> {
    const lacking = (): string[][] => {
      const opened = new Set(commands(listener, camera).map(({ visit }) => visit));
      const visits = visitsOf(listener, camera, allowed).filter(({ ids }) => !ids.some((id) => opened.has(id)));
      return visits.map(({ ids }) => ids);
    };
    await until(
      () => lacking().length === 0,
      () => `a command for ${JSON.stringify(lacking())}`,
    );
  }

  it('share the cameras, and the gate opens', async () => {
    await untilShared(shared);
    await Promise.all([untilRead('north', 'reader-1'), untilRead('south', 'reader-2')]);
    for (const camera of cameras) {
      await until(() => ofAllowed(camera).length > 0, `${allowed} at ${camera}`);
      await untilOpened(camera);
    }
    const { machines: seen, visits } = (await (await fetch(`${display!.nodeRed!.url}plates/data.json`)).json()) as {
      machines: { name: string; cameras: string[] }[];
      visits: { plate: string; opened?: number; rule?: string; picture?: string }[];
    };
    assert.deepEqual(seen.map(({ name }) => name).sort(), ['reader-1', 'reader-2']);
    assert.ok(visits.some(({ plate, opened, rule }) => plate === allowed && rule === 'allow' && opened !== undefined));
    assert.equal(Buffer.from(visits[0]!.picture!, 'base64').readUInt16BE(), 0xffd8);
  });

  it('take over from one that is killed, and give back when it is there again', async () => {
    await first!.kill();
    await untilShared({ 'reader-1': 'gone', 'reader-2': 'north,south' });
    await untilRead('north', 'reader-2');
    await untilRead('south', 'reader-2');
    await first!.start();
    await untilShared(shared);
    await untilRead('north', 'reader-1');
    const before = finals(listener, 'north').length;
    await untilRead('south', 'reader-2');
    await untilRead('north', 'reader-1');
    const since = finals(listener, 'north').slice(before);
    assert.deepEqual([...new Set(since.map(({ machine }) => machine))], ['reader-1'], 'nobody else reads north');
  });

  it('lose no final and open once per visit while broker and display are killed', async () => {
    await Promise.all(cameras.map(untilOpened));
    for (const camera of cameras) {
      const last = commands(listener, camera).at(-1);
      if (last !== undefined) await display!.remembers('open once', last.visit);
    }
    await broker.stop('SIGKILL');
    await display!.kill();
    const readers = [first!, second!];
    const before = readers.map((reader) => reader.taken().length);
    await until(
      () => readers.every((reader, index) => reader.taken().length > before[index]! + 1),
      'finals in the outbox',
    );
    await display!.start();
    const taken = readers.flatMap((reader) => reader.taken());
    await broker.start();
    const told = (): Set<string> =>
      new Set(cameras.flatMap((camera) => finals(listener, camera)).map(({ id, plate }) => `${id} ${plate}`));
    const missing = (): string[] => taken.filter((final) => !told().has(final));
    await until(
      () => missing().length === 0,
      () => `these finals: ${missing().join()}`,
    );
    await untilShared(shared);
    // Nothing moves any more, so that what was told and what was opened can be counted.
    await first!.remove();
    await second!.remove();
    for (const camera of cameras) {
      await untilOpened(camera);
      assert.ok(commands(listener, camera).length > 1);
      assertOncePerVisit(ofAllowed(camera), commands(listener, camera));
    }
  });

  it('open once for what comes twice, late, out of order, by another machine or after a restart', async () => {
    const tell = async (id: string, seen: number, more: object = {}): Promise<unknown> => {
      const text = finalByHand('gate', id, allowed, now + seen, more);
      return listener.client.publishAsync('plateflow/cameras/gate/plates', text, { qos: 1 });
    };
    const opened = (): string[] => commands(listener, 'gate').map(({ visit }) => visit);
    const now = Date.now();
    await tell('a', -60_000, { event: 'left' });
    await tell('a', -60_000);
    await tell('a', -60_000);
    await tell('a, read by another', -59_500);
    await tell('before a', -90_000);
    await tell('a stranger', -50_000, { plate: 'AB12CDE', normalised: 'AB12CDE' });
    await tell('of yesterday', -86_400_000);
    await tell('b', -30_000);
    await until(() => opened().includes('b'), 'the last of them');
    assert.deepEqual(opened(), ['a', 'before a', 'b']);
    await display!.remembers('open once', '"b"');
    await display!.remembers('one visit', '"b"');
    await display!.kill();
    await tell('b', -30_000);
    await tell('b, read by another', -29_500);
    await tell('c', -1000);
    await display!.start();
    await until(() => opened().includes('c'), 'what came while the display was away');
    assert.deepEqual(opened(), ['a', 'before a', 'b', 'c']);
    assert.deepEqual(display!.nodeRed!.errors(), []);
  });
});

import assert from 'node:assert/strict';
import type { PlateEvent, PlateMiss } from '../../src/events/plate-event.js';
import { HomeAssistantBridge } from '../../src/home-assistant/bridge.js';
import { eventIn, missIn, reportIn } from '../../src/home-assistant/incoming.js';
import { readMemory } from '../../src/home-assistant/memory.js';
import type { MqttMessage } from '../../src/home-assistant/mqtt-message.js';
import { topicProblem, type HomeAssistantOptions } from '../../src/home-assistant/options.js';
import { readShownPlates } from '../../src/home-assistant/shown-plates.js';
import { topicId } from '../../src/home-assistant/topic-id.js';
import type { CameraState } from '../../src/sources/live/camera-state.js';
import { discoveryProblems, PretendedHomeAssistant } from '../support/home-assistant-rules.js';

const defaults: HomeAssistantOptions = {
  ...{ prefix: 'homeassistant', base: 'plateflow', availability: 'plateflow/status', retain: true, lastPlate: true },
  ...{ images: true, readsToday: true, diagnostics: true, plates: [], seenSeconds: 60, silenceMs: 10_000 },
  ...{ reportMs: 10_000, version: '1.2.3' },
};
const noon = new Date(2026, 10, 20, 12).getTime();
const jpeg = Buffer.from([0xff, 0xd8, 1, 2, 3]);

let visit = 0;
function event(more: Partial<PlateEvent> = {}): PlateEvent {
  return {
    ...{
      version: 1,
      event: 'final',
      id: `visit-${++visit}`,
      camera: 'gate',
      plate: 'AB-123 CD',
      normalised: 'AB123CD',
    },
    ...{ confidence: 0.95123, characters: [{ text: 'A', confidence: 1 }], candidates: [], reads: 4, agreeing: 3 },
    ...{ box: { x1: 0, y1: 0, x2: 9, y2: 9 }, firstSeen: noon - 2000, lastSeen: noon, frames: 5 },
    ...more,
  } as PlateEvent;
}
const miss: PlateMiss = {
  ...{
    camera: 'gate',
    code: 'blurred',
    reason: 'blurred 63 < 100',
    box: { x1: 0, y1: 0, x2: 9, y2: 9 },
    timestamp: noon,
  },
  counts: {},
};

function bridge(options: Partial<HomeAssistantOptions> = {}, before?: HomeAssistantBridge): HomeAssistantBridge {
  const memory = before === undefined ? undefined : readMemory(JSON.stringify(before.memory));
  return new HomeAssistantBridge({ ...defaults, ...options }, memory);
}
const text = (messages: MqttMessage[], topic: string): string | undefined => {
  const found = messages.find((message) => message.topic === topic);
  return found === undefined ? undefined : String(found.payload);
};
const topics = (messages: MqttMessage[]): string[] => messages.map(({ topic }) => topic);
const configs = (messages: MqttMessage[]): MqttMessage[] => messages.filter(({ topic }) => topic.endsWith('/config'));
function played(...lists: MqttMessage[][]): PretendedHomeAssistant {
  const home = new PretendedHomeAssistant();
  for (const message of lists.flat()) home.take(message);
  return home;
}

describe('Home Assistant', () => {
  it('learns of a camera before its first state, by rules of its own', () => {
    const one = bridge({ plates: [{ plate: 'AB123CD', name: 'Bakery' }] });
    const messages = [
      ...one.event(event({ event: 'provisional' }), noon),
      ...one.event(event({ images: { plate: jpeg, vehicle: jpeg } }), noon),
      ...one.frame('gate', 80, noon),
      ...one.miss(miss),
    ];
    const home = played(messages);
    assert.deepEqual(home.problems, []);
    assert.deepEqual(
      [...home.entities.keys()].map((key) => key.replace(/seen_.*/, 'seen')).sort(),
      [
        ...['camera_ok', 'fps', 'infer_ms', 'last_miss', 'last_plate', 'last_plate_image', 'last_vehicle_image'],
        ...['plate', 'reads_today', 'seen'],
      ].map((name) => `plateflow_gate/${name}`),
    );
  });

  it('is told only once, and again when there is something new', () => {
    const one = bridge();
    assert.equal(configs(one.event(event(), noon)).length, 1);
    assert.equal(configs(one.event(event(), noon)).length, 0);
    assert.equal(configs(one.event(event({ images: { plate: jpeg } }), noon)).length, 1);
    assert.equal(configs(one.event(event({ images: { plate: jpeg } }), noon)).length, 0);
  });

  it('is told everything again when it starts', () => {
    const one = bridge();
    one.event(event(), noon);
    one.event(event({ camera: 'yard' }), noon);
    const again = one.born();
    assert.deepEqual(topics(again), [
      'homeassistant/device/plateflow_gate/config',
      'homeassistant/device/plateflow_yard/config',
      'plateflow/status',
    ]);
    assert.equal(text(again, 'plateflow/status'), 'online');
    assert.deepEqual(
      configs(again).flatMap((config) => discoveryProblems(config)),
      [],
    );
  });

  it('gets an event for every step, never retained, with all about the plate', () => {
    const one = bridge();
    for (const step of ['provisional', 'final', 'left'] as const) {
      const messages = one.event(event({ event: step, region: 'NL', direction: 'in', zone: 'drive' }), noon);
      const sent = messages.find(({ topic }) => topic === 'plateflow/gate/event')!;
      assert.deepEqual([sent.retain, sent.qos], [false, 1]);
      const { event_type: type, id, ...rest } = JSON.parse(String(sent.payload)) as Record<string, unknown>;
      assert.equal(type, step);
      assert.match(String(id), /^visit-/);
      assert.deepEqual(rest, {
        ...{ event: step, camera: 'gate', plate: 'AB-123 CD', normalised: 'AB123CD', confidence: 0.951, reads: 4 },
        ...{ agreeing: 3, region: 'NL', direction: 'in', zone: 'drive' },
        ...{ first_seen: new Date(noon - 2000).toISOString(), last_seen: new Date(noon).toISOString() },
      });
    }
  });

  const verdicts: [string, object, string][] = [
    ['allowed', { rule: 'allow', verdict: 'allowed', name: 'Bakery' }, 'allowed'],
    ['on the list but not let in now', { rule: 'allow', verdict: 'not-allowed', code: 'cool-down' }, 'known'],
    ['an alert', { rule: 'alert', verdict: 'alert' }, 'alert'],
    ['denied', { rule: 'deny', verdict: 'not-allowed' }, 'denied'],
    ['on no list', { rule: 'unknown', verdict: 'not-allowed' }, 'unknown'],
    ['known by who knows whom', {}, 'unknown'],
  ];
  for (const [title, known, expected] of verdicts) {
    it(`gets the event ${expected} for a plate that is ${title}, and no ${expected === 'allowed' ? 'other' : 'allowed'}`, () => {
      const messages = bridge().event(event({ known: known as never }), noon);
      const sent = messages.filter(({ topic }) => topic === 'plateflow/gate/event');
      assert.deepEqual(
        sent.map(({ payload }) => (JSON.parse(String(payload)) as { event_type: string }).event_type),
        [expected],
      );
    });
  }

  it('shows the last plate and its pictures byte by byte, and leaves them when the vehicle leaves', () => {
    const one = bridge();
    const messages = one.event(
      event({ images: { plate: jpeg, vehicle: Buffer.concat([jpeg, jpeg]), frame: jpeg } }),
      noon,
    );
    assert.equal(text(messages, 'plateflow/gate/last_plate'), 'AB-123 CD');
    const pictures = messages.filter(({ topic }) => topic.endsWith('/image'));
    assert.deepEqual(
      pictures.map(({ topic, payload, retain }) => [topic, (payload as Buffer).length, retain]),
      [
        ['plateflow/gate/last_plate/image', 5, true],
        ['plateflow/gate/last_vehicle/image', 10, true],
      ],
    );
    assert.deepEqual(pictures[0]!.payload, jpeg);
    assert.deepEqual(topics(one.event(event({ event: 'left' }), noon)), ['plateflow/gate/event']);
  });

  it('is not asked to keep anything when that is switched off', () => {
    const one = bridge({ retain: false });
    const messages = [...one.event(event({ images: { plate: jpeg } }), noon), ...one.frame('gate', 1, noon)];
    const kept = messages.filter(({ retain }) => retain).map(({ topic }) => topic);
    assert.deepEqual([...new Set(kept)], ['homeassistant/device/plateflow_gate/config', 'plateflow/status']);
  });

  it('has a sensor that goes on for a plate of its own, as read or as a list took it, and is never kept', () => {
    const one = bridge({ plates: [{ plate: 'AB123CD', name: 'Bakery' }] });
    const seen = (messages: MqttMessage[]): MqttMessage[] => messages.filter(({ topic }) => topic.includes('/seen/'));
    const [on] = seen(one.event(event(), noon));
    assert.deepEqual([on!.payload, on!.retain], ['ON', false]);
    const fuzzy = event({ plate: 'A8123CD', normalised: 'A8123CD', known: { rule: 'allow', plate: 'AB-123-CD' } });
    assert.equal(seen(one.event(fuzzy, noon)).length, 1);
    assert.equal(seen(one.event(event({ normalised: 'XX9' }), noon)).length, 0);
    assert.equal(seen(one.event(event({ event: 'provisional' }), noon)).length, 0);
    assert.ok(
      !JSON.stringify([one.announce(), topics(one.event(event(), noon))]).includes('AB123CD'),
      'no plate in topics',
    );
  });

  it('counts visits, each once, and begins anew at midnight', () => {
    const one = bridge();
    const count = (messages: MqttMessage[]): string | undefined => text(messages, 'plateflow/gate/reads_today');
    assert.equal(count(one.event(event({ id: 'a' }), noon)), '1');
    assert.equal(count(one.event(event({ id: 'a', known: { rule: 'allow' } }), noon)), undefined);
    assert.equal(count(one.event(event({ id: 'a', supersedes: 'X' }), noon)), undefined);
    assert.equal(count(one.event(event({ id: 'b' }), noon)), '2');
    assert.deepEqual(one.tick(noon + 1000), []);
    const restarted = bridge({}, one);
    assert.equal(count(restarted.event(event({ id: 'c' }), noon)), '3');
    const midnight = new Date(2026, 10, 21).getTime();
    assert.equal(count(restarted.tick(midnight)), '0');
    assert.deepEqual(restarted.tick(midnight + 1), []);
    assert.equal(count(restarted.event(event({ id: 'd' }), midnight)), '1');
  });

  it('learns whether the camera is there, and how fast it is', () => {
    const one = bridge();
    const state = (messages: MqttMessage[], name: string): string | undefined =>
      text(messages, `plateflow/gate/${name}`);
    const first = one.frame('gate', 50, noon);
    assert.equal(state(first, 'camera_ok'), 'ON');
    let last: MqttMessage[] = [];
    for (let frame = 1; frame <= 100; frame++) last = one.frame('gate', frame % 2 === 0 ? 40 : 60, noon + frame * 100);
    assert.deepEqual([state(last, 'fps'), state(last, 'infer_ms'), state(last, 'camera_ok')], ['10', '50', undefined]);
    assert.deepEqual(one.tick(noon + 20_000), []);
    assert.equal(state(one.tick(noon + 20_001), 'camera_ok'), 'OFF');
    assert.deepEqual(one.tick(noon + 30_000), []);
    assert.equal(state(one.frame('gate', 50, noon + 40_000), 'camera_ok'), 'ON');
    assert.equal(state(one.ended('gate'), 'camera_ok'), 'OFF');
    assert.deepEqual(one.ended('gate'), []);
    assert.deepEqual(one.ended('nobody'), []);
  });

  it('believes what camera-in says of its camera', () => {
    const one = bridge();
    const state = (messages: MqttMessage[]): string | undefined => text(messages, 'plateflow/gate/camera_ok');
    const report = (to: CameraState): MqttMessage[] => {
      const counts = { received: 0, sent: 0, dropped: 0, held: 0, damaged: 0, lost: 0 };
      const payload = { camera: 'gate', state: to, previous: 'live', since: 0, code: 'X', reason: 'why', counts };
      assert.equal(missIn(payload), undefined);
      return one.report(reportIn(JSON.parse(JSON.stringify(payload)))!);
    };
    assert.deepEqual(report('connecting'), []);
    // Announced first, then on.
    const first = report('live');
    assert.match(first[0]!.topic, /config$/);
    assert.equal(state(first), 'ON');
    assert.deepEqual(played(first).problems, []);
    assert.equal(state(one.frame('gate', 50, noon)), undefined);
    // Nothing moves for an hour: no frame comes, and the camera is there.
    assert.deepEqual(report('still'), []);
    assert.deepEqual(one.tick(noon + 3_600_000), []);
    assert.equal(state(report('lost')), 'OFF');
    // This frame was on its way through the flow.
    assert.equal(state(one.frame('gate', 50, noon + 3_600_001)), undefined);
    assert.deepEqual(report('failed'), []);
    assert.equal(state(report('live')), 'ON');
    assert.equal(state(report('stopped')), 'OFF');
    assert.equal(reportIn({ camera: 'gate', state: 'asleep', counts: {} }), undefined);
  });

  describe('when things go', () => {
    it('loses a camera with all its states', () => {
      const one = bridge();
      const before = [
        ...one.event(event({ images: { plate: jpeg, vehicle: jpeg } }), noon),
        ...one.event(event({ camera: 'yard' }), noon),
        ...one.frame('gate', 1, noon),
      ];
      const home = played(before, one.remove('gate'));
      assert.deepEqual(home.problems, []);
      assert.ok([...home.entities.keys()].every((key) => key.startsWith('plateflow_yard/')));
      assert.deepEqual(
        [...home.retained.keys()].filter((topic) => topic.includes('gate')),
        [],
      );
      const all = played(before, one.remove());
      assert.deepEqual(
        [...all.retained.keys()].filter((topic) => topic.includes('yard')),
        [],
      );
      assert.equal(one.size, 0);
    });

    it('loses a plate’s sensor that the settings do not name any more, and is told so until it has started', () => {
      const plates = [{ plate: 'AB123CD', name: 'Bakery' }];
      const one = bridge({ plates });
      const before = one.event(event(), noon);
      const two = bridge({}, one);
      const now = two.start();
      const names = (home: PretendedHomeAssistant): string[] =>
        [...home.entities.values()].map((e) => String(e['name']));
      assert.ok(names(played(before)).includes('Bakery'));
      assert.deepEqual([names(played(before, now)).includes('Bakery'), played(before, now).problems], [false, []]);
      // One that was not there then reads the retained message of a later start.
      const three = bridge({}, two);
      assert.ok(!names(played(before, three.start())).includes('Bakery'));
      three.born();
      assert.ok(!JSON.stringify(three.announce()).includes('seen_'));
    });

    it('loses what is switched off, also from the broker', () => {
      const one = bridge();
      const before = one.event(event({ images: { plate: jpeg } }), noon);
      const home = played(before, bridge({ images: false, lastPlate: false, readsToday: false }, one).start());
      assert.deepEqual([...home.entities.keys()], ['plateflow_gate/plate']);
      assert.deepEqual([...home.retained.keys()].sort(), [
        'homeassistant/device/plateflow_gate/config',
        'plateflow/status',
      ]);
    });

    it('loses everything under the old topics when base topic or prefix change', () => {
      const one = bridge();
      const before = one.event(event({ images: { plate: jpeg } }), noon);
      const now = bridge({ base: 'home/plates', availability: 'home/plates/status' }, one).start();
      const home = played(before, now);
      assert.deepEqual(
        new Set([...home.entities.keys()].map((key) => key.split('/')[0])),
        new Set([`${topicId('home/plates')}_gate`]),
      );
      assert.deepEqual(
        [...home.retained.keys()].filter((topic) => topic.startsWith('plateflow/gate')),
        [],
      );
      const moved = bridge({ prefix: 'ha' }, one).start();
      assert.equal(text(moved, 'homeassistant/device/plateflow_gate/config'), '');
      assert.ok((text(moved, 'ha/device/plateflow_gate/config') ?? '').length > 100);
    });

    it('is moved from single topics in the order it wants', () => {
      const one = bridge();
      one.event(event(), noon);
      const old = ['homeassistant/sensor/gate/plate/config', 'homeassistant/event/gate/config'];
      const messages = one.migrate(old);
      assert.deepEqual(
        messages.slice(0, 2).map(({ topic, payload }) => [topic, JSON.parse(String(payload)) as unknown]),
        old.map((topic) => [topic, { migrate_discovery: true }]),
      );
      assert.equal(messages[2]!.topic, 'homeassistant/device/plateflow_gate/config');
      assert.deepEqual(
        messages.slice(-2),
        old.map((topic) => ({ topic, payload: '', qos: 1, retain: true })),
      );
    });
  });

  describe('by a hashed event', () => {
    it('gets the hash and nothing that could be read', () => {
      const hash = 'K7QZ2M4XW6A5B3CD';
      const one = bridge({ plates: [{ plate: 'AB123CD', name: '' }] });
      const messages = one.event(
        event({
          ...{
            hashed: true,
            plate: hash,
            normalised: hash,
            characters: [],
            candidates: [{ text: 'AB123CD', confidence: 1 }],
          },
          ...{ images: { plate: jpeg, vehicle: jpeg }, known: { rule: 'allow', plate: 'AB123CD', name: 'Anna' } },
        }),
        noon,
      );
      const states = messages.filter(({ topic }) => topic.startsWith('plateflow/'));
      assert.ok(
        states.every(({ payload }) => typeof payload === 'string'),
        'no picture',
      );
      assert.ok(!/AB123CD|Anna/.test(JSON.stringify(states)));
      assert.equal(text(messages, 'plateflow/gate/last_plate'), hash);
      assert.deepEqual(played(messages).problems, []);
      assert.ok(!topics(messages).some((topic) => topic.includes('/seen/')));
    });
  });

  it('gets states of at most 255 characters and attributes of at most 16 kB, whatever an event carries', () => {
    const one = bridge();
    const long = '🚗'.repeat(5000);
    const home = played(one.event(event({ plate: 'Ä'.repeat(400) }), noon), one.miss({ ...miss, reason: long }));
    assert.deepEqual(home.problems, []);
  });

  it('is not filled with cameras without end', () => {
    const one = bridge();
    for (let camera = 0; camera < 200; camera++) one.event(event({ camera: `camera ${camera}` }), noon);
    assert.throws(
      () => one.event(event({ camera: 'one more' }), noon),
      /Expected at most 200 cameras .* but received one more/,
    );
  });
});

describe('Ids of cameras in topics', () => {
  const names = [
    'gate',
    'Gate',
    'gate 1',
    'gate_1',
    'gate/1',
    'gate+1',
    '#',
    '',
    ' ',
    'Einfahrt Süd',
    'Einfahrt Sud',
    '门',
    '車',
    '\u00e9',
    'e\u0301',
    'x'.repeat(200),
    `${'x'.repeat(200)}y`,
    topicId('gate 1'),
  ];

  it('have only letters, digits, _ and -', () => {
    for (const name of names) assert.match(topicId(name), /^[a-zA-Z0-9_-]{1,64}$/, name);
  });

  it('are never the same for two names', () => {
    assert.equal(new Set(names.map(topicId)).size, names.length);
  });

  it('are the name itself where that can be', () => {
    for (const name of ['gate', 'Gate', 'gate_1', 'north-2']) assert.equal(topicId(name), name);
  });
});

describe('What comes in for Home Assistant', () => {
  it('is an event also from JSON, with its pictures in base64', () => {
    const found = eventIn(JSON.parse(JSON.stringify({ ...event(), images: { plate: jpeg.toString('base64') } })))!;
    assert.deepEqual(found.images!.plate, jpeg);
    assert.equal(eventIn({ ...event(), normalised: undefined })!.normalised, 'AB-123 CD');
  });

  for (const [title, payload] of [
    ['text', 'AB123CD'],
    ['nothing', undefined],
    ['null', null],
    ['a list', [event()]],
    ['an event of another kind', { ...event(), event: 'update' }],
    ['an event without id', { ...event(), id: undefined }],
    ['an event of no camera', { ...event(), camera: 3 }],
    ['a miss', miss],
  ] as const) {
    it(`is no event when it is ${title}`, () => assert.equal(eventIn(payload), undefined));
  }

  it('is a miss with camera, code and reason', () => {
    assert.equal(missIn(miss), miss);
    assert.equal(missIn({ code: 'x', reason: 'y' }), undefined);
    assert.equal(missIn(null), undefined);
  });

  it('is a list of plates of which each has a line', () => {
    assert.deepEqual(readShownPlates(' ab-12 cde = Bakery = van \n\nXY 9\nab12cde=again\n').plates, [
      { plate: 'AB12CDE', name: 'again' },
      { plate: 'XY9', name: 'XY 9' },
    ]);
    assert.match(readShownPlates('AB1\n--- = nobody').problem!, /in line 2/);
    assert.match(
      readShownPlates(Array.from({ length: 101 }, (_, index) => `AB${index}`).join('\n')).problem!,
      /at most 100/,
    );
  });

  it('is a base topic without wildcards and empty levels', () => {
    for (const topic of ['plateflow', 'home/plates', 'é']) assert.equal(topicProblem(topic), undefined);
    for (const topic of ['', 'a/#', 'a+', '/a', 'a/', 'a//b', 'a\nb']) assert.ok(topicProblem(topic), topic);
  });

  it('is a memory only when it is whole', () => {
    for (const bad of ['', '[]', '{}', 'null', '{"prefix":1,"base":"a"}'])
      assert.equal(readMemory(bad), undefined, bad);
    const some = readMemory(
      '{"prefix":"a","base":"b","cameras":{"gate":{"reads":-1,"components":{"x":"robot"}},"no":3}}',
    )!;
    assert.deepEqual(Object.keys(some.cameras), ['gate']);
    assert.deepEqual([some.cameras['gate']!.reads, some.cameras['gate']!.components], [0, {}]);
  });
});

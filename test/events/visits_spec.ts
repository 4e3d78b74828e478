import assert from 'node:assert/strict';
import type { DepartedTrack, Miss, Plate, PlateVote, Vehicle } from '../../src/detection/types.js';
import { VisitBook, type VisitInput } from '../../src/events/visits.js';

const START = 1_700_000_000_000;
const BOX = { x1: 10, y1: 20, x2: 110, y2: 45 };
const CAR = { x1: 0, y1: 0, x2: 300, y2: 200 };

function vote(text: string, agreeing: number, extra: Partial<PlateVote> = {}): PlateVote {
  const characters = [...text].map((character) => ({ text: character, confidence: 0.9 }));
  const candidates = [{ text, confidence: 1 }];
  return { text, confidence: 0.9, characters, candidates, reads: agreeing, agreeing, settled: false, ...extra };
}
/** Sure but for its last character. */
function doubtful(text: string, agreeing: number): PlateVote {
  const sure = vote(text, agreeing, { confidence: 0.85 });
  return {
    ...sure,
    characters: sure.characters.map((c, i) => (i === text.length - 1 ? { ...c, confidence: 0.599 } : c)),
  };
}
const tracked = (trackId: number, given: PlateVote | undefined, extra: Partial<Plate> = {}): Plate => ({
  box: BOX,
  confidence: 0.8,
  trackId,
  ...(given === undefined ? {} : { vote: given, text: given.text }),
  ...extra,
});
const untracked = (text: string, textConfidence = 0.9, extra: Partial<Plate> = {}): Plate => ({
  box: BOX,
  confidence: 0.8,
  text,
  textConfidence,
  ...extra,
});
const gone = (trackId: number, seconds: number, plate?: PlateVote, label = 'car'): DepartedTrack => ({
  trackId,
  label,
  box: CAR,
  firstSeen: START,
  lastSeen: START + seconds * 1000,
  frames: 7,
  ...(plate === undefined ? {} : { plate }),
});
const car = (trackId: number | undefined, extra: Partial<Vehicle> = {}): Vehicle => ({
  box: CAR,
  label: 'car',
  confidence: 0.95,
  ...(trackId === undefined ? {} : { trackId }),
  ...extra,
});
const blurred: Miss = { code: 'blurred', reason: 'blurred 63 < 100', value: 63, limit: 100 };

interface Step {
  /** Seconds since the start. */
  t: number;
  plates?: Plate[];
  vehicles?: Vehicle[];
  departed?: DepartedTrack[];
  camera?: string;
  /** A control message. */
  frameless?: boolean;
  /** `final AB1234`, `left AB1234`, `final XY9 (was AB1234)` */
  events?: string[];
  /** Reasons. */
  misses?: string[];
}

let sequence = 0;
function play(book: VisitBook, steps: Step[], inTrackedFlow: boolean): { ids: string[]; counts: unknown } {
  const ids: string[] = [];
  let counts: unknown;
  for (const [index, step] of steps.entries()) {
    const cameraId = step.camera ?? 'gate';
    const timestamp = START + step.t * 1000;
    const frame = { id: `${cameraId}#${sequence}`, cameraId, sequence: sequence++, timestamp, width: 640, height: 480 };
    const input: VisitInput = { cameraId, tracked: inTrackedFlow, plates: step.plates, vehicles: step.vehicles };
    if (step.frameless !== true) input.frame = frame;
    if (step.departed !== undefined) input.departed = step.departed;
    const { events, misses } = book.update(input);
    const said = events.map(
      (e) => `${e.event} ${e.plate}${e.supersedes === undefined ? '' : ` (was ${e.supersedes})`}`,
    );
    assert.deepEqual(said, step.events ?? [], `events of step ${index}`);
    assert.deepEqual(misses.map(({ reason }) => reason), step.misses ?? [], `misses of step ${index}`); // prettier-ignore
    ids.push(...events.map(({ id }) => id));
    counts = misses.at(-1)?.counts ?? counts;
  }
  return { ids, counts };
}

type Options = ConstructorParameters<typeof VisitBook>[0];
interface Sequence {
  title: string;
  options?: Options;
  steps: Step[];
  /** Which events share an id: [0, 0, 1] says the first two belong to one visit. */
  visits?: number[];
  counts?: Record<string, number>;
}

function run(sequences: Sequence[], inTrackedFlow: boolean): void {
  for (const { title, options, steps, visits, counts } of sequences) {
    it(title, () => {
      const result = play(new VisitBook(options), steps, inTrackedFlow);
      const order = [...new Set(result.ids)];
      if (visits !== undefined) assert.deepEqual(result.ids.map((id) => order.indexOf(id)), visits); // prettier-ignore
      if (counts !== undefined) assert.deepEqual(result.counts, counts);
    });
  }
}

describe('visits of tracked plates', () => {
  run(
    [
      {
        title: 'give provisional, final and left, once each, under one id',
        steps: [
          { t: 0, plates: [tracked(1, vote('AB1234', 1))], events: ['provisional AB1234'] },
          { t: 0.1, plates: [tracked(1, vote('AB1234', 2))], events: ['final AB1234'] },
          { t: 0.2, plates: [tracked(1, vote('AB1234', 3, { settled: true }))] },
          { t: 0.3, plates: [], departed: [gone(1, 0.2)], events: ['left AB1234'] },
        ],
        visits: [0, 0, 0],
      },
      {
        title: 'wait for a surer vote while the vehicle is there, and are final with what there is when it leaves',
        steps: [
          { t: 0, plates: [tracked(1, vote('AB1234', 2, { confidence: 0.79 }))], events: ['provisional AB1234'] },
          { t: 1, plates: [tracked(1, vote('AB1234', 9, { confidence: 0.79 }))] },
          { t: 2, departed: [gone(1, 1)], events: ['final AB1234', 'left AB1234'] },
          { t: 60, plates: [tracked(2, vote('CD5678', 2, { confidence: 0.79 }))], events: ['provisional CD5678'] },
          { t: 61, plates: [tracked(2, vote('CD5678', 3, { confidence: 0.8 }))], events: ['final CD5678'] },
        ],
        visits: [0, 0, 0, 1, 1],
      },
      {
        title: 'are final when nobody says that the vehicle left, and not when too few readings agree',
        steps: [
          { t: 0, plates: [tracked(1, vote('AB1234', 2, { confidence: 0.7 }))], events: ['provisional AB1234'] },
          { t: 0, plates: [tracked(2, vote('CD5678', 1, { confidence: 0.7 }))], events: ['provisional CD5678'] },
          {
            t: 125,
            plates: [],
            events: ['final AB1234', 'left AB1234', 'left CD5678'],
            misses: ['agreeing 1 < 2'],
          },
        ],
      },
      {
        title: 'go straight to final when the vote is settled or one reading is enough',
        options: { minReads: 1 },
        steps: [{ t: 0, plates: [tracked(1, vote('AB1234', 1))], events: ['final AB1234'] }],
      },
      {
        title: 'give no provisional when it is not wanted, and so no left without a final',
        options: { provisional: false },
        steps: [
          { t: 0, plates: [tracked(1, vote('AB1234', 1))] },
          { t: 1, departed: [gone(1, 0)], misses: ['agreeing 1 < 2'] },
        ],
      },
      {
        title: 'give a provisional per leading text, at most three',
        steps: [
          ...['AB1234', 'AB1284', 'AB7234'].map((text, t) => ({
            t,
            plates: [tracked(1, vote(text, 1, { reads: t + 1 }))],
            events: [`provisional ${text}`],
          })),
          { t: 4, plates: [tracked(1, vote('AB1234', 1, { reads: 4 }))] },
          { t: 5, plates: [tracked(1, vote('XB1234', 1, { reads: 5 }))] },
          { t: 6, plates: [tracked(1, vote('AB1234', 4, { reads: 6 }))], events: ['final AB1234'] },
        ],
        visits: [0, 0, 0, 0],
      },
      {
        title: 'need more than half of the readings, however many agree',
        steps: [
          { t: 0, plates: [tracked(1, vote('AB1234', 2, { reads: 4 }))], events: ['provisional AB1234'] },
          { t: 1, plates: [tracked(1, vote('AB1234', 15, { reads: 30 }))] },
          { t: 2, plates: [tracked(1, vote('AB1234', 16, { reads: 31 }))], events: ['final AB1234'] },
        ],
        visits: [0, 0],
      },
      {
        title: 'give no final while one character is doubtful, and say so in the end',
        steps: [
          { t: 0, plates: [tracked(1, doubtful('MKT4877', 2))], events: ['provisional MKT4877'] },
          { t: 1, departed: [gone(1, 0)], events: ['left MKT4877'], misses: ['character 0.59 < 0.60'] },
        ],
        counts: { confidence: 1 },
      },
      {
        title: 'believe a settled vote in spite of one doubtful character',
        steps: [
          { t: 0, plates: [tracked(1, { ...doubtful('MKT4827', 3), settled: true })], events: ['final MKT4827'] },
        ],
      },
      {
        title: 'give no final without agreement: the departure says so',
        steps: [
          { t: 0, plates: [tracked(1, vote('AB1234', 1))], events: ['provisional AB1234'] },
          { t: 1, departed: [gone(1, 0)], events: ['left AB1234'], misses: ['agreeing 1 < 2'] },
        ],
        counts: { disagreement: 1 },
      },
      {
        title: 'take the last word from the departure when readings came in after the last frame',
        steps: [
          { t: 0, plates: [tracked(1, vote('AB1234', 1))], events: ['provisional AB1234'] },
          { t: 1, departed: [gone(1, 0.5, vote('AB1234', 3))], events: ['final AB1234', 'left AB1234'] },
        ],
        visits: [0, 0, 0],
      },
      {
        title: 'correct a final when the vote changes',
        steps: [
          { t: 0, plates: [tracked(1, vote('AB1284', 2))], events: ['final AB1284'] },
          { t: 1, plates: [tracked(1, vote('AB1234', 3, { reads: 5 }))], events: ['final AB1234 (was AB1284)'] },
          { t: 2, plates: [tracked(1, vote('AB1234', 4, { reads: 6 }))] },
          { t: 3, departed: [gone(1, 2)], events: ['left AB1234'] },
        ],
        visits: [0, 0, 0],
      },
      {
        title: 'do not correct O to 0',
        steps: [
          { t: 0, plates: [tracked(1, vote('ABO123', 2))], events: ['final ABO123'] },
          { t: 1, plates: [tracked(1, vote('AB0123', 3, { reads: 5 }))] },
        ],
      },
      {
        title: 'do not let a vote that the tracker had long ago undo a newer one',
        steps: [
          { t: 0, plates: [tracked(1, vote('AB1234', 3, { reads: 5 }))], events: ['final AB1234'] },
          { t: 1, vehicles: [car(1, { plate: vote('AB1284', 2, { reads: 2 }) })] },
        ],
      },
      {
        title: 'know settled vehicles by the tracker alone',
        steps: [
          { t: 0, vehicles: [car(1, { plate: vote('AB1234', 3, { settled: true }) })], events: ['final AB1234'] },
          { t: 1, vehicles: [car(1, { plate: vote('AB1234', 3, { settled: true }) })] },
          { t: 2, frameless: true, departed: [gone(1, 1)], events: ['left AB1234'] },
        ],
        visits: [0, 0],
      },
      {
        title: 'go on under another track when the first was lost: a duplicate, no second final, no second left',
        steps: [
          { t: 0, plates: [tracked(1, vote('AB1234', 2))], events: ['final AB1234'] },
          { t: 2, departed: [gone(1, 0)], events: ['left AB1234'] },
          { t: 3, plates: [tracked(2, vote('AB1234', 1))], misses: ['duplicate 3.0 s ≤ 30 s'] },
          { t: 4, plates: [tracked(2, vote('AB1234', 2))] },
          { t: 6, departed: [gone(2, 4)] },
        ],
        counts: { duplicate: 1 },
      },
      {
        title: 'leave with the last of their tracks when those overlap',
        steps: [
          { t: 0, plates: [tracked(1, vote('AB1234', 2))], events: ['final AB1234'] },
          { t: 1, plates: [tracked(2, vote('AB1234', 2))], misses: ['duplicate 1.0 s ≤ 30 s'] },
          { t: 2, plates: [tracked(2, vote('AB1234', 3))], departed: [gone(1, 0)] },
          { t: 5, departed: [gone(2, 2)], events: ['left AB1234'] },
        ],
        visits: [0, 0],
      },
      {
        title: 'are one visit when one vehicle is two tracks from its first reading on, whichever track is read enough',
        steps: [
          { t: 0, plates: [tracked(1, vote('AB1234', 1))], events: ['provisional AB1234'] },
          { t: 0.1, plates: [tracked(2, vote('AB1234', 1))], misses: ['duplicate 0.1 s ≤ 30 s'] },
          { t: 0.2, plates: [tracked(2, vote('AB1234', 2))], events: ['final AB1234'] },
          { t: 0.3, plates: [tracked(1, vote('AB1234', 2))] },
          { t: 2, departed: [gone(1, 0.3)] },
          { t: 3, departed: [gone(2, 0.2)], events: ['left AB1234'] },
        ],
        visits: [0, 0, 0],
      },
      {
        title: 'begin anew when the same plate comes back after the dedupe time',
        steps: [
          { t: 0, plates: [tracked(1, vote('AB1234', 2))], events: ['final AB1234'] },
          { t: 2, departed: [gone(1, 0)], events: ['left AB1234'] },
          { t: 31, plates: [tracked(2, vote('AB1234', 2))], events: ['final AB1234'] },
        ],
        visits: [0, 0, 1],
      },
      {
        title: 'tell the same plate each time it comes, also twice in a row',
        options: { dedupeSeconds: 5 },
        steps: [0, 10, 20].flatMap((t, index) => [
          { t, plates: [tracked(index, vote('AB1234', 2))], events: ['final AB1234'] },
          { t: t + 1, departed: [gone(index, t + 1)], events: ['left AB1234'] },
        ]),
        visits: [0, 0, 1, 1, 2, 2],
      },
      {
        title: 'count the dedupe time from when the vehicle was last seen, not first',
        steps: [
          { t: 0, plates: [tracked(1, vote('AB1234', 2))], events: ['final AB1234'] },
          { t: 20, vehicles: [car(1)] },
          { t: 40, vehicles: [car(1)] },
          { t: 42, departed: [gone(1, 40)], events: ['left AB1234'] },
          { t: 60, plates: [tracked(2, vote('AB1234', 2))], misses: ['duplicate 20.0 s ≤ 30 s'] },
        ],
      },
      {
        title: 'do not swallow another plate that was first misread as the one before',
        steps: [
          { t: 0, plates: [tracked(1, vote('AB1234', 2))], events: ['final AB1234'] },
          { t: 1, departed: [gone(1, 0)], events: ['left AB1234'] },
          { t: 2, plates: [tracked(2, vote('AB1234', 1))], misses: ['duplicate 2.0 s ≤ 30 s'] },
          { t: 3, plates: [tracked(2, vote('AB1284', 2, { reads: 3 }))], events: ['final AB1284'] },
          { t: 5, departed: [gone(2, 3)], events: ['left AB1284'] },
        ],
        visits: [0, 0, 1, 1],
      },
      {
        title: 'keep cameras apart',
        steps: [
          { t: 0, plates: [tracked(1, vote('AB1234', 2))], events: ['final AB1234'] },
          { t: 1, camera: 'yard', plates: [tracked(1, vote('AB1234', 2))], events: ['final AB1234'] },
        ],
        visits: [0, 1],
      },
      {
        title: 'work where the reader has no vote, by counting equal readings',
        steps: [
          { t: 0, plates: [{ ...untracked('AB1234'), trackId: 1 }], events: ['provisional AB1234'] },
          { t: 1, plates: [{ ...untracked('AB7234'), trackId: 1 }], events: ['provisional AB7234'] },
          { t: 2, plates: [{ ...untracked('AB1234'), trackId: 1 }], events: ['final AB1234'] },
        ],
      },
    ],
    true,
  );

  it('tells the country of the latest reading, also while nobody reads, and none when that has none', () => {
    const book = new VisitBook();
    const region = (second: number, given: PlateVote, extra: Partial<Plate>): (string | undefined)[] => {
      const frame = { id: `gate#${second}`, cameraId: 'gate', sequence: second, timestamp: START + second * 1000 };
      const plates = [tracked(5, given, extra)];
      const input = { cameraId: 'gate', frame: { ...frame, width: 640, height: 480 }, tracked: true, vehicles: [] };
      return book.update({ ...input, plates }).events.map((event) => event.region);
    };
    const read = { characters: [{ text: 'A', confidence: 1 }] };
    assert.deepEqual(region(0, vote('01A123BC', 1), { ...read, region: 'UZ' }), ['UZ']);
    assert.deepEqual(region(1, vote('01A123BC', 3), {}), ['UZ']);
    assert.deepEqual(region(2, vote('AB123CD', 9, { reads: 12 }), read), [undefined]);
  });

  it('tell where, when and how well the plate was read', () => {
    const book = new VisitBook();
    const corners: Plate['corners'] = [{ x: 10, y: 20 }, { x: 110, y: 20 }, { x: 110, y: 45 }, { x: 10, y: 45 }]; // prettier-ignore
    const frame = { id: 'gate#1', cameraId: 'gate', sequence: 1, timestamp: START, width: 640, height: 480 };
    const given = vote('AB1234', 2, { reads: 3, confidence: 0.83 });
    const { events } = book.update({
      cameraId: 'gate',
      frame,
      tracked: true,
      vehicles: [car(5)],
      plates: [tracked(5, given, { corners, region: 'UK', vehicle: 0 })],
    });
    const { id, ...rest } = events[0]!;
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.deepEqual(rest, {
      event: 'final',
      camera: 'gate',
      plate: 'AB1234',
      version: 1,
      normalised: 'AB1234',
      confidence: 0.83,
      characters: given.characters,
      candidates: given.candidates,
      reads: 3,
      agreeing: 2,
      box: BOX,
      corners,
      vehicle: { label: 'car', box: CAR, confidence: 0.95 },
      trackId: 5,
      region: 'UK',
      firstSeen: START,
      lastSeen: START,
      frames: 1,
    });
    const left = book.update({
      cameraId: 'gate',
      departed: [gone(5, 4, vote('AB1234', 6, { confidence: 0.95 }))],
      tracked: true,
    }).events[0]!;
    const { event, lastSeen, frames, confidence, reads, agreeing } = left;
    assert.deepEqual({ event, lastSeen, frames, confidence, reads, agreeing }, { event: 'left', lastSeen: START + 4000, frames: 7, confidence: 0.95, reads: 6, agreeing: 6 }); // prettier-ignore
    assert.equal(left.id, id);
  });
});

describe('misses of tracked plates', () => {
  run(
    [
      {
        title: 'come with reason and number, once per track and code, and are all counted',
        options: { format: '^[A-Z]{2}\\d{4}$' },
        steps: [
          { t: 0, plates: [tracked(1, undefined, { held: blurred })], misses: ['blurred 63 < 100'] },
          { t: 1, plates: [tracked(1, undefined, { held: { ...blurred, reason: 'blurred 71 < 100' } })] },
          { t: 2, plates: [tracked(1, vote('AB1', 1))], misses: ['length 3 < 4'] },
          { t: 3, plates: [tracked(1, vote('AB12345', 1, { reads: 2 }))], misses: ['format'] },
          {
            t: 4,
            plates: [tracked(1, vote('AB1234', 2, { reads: 3, confidence: 0.598 }))],
            misses: ['confidence 0.59 < 0.60'],
          },
          { t: 5, plates: [tracked(1, vote('AB1234', 3, { reads: 4 }))], events: ['final AB1234'] },
          { t: 6, plates: [tracked(2, undefined, { held: blurred })], misses: ['blurred 63 < 100'] },
        ],
        counts: { blurred: 3, length: 1, format: 1, confidence: 1 },
      },
      {
        title: 'say of a vehicle that left that it showed no plate',
        steps: [
          { t: 0, vehicles: [car(1)] },
          { t: 1, vehicles: [], departed: [gone(1, 0)], misses: ['no plate found'] },
        ],
        counts: { 'no-plate': 1 },
      },
      {
        title: 'say why a vehicle that left was never looked at',
        steps: [
          { t: 0, vehicles: [car(1, { held: { code: 'position', reason: 'bottom 0.40 < 0.75' } })] },
          { t: 1, departed: [gone(1, 0)], misses: ['no plate: bottom 0.40 < 0.75'] },
        ],
        counts: { 'no-plate': 1 },
      },
      {
        title: 'say of a plate that left what kept it from being read',
        steps: [
          { t: 0, plates: [tracked(1, undefined, { held: blurred })], misses: ['blurred 63 < 100'] },
          { t: 1, departed: [gone(1, 0)], misses: ['unread: blurred 63 < 100'] },
        ],
        counts: { blurred: 1, unread: 1 },
      },
      {
        title: 'say of a track that only the departure tells of that it showed no plate',
        steps: [{ t: 0, departed: [gone(9, 0)], misses: ['no plate found'] }],
      },
      {
        title: 'come from tracks whose departure nobody announces',
        steps: [
          { t: 0, vehicles: [car(1)] },
          { t: 121, vehicles: [], misses: ['no plate found'] },
        ],
      },
    ],
    true,
  );
});

describe('plates without a track, in a flow with a tracker', () => {
  run(
    [
      {
        title: 'need readings that agree',
        steps: [
          { t: 0, plates: [untracked('AB1234')] },
          { t: 1, plates: [untracked('AB1234')], events: ['final AB1234'] },
          { t: 2, plates: [untracked('AB1234')], misses: ['duplicate 1.0 s ≤ 30 s'] },
        ],
      },
      {
        title: 'are a miss when the second reading does not come in time',
        steps: [
          { t: 0, plates: [untracked('AB1234')] },
          { t: 31, plates: [untracked('XY9876')], misses: ['agreeing 1 < 2'] },
          { t: 32, plates: [untracked('AB1234')] },
        ],
      },
      {
        title: 'are duplicates of the tracked vehicle that showed the same',
        steps: [
          { t: 0, plates: [tracked(1, vote('AB1234', 2))], events: ['final AB1234'] },
          { t: 1, plates: [untracked('AB1234')], misses: ['duplicate 1.0 s ≤ 30 s'] },
        ],
      },
    ],
    true,
  );
});

describe('plates in single pictures', () => {
  run(
    [
      {
        title: 'are final at once, and duplicates for the dedupe time after they were last seen',
        steps: [
          { t: 0, plates: [untracked('AB1234'), untracked('XY9876')], events: ['final AB1234', 'final XY9876'] },
          { t: 20, plates: [untracked('AB1234')], misses: ['duplicate 20.0 s ≤ 30 s'] },
          { t: 45, plates: [untracked('AB1234')], misses: ['duplicate 25.0 s ≤ 30 s'] },
          { t: 75.1, plates: [untracked('AB1234')], events: ['final AB1234'] },
        ],
        visits: [0, 1, 2],
        counts: { duplicate: 2 },
      },
      {
        title: 'are never duplicates when the dedupe time is 0',
        options: { dedupeSeconds: 0 },
        steps: [
          { t: 0, plates: [untracked('AB1234')], events: ['final AB1234'] },
          { t: 0, plates: [untracked('AB1234')], events: ['final AB1234'] },
        ],
        visits: [0, 1],
      },
      {
        title: 'give every miss, each time',
        steps: [0, 1].map((t) => ({
          t,
          plates: [
            untracked('AB1234', 0.54),
            untracked('AB'),
            untracked(''),
            untracked('CD5678', 0.9, { held: blurred }),
          ],
          vehicles: [car(undefined, { held: { code: 'no-plate' as const, reason: 'no plate found' } })],
          misses: [
            'no plate found',
            'confidence 0.54 < 0.60',
            'length 2 < 4',
            'no characters read',
            'blurred 63 < 100',
          ],
        })),
        counts: { 'no-plate': 2, confidence: 2, length: 2, unread: 2, blurred: 2 },
      },
      {
        title: 'are not spoken of when nobody read them',
        steps: [{ t: 0, plates: [{ box: BOX, confidence: 0.9 }], vehicles: [car(undefined)] }],
      },
      {
        title: 'match formats given as global expressions every time',
        options: { format: /^[A-Z]+\d+$/g, dedupeSeconds: 0 },
        steps: [0, 1, 2].map((t) => ({ t, plates: [untracked('AB1234')], events: ['final AB1234'] })),
      },
    ],
    false,
  );
});

/** A car that drives towards the camera, frame by frame from the start; its plate is read in each frame from `readFrom` on. */
function approach(
  book: VisitBook,
  { trackId = 1, text = 'AB1234', from = 0, frames = 10, size = 1, away = false, readFrom = 0 } = {},
): ReturnType<VisitBook['update']>[] {
  return Array.from({ length: frames }, (_, index) => {
    const step = from + index;
    const scale = size * 1.12 ** (away ? -index : index);
    const timestamp = START + step * 100;
    const frame = { id: `gate#${step}`, cameraId: 'gate', sequence: step, timestamp, width: 1920, height: 1080 };
    const middle = 700 + 10 * scale;
    const vehicle = { x1: middle - 60 * scale, x2: middle + 60 * scale, y1: 400 - 50 * scale, y2: 400 + 50 * scale };
    const box = { x1: middle - 18 * scale, x2: middle + 18 * scale, y1: 400 + 20 * scale, y2: 400 + 28 * scale };
    const given = index < readFrom ? undefined : vote(text, index - readFrom + 1);
    const plate = { box, sharpness: 150, textConfidence: 0.9, vehicle: 0 };
    return book.update({
      cameraId: 'gate',
      frame,
      tracked: true,
      vehicles: [car(trackId, { box: vehicle })],
      plates: given === undefined ? [] : [tracked(trackId, given, plate)],
    });
  });
}
const leave = (book: VisitBook, trackId: number, seconds: number): ReturnType<VisitBook['update']> =>
  book.update({ cameraId: 'gate', departed: [gone(trackId, seconds)], tracked: true });

describe('where vehicles go', () => {
  it('is told as soon as it is known: an early final without, the left with it', () => {
    const book = new VisitBook();
    const events = [...approach(book), leave(book, 1, 2)].flatMap((output) => output.events);
    assert.deepEqual(events.map(({ event, direction }) => [event, direction]), [['provisional', undefined], ['final', undefined], ['left', 'in']]); // prettier-ignore
    const late = approach(new VisitBook({ closer: 'out' }), { readFrom: 7 }).flatMap((output) => output.events);
    assert.deepEqual(late.map(({ event, direction }) => [event, direction]), [['provisional', 'out'], ['final', 'out']]); // prettier-ignore
  });

  it('is told by the line where there is one', () => {
    const book = new VisitBook({ line: '0.1,0.45 0.9,0.45', inSide: 'above' });
    const events = [...approach(book), leave(book, 1, 2)].flatMap((output) => output.events);
    assert.deepEqual(events.map(({ event, direction }) => [event, direction]).at(-1), ['left', 'out']);
    const beside = new VisitBook({ line: '0.9,0.1 0.9,0.9', inSide: 'left' });
    const none = [...approach(beside), leave(beside, 1, 2)].flatMap((output) => output.events);
    assert.deepEqual(none.map(({ direction }) => direction), [undefined, undefined, undefined]); // prettier-ignore
  });

  it('goes on under another track when the first was lost', () => {
    const book = new VisitBook({ line: '0.1,0.44 0.9,0.44' });
    const first = approach(book, { frames: 2 });
    const second = approach(book, { trackId: 2, from: 5, frames: 3, size: 1.8 });
    const events = [...first, ...second, leave(book, 1, 0.1), leave(book, 2, 2)].flatMap((output) => output.events);
    assert.deepEqual(events.map(({ event, direction }) => [event, direction]), [['provisional', undefined], ['final', undefined], ['left', 'in']]); // prettier-ignore
  });

  it('is not mixed up with where another vehicle went that was first taken for this one', () => {
    const book = new VisitBook();
    approach(book, { frames: 8 });
    // Read like the first at first, then as what it is; drives the other way.
    const other = { trackId: 2, from: 8, size: 2.2, away: true };
    approach(book, { ...other, frames: 1 });
    approach(book, { ...other, from: 9, frames: 8, text: 'AB9999', readFrom: 1 });
    const events = [...leave(book, 1, 3).events, ...leave(book, 2, 3).events];
    assert.deepEqual(events.map(({ plate, direction }) => [plate, direction]), [['AB1234', 'in'], ['AB9999', 'out']]); // prettier-ignore
  });

  it('is the zone in which the plate was last seen', () => {
    const book = new VisitBook({ zones: 'far: 0,0 1,0 1,0.42 0,0.42\nnear: 0,0.42 1,0.42 1,1 0,1' });
    const events = [...approach(book), leave(book, 1, 2)].flatMap((output) => output.events);
    assert.deepEqual(events.map(({ event, zone }) => [event, zone]), [['provisional', 'far'], ['final', 'far'], ['left', 'near']]); // prettier-ignore
    const outside = approach(new VisitBook({ zones: 'corner: 0,0 0.1,0 0,0.1' })).flatMap((output) => output.events);
    assert.deepEqual(outside.map((event) => 'zone' in event), [false, false]); // prettier-ignore
  });

  const wrong: { options: Options; message: RegExp }[] = [
    { options: { line: '0,0' }, message: /Expected 2 points for line but received 1/ },
    { options: { zones: 'x' }, message: /Expected a name, a colon and points for zone 1/ },
    { options: { inSide: 'north' as 'left' }, message: /Expected one of below, above, left, right for inSide/ },
    { options: { closer: 'left' as 'in' }, message: /Expected in or out for closer/ },
  ];
  for (const { options, message } of wrong) {
    it(`is refused for ${JSON.stringify(options)}`, () => {
      assert.throws(() => new VisitBook(options), { code: 'ALPR_CONFIG', message });
    });
  }
});

describe('pictures of a visit', () => {
  /** Answers every request with a picture that names the frame it was asked for in. */
  function photograph(outputs: ReturnType<VisitBook['update']>[], from = 0): string[] {
    return outputs.flatMap(({ requests, events, views }, index) => {
      for (const { store, plate } of requests) {
        const picture = Buffer.from(`frame ${from + index}`);
        store({ images: { plate: picture }, imageViews: { timestamp: 0, plateBox: plate } });
      }
      return events.map((event) => {
        const shown = views.get(event)?.pictures?.images.plate;
        return `${event.event} ${shown === undefined ? '-' : Buffer.from(shown).toString()}`;
      });
    });
  }

  it('are not asked for unless they are wanted', () => {
    const outputs = approach(new VisitBook());
    assert.ok(outputs.every(({ requests, views }) => requests.length === 0 && views.size === 0));
  });

  it('are asked for when a clearly better view comes, with the vehicle of that frame', () => {
    const outputs = approach(new VisitBook({ pictures: true }));
    assert.deepEqual(outputs.map(({ requests }) => requests.length), [1, 0, 1, 0, 1, 0, 1, 0, 1, 0]); // prettier-ignore
    const { plate, vehicle } = outputs[2]!.requests[0]!;
    assert.ok(vehicle !== undefined && vehicle.x1 < plate.x1 && vehicle.y2 > plate.y2);
  });

  it('of the best view so far are in every event, in the end the best of all', () => {
    const book = new VisitBook({ pictures: true });
    // One by one, as a node does it: the pictures of a frame are there before the next one comes.
    const said: string[] = [];
    const scales = [1, 1.05, 1.5, 1.2, 1.1];
    scales.forEach((size, index) => {
      said.push(...photograph(approach(book, { from: index, frames: 1, size, text: 'AB1234' }), index));
    });
    const frame = { id: 'gate#9', cameraId: 'gate', sequence: 9, timestamp: START + 900, width: 1920, height: 1080 };
    const plates = [tracked(1, vote('AB1234', 2), { sharpness: 20, textConfidence: 0.9 })];
    said.push(...photograph([book.update({ cameraId: 'gate', frame, tracked: true, plates })], 9));
    said.push(...photograph([leave(book, 1, 2)]));
    assert.deepEqual(said, ['provisional frame 0', 'final frame 2', 'left frame 2']);
  });

  it('are of readings only, not of plates that were held back', () => {
    const book = new VisitBook({ pictures: true });
    const frame = { id: 'gate#1', cameraId: 'gate', sequence: 1, timestamp: START, width: 640, height: 480 };
    const held = tracked(1, undefined, { held: blurred, text: 'AB1234' });
    const unread = tracked(2, undefined);
    const { requests } = book.update({ cameraId: 'gate', frame, tracked: true, plates: [held, unread] });
    assert.equal(requests.length, 0);
  });

  it('go with plates without a track, too', () => {
    const book = new VisitBook({ pictures: true });
    const frame = (n: number) => ({ id: `g#${n}`, cameraId: 'g', sequence: n, timestamp: START + n, width: 640, height: 480 }); // prettier-ignore
    const single = book.update({ cameraId: 'g', frame: frame(1), tracked: false, plates: [untracked('AB1234')] });
    assert.deepEqual(photograph([single]), ['final frame 0']);
    const plates = [untracked('XY9876', 0.8, { sharpness: 150 })];
    const said = [1, 2].flatMap((n) =>
      photograph([book.update({ cameraId: 'h', frame: frame(n), tracked: true, plates })], n),
    );
    assert.deepEqual(said, ['final frame 1']);
    assert.equal(book.pictures.size, 0);
  });

  it('are kept by the visit while another track shows it', () => {
    const book = new VisitBook({ pictures: true });
    photograph(approach(book, { frames: 4, size: 2 }), 0);
    photograph(approach(book, { trackId: 2, from: 4, frames: 2 }), 4);
    assert.deepEqual(photograph([leave(book, 1, 1)]), []);
    assert.deepEqual(photograph([leave(book, 2, 2)]), ['left frame 2']);
    assert.equal(book.pictures.size, 0);
    // The other way round: the track that came later, and told nothing, had the better view and goes first.
    const other = new VisitBook({ pictures: true });
    photograph(approach(other, { frames: 2 }), 0);
    photograph(approach(other, { trackId: 2, from: 4, frames: 1, size: 3 }), 4);
    assert.deepEqual(photograph([leave(other, 2, 1)]), []);
    assert.equal(other.pictures.size, 1);
    assert.deepEqual(photograph([leave(other, 1, 2)]), ['left frame 4']);
    assert.equal(other.pictures.size, 0);
  });

  it('of readings that came to nothing are forgotten', () => {
    const book = new VisitBook({ pictures: true });
    const frame = (n: number) => ({ id: `gate#${n}`, cameraId: 'gate', sequence: n, timestamp: START + n * 1000, width: 640, height: 480 }); // prettier-ignore
    book.update({ cameraId: 'gate', frame: frame(1), tracked: true, plates: [tracked(1, vote('AB', 1)), untracked('AB1234')] }); // prettier-ignore
    assert.equal(book.pictures.size, 2);
    leave(book, 1, 2);
    assert.equal(book.pictures.size, 1);
    book.update({ cameraId: 'gate', frame: frame(60), tracked: true, plates: [] });
    assert.equal(book.pictures.size, 0);
  });

  it('leave nothing behind: neither after a visit nor after thousands', () => {
    const kept = new VisitBook({ pictures: true, dedupeSeconds: 5 });
    const shelves: { size: number; bytes: number }[] = [];
    for (let round = 0; round < 2000; round++) {
      const trackId = round + 1;
      const text = `AB${1000 + (round % 977)}`;
      const outputs = approach(kept, { trackId, text, from: round * 400, frames: 3 });
      for (const { requests } of outputs) {
        for (const { store, plate } of requests) {
          store({ images: { frame: Buffer.alloc(100_000) }, imageViews: { timestamp: 0, plateBox: plate } });
        }
      }
      // Some leave without a word: their departure is never announced.
      if (round % 3 !== 0) leave(kept, trackId, round * 40 + 1);
      shelves.push(kept.pictures);
    }
    const most = Math.max(...shelves.map(({ bytes }) => bytes));
    assert.ok(most <= 16 * 1024 * 1024, `${most} bytes`);
    assert.ok(shelves.at(-1)!.size < 10, `${shelves.at(-1)!.size} views`);
  });
});

describe('visit book', () => {
  const wrong: { options: Options; message: RegExp }[] = [
    { options: { minConfidence: NaN }, message: /Expected a number from 0 to 1 for minConfidence but received NaN/ },
    { options: { minReads: 0 }, message: /at least 1 for minReads but received 0/ },
    { options: { dedupeSeconds: -1 }, message: /at least 0 for dedupeSeconds but received -1/ },
    { options: { minLength: '4' as unknown as number }, message: /for minLength but received "4"/ },
    { options: { format: '[A-' }, message: /Expected a regular expression for format but received "\[A-"/ },
    {
      options: { format: 7 as unknown as string },
      message: /Expected a regular expression for format but received number/,
    },
  ];
  for (const { options, message } of wrong) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => new VisitBook(options), { code: 'ALPR_CONFIG', message });
    });
  }

  it('forgets one camera, or all', () => {
    const book = new VisitBook();
    const seen = (camera: string, events: string[], misses: string[]): Step => ({ t: 0, camera, plates: [untracked('AB1234')], events, misses }); // prettier-ignore
    const again = 'duplicate 0.0 s ≤ 30 s';
    play(book, [seen('a', ['final AB1234'], []), seen('b', ['final AB1234'], [])], false);
    book.reset('a');
    play(book, [seen('a', ['final AB1234'], []), seen('b', [], [again])], false);
    book.reset();
    play(book, [seen('a', ['final AB1234'], []), seen('b', ['final AB1234'], [])], false);
  });

  it('does not grow over 50 000 visits, and gives exactly one final and one left for each', () => {
    const book = new VisitBook();
    const finals = new Set<string>();
    let lefts = 0;
    let most = 0;
    for (let visit = 1; visit <= 50_000; visit++) {
      const timestamp = START + visit * 1000;
      const frame = { id: `gate#${visit}`, cameraId: 'gate', sequence: visit, timestamp, width: 640, height: 480 };
      const text = `AB${100_000 + visit}`;
      const departed = visit > 1 ? [{ ...gone(visit - 1, 0), lastSeen: timestamp - 1000 }] : [];
      const { events } = book.update({ cameraId: 'gate', frame, tracked: true, plates: [tracked(visit, vote(text, 2))], departed }); // prettier-ignore
      most = Math.max(most, book.size);
      for (const event of events) {
        if (event.event === 'final') finals.add(event.plate);
        else if (event.event === 'left') lefts++;
      }
    }
    assert.equal(finals.size, 50_000);
    assert.equal(lefts, 49_999);
    // One visit a second, remembered for the dedupe time of 30 s, and the track in view.
    assert.ok(most <= 34, `${most} remembered`);
  });
});

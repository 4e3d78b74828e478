import assert from 'node:assert/strict';
import type { Plate, Reading, Vehicle } from '../../src/detection/types.js';
import type { PlateEvent } from '../../src/events/plate-event.js';
import { VisitBook } from '../../src/events/visits.js';
import { plateVoting } from '../../src/reading/vote.js';
import { Tracker } from '../../src/tracking/tracker.js';
import { seededRandom } from '../support/random.js';

const SIZE = { width: 1920, height: 1080 };
const VEHICLES = 60;
const FPS = 10;
const ALPHABET = 'ABCDEFGHJKLMNPRSTUVWXYZ23456789';

/** Reads `truth` with one character in twenty wrong and one edge in ten lost. */
function readNoisily(truth: string, random: () => number): Reading {
  const characters = [...truth].map((character) =>
    random() < 0.05
      ? { text: ALPHABET[Math.floor(random() * ALPHABET.length)]!, confidence: 0.4 + 0.5 * random() }
      : { text: character, confidence: 0.88 + 0.12 * random() },
  );
  if (random() < 0.1) characters.shift();
  const text = characters.map((character) => character.text).join('');
  const confidence = characters.reduce((sum, character) => sum + character.confidence, 0) / characters.length;
  return { text, confidence, characters, candidates: [{ text, confidence: 1 }], lines: 1 };
}

/** Cars pass in two lanes, 4 s each, a new one every 2.5 s; the detector misses each in one frame of ten. */
function playTraffic(): { truths: string[]; events: PlateEvent[]; readings: number; sightings: number } {
  const random = seededRandom(11);
  const truths = Array.from({ length: VEHICLES }, () =>
    Array.from({ length: 7 }, () => ALPHABET[Math.floor(random() * ALPHABET.length)]!).join(''),
  );
  const tracker = new Tracker({}, plateVoting);
  const book = new VisitBook();
  const events: PlateEvent[] = [];
  let readings = 0;
  let sightings = 0;
  for (let frameNumber = 0; frameNumber < (VEHICLES * 2.5 + 6) * FPS; frameNumber++) {
    const seconds = frameNumber / FPS;
    const seen: { vehicle: Vehicle; truth: string }[] = [];
    for (const [index, truth] of truths.entries()) {
      const age = seconds - index * 2.5;
      if (age < 0 || age > 4 || random() < 0.1) continue;
      const x = index % 2 === 0 ? 100 + 420 * age : 1800 - 420 * age;
      const y = index % 2 === 0 ? 400 : 750;
      seen.push({
        vehicle: { box: { x1: x - 130, y1: y - 90, x2: x + 130, y2: y + 90 }, label: 'car', confidence: 0.9 },
        truth,
      });
    }
    const timestamp = 1e12 + seconds * 1000;
    const { trackIds, departed } = tracker.update(seen.map(({ vehicle }) => vehicle), timestamp, SIZE); // prettier-ignore
    const plates: Plate[] = [];
    const vehicles = seen.map(({ vehicle, truth }, index) => {
      const trackId = trackIds[index]!;
      const box = {
        x1: vehicle.box.x1 + 80,
        y1: vehicle.box.y2 - 50,
        x2: vehicle.box.x1 + 180,
        y2: vehicle.box.y2 - 25,
      };
      sightings++;
      if (tracker.shouldRead(trackId, vehicle.box).read && random() > 0.2) {
        readings++;
        const quality = { width: 100, height: 25, sharpness: 50 + 300 * random(), timestamp };
        const vote = tracker.addReading(trackId, readNoisily(truth, random), quality);
        plates.push({ box, confidence: 0.9, vehicle: index, trackId, ...(vote === undefined ? {} : { vote }) });
      }
      const known = tracker.vote(trackId);
      return { ...vehicle, trackId, ...(known === undefined ? {} : { plate: known }) };
    });
    const frame = { id: `gate#${frameNumber}`, cameraId: 'gate', sequence: frameNumber, timestamp, ...SIZE };
    events.push(...book.update({ cameraId: 'gate', frame, vehicles, plates, departed, tracked: true }).events);
  }
  events.push(...book.update({ cameraId: 'gate', departed: tracker.flush(), tracked: true }).events);
  return { truths, events, readings, sightings };
}

describe('sixty vehicles in two lanes: tracker, vote and visits together', () => {
  const { truths, events, readings, sightings } = playTraffic();
  const visits = new Map<string, PlateEvent[]>();
  for (const event of events) visits.set(event.id, [...(visits.get(event.id) ?? []), event]);

  it('gives one visit per vehicle, each with one left, at its end', () => {
    assert.equal(visits.size, VEHICLES);
    for (const visit of visits.values()) {
      assert.equal(visit.filter(({ event }) => event === 'left').length, 1);
      assert.equal(visit.at(-1)!.event, 'left');
    }
  });

  it('gives one final per visit, more only as corrections', () => {
    for (const visit of visits.values()) {
      const finals = visit.filter(({ event }) => event === 'final');
      assert.equal(finals.filter(({ supersedes }) => supersedes === undefined).length, 1);
    }
  });

  it('has the right plate in the end, nearly always', () => {
    const last = [...visits.values()].map((visit) => visit.at(-1)!.plate);
    const right = last.filter((plate) => truths.includes(plate)).length;
    assert.ok(right >= VEHICLES * 0.95, `${right} of ${VEHICLES}`);
  });

  it('leaves vehicles alone once they are settled', () => {
    assert.ok(readings < sightings * 0.6, `${readings} readings for ${sightings} sightings`);
  });
});

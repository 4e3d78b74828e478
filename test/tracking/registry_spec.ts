import assert from 'node:assert/strict';
import { plateVoting } from '../../src/reading/vote.js';
import { findTracker, registeredTrackers, trackerKey, TrackerSet } from '../../src/tracking/registry.js';
import { Tracker } from '../../src/tracking/tracker.js';

const create = (): Tracker => new Tracker({}, plateVoting);

describe('trackers by node and camera', () => {
  it('makes one tracker per camera and finds it by node and camera', () => {
    const set = new TrackerSet('node1', create);
    const gate = set.get('gate');
    assert.equal(set.get('gate'), gate);
    assert.notEqual(set.get('yard'), gate);
    assert.equal(findTracker('node1', 'gate'), gate);
    assert.equal(findTracker('node2', 'gate'), undefined);
    set.close();
    assert.equal(findTracker('node1', 'gate'), undefined);
  });

  it('never mixes up ids that look alike when joined', () => {
    const keys = [['a', 'b/c'], ['a/b', 'c'], ['a","b', 'c'], ['a', 'b","c']].map(([node, camera]) => trackerKey(node!, camera!)); // prettier-ignore
    assert.equal(new Set(keys).size, keys.length);
  });

  it('forgets the camera least recently used beyond its limit', () => {
    const set = new TrackerSet('node3', create, 2);
    set.get('a');
    set.get('b');
    set.get('a');
    set.get('c');
    assert.deepEqual(set.entries().map(([camera]) => camera), ['a', 'c']); // prettier-ignore
    assert.equal(findTracker('node3', 'b'), undefined);
    set.close();
  });

  it('leaves nothing behind when nodes close', () => {
    const before = registeredTrackers();
    const sets = ['x', 'y'].map((id) => new TrackerSet(id, create));
    for (const set of sets) for (let camera = 0; camera < 300; camera++) set.get(`camera ${camera}`);
    assert.equal(registeredTrackers(), before + 2 * 256);
    for (const set of sets) set.close();
    assert.equal(registeredTrackers(), before);
  });
});

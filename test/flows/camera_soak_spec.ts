import assert from 'node:assert/strict';
import { soakFaults } from '../support/camera-soak/faults.js';
import { runSoak, type SoakResult } from '../support/camera-soak/soak.js';
import { skipWithoutRtsp } from '../support/rtsp-server/rtsp-server.js';

/** Much like others; for the long form, which is `npm run bench -- soak --faults`. */
const leftOut = ['cut in the middle of a packet', 'lost packets', 'half JPEG', 'silent MJPEG'];
const chosen = soakFaults.map(({ name }) => name).filter((name) => !leftOut.includes(name));

/** Two RTSP cameras and one over HTTP; each kind of fault once. */
describe('Cameras to which everything happens', function () {
  this.timeout(600_000);
  let result: SoakResult;
  before(async function () {
    skipWithoutRtsp(this);
    if (process.platform !== 'linux') {
      console.log('    skipped: processes, threads and files are counted in /proc, which only Linux has');
      this.skip();
    }
    result = await runSoak({ cameras: 2, fps: 5, seed: 6, hurry: 60, durationMs: 0, only: chosen });
  });

  it('are seen to be in trouble, and come back', () => {
    // Both are awaited for every fault: that the state, the status or the log tells it, and that frames come again.
    for (const line of result.skipped) console.log(`    skipped: ${line}`);
    assert.equal(result.faults.length + result.skipped.length, chosen.length);
  });

  it('leave no process, no zombie, no thread, no open file', () => {
    const { before, after, childrenLive } = result;
    assert.deepEqual(before.children, []);
    assert.deepEqual(after.children, []);
    assert.deepEqual(childrenLive.after, childrenLive.before);
    assert.equal(result.zombies, 0);
    assert.ok(after.threads <= before.threads, `${before.threads} threads, then ${after.threads}`);
    assert.ok(after.descriptors <= before.descriptors, `${before.descriptors} open files, then ${after.descriptors}`);
  });

  it('leave no frame outside the pool, no socket and no pipe', () => {
    const { before, after } = result;
    assert.ok(after.pool.outstanding <= before.pool.outstanding, JSON.stringify([before.pool, after.pool]));
    // Timers and messages between threads come and go.
    for (const [kind, count] of Object.entries(after.resources).filter(([name]) => /Wrap|Handle/.test(name)))
      assert.ok(count <= (before.resources[kind] ?? 0), `${count} of ${kind}`);
  });

  it('make nothing escape: no error, no password', () => {
    assert.deepEqual(result.uncaught, []);
    assert.deepEqual(result.leaks, []);
  });

  it('send frames whose time never goes back, although the clock does', () => {
    assert.deepEqual(result.backwards, []);
  });

  it('lose no event to a full disk', () => {
    assert.equal(result.lostVisits, 0);
  });

  it('leave no program behind when Node-RED is killed with -9', () => {
    assert.deepEqual(result.orphans, []);
  });
});

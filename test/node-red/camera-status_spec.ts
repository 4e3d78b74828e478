import assert from 'node:assert/strict';
import type { NodeStatus } from 'node-red';
import { CountRates, showCamera } from '../../src/node-red/camera-status.js';
import { StatusLine } from '../../src/node-red/status.js';
import type { CameraCounts, CameraReport } from '../../src/sources/live/camera-state.js';

const counts: CameraCounts = { received: 400, sent: 300, dropped: 37, held: 60, damaged: 0, lost: 0 };
const noon = new Date(2026, 5, 1, 12, 0, 0);

function shown(change: Partial<CameraReport>, rates?: { in: number; out: number }): NodeStatus {
  let status: NodeStatus = {};
  const line = new StatusLine({ status: (next) => void (status = next as NodeStatus) }, 60);
  const report: CameraReport = { camera: 'gate', state: 'live', previous: 'live', since: 0, counts };
  showCamera(line, { ...report, ...change }, rates, noon);
  line.close();
  return status;
}

describe('showCamera', () => {
  const cases: [Partial<CameraReport>, { in: number; out: number } | undefined, string, string][] = [
    [{ state: 'live' }, { in: 14.83, out: 12.08 }, 'green dot', 'live 14.8 fps in · 12.1 sent · 37 dropped'],
    [{ state: 'live' }, { in: 0.2, out: 0.2 }, 'green dot', 'live 0.20 fps in · 0.20 sent · 37 dropped'],
    [{ state: 'live' }, undefined, 'green dot', 'live · 300 sent · 37 dropped'],
    [{ state: 'live', mainStream: 'live' }, undefined, 'green dot', 'live · 300 sent · 37 dropped'],
    [
      { state: 'live', mainStream: 'lost' },
      { in: 14.83, out: 12.08 },
      'yellow ring',
      'no main stream · live 14.8 fps in · 12.1 sent · 37 dropped',
    ],
    [
      { state: 'live', counts: { ...counts, damaged: 3 } },
      { in: 14.83, out: 12.08 },
      'green dot',
      'live 14.8 fps in · 12.1 sent · 37 dropped · 3 damaged',
    ],
    [{ state: 'still' }, { in: 15, out: 0.1 }, 'grey ring', 'still · 15.0 fps in · 60 held'],
    [{ state: 'stopped' }, undefined, 'grey ring', 'stopped · 300 sent'],
    [{ state: 'stopped', counts: { ...counts, sent: 0 } }, undefined, 'grey ring', 'stopped'],
    [{ state: 'connecting' }, undefined, 'yellow ring', 'connecting'],
    [
      { state: 'lost', code: 'ALPR_SOURCE_STALLED', retryInMs: 62_000 },
      undefined,
      'red ring',
      'silent · again at 12:01:02',
    ],
    [{ state: 'lost', code: 'ALPR_SOURCE' }, undefined, 'red ring', 'lost'],
    [
      { state: 'failed', code: 'ALPR_SOURCE_LOGIN', retryInMs: 1 },
      undefined,
      'red ring',
      'login refused · again at 12:00:00',
    ],
    [
      { state: 'failed', code: 'ALPR_FFMPEG', retryInMs: 60_000 },
      undefined,
      'red ring',
      'no ffmpeg · again at 12:01:00',
    ],
    [{ state: 'failed', code: 'EIO' }, undefined, 'red ring', 'lost'],
  ];
  for (const [report, rates, look, text] of cases) {
    it(`says "${text}"`, () => {
      const status = shown(report, rates);
      assert.deepEqual([`${status.fill} ${status.shape}`, status.text], [look, text]);
    });
  }
});

describe('CountRates', () => {
  it('gives frames per second over the last five samples', () => {
    const rates = new CountRates();
    assert.equal(rates.sample({ ...counts, received: 0, sent: 0 }, 1000), undefined);
    assert.deepEqual(rates.sample({ ...counts, received: 10, sent: 5 }, 2000), { in: 10, out: 5 });
    for (let n = 3; n <= 7; n++) rates.sample({ ...counts, received: 10 * (n - 1), sent: 5 * (n - 1) }, n * 1000);
    // From 3 s on nothing more came.
    assert.deepEqual(rates.sample({ ...counts, received: 60, sent: 30 }, 8000), { in: 8, out: 4 });
    rates.reset();
    assert.equal(rates.sample(counts, 9000), undefined);
  });

  it('is not put off by a clock that stands', () => {
    const rates = new CountRates();
    rates.sample(counts, 5);
    assert.equal(rates.sample(counts, 5), undefined);
  });
});

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccessUnit } from '../../../../src/sources/live/detail/access-unit.js';
import { countedClip, countIn } from '../../../support/counted-clip.js';
import { seededRandom } from '../../../support/random.js';
import { SupplyBench, unitsOf, type Answer } from './supply-bench.js';

const fps = 25;
const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast'];
const x265 = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params'];
const kinds: { title: string; encoding: string[] }[] = [
  { title: 'H.264, a key frame a second', encoding: [...x264, '-bf', '0', '-g', '25'] },
  { title: 'H.264, a key frame every ten seconds', encoding: [...x264, '-bf', '0', '-g', '250'] },
  { title: 'H.264 with B pictures', encoding: ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '3', '-g', '50'] },
  { title: 'H.265', encoding: [...x265, 'bframes=0:keyint=50:log-level=error'] },
  {
    title: 'H.265 with B pictures and open groups',
    encoding: [...x265, 'bframes=4:open-gop=1:keyint=30:log-level=error'],
  },
];

const clip = (encoding: string[], frames = 260, width = 640): Promise<string> =>
  countedClip({ width, height: (width * 9) / 16, fps, frames, encoding, format: 'mpegts' });

/** Arrival of frame `number` of a clip whose frames arrive as they are shown. */
const arrivalOf = (number: number, delay = 0): number => (number + delay) * (1000 / fps);

/** How many frames later than it is shown a picture of the clip arrives at least; negative with B pictures, whose anchors come early. */
function leastDelay(units: readonly AccessUnit[]): number {
  const first = Math.min(...units.map(({ pts }) => pts));
  return Math.min(...units.map(({ pts }, place) => place - (pts - first) / (90_000 / fps)));
}

function pictureOf(answer: unknown): Answer {
  assert.ok(typeof answer === 'object' && answer !== null && 'pixels' in answer, `answer ${JSON.stringify(answer)}`);
  return answer as Answer;
}

describe('PictureSupply', function () {
  this.timeout(60_000);
  let bench: SupplyBench;
  afterEach(() => bench.supply.close());

  for (const { title, encoding } of kinds) {
    it(`gives exactly the picture of the moment: ${title}`, async () => {
      const units = unitsOf(await clip(encoding), fps);
      bench = new SupplyBench();
      for (const unit of units.slice(0, 230)) bench.supply.take(unit);
      // What has arrived is seen when the next picture begins.
      const delay = leastDelay(units) - 1;
      const moments = [30, 31, 33, 60, 61, 62, 90, 120, 199, 150, 151];
      for (const moment of moments) {
        const picture = pictureOf(await bench.at(arrivalOf(moment, delay)));
        assert.equal(countIn(picture), moment, title);
        assert.deepEqual([picture.width, picture.height], [640, 360]);
        assert.ok(Math.abs(picture.error) < 1);
      }
      assert.equal(bench.decoders, 1);
    });
  }

  /** A supply that has received frames 0 up to `count` of a clip without B pictures. */
  async function supplied(
    count: number,
    options: ConstructorParameters<typeof SupplyBench>[0] = {},
  ): Promise<AccessUnit[]> {
    const units = unitsOf(await clip([...x264, '-bf', '0', '-g', '25']), fps);
    bench = new SupplyBench(options);
    for (const unit of units.slice(0, count)) bench.supply.take(unit);
    return units;
  }
  const at = (moment: number): ReturnType<SupplyBench['at']> => bench.at(arrivalOf(moment, -1));

  it('decodes every picture once at most while requests go on, and nothing without them', async () => {
    const units = await supplied(60);
    assert.equal(bench.decoders, 0);
    for (let moment = 40; moment < 120; moment += 2) {
      if (moment >= 60) for (const unit of units.slice(moment, moment + 2)) bench.supply.take(unit);
      assert.equal(countIn(pictureOf(await at(moment))), moment);
    }
    // From the key frame 25 up to 118, without 49 and 99: who asks for the key frame behind them does not need them.
    assert.equal(bench.supply.decoded, 119 - 25 - 2);
    assert.equal(bench.decoders, 1);
  });

  it('serves several requests of one group at once, in one run, whatever their order', async () => {
    await supplied(100);
    const moments = [80, 77, 91, 77, 84];
    const answers = await Promise.all(moments.map((moment) => at(moment)));
    assert.deepEqual(
      answers.map((answer) => countIn(pictureOf(answer))),
      moments,
    );
    assert.equal(bench.decoders, 1);
    // The same moment again, by somebody who comes later: whoever has the picture shares it.
    assert.ok('same' in ((await at(84)) as object));
  });

  it('gives more to a decoder that waits for B pictures that never come', async () => {
    const all = unitsOf(
      await clip([
        '-c:v',
        'libx264',
        '-preset',
        'veryfast',
        '-x264-params',
        'bframes=2:b-pyramid=none:b-adapt=0',
        '-g',
        '24',
      ]),
      fps,
    );
    let shown = -Infinity;
    const anchors = all.filter(({ pts }) => pts > shown && ((shown = pts), true));
    bench = new SupplyBench({ quietMs: 150 });
    for (const [place, unit] of anchors.slice(0, 40).entries())
      bench.supply.take({ ...unit, arrival: arrivalOf(place * 3) });
    assert.equal(bench.supply.ring.reordering, 0);
    for (const moment of [60, 63, 66]) assert.equal(countIn(pictureOf(await bench.at(arrivalOf(moment, -3)))), moment);
    assert.equal(bench.decoders, 1);
  });

  it('tells whoever comes while the picture is being copied that it is the same', async () => {
    await supplied(100);
    let late: ReturnType<typeof at> | undefined;
    bench.onPicture = () => void (late ??= at(84));
    const first = await at(84);
    assert.equal(countIn(pictureOf(first)), 84);
    assert.ok('same' in ((await late!) as object));
    assert.equal(bench.supply.decoded, 85 - 75);
  });

  it('leaves out groups between two requests', async () => {
    await supplied(220);
    await at(10);
    await at(205);
    assert.equal(bench.supply.decoded, 11 + 6);
  });

  it('waits for a picture that has not come yet', async () => {
    const units = await supplied(60);
    const asked = at(62);
    let answered = false;
    void asked.then(() => (answered = true));
    await at(59);
    assert.equal(answered, false);
    for (const unit of units.slice(60, 64)) bench.supply.take(unit);
    assert.equal(countIn(pictureOf(await asked)), 62);
  });

  it('has nothing before the first key frame, of what is no longer kept, of a gap, and of a stream that is gone', async () => {
    const units = unitsOf(await clip([...x264, '-bf', '0', '-g', '25']), fps);
    bench = new SupplyBench({ keepMs: 1000 });
    assert.equal(await at(3), 'early');
    // The key frame 25 is missing.
    for (const unit of units.slice(1, 49)) if (!unit.key) bench.supply.take(unit);
    assert.equal(await at(40), 'early');
    for (const unit of units.slice(50, 200)) bench.supply.take(unit);
    assert.equal(countIn(pictureOf(await at(190))), 190);
    assert.equal(await at(60), 'late');
    for (const unit of units.slice(225, 240)) bench.supply.take(unit);
    assert.equal(await at(212), 'gap');
    assert.equal(await at(400), 'gap');
    const waiting = at(241);
    bench.supply.lost();
    assert.equal(await waiting, 'lost');
    assert.equal(await at(235), 'early');
  });

  it('goes on over the wrap of the 33-bit clock', async () => {
    const units = unitsOf(await clip([...x264, '-bf', '0', '-g', '25']), fps);
    bench = new SupplyBench();
    const wrap = 2 ** 33;
    const first = units[0]!.pts;
    for (const unit of units.slice(0, 100))
      bench.supply.take({ ...unit, pts: (unit.pts - first + wrap - 45 * 3600) % wrap });
    for (const moment of [30, 44, 45, 46, 80]) assert.equal(countIn(pictureOf(await at(moment))), moment);
    assert.equal(bench.decoders, 1);
  });

  it('follows a change of size', async () => {
    const small = unitsOf(await clip([...x264, '-bf', '0', '-g', '25'], 260, 320), fps);
    const units = await supplied(75);
    for (const unit of small.slice(75, 120)) bench.supply.take({ ...unit, pts: unit.pts });
    assert.ok(units[74]!.pts < small[75]!.pts);
    for (const [moment, width] of [
      [70, 640],
      [74, 640],
      [75, 320],
      [90, 320],
    ] as const) {
      const picture = pictureOf(await at(moment));
      assert.deepEqual([picture.width, countIn(picture)], [width, moment]);
    }
  });

  it('survives damaged pictures, and is right again from the next key frame on', async () => {
    const units = unitsOf(await clip([...x264, '-bf', '0', '-g', '25']), fps);
    const random = seededRandom(11);
    bench = new SupplyBench();
    for (const [place, unit] of units.slice(0, 200).entries()) {
      const data = Buffer.from(unit.data);
      if (place >= 50 && place < 100)
        for (let flips = 0; flips < 40; flips++) data[Math.floor(random() * data.length)] = Math.floor(random() * 256);
      bench.supply.take({ ...unit, data });
    }
    const damaged = [60, 70, 80, 99].map((moment) => at(moment));
    // Whatever comes of those, what follows is whole.
    for (const moment of [110, 130, 180]) assert.equal(countIn(pictureOf(await at(moment))), moment);
    for (const answer of await Promise.all(damaged))
      assert.ok(answer === 'gap' || answer === 'decoder' || typeof answer === 'object');
  });

  it('ends its decoder when nobody asks, and starts another', async () => {
    await supplied(100, { idleMs: 100 });
    await at(80);
    while (bench.rested === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(countIn(pictureOf(await at(90))), 90);
    assert.equal(bench.decoders, 2);
    // Also when it is told to, and when there is none.
    for (const rested of [2, 3]) {
      bench.supply.rest();
      while (bench.rested < rested) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  describe('with a decoder that', () => {
    const folder = mkdtempSync(join(tmpdir(), 'detail-'));
    after(() => rmSync(folder, { recursive: true }));
    const program = (name: string, script: string): string => {
      const path = join(folder, name);
      writeFileSync(path, `#!/bin/sh\n${script}\n`);
      chmodSync(path, 0o755);
      return path;
    };

    it('is missing: says so, and does not try with every request', async () => {
      await supplied(100, { program: join(folder, 'nothing') });
      assert.equal(await at(80), 'decoder');
      assert.equal(await at(81), 'decoder');
      assert.equal(bench.decoders, 1);
    });

    it('ends at once', async () => {
      await supplied(100, { program: program('ends', 'exit 3') });
      assert.equal(await at(80), 'decoder');
    });

    it('reads and never answers', async () => {
      await supplied(100, { program: program('silent', 'cat > /dev/null'), stuckMs: 300 });
      assert.equal(await at(80), 'decoder');
    });

    it('does not even read', async () => {
      await supplied(100, { program: program('deaf', 'sleep 30'), stuckMs: 300 });
      assert.equal(await at(80), 'decoder');
    });

    it('sends something else', async () => {
      await supplied(100, { program: program('noise', 'head -c 500000 /dev/zero; cat > /dev/null') });
      assert.equal(await at(80), 'decoder');
    });
  });
});

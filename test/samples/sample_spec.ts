import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { plateText } from '../../scripts/sample/plates.js';
import { visits } from '../../scripts/sample/visits.js';

const samples = resolve(__dirname, '../../samples');
const clipFile = join(samples, 'road.mp4');

type Corner = [number, number];
interface Sight {
  vehicle: number;
  box: [number, number, number, number];
  inFrame: number;
  corners?: Corner[];
}
interface Truth {
  clip: { file: string; width: number; height: number; fps: number; frames: number };
  vehicles: Array<{
    id: number;
    name: string;
    direction: string;
    country: string;
    text: string;
    lines: number;
    readable: boolean;
    frames: [number, number];
    plateFrames: [number, number];
  }>;
  frames: Array<{ frame: number; picture?: string; sights: Sight[] }>;
}

const truth = JSON.parse(readFileSync(join(samples, 'truth.json'), 'utf8')) as Truth;
const pictures = readdirSync(join(samples, 'pictures')).sort();

/** How a private plate of each country is composed (separators left out). */
const formats: Record<string, RegExp> = {
  GB: /^[A-Z]{2}\d{2}[A-Z]{3}$/,
  DE: /^[A-Z]{1,3}[A-Z]{1,2}\d{1,4}$/,
  VN: /^\d{2}[A-Z]\d{5}$/,
  NL: /^\d{2}[A-Z]{3}\d$/,
  US: /^\d[A-Z]{3}\d{3}$/,
  FR: /^[A-Z]{2}\d{3}[A-Z]{2}$/,
  BR: /^[A-Z]{3}\d[A-Z]\d{2}$/,
};

/** Width and height from the frame header of a JPEG file (ITU-T T.81, B.2.2). */
function jpegSize(file: Buffer): { width: number; height: number } {
  assert.equal(file.readUInt16BE(0), 0xffd8, 'a JPEG file begins with SOI');
  let at = 2;
  for (;;) {
    const marker = file.readUInt16BE(at);
    if (marker >= 0xffc0 && marker <= 0xffc2) {
      return { height: file.readUInt16BE(at + 5), width: file.readUInt16BE(at + 7) };
    }
    at += 2 + file.readUInt16BE(at + 2);
  }
}

/** Names of the top-level boxes of an MP4 file, in order. */
function topLevelBoxes(file: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at + 8 <= file.length;) {
    names.push(file.toString('latin1', at + 4, at + 8));
    const size = file.readUInt32BE(at);
    assert.ok(size >= 8, 'a box is at least as long as its header');
    at += size;
  }
  return names;
}

describe('shipped sample', () => {
  it('fits the size that a package may have', () => {
    assert.ok(statSync(clipFile).size <= 4 * 1024 * 1024, 'clip at most 4 MiB');
    const sizes = pictures.map((name) => statSync(join(samples, 'pictures', name)).size);
    assert.ok(sizes.reduce((sum, size) => sum + size, 0) <= 1.6 * 1024 * 1024, 'pictures together at most 1.6 MiB');
    assert.ok(statSync(join(samples, 'truth.json')).size <= 100 * 1024, 'truth at most 100 KiB');
    assert.ok(existsSync(join(samples, 'README.md')));
  });

  it('has ten to fourteen pictures, named in the order of the clip, of the size that the truth states', () => {
    assert.ok(pictures.length >= 10 && pictures.length <= 14, `${pictures.length} pictures`);
    const named = truth.frames.filter((frame) => frame.picture !== undefined);
    assert.deepEqual(
      named.map((frame) => frame.picture),
      pictures,
    );
    for (const name of pictures) {
      const size = jpegSize(readFileSync(join(samples, 'pictures', name)));
      assert.deepEqual(size, { width: truth.clip.width, height: truth.clip.height }, name);
    }
  });

  it('has its index before its pictures, so that a browser can start to play before it has the whole file', () => {
    const boxes = topLevelBoxes(readFileSync(clipFile));
    assert.equal(boxes[0], 'ftyp');
    assert.ok(boxes.indexOf('moov') > 0 && boxes.indexOf('moov') < boxes.indexOf('mdat'), boxes.join(' '));
  });

  it('is H.264 that every player takes, with the frames that the truth states', function () {
    const fields = 'codec_name,width,height,pix_fmt,r_frame_rate,nb_read_packets';
    let answer: string;
    try {
      answer = execFileSync(
        'ffprobe',
        `-v error -select_streams v:0 -count_packets -of json -show_entries stream=${fields}`.split(' ').concat(clipFile),
        { encoding: 'utf8' },
      );
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      console.log('      skipped: ffprobe is not installed here');
      return this.skip();
    }
    assert.deepEqual((JSON.parse(answer) as { streams: unknown[] }).streams[0], {
      codec_name: 'h264',
      width: 1920,
      height: 1080,
      pix_fmt: 'yuv420p',
      r_frame_rate: '15/1',
      nb_read_packets: String(truth.clip.frames),
    });
  });

  it('shows what every node is for: vehicles both ways, a two-line plate, one that nobody can read, many countries', () => {
    assert.ok(truth.vehicles.length >= 6);
    assert.deepEqual([...new Set(truth.vehicles.map((v) => v.direction))].sort(), ['away', 'towards']);
    assert.equal(truth.vehicles.filter((v) => v.lines === 2).length, 1);
    assert.equal(truth.vehicles.filter((v) => !v.readable).length, 1);
    assert.equal(new Set(truth.vehicles.map((v) => v.country)).size, truth.vehicles.length);
    assert.equal(new Set(truth.vehicles.map((v) => v.text)).size, truth.vehicles.length);
    const together = truth.frames.filter((frame) => frame.sights.length >= 3);
    assert.ok(together.length >= 10, `${together.length} frames with three vehicles or more`);
  });

  for (const vehicle of truth.vehicles) {
    it(`gives the ${vehicle.name} a plate text of the form that ${vehicle.country} uses, without O and I`, () => {
      assert.match(vehicle.text, formats[vehicle.country] ?? /^$/);
      assert.doesNotMatch(vehicle.text, /[OI]/);
      assert.ok(vehicle.frames[0] <= vehicle.plateFrames[0] && vehicle.plateFrames[1] <= vehicle.frames[1]);
    });
  }

  it('lets one vehicle stand still for three seconds or more with its plate in view', () => {
    const standing = truth.vehicles.filter((vehicle) => {
      let since: { frame: number; x: number; y: number } | undefined;
      return truth.frames.some(({ frame, sights }) => {
        const corner = sights.find((sight) => sight.vehicle === vehicle.id)?.corners?.[0];
        if (!corner) since = undefined;
        else if (!since || Math.hypot(corner[0] - since.x, corner[1] - since.y) > 25) {
          since = { frame, x: corner[0], y: corner[1] };
        } else if (frame - since.frame >= 3 * truth.clip.fps) return corner[0] > 0;
        return false;
      });
    });
    assert.deepEqual(
      standing.map((vehicle) => vehicle.country),
      ['DE'],
    );
  });

  it('has truth that agrees with itself in every frame', () => {
    let last = -1;
    for (const { frame, sights } of truth.frames) {
      assert.ok(frame > last && frame < truth.clip.frames, `frame ${frame} after ${last}`);
      last = frame;
      for (const { vehicle, box, inFrame, corners } of sights) {
        const [left, top, right, bottom] = box;
        const where = `vehicle ${vehicle} in frame ${frame}`;
        const known = truth.vehicles[vehicle];
        assert.ok(known && frame >= known.frames[0] && frame <= known.frames[1], where);
        assert.ok(left >= 0 && top >= 0 && right <= truth.clip.width && bottom <= truth.clip.height, where);
        assert.ok(right > left && bottom > top && inFrame > 0 && inFrame <= 1, where);
        if (!corners) continue;
        assert.equal(corners.length, 4, where);
        // Twice the signed area of a quadrilateral that runs clockwise on the screen is positive.
        const area = corners.reduce((sum, [x, y], i) => {
          const [nextX, nextY] = corners[(i + 1) % 4] as Corner;
          return sum + x * nextY - nextX * y;
        }, 0);
        assert.ok(area > 0, `${where}: corners run top left, top right, bottom right, bottom left`);
        const [[topLeftX], [topRightX]] = corners as [Corner, Corner, Corner, Corner];
        assert.ok(topLeftX < topRightX, where);
        for (const [x, y] of corners) assert.ok(x >= left - 3 && x <= right + 3 && y >= top - 3 && y <= bottom + 3, where);
      }
    }
    for (let frame = 0; frame < truth.clip.frames; frame += 5) {
      assert.ok(truth.frames.some((entry) => entry.frame === frame), `frame ${frame} is described`);
    }
  });

  it('was drawn from the visits that the drawing script holds', () => {
    assert.deepEqual(
      truth.vehicles.map(({ name, direction, country, text }) => ({ name, direction, country, text })),
      visits.map((v) => ({ name: v.name, direction: v.direction, country: v.plate.country, text: plateText(v.plate) })),
    );
  });
});

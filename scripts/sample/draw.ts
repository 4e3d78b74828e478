/**
 * Draws the sample that the demo reads: `node --import tsx scripts/sample/draw.ts [--fonts <node_modules>] [--out samples] [--frames 0,30,60]`.
 * The same seeds give the same frames every time. Needs ffmpeg on the PATH for the clip.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { Actor } from './actor.js';
import { drawBackground } from './background.js';
import { Camera } from './camera.js';
import { Font, readFont } from './font.js';
import { PlateFonts, plateText } from './plates.js';
import { Scene } from './scene.js';
import { Sight } from './sights.js';
import { buildShape, kinds, VehicleShape } from './vehicles.js';
import { clip, Visit, visits } from './visits.js';

const root = resolve(__dirname, '../..');
const { values: options } = parseArgs({
  options: {
    fonts: { type: 'string', default: root },
    out: { type: 'string', default: join(root, 'samples') },
    /** Only these frames, as pictures without compression, to look at. */
    frames: { type: 'string' },
    subframes: { type: 'string', default: '5' },
  },
});

function font(name: string, file: string): Font {
  const find = createRequire(join(resolve(options.fonts), 'package.json'));
  let path: string;
  try {
    path = find.resolve(`@fontsource/${name}/files/${file}`);
  } catch {
    throw new Error(
      `Expected the package @fontsource/${name} below ${options.fonts} but received none: npm install --no-save @fontsource/${name}`,
    );
  }
  return readFont(readFileSync(path));
}

async function buildScene(quick: boolean): Promise<Scene> {
  const fonts: PlateFonts = {
    condensed: font('barlow-condensed', 'barlow-condensed-latin-600-normal.woff'),
    square: font('saira-condensed', 'saira-condensed-latin-600-normal.woff'),
  };
  const camera = new Camera(clip.width, clip.height, 3000, 0.148, [0.1, 0, 3.3], clip.width / 2);
  const shapes = new Map<Visit['kind'], VehicleShape>();
  const actors: Actor[] = [];
  for (const visit of visits) {
    const shape = shapes.get(visit.kind) ?? buildShape(kinds[visit.kind], quick ? 0.045 : 0.034);
    shapes.set(visit.kind, shape);
    actors.push(await Actor.create(shape, visit.paint, visit.plate, fonts, visit.direction === 'away' ? -1 : 1));
  }
  return new Scene(camera, drawBackground(camera, quick ? 1 : 6), visits, actors, Number(options.subframes));
}

const jpeg = (rgb: Buffer, quality: number) =>
  sharp(rgb, { raw: { width: clip.width, height: clip.height, channels: 3 } })
    .jpeg({ quality, mozjpeg: true })
    .toBuffer();

/** Frames that are also shipped as pictures, in order. */
const pictureFrames = [14, 24, 70, 112, 122, 150, 190, 234, 244, 318, 332, 358, 370, 392];

async function main(): Promise<void> {
  const out = resolve(options.out);
  mkdirSync(out, { recursive: true });
  if (options.frames !== undefined) {
    const scene = await buildScene(true);
    const looked: Array<{ frame: number; sights: Sight[]; picture: string }> = [];
    for (const index of options.frames.split(',').map(Number)) {
      const { rgb, sights } = scene.frame(index);
      const picture = `frame-${index}.jpg`;
      writeFileSync(join(out, picture), await jpeg(rgb, 90));
      looked.push({ frame: index, sights, picture });
    }
    writeFileSync(join(out, 'truth.json'), truth(looked));
    return;
  }
  const scene = await buildScene(false);
  const pictures = join(out, 'pictures');
  rmSync(pictures, { recursive: true, force: true });
  mkdirSync(pictures);
  const size = `${clip.width}x${clip.height}`;
  const input = `-y -loglevel error -f rawvideo -pix_fmt rgb24 -s ${size} -r ${clip.fps} -i -`;
  const colours =
    '-vf scale=out_color_matrix=bt709:out_range=tv -colorspace bt709 -color_primaries bt709 -color_trc bt709';
  const coding = '-c:v libx264 -preset medium -crf 25 -pix_fmt yuv420p -g 60 -movflags +faststart';
  const encoder = spawn('ffmpeg', [...`${input} ${colours} ${coding}`.split(' '), join(out, 'road.mp4')], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const closed = once(encoder, 'close');
  const total = clip.fps * clip.seconds;
  const seen: Array<{ frame: number; sights: Sight[]; picture?: string }> = [];
  for (let index = 0; index < total; index++) {
    const { rgb, sights } = scene.frame(index);
    if (!encoder.stdin.write(rgb)) await once(encoder.stdin, 'drain');
    const position = pictureFrames.indexOf(index);
    let picture: string | undefined;
    if (position >= 0) {
      picture = `${String(position + 1).padStart(2, '0')}.jpg`;
      writeFileSync(join(pictures, picture), await jpeg(rgb, 62));
    }
    seen.push({ frame: index, sights, ...(picture === undefined ? {} : { picture }) });
    if (index % 15 === 0) process.stderr.write(`\rframe ${index} of ${total}`);
  }
  encoder.stdin.end();
  const [code] = (await closed) as [number];
  if (code !== 0) throw new Error(`Expected ffmpeg to end with 0 but received ${code}`);
  writeFileSync(join(out, 'truth.json'), truth(seen));
  process.stderr.write(`\rdrawn ${total} frames\n`);
}

/** What is to be seen, for tests: every fifth frame and every picture. */
function truth(seen: Array<{ frame: number; sights: Sight[]; picture?: string }>): string {
  const vehicles = visits.map((visit, id) => {
    const frames = seen.filter((s) => s.sights.some((sight) => sight.visit === id)).map((s) => s.frame);
    const withPlate = seen
      .filter((s) => s.sights.some((sight) => sight.visit === id && sight.corners))
      .map((s) => s.frame);
    return {
      id,
      name: visit.name,
      direction: visit.direction,
      country: visit.plate.country,
      text: plateText(visit.plate),
      lines: visit.plate.lines.length,
      readable: !visit.plate.muddy,
      frames: [frames[0], frames[frames.length - 1]],
      plateFrames: [withPlate[0], withPlate[withPlate.length - 1]],
    };
  });
  const frames = seen.filter((s) => s.frame % 5 === 0 || s.picture !== undefined);
  const rows = (list: unknown[]) => list.map((item) => `    ${JSON.stringify(item)}`).join(',\n');
  const lines = frames.map(({ frame, picture, sights }) => ({
    frame,
    ...(picture === undefined ? {} : { picture }),
    sights: sights.map(({ visit, box, inFrame, corners }) => ({
      vehicle: visit,
      box,
      inFrame,
      ...(corners ? { corners } : {}),
    })),
  }));
  return `{\n  "clip": ${JSON.stringify({ file: 'road.mp4', width: clip.width, height: clip.height, fps: clip.fps, frames: clip.fps * clip.seconds })},\n  "vehicles": [\n${rows(vehicles)}\n  ],\n  "frames": [\n${rows(lines)}\n  ]\n}\n`;
}

main().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
});

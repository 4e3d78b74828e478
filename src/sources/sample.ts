import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findFfmpeg } from './ffmpeg.js';
import { listPictures, openPictures, type FolderOptions } from './folder.js';
import { SourceError, type FrameAllocator, type FrameSource } from './source.js';
import { openVideo } from './video.js';

export interface SampleOptions extends FolderOptions {
  pool: FrameAllocator;
  ffmpeg?: string | undefined;
  /** Another folder with `road.mp4` and `pictures/`; the shipped one when left out. */
  directory?: string | undefined;
}

export interface SampleSource extends FrameSource {
  /** The clip needs ffmpeg; without it the pictures are shown. */
  readonly sampleUsed: 'clip' | 'pictures';
  /** Why it is the pictures, and how to get the clip; undefined for the clip. */
  readonly hint: string | undefined;
}

/**
 * The shipped pictures are moments of the clip, most of them in pairs that lie within a second and seconds between the pairs. All
 * are dated half a second apart: near enough that a vehicle stays one track over a pair, far enough to look at each.
 */
const picturesPerSecond = 2;

/**
 * The sample that comes with the package: a drawn road scene.
 * @throws SourceError when the package came without its samples
 */
export async function openSample(options: SampleOptions): Promise<SampleSource> {
  const directory = options.directory ?? sampleDirectory();
  const clip = join(directory, 'road.mp4');
  const hint = existsSync(clip) ? await whyNoFfmpeg(options.ffmpeg) : `Expected the clip ${clip} but it is not there`;
  if (hint === undefined) return asSample(await openVideo(clip, options), 'clip', undefined);
  const paths = await listPictures(join(directory, 'pictures'));
  const source = openPictures(paths, 'sample pictures', { ...options, fps: options.fps ?? picturesPerSecond });
  return asSample(source, 'pictures', hint);
}

/**
 * The folder `samples` of this package, from the sources as from dist.
 * @throws SourceError when there is none
 */
export function sampleDirectory(): string {
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const found = join(folder, 'samples');
    if (existsSync(found) && existsSync(join(folder, 'package.json'))) return found;
  }
  throw new SourceError(`Expected the folder samples for the demo above ${__dirname} but received nothing there`);
}

async function whyNoFfmpeg(path: string | undefined): Promise<string | undefined> {
  try {
    await findFfmpeg(path);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function asSample(source: FrameSource, sampleUsed: 'clip' | 'pictures', hint: string | undefined): SampleSource {
  return {
    description: `sample (${sampleUsed})`,
    get expectedFrames() {
      return source.expectedFrames;
    },
    get currentFile() {
      return source.currentFile;
    },
    sampleUsed,
    hint,
    next: () => source.next(),
    close: () => source.close(),
  };
}

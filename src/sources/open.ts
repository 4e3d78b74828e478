import { FrameCounter } from './counter.js';
import { openFolder } from './folder.js';
import { loopSource } from './loop.js';
import type { HardwareDecoder } from './live/settings.js';
import { openPicture } from './picture.js';
import { openSample } from './sample.js';
import { SourceError, type FrameAllocator, type FrameSource } from './source.js';
import { openVideo } from './video.js';
import { openWatch, type WatchFiles } from './watch.js';

export const sourceKinds = ['picture', 'folder', 'watch', 'video', 'sample'] as const;
export type SourceKind = (typeof sourceKinds)[number];

/** What a person sets. */
export interface SourceSettings {
  source: SourceKind;
  /** File or folder; the sample needs none. */
  path?: string | undefined;
  /** Video: at most so many frames per second. Pictures of a folder: dated so many per second. */
  fps?: number | undefined;
  loop?: boolean | undefined;
  /** Video: wider frames are scaled down to this, pixels. */
  maxWidth?: number | undefined;
  /** Video: what decodes. Default none, which is software. */
  hwaccel?: HardwareDecoder | undefined;
  /** Video: `/dev/dri/renderD128` and the like; empty: ffmpeg's choice. */
  hwDevice?: string | undefined;
  /** Path of ffmpeg; the one on PATH when left out or empty. */
  ffmpeg?: string | undefined;
  maxMegapixels?: number | undefined;
  /** Watched folder: what becomes of a file that was read. Default keep. */
  watchFiles?: WatchFiles | undefined;
  /** Watched folder: also the files that are there at the start. Default false. */
  watchExisting?: boolean | undefined;
}

/** What a source is opened in. */
export interface SourceContext {
  pool: FrameAllocator;
  /** Kept over the runs of one camera, so that its numbers and times go on; or a camera id for a single run. */
  camera: FrameCounter | string;
  /** Told of single pictures that could not be read; the source goes on. */
  onProblem?: ((error: Error) => void) | undefined;
}

/**
 * Opens a source of frames.
 * @throws SourceError that says what was expected and what came; ALPR_FFMPEG when video needs an ffmpeg that is not there
 */
export async function openSource(settings: SourceSettings, context: SourceContext): Promise<FrameSource> {
  const counter = typeof context.camera === 'string' ? new FrameCounter(context.camera) : context.camera;
  const once = () => openOnce(settings, context, counter);
  // What never ends is not repeated.
  return settings.loop && settings.source !== 'watch' ? loopSource(once) : once();
}

async function openOnce(settings: SourceSettings, context: SourceContext, counter: FrameCounter): Promise<FrameSource> {
  const { path = '', fps, maxWidth, hwaccel, hwDevice, ffmpeg, maxMegapixels } = settings;
  if (fps !== undefined && !(fps > 0 && fps < Infinity)) {
    throw new SourceError(`Expected a number above 0 for fps but received ${fps}`);
  }
  const options = { counter, pool: context.pool, onProblem: context.onProblem, fps, ffmpeg, maxMegapixels };
  switch (settings.source) {
    case 'picture':
      return openPicture(path, options);
    case 'folder':
      return openFolder(path, options);
    case 'watch': {
      const { watchFiles, watchExisting } = settings;
      return openWatch(path, { ...options, maxWidth, hwaccel, hwDevice, watchFiles, watchExisting });
    }
    case 'video':
      return openVideo(path, { ...options, maxWidth, hwaccel, hwDevice });
    case 'sample':
      return openSample(options);
    default:
      throw new SourceError(
        `Expected one of ${sourceKinds.join(', ')} for source but received ${String(settings.source)}`,
      );
  }
}

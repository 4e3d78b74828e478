import { SourceError } from '../../source.js';

/** Size, rate and pixel format that a camera is asked for. */
export interface CameraMode {
  /** Pixels. */
  width: number;
  height: number;
  /** Frames per second; undefined: the camera's choice. */
  fps: number | undefined;
  /** As ffmpeg calls it, such as `mjpeg` or `yuyv422`; undefined: the camera's choice. */
  format: string | undefined;
}

const longestSide = 16_384;
const mostFps = 1000;

/**
 * A mode as settings say it: `1920x1080`, `1920x1080@30`, `1920x1080@29.97 mjpeg`.
 * @returns undefined for an empty setting: the camera's choice
 * @throws SourceError ALPR_SOURCE_SETTINGS when it is something else
 */
export function readMode(setting = ''): CameraMode | undefined {
  const text = setting.trim();
  if (text === '') return undefined;
  const parts = /^(\d+)x(\d+)(?:@(\d+(?:\.\d+)?))?(?: +([a-z0-9_]+))?$/i.exec(text);
  const [width, height] = [Number(parts?.[1]), Number(parts?.[2])];
  const fps = parts?.[3] === undefined ? undefined : Number(parts[3]);
  const isSize = [width, height].every((side) => side >= 1 && side <= longestSide);
  if (!isSize || (fps !== undefined && !(fps > 0 && fps <= mostFps))) {
    throw new SourceError(
      `Expected a mode such as 1920x1080@30 for the camera but received ${JSON.stringify(text.slice(0, 60))}`,
      'ALPR_SOURCE_SETTINGS',
    );
  }
  return { width, height, fps, format: parts?.[4]?.toLowerCase() };
}

/** The way back: what `readMode` reads. */
export function writeMode({ width, height, fps, format }: CameraMode): string {
  // Three decimals tell 29.97 from 30.
  const rate = fps === undefined ? '' : `@${Number(fps.toFixed(3))}`;
  return `${width}x${height}${rate}${format === undefined ? '' : ` ${format}`}`;
}

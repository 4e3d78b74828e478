import { framePool } from '../frame/pool.js';
import { openFeed } from '../sources/live/open-feed.js';
import { openLiveSource } from '../sources/live/live-source.js';
import { hideSecrets } from '../sources/live/redact.js';
import type { LiveKind, LiveSettings } from '../sources/live/settings.js';
import type { FrameSource } from '../sources/source.js';

const TIMEOUT_MS = 10_000;

export interface CameraLimits {
  fps?: number | undefined;
  /** Ends it after so long. */
  seconds?: number | undefined;
  /** Fetches single pictures so far apart, s; an MJPEG stream when left out. */
  every?: number | undefined;
  ffmpeg?: string | undefined;
}

export function isAddress(target: string): boolean {
  return /^(rtsps?|https?):\/\//i.test(target);
}

/** A live camera, until Ctrl-C or for so long. User and password come from ALPR_USER and ALPR_PASSWORD. */
export function openCamera(address: string, { fps, seconds, every, ffmpeg }: CameraLimits): FrameSource {
  const source: LiveKind = /^rtsps?:/i.test(address) ? 'rtsp' : every === undefined ? 'mjpeg' : 'snapshot';
  const { ALPR_USER: user, ALPR_PASSWORD: password } = process.env;
  const settings: LiveSettings = { source, url: address, user, password, fps, ffmpeg, interval: every };
  const shown = hideSecrets(address, [user ?? '', password ?? '']);
  const camera = openLiveSource((context) => openFeed({ ...settings, timeoutMs: TIMEOUT_MS }, context), {
    camera: shown,
    pool: framePool(),
    timeoutMs: TIMEOUT_MS + (source === 'snapshot' ? 1000 * (every ?? 0) : 0),
    onReport({ state, reason, retryInMs }) {
      if (state === 'lost' || state === 'failed') {
        process.stderr.write(`${shown}: ${reason}; again in ${Math.round((retryInMs ?? 0) / 1000)} s\n`);
      }
    },
  });
  const end = (): void => void camera.close();
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  const timer = seconds === undefined ? undefined : setTimeout(end, seconds * 1000);
  return {
    ...camera,
    close() {
      clearTimeout(timer);
      process.off('SIGINT', end);
      process.off('SIGTERM', end);
      return camera.close();
    },
  };
}

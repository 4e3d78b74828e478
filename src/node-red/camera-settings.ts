import { checkAddress } from '../sources/live/address.js';
import {
  hardwareDecoders,
  liveKinds,
  rtspTransports,
  type LiveKind,
  type LiveSettings,
} from '../sources/live/settings.js';
import { sourceKinds, type SourceKind, type SourceSettings } from '../sources/open.js';
import type { CameraViewSettings } from './camera-view.js';
import type { SettingsReader } from './settings.js';

export const cameraKinds = ['message', ...sourceKinds, ...liveKinds] as const;

/** What camera-in's dialog sets, as the code wants it. */
export interface CameraInSettings {
  kind: 'message' | SourceKind | LiveKind;
  /** '' when not set. */
  camera: string;
  path: string;
  autostart: boolean;
  pace: 'recorded' | 'fast';
  inFlight: number;
  maxMegapixels: number;
  /** Without a frame for so long the camera is lost, ms. */
  timeoutMs: number;
  /** For kinds that are files. */
  file: SourceSettings | undefined;
  /** For live kinds. */
  live: LiveSettings | undefined;
  view: CameraViewSettings;
}

export interface CameraCredentials {
  user?: string;
  password?: string;
}

/** Reads them; what is wrong is in `read.error`. */
export function readCameraIn(read: SettingsReader, credentials: CameraCredentials): CameraInSettings {
  const kind = read.choice('source', cameraKinds, 'message');
  const common = {
    fps: read.optionalNumber('fps', { min: 0.001, max: 1000 }),
    maxMegapixels: read.number('maxMegapixels', 64, { min: 0.01, max: 1000 }),
    ffmpeg: read.text('ffmpeg'),
    maxWidth: read.optionalNumber('maxWidth', { min: 16, max: 16_384, integer: true }),
    hwaccel: read.choice('hwaccel', hardwareDecoders, 'none'),
    hwDevice: read.text('hwDevice'),
  };
  const path = read.text('path');
  const loop = read.flag('loop', false);
  const timeoutMs = 1000 * read.number('timeout', 10, { min: 1, max: 3600 });
  // What is asked for seldom is not missed at once.
  const gap = common.fps !== undefined && common.fps < 1 ? 1000 / common.fps : 0;
  const watched = {
    watchFiles: read.choice('watchFiles', ['keep', 'delete'], 'keep'),
    watchExisting: read.flag('watchExisting', false),
  };
  const isLive = liveKinds.some((known) => known === kind);
  const isFile = sourceKinds.some((known) => known === kind);
  return {
    kind,
    camera: read.text('camera'),
    path,
    autostart: read.flag('autostart', true),
    // Dates of files that arrive may lie days apart.
    pace: kind === 'watch' ? 'fast' : read.choice('pace', ['recorded', 'fast'], 'recorded'),
    inFlight: read.number('inFlight', 3, { min: 1, max: 64, integer: true }),
    maxMegapixels: common.maxMegapixels,
    timeoutMs,
    file: isFile ? { ...common, ...watched, source: kind as SourceKind, path, loop } : undefined,
    live: isLive
      ? { ...common, timeoutMs: timeoutMs + gap, ...readLive(read, kind as LiveKind), ...credentials }
      : undefined,
    view: {
      regions: read.text('regions'),
      masks: read.text('masks'),
      motion: kind !== 'message' && kind !== 'picture' && read.flag('motion', false),
      motionShare: read.number('motionShare', 0.5, { min: 0.01, max: 100 }),
      motionHold: read.number('motionHold', 5, { min: 0, max: 3600 }),
      idleInterval: read.number('idleInterval', 10, { min: 0, max: 86_400 }),
    },
  };
}

function readLive(read: SettingsReader, source: LiveKind): LiveSettings {
  const hasAddress = source === 'rtsp' || source === 'mjpeg' || source === 'snapshot';
  const schemes = source === 'rtsp' ? ['rtsp', 'rtsps'] : ['http', 'https'];
  return {
    source,
    url: hasAddress ? read.checkedText('url', (text) => checkAddress('url', text, schemes)) : '',
    transport: read.choice('transport', rtspTransports, 'tcp'),
    device: read.text('device'),
    mode: read.text('mode'),
    arguments: source === 'ffmpeg' ? read.requiredText('arguments', 'options and an input for ffmpeg') : '',
    interval: read.number('interval', 1, { min: 0.1, max: 86_400 }),
    detailUrl:
      source === 'rtsp'
        ? read.checkedText('detailUrl', (text) => text === '' || checkAddress('detailUrl', text, schemes))
        : '',
    detailOffsetMs: read.number('detailOffset', 0, { min: -10_000, max: 10_000 }),
  };
}

/** How long a live camera may give no sign of life, ms: its timeout, and what lies between two pictures that are fetched. */
export function silenceLimit({ source, timeoutMs = 10_000, interval = 1 }: LiveSettings): number {
  return timeoutMs + (source === 'snapshot' ? 1000 * interval : 0);
}

import type { Frame } from '../frame/frame.js';
import { framePool } from '../frame/pool.js';
import { encodeJpeg } from '../image/encode.js';
import { hideSecrets } from '../sources/live/redact.js';
import { openSource, type SourceSettings } from '../sources/open.js';
import { badRequest, BadRequestError } from './admin-body.js';
import { readCameraIn, type CameraCredentials, type CameraInSettings } from './camera-settings.js';
import { runningCamera, testCamera, type TestPicture } from './cameras.js';
import { toError } from './errors.js';
import { SettingsReader } from './settings.js';

/** The stills of dialogs; a plate on them need not be read. */
const STILL = { maxWidth: 1280, quality: 80 };
/** Nobody looks at a dialog for longer. */
const LONGEST_WAIT_MS = 60_000;

/** What is deployed of a camera-in node. */
export interface SavedCamera {
  source: unknown;
  url: unknown;
  device: unknown;
  ffmpeg: unknown;
  credentials: CameraCredentials;
}

/** What a dialog shows of a camera. */
export interface CameraStill {
  /** Of the camera's frame, pixels. */
  width: number;
  height: number;
  fps?: number | undefined;
  codec?: string | undefined;
  decoder?: string | undefined;
  /** From the request to the frame, ms. */
  ms: number;
  /** It came from the running node, with the settings that are deployed. */
  running: boolean;
  /** Base64. */
  jpeg: string;
}

/** @throws Error of encoding; the frame goes back to the pool in any case */
export async function stillOf(frame: Frame): Promise<Buffer> {
  try {
    return await encodeJpeg(frame, STILL);
  } finally {
    framePool().recycle(frame);
  }
}

/**
 * One picture with the settings of a dialog, deployed or not.
 *
 * @param body {node, settings, credentials: {user, password} or {user, savedPassword: true}}
 * @param saved what is deployed of that node; its password stands in for the dialog's only at the host it was saved for
 * @throws BadRequestError 400 for settings that cannot be, 409 for a password that must be typed, 422 with why no picture comes;
 *   never with a secret
 */
export async function testStill(
  body: Record<string, unknown>,
  saved: SavedCamera | undefined,
  signal: AbortSignal,
): Promise<CameraStill> {
  const given = settingsOf(body);
  const credentials = loginOf(body, given, saved);
  const read = new SettingsReader(given);
  const settings = readCameraIn(read, credentials);
  const secrets = [credentials.user ?? '', credentials.password ?? ''];
  if (read.error !== undefined) throw new BadRequestError(hideSecrets(read.error.message, secrets), 400);
  if (settings.kind === 'message') throw badRequest('a source of its own for source', settings.kind);
  const began = performance.now();
  const limit = Math.min(settings.timeoutMs, LONGEST_WAIT_MS);
  // A file that is opened says by itself when it cannot be; this is for a disk that hangs and for the time that opening takes.
  const timeout = AbortSignal.timeout(limit + 10_000);
  const either = AbortSignal.any([signal, timeout]);
  try {
    const running = runningPicture(body['node'], settings, saved, either);
    const { frame, facts } = await (running ?? takePicture(settings, limit, either));
    const ms = Math.round(performance.now() - began);
    const { width, height } = frame;
    const { fps, codec, decoder } = facts;
    const jpeg = (await stillOf(frame)).toString('base64');
    return { width, height, fps, codec, decoder, ms, running: running !== undefined, jpeg };
  } catch (thrown) {
    if (thrown === timeout.reason) {
      throw new BadRequestError(`Expected a picture within ${limit / 1000} s but received none`, 422);
    }
    throw new BadRequestError(hideSecrets(toError(thrown).message, secrets), 422);
  }
}

function settingsOf(body: Record<string, unknown>): Record<string, unknown> {
  const settings = body['settings'];
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    throw badRequest('an object for settings', settings);
  }
  // One picture is asked for: of the small stream where there are two, of a file that is there, which stays.
  const once = { detailUrl: '', loop: false, fps: '', watchExisting: true, watchFiles: 'keep' };
  return { ...settings, ...once, regions: '', masks: '', motion: false };
}

/** Whoever may open a dialog must not be able to send a saved password to a host of his own. */
function loginOf(body: Record<string, unknown>, settings: Record<string, unknown>, saved: SavedCamera | undefined) {
  if (!['rtsp', 'mjpeg', 'snapshot'].includes(String(settings['source']))) return {};
  const given = (body['credentials'] ?? {}) as Record<string, unknown>;
  const login: CameraCredentials = {};
  if (typeof given['user'] === 'string' && given['user'] !== '') login.user = given['user'];
  if (given['savedPassword'] !== true && given['password'] !== '__PWRD__') {
    if (typeof given['password'] === 'string' && given['password'] !== '') login.password = given['password'];
    return login;
  }
  const password = saved?.credentials.password;
  if (saved === undefined || password === undefined || password === '') throw typeAgain('none is deployed');
  const host = hostOf(settings['url']);
  if (host === undefined || host !== hostOf(saved.url)) {
    throw typeAgain('the address names another host than the one it was saved for');
  }
  // Another program would be told the password, too.
  if (String(settings['ffmpeg'] ?? '').trim() !== String(saved.ffmpeg ?? '').trim()) {
    throw typeAgain('another ffmpeg is named than when it was saved');
  }
  return { ...login, password };
}

function typeAgain(why: string): BadRequestError {
  return new BadRequestError(`Expected the password to be typed again: ${why}`, 409);
}

function hostOf(url: unknown): string | undefined {
  const text = String(url ?? '').trim();
  const host = URL.canParse(text) ? new URL(text).hostname.toLowerCase() : '';
  return host === '' ? undefined : host;
}

/** Only one program can read such a camera; the node that has it can be asked. */
function runningPicture(
  node: unknown,
  { kind, live }: CameraInSettings,
  saved: SavedCamera | undefined,
  signal: AbortSignal,
): Promise<TestPicture> | undefined {
  if ((kind !== 'usb' && kind !== 'picamera') || saved?.source !== kind || typeof node !== 'string') return undefined;
  if (String(saved.device ?? '').trim() !== (live?.device ?? '')) return undefined;
  const camera = runningCamera(node);
  return camera?.still(signal).then((frame) => ({ frame, facts: { width: frame.width, height: frame.height } }));
}

function takePicture({ file, live }: CameraInSettings, timeoutMs: number, signal: AbortSignal): Promise<TestPicture> {
  if (file !== undefined) return firstFrame(file, signal);
  return testCamera({ ...live!, timeoutMs }, signal);
}

async function firstFrame(settings: SourceSettings, signal: AbortSignal): Promise<TestPicture> {
  signal.throwIfAborted();
  // A picture of a folder that cannot be read is passed over, unless it was the only one.
  let problem: Error | undefined;
  const context = { pool: framePool(), camera: 'test', onProblem: (error: Error) => void (problem ??= error) };
  const source = await openSource(settings, context);
  const close = (): void => void source.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    const frame = await source.next();
    if (signal.aborted) {
      if (frame !== null) framePool().recycle(frame);
      // A watched folder waits for better ones.
      throw problem ?? (signal.reason as Error);
    }
    if (frame === null) throw problem ?? new Error(`Expected a picture in ${source.description} but received none`);
    return { frame, facts: { width: frame.width, height: frame.height } };
  } finally {
    signal.removeEventListener('abort', close);
    await source.close();
  }
}

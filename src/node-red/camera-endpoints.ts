import type { NodeAPI } from 'node-red';
import { listUsbCameras } from '../sources/live/usb-devices.js';
import { listUsbModes } from '../sources/live/usb-modes.js';
import { badRequest, BadRequestError, jsonBody, textField, type AdminRequest } from './admin-body.js';
import { stillOf, testStill, type SavedCamera } from './camera-test.js';
import { runningCamera } from './cameras.js';
import { toError } from './errors.js';

/** Each opens a camera, and decodes. */
const MOST_TESTS = 4;
const MOST_STILLS = 8;
/** A camera that is lost may take long. */
const STILL_MS = 10_000;

interface CameraRequest extends AdminRequest {
  readonly params: Record<string, unknown>;
}

interface CameraResponse {
  readonly writableEnded: boolean;
  status(code: number): CameraResponse;
  set(name: string, value: string): CameraResponse;
  type(name: string): CameraResponse;
  json(value: unknown): unknown;
  send(body: Buffer): unknown;
  on(event: 'close', listener: () => void): unknown;
}

/** Replaced in tests. */
export interface CameraServices {
  listUsbCameras: typeof listUsbCameras;
  listUsbModes: typeof listUsbModes;
  testStill: typeof testStill;
}

/**
 * What camera-in's dialog, and dialogs with zones, ask for.
 *
 * - `GET /hailo-alpr/cameras/usb`: the USB cameras of the computer; `…/usb/modes?device=` what one of them can send
 * - `POST /hailo-alpr/cameras/test`: one picture with settings that need not be deployed. It opens what the browser names, which
 *   is what deploying does: it needs the permission to deploy, too
 * - `GET /hailo-alpr/cameras/:id/still`: a picture of a running camera-in as JPEG; 404 when it does not run
 */
export function registerCameras(RED: NodeAPI, services: Partial<CameraServices> = {}): void {
  const { needsPermission } = RED.auth;
  const read = needsPermission('hailo-alpr.read');
  const app = RED.httpAdmin;
  const usb = services.listUsbCameras ?? listUsbCameras;
  const modes = services.listUsbModes ?? listUsbModes;
  const test = services.testStill ?? testStill;
  const tests = new TestsByNode();
  let stills = 0;

  app.get('/hailo-alpr/cameras/usb', read, answering(() => usb())); // prettier-ignore
  app.get(
    '/hailo-alpr/cameras/usb/modes',
    read,
    answering(async ({ query }) => {
      const device = String(query['device'] ?? '');
      // A browser chooses among what is there; it does not have files opened.
      const known = (await usb()).find((camera) => camera.device === device || camera.node === device);
      if (known === undefined) throw badRequest('a USB camera of this computer for device', device, 404);
      return modes(known.device);
    }),
  );
  app.get('/hailo-alpr/cameras/:id/still', read, (request: CameraRequest, response: CameraResponse) => {
    const gone = whenGone(response);
    const respond = async (): Promise<void> => {
      const camera = runningCamera(String(request.params['id']));
      if (camera === undefined) throw badRequest('a running camera-in', request.params['id'], 404);
      if (stills >= MOST_STILLS) throw new BadRequestError('Expected fewer requests at once', 503);
      stills += 1;
      try {
        const frame = await camera.still(AbortSignal.any([gone, AbortSignal.timeout(STILL_MS)]));
        const jpeg = await stillOf(frame);
        if (!gone.aborted) quietly(response).type('image/jpeg').send(jpeg);
      } finally {
        stills -= 1;
      }
    };
    respond().catch((thrown: unknown) => refuse(response, gone, thrown, 504));
  });
  app.post(
    '/hailo-alpr/cameras/test',
    needsPermission('hailo-alpr.write'),
    needsPermission('flows.write'),
    (request: CameraRequest, response: CameraResponse) => {
      const gone = whenGone(response);
      const respond = async (): Promise<void> => {
        const body = await jsonBody(request);
        const id = textField(body, 'node');
        const still = await tests.run(id, gone, (signal) => test(body, savedCamera(RED, id), signal));
        if (!gone.aborted) quietly(response).json(still);
      };
      respond().catch((thrown: unknown) => refuse(response, gone, thrown, 500));
    },
  );
}

/** One test per node: a new one ends the one before, which nobody waits for any more. */
class TestsByNode {
  private readonly running = new Map<string, { abort: AbortController; done: Promise<unknown> }>();
  private count = 0;

  async run<T>(id: string, gone: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const before = this.running.get(id);
    if (before === undefined && this.count >= MOST_TESTS) {
      throw new BadRequestError(`Expected at most ${MOST_TESTS} cameras to be tried at once`, 503);
    }
    before?.abort.abort(new Error('Expected one test of a camera at a time but another was started'));
    const abort = new AbortController();
    const signal = AbortSignal.any([gone, abort.signal]);
    this.count += 1;
    // A camera that lets one client in must have seen the first one leave.
    const done = Promise.resolve(before?.done).then(() => {
      signal.throwIfAborted();
      return work(signal);
    });
    const own = { abort, done: done.catch(() => undefined) };
    this.running.set(id, own);
    try {
      return await done;
    } finally {
      this.count -= 1;
      if (this.running.get(id) === own) this.running.delete(id);
    }
  }
}

/** What is deployed of a camera-in node, its secrets included: not for browsers. */
function savedCamera(RED: NodeAPI, id: string): SavedCamera | undefined {
  let saved: SavedCamera | undefined;
  RED.nodes.eachNode((node) => {
    if (node.id !== id || node.type !== 'alpr-camera-in') return;
    const { source, url, device, ffmpeg } = node as unknown as Omit<SavedCamera, 'credentials'>;
    const credentials = (RED.nodes.getCredentials(id) ?? {}) as SavedCamera['credentials'];
    saved = { source, url, device, ffmpeg, credentials };
  });
  return saved;
}

function whenGone(response: CameraResponse): AbortSignal {
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableEnded) gone.abort(new Error('Nobody waits for the picture any more'));
  });
  return gone.signal;
}

/** Pictures of people's houses stay out of every cache. */
function quietly(response: CameraResponse): CameraResponse {
  return response.set('Cache-Control', 'no-store').set('Referrer-Policy', 'no-referrer');
}

function refuse(response: CameraResponse, gone: AbortSignal, thrown: unknown, otherwise: number): void {
  if (gone.aborted) return;
  const status = thrown instanceof BadRequestError ? thrown.status : otherwise;
  quietly(response)
    .status(status)
    .json({ error: toError(thrown).message });
}

function answering(answer: (request: CameraRequest) => Promise<unknown>) {
  return (request: CameraRequest, response: CameraResponse): void => {
    const gone = whenGone(response);
    answer(request).then(
      (value) => quietly(response).json(value),
      (thrown: unknown) => refuse(response, gone, thrown, 502),
    );
  };
}

import type { NodeAPI } from 'node-red';
import { shrinkJpeg } from '../image/shrink.js';
import { describeValue, toError } from './errors.js';
import { PreviewStream } from './preview-stream.js';
import { previewOf, unwatchPreview, watchPreview, type NumberedPicture } from './previews.js';

/** Streams of one node, and of all together: each holds a connection and up to two pictures. */
const MOST_STREAMS_PER_NODE = 4;
const MOST_STREAMS = 16;
const WIDTHS = { min: 16, max: 4096 };

type Guard = ReturnType<NodeAPI['auth']['needsPermission']>;

/** Pictures made smaller, gone with the large ones: every editor that looks at one gets the same. */
const smallPictures = new WeakMap<NumberedPicture, { width: number; jpeg: Promise<Buffer> }>();

/**
 * The pictures of overlay nodes, for the editor and whoever may read it.
 *
 * - `GET /hailo-alpr/preview/:id`: the latest as JPEG; `?width=320` no wider. 204 before the first one, 404 for a node that shows
 *   none, 304 for the one that `If-None-Match` names.
 * - `GET /hailo-alpr/preview/:id/stream`: every picture as it comes (MJPEG); 503 when too many look on.
 */
export function registerPreviews(app: NodeAPI['httpAdmin'], guard: Guard): void {
  const streams = new Map<string, number>();

  app.get('/hailo-alpr/preview/:id', guard, (request, response) => {
    const id = String(request.params['id']);
    const picture = previewOf(id);
    response.set('Cache-Control', 'no-store');
    if (picture === undefined || picture === 'waiting') {
      response.status(picture === undefined ? 404 : 204).end();
      return;
    }
    const width = widthOf(request.query['width']);
    if (width === 'wrong') {
      const received = describeValue(request.query['width']);
      const expected = `Expected a whole number from ${WIDTHS.min} to ${WIDTHS.max} for width`;
      response.status(400).json({ error: `${expected} but received ${received}` });
      return;
    }
    const tag = `"${picture.number}"`;
    response.set('ETag', tag);
    if (request.headers['if-none-match'] === tag) {
      response.status(304).end();
      return;
    }
    const jpeg = width === undefined ? Promise.resolve(picture.jpeg) : smaller(picture, width);
    jpeg.then(
      (bytes) => response.type('image/jpeg').send(bytes),
      (thrown: unknown) => response.status(500).json({ error: toError(thrown).message }),
    );
  });

  app.get('/hailo-alpr/preview/:id/stream', guard, (request, response) => {
    const id = String(request.params['id']);
    const own = streams.get(id) ?? 0;
    const all = [...streams.values()].reduce((sum, count) => sum + count, 0);
    response.set('Cache-Control', 'no-store');
    if (previewOf(id) === undefined) {
      response.status(404).end();
      return;
    }
    if (own >= MOST_STREAMS_PER_NODE || all >= MOST_STREAMS) {
      response.status(503).set('Retry-After', '10').json({ error: 'Expected fewer viewers but received one more' });
      return;
    }
    if (request.method === 'HEAD') {
      response.status(200).end();
      return;
    }
    streams.set(id, own + 1);
    const stream: PreviewStream = new PreviewStream(response, () => {
      unwatchPreview(id, stream);
      const left = (streams.get(id) ?? 1) - 1;
      if (left > 0) streams.set(id, left);
      else streams.delete(id);
    });
    watchPreview(id, stream);
  });
}

function smaller(picture: NumberedPicture, width: number): Promise<Buffer> {
  const known = smallPictures.get(picture);
  if (known?.width === width) return known.jpeg;
  const jpeg = shrinkJpeg(picture.jpeg, width);
  smallPictures.set(picture, { width, jpeg });
  return jpeg;
}

function widthOf(given: unknown): number | undefined | 'wrong' {
  if (given === undefined) return undefined;
  const width = typeof given === 'string' && /^\d{1,5}$/.test(given) ? Number(given) : NaN;
  return width >= WIDTHS.min && width <= WIDTHS.max ? width : 'wrong';
}

import type { IncomingMessage } from 'node:http';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Body } from './body.js';
import { DownloadError } from './download-error.js';
import { networkError, statusError } from './network-error.js';
import type { PartFile, PartOrigin } from './part.js';
import { get } from './request.js';
import { shownUrl } from './shown-url.js';

export interface FetchOptions {
  /** How often in a row a connection may fail before giving up; one that brought much counts as the first. Default 5. */
  tries?: number;
  /** ms before the second try; doubles with each, to 20 s at most; default 500. */
  backoffMs?: number;
  /** ms without a byte after which a connection counts as broken; default 30 000. */
  stallMs?: number;
  /** Bytes that no model has: more is refused. Default 2 GB. */
  maxBytes?: number;
  /** Where proxies are found; default process.env. */
  environment?: NodeJS.ProcessEnv;
  /** Further certificate authorities, PEM. */
  ca?: string;
  /** ms without a sign of life after which the lock of another process is taken over; default 10 000. */
  staleMs?: number;
}

export interface Transfer {
  url: URL;
  part: PartFile;
  /** Bytes, as the manifest says. */
  expectedSize: number | undefined;
  /** The whole file will be checked against a checksum, so that a rest may be asked for without a validator. */
  hasChecksum: boolean;
  signal: AbortSignal | undefined;
  options: FetchOptions;
  /** `waiting`: between two tries. */
  onProgress(phase: 'waiting' | 'downloading', received: number, total: number | undefined): void;
}

/** So many new bytes make a try one that helped, so that a file on a bad line may take any number of them. */
const WORTHWHILE = 64 * 1024;
const MOST_BACKOFF = 20_000;

/**
 * Fetches what is missing of the part, over as many connections as it takes: each asks for the rest (Range) of the very
 * file whose beginning is there (If-Range), and begins anew where the server has another one or sends it whole.
 *
 * @throws DownloadError
 */
export async function transfer(request: Transfer): Promise<void> {
  const { part, signal, options } = request;
  const tries = options.tries ?? 5;
  let farthest = part.size;
  for (let failures = 0; ;) {
    try {
      await attempt(request);
      return;
    } catch (thrown) {
      const error = networkError(thrown, request.url);
      if (signal?.aborted) throw aborted(request.url);
      if (part.size >= farthest + WORTHWHILE) failures = 0;
      farthest = Math.max(farthest, part.size);
      failures += 1;
      if (!error.again) throw error;
      if (failures >= tries) {
        throw new DownloadError(error.reason, `${error.message}, ${tries} times in a row`, { cause: error });
      }
      const backoff = (options.backoffMs ?? 500) * 2 ** (failures - 1);
      request.onProgress('waiting', part.size, part.origin?.total);
      const pause = Math.min(MOST_BACKOFF, Math.max(backoff, error.waitMs));
      await sleep(pause, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
      if (signal?.aborted) throw aborted(request.url);
    }
  }
}

async function attempt(request: Transfer): Promise<void> {
  const { part, options, signal } = request;
  const from = resumable(request);
  if (from === 0 && part.size > 0) await part.restart();
  if (from > 0 && from === part.origin?.total) return;
  const headers: Record<string, string> = { Accept: '*/*', 'Accept-Encoding': 'identity', 'User-Agent': 'alpr' };
  if (from > 0) {
    headers['Range'] = `bytes=${from}-`;
    const validator = validatorOf(part.origin);
    if (validator !== undefined) headers['If-Range'] = validator;
  }
  const { response, body, url } = await get(request.url, {
    headers,
    signal,
    timeoutMs: options.stallMs ?? 30_000,
    environment: options.environment ?? process.env,
    ca: options.ca,
  });
  try {
    const total = await begin(request, response, url, from);
    await receive(request, response, body, url, total);
  } finally {
    response.destroy();
  }
}

/** The place from which the rest may be asked for: only of a file that can be told to be the same one. */
function resumable({ part, url, hasChecksum }: Transfer): number {
  const { origin } = part;
  if (part.size === 0 || origin?.url !== shownUrl(url)) return 0;
  if (origin.total !== undefined && part.size > origin.total) return 0;
  return hasChecksum || validatorOf(origin) !== undefined ? part.size : 0;
}

/** What If-Range takes (RFC 9110 §13.1.5): a strong entity tag, else the date of the last change. */
function validatorOf(origin: PartOrigin | undefined): string | undefined {
  return origin?.etag !== undefined && !origin.etag.startsWith('W/') ? origin.etag : origin?.lastModified;
}

/** Reads the answer's head and makes the part ready for its body. @returns the bytes of the whole file, where the server says */
async function begin(
  request: Transfer,
  response: IncomingMessage,
  url: URL,
  from: number,
): Promise<number | undefined> {
  const { part } = request;
  const status = response.statusCode;
  if (from > 0 && (status === 416 || (status === 206 && !fits(response, part, from)))) {
    await part.restart();
    throw new DownloadError('broken', `Expected the rest of ${shownUrl(url)} but received another file`, {
      again: true,
    });
  }
  if (status !== 200 && !(status === 206 && from > 0)) throw statusError(response, url);
  const encoding = response.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    const text = `Expected the bytes of ${shownUrl(url)} as they are but received them packed (${encoding})`;
    throw new DownloadError('server', text);
  }
  const length = numberOf(response.headers['content-length']);
  const total = status === 206 ? contentRange(response)?.total : length;
  await checkTotal(request, response, url, total);
  if (status === 200) {
    const { etag, 'last-modified': lastModified } = response.headers;
    await part.restart({
      url: shownUrl(request.url),
      ...(etag === undefined ? {} : { etag }),
      ...(lastModified === undefined ? {} : { lastModified }),
      ...(total === undefined ? {} : { total }),
    });
  }
  return total;
}

/** Whether a 206 has the bytes that were asked for, of the file that is known. */
function fits(response: IncomingMessage, { origin }: PartFile, from: number): boolean {
  const range = contentRange(response);
  if (range?.start !== from) return false;
  const { etag } = response.headers;
  if (etag !== undefined && origin?.etag !== undefined && etag !== origin.etag) return false;
  return range.total === undefined || origin?.total === undefined || range.total === origin.total;
}

function contentRange({ headers }: IncomingMessage): { start: number; total: number | undefined } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
  return match === null ? undefined : { start: Number(match[1]), total: numberOf(match[2]) };
}

async function checkTotal(
  { expectedSize, part, options }: Transfer,
  response: IncomingMessage,
  url: URL,
  total: number | undefined,
): Promise<void> {
  if (total === undefined) return;
  if (expectedSize !== undefined && total !== expectedSize) throw wrongSize(expectedSize, total, response, url);
  checkLimit(total, options, url);
  const room = await freeBytes(dirname(part.path));
  if (room !== undefined && total - part.size > room) {
    const text = `Expected room for ${total} bytes in ${dirname(part.path)} but received ${room}: the disk is full`;
    throw new DownloadError('disk', `${text}; make room, or choose another folder`);
  }
}

function checkLimit(bytes: number, { maxBytes = 2e9 }: FetchOptions, url: URL): void {
  if (bytes <= maxBytes) return;
  throw new DownloadError(
    'wrong-file',
    `Expected at most ${maxBytes} bytes at ${shownUrl(url)} but received more: no model is so large`,
  );
}

async function receive(
  request: Transfer,
  response: IncomingMessage,
  body: Body,
  url: URL,
  total: number | undefined,
): Promise<void> {
  const { part, expectedSize, options } = request;
  request.onProgress('downloading', part.size, total ?? expectedSize);
  for await (const chunk of body.chunks(options.stallMs ?? 30_000)) {
    if (expectedSize !== undefined && part.size + chunk.length > expectedSize) {
      const text = `Expected ${expectedSize} bytes at ${shownUrl(url)} but received more: another file`;
      throw new DownloadError('wrong-file', text);
    }
    checkLimit(part.size + chunk.length, options, url);
    await part.append(chunk);
    request.onProgress('downloading', part.size, total ?? expectedSize);
  }
  const wanted = total ?? expectedSize;
  if (wanted === undefined || part.size >= wanted) return;
  // A body in chunks that came to its end is whole.
  if (response.headers['transfer-encoding'] !== undefined) throw wrongSize(wanted, part.size, response, url);
  const text = `Expected ${wanted} bytes at ${shownUrl(url)} but the connection ended after ${part.size}`;
  throw new DownloadError('broken', text, { again: true });
}

function wrongSize(expected: number, received: number, response: IncomingMessage, url: URL): DownloadError {
  const page = /^text\/html/i.test(response.headers['content-type'] ?? '');
  const what = page ? 'a web page (a login, or a portal of this network)' : 'another file';
  const text = `Expected ${expected} bytes at ${shownUrl(url)} but received ${received}: ${what}`;
  return new DownloadError('wrong-file', text);
}

async function freeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    // Some network file systems say nothing.
    return blocks === 0 ? undefined : bavail * bsize;
  } catch {
    return undefined;
  }
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function aborted(url: URL): DownloadError {
  return new DownloadError('aborted', `Fetching ${shownUrl(url)} was stopped; the next time it goes on from there`);
}

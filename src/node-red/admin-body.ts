import { describeValue } from './errors.js';

const LONGEST_BODY = 64 * 1024;

/** What is looked at of an Express request. */
export interface AdminRequest extends AsyncIterable<Buffer> {
  readonly query: Record<string, unknown>;
  readonly headers: { 'content-type'?: string | undefined };
  readonly body?: unknown;
  is(type: string): string | false | null;
}

/** What the browser sent is not what was expected; `status` is HTTP's. */
export class BadRequestError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
    this.name = 'BadRequestError';
  }
}

export function badRequest(expected: string, received: unknown, status = 400): BadRequestError {
  return new BadRequestError(`Expected ${expected} but received ${describeValue(received)}`, status);
}

/**
 * The request's JSON object. Only `application/json` is taken: a page of another site can make a browser send forms and plain
 * text to a Node-RED without login, but not that.
 */
export async function jsonBody(request: AdminRequest): Promise<Record<string, unknown>> {
  if (!request.is('application/json')) {
    throw badRequest('a body of type application/json', request.headers['content-type'], 415);
  }
  // Node-RED has parsed it already; whoever embeds its editor may not have.
  const body: unknown = request.body ?? (await parse(request));
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw badRequest('a JSON object', body);
  return body as Record<string, unknown>;
}

export function textField(body: Record<string, unknown>, name: string): string {
  const value = body[name];
  if (typeof value !== 'string' || value === '') throw badRequest(`text for ${name}`, value);
  return value;
}

async function parse(request: AdminRequest): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > LONGEST_BODY) throw badRequest(`a body of at most ${LONGEST_BODY} bytes`, length, 413);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw badRequest('JSON', 'something else');
  }
}

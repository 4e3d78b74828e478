import { createHash, randomBytes } from 'node:crypto';
import { readChallenges, type Challenge } from './challenges.js';

/** Names of RFC 7616 and of Node, strongest first. */
const algorithms: readonly (readonly [name: string, hash: string])[] = [
  ['sha-512-256', 'sha512-256'],
  ['sha-256', 'sha256'],
  ['md5', 'md5'],
];

interface DigestState {
  challenge: Challenge;
  /** As the camera wrote it; undefined where it named none. */
  algorithm: string | undefined;
  hash: string;
  session: boolean;
  count: number;
  cnonce: string;
}

/**
 * - `retry`: ask again, with `authorization()`
 * - `refused`: user or password are wrong
 * - `missing`: there is no user to answer with
 * - `unknown`: the camera wants a login that is neither Basic nor Digest
 */
export type LoginAnswer = 'retry' | 'refused' | 'missing' | 'unknown';

/**
 * Answers a camera's challenges: Basic (RFC 7617) and Digest (RFC 7616 with MD5, SHA-256, SHA-512-256, their `-sess` forms, qop `auth`, user
 * hash; RFC 2069 for old cameras). Nothing of user or password leaves before the camera has asked, and Digest is preferred to Basic.
 */
export class Login {
  private digest: DigestState | undefined;
  private basic = false;

  constructor(
    private readonly user: string,
    private readonly password: string,
    /** Client nonces. */
    private readonly makeNonce = () => randomBytes(16).toString('hex'),
  ) {}

  /** The header for the next request; undefined before the first challenge. */
  authorization(method: string, uri: string): string | undefined {
    if (this.digest) return this.answerDigest(this.digest, method, uri);
    if (this.basic) return `Basic ${Buffer.from(`${this.user}:${this.password}`, 'utf8').toString('base64')}`;
    return undefined;
  }

  /**
   * The camera has answered 401.
   * @param headers its WWW-Authenticate headers
   * @param answered whether the request answered a challenge of the camera's last response, so that it cannot have been outdated
   */
  challenged(headers: readonly string[], answered: boolean): LoginAnswer {
    if (this.user === '') return 'missing';
    const challenges = readChallenges(headers);
    const digest = pickDigest(challenges);
    if (digest) {
      if (answered && digest.challenge.parameters.get('stale')?.toLowerCase() !== 'true') return 'refused';
      this.digest = digest;
      return 'retry';
    }
    if (!challenges.some(({ scheme }) => scheme === 'basic')) return 'unknown';
    if (answered || this.basic) return 'refused';
    this.digest = undefined;
    this.basic = true;
    return 'retry';
  }

  /** The camera has let us in, and may name the nonce for the next request (Authentication-Info). */
  accepted(info: string | undefined): void {
    const next = /(?:^|[\s,])nextnonce="([^"]+)"/i.exec(info ?? '')?.[1];
    if (next === undefined || !this.digest) return;
    this.digest.challenge.parameters.set('nonce', next);
    this.digest.count = 0;
  }

  private answerDigest(state: DigestState, method: string, uri: string): string {
    const { challenge, hash, session } = state;
    const value = (name: string): string => challenge.parameters.get(name) ?? '';
    const digest = (text: string): string => createHash(hash).update(text, 'utf8').digest('hex');
    const [realm, nonce, opaque] = [value('realm'), value('nonce'), challenge.parameters.get('opaque')];
    const qop = challenge.parameters.has('qop') ? 'auth' : undefined;
    // In a session the first client nonce stays part of the secret, as long as its nonce lives.
    if (state.count === 0 || !session) state.cnonce = this.makeNonce();
    state.count++;
    const count = state.count.toString(16).padStart(8, '0');

    const secret = digest(`${this.user}:${realm}:${this.password}`);
    const ha1 = session ? digest(`${secret}:${nonce}:${state.cnonce}`) : secret;
    const ha2 = digest(`${method}:${uri}`);
    const response = digest(qop ? `${ha1}:${nonce}:${count}:${state.cnonce}:${qop}:${ha2}` : `${ha1}:${nonce}:${ha2}`);

    const hidden = value('userhash').toLowerCase() === 'true';
    const parts = [
      hidden ? `username="${digest(`${this.user}:${realm}`)}"` : this.userName(),
      `realm=${quote(realm)}`,
      `nonce=${quote(nonce)}`,
      `uri=${quote(uri)}`,
      `response="${response}"`,
    ];
    if (state.algorithm !== undefined) parts.push(`algorithm=${state.algorithm}`);
    if (opaque !== undefined) parts.push(`opaque=${quote(opaque)}`);
    if (qop) parts.push(`qop=${qop}`, `nc=${count}`);
    if (qop || session) parts.push(`cnonce="${state.cnonce}"`);
    if (hidden) parts.push('userhash=true');
    // Headers are bytes to Node.
    return Buffer.from(`Digest ${parts.join(', ')}`, 'utf8').toString('latin1');
  }

  private userName(): string {
    return /^[\x20-\x7e]*$/.test(this.user)
      ? `username=${quote(this.user)}`
      : `username*=UTF-8''${encodeURIComponent(this.user).replace(/[!'()*]/g, percent)}`;
  }
}

function pickDigest(challenges: readonly Challenge[]): DigestState | undefined {
  for (const [name, hash] of algorithms) {
    for (const challenge of challenges) {
      if (challenge.scheme !== 'digest' || !challenge.parameters.has('nonce')) continue;
      const algorithm = challenge.parameters.get('algorithm');
      const wanted = (algorithm ?? 'MD5').toLowerCase();
      if (wanted !== name && wanted !== `${name}-sess`) continue;
      if (!offersAuth(challenge) || !works(hash)) continue;
      return { challenge, algorithm, hash, session: wanted.endsWith('-sess'), count: 0, cnonce: '' };
    }
  }
  return undefined;
}

/** Without qop it is the older Digest of RFC 2069. */
function offersAuth({ parameters }: Challenge): boolean {
  const qop = parameters.get('qop');
  return (
    qop === undefined ||
    qop
      .toLowerCase()
      .split(/[\s,]+/)
      .includes('auth')
  );
}

/** A Node.js in FIPS mode has no MD5. */
function works(hash: string): boolean {
  try {
    createHash(hash);
    return true;
  } catch {
    return false;
  }
}

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

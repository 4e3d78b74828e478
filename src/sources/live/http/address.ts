import { SourceError } from '../../source.js';
import { hideSecrets } from '../redact.js';
import type { LiveSettings } from '../settings.js';

/** Where a camera is, and who asks. */
export interface CameraAddress {
  /** Without user info. */
  url: URL;
  user: string;
  password: string;
  /** For people: no user info, no query (cameras take passwords and tokens there). */
  description: string;
}

/**
 * The address of an HTTP camera. User and password typed into it are taken out, and used where the settings have none.
 * @throws SourceError ALPR_SOURCE_SETTINGS when it is none that HTTP can be spoken to
 */
export function readAddress(settings: Pick<LiveSettings, 'url' | 'user' | 'password'>): CameraAddress {
  const text = settings.url?.trim() ?? '';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    const received = text === '' ? 'an empty one' : `"${hideSecrets(text, secretsOf(settings))}"`;
    throw new SourceError(
      `Expected an address such as http://camera.lan/video for url but received ${received}`,
      'ALPR_SOURCE_SETTINGS',
    );
  }
  const given = { user: decode(url.username), password: decode(url.password) };
  url.username = '';
  url.password = '';
  url.hash = '';
  const { user, password } = settings.user ? { user: settings.user, password: settings.password ?? '' } : given;
  return { url, user, password, description: describeUrl(url) };
}

/** `http://camera.lan:81/stream`; what is behind a `?` is only hinted at. */
export function describeUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}${url.search === '' ? '' : '?…'}`;
}

function secretsOf({ user, password }: Pick<LiveSettings, 'user' | 'password'>): string[] {
  return [user ?? '', password ?? ''];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

import { isAtLeast, type Ffmpeg } from '../../ffmpeg.js';
import { SourceError } from '../../source.js';
import { hideSecrets } from '../redact.js';
import type { LiveSettings, RtspTransport } from '../settings.js';
import type { FfmpegInput } from './input.js';

/** ffmpeg keeps `user:password` of an RTSP address, percent-encoded, in 128 bytes and cuts off the rest without a word. */
const longestLogin = 127;

/**
 * A camera that speaks RTSP. The address with user and password goes to ffmpeg as a concat script on its stdin, because
 * arguments can be read by every user of the machine (`ps`). From ffmpeg 5.0 on the script can say options of its input;
 * before, the transport is a flag in the address, and ffmpeg's own time-out is left out (the feed's watchdog has one, too).
 * Certificates of rtsps cameras are not checked, because cameras sign them themselves: against eavesdroppers TLS helps, against somebody
 * who pretends to be the camera it does not.
 * @throws SourceError when the address is none for RTSP, or user and password are too long for ffmpeg
 */
export function rtspInput(settings: LiveSettings, ffmpeg: Ffmpeg): FfmpegInput {
  const { transport = 'tcp', timeoutMs = 10_000 } = settings;
  const url = parseAddress(settings.url);
  const user = settings.user || decode(url.username);
  const password = settings.password || decode(url.password);
  const login = user === '' && password === '' ? '' : `${encodeLogin(user)}:${encodeLogin(password)}`;
  if (login.length > longestLogin) {
    throw new SourceError(
      `Expected user and password of together at most ${longestLogin} characters (percent-encoded, ffmpeg's limit) ` +
        `for ${hideSecrets(url.href)} but received ${login.length}`,
      'ALPR_SOURCE_SETTINGS',
    );
  }
  url.username = '';
  url.password = '';
  const open = url.href;
  const address = login === '' ? open : open.replace('://', `://${login}@`);
  const hasOptions = isAtLeast(ffmpeg.version, 5, 0);
  const script = hasOptions
    ? [
        `file ${quote(address)}`,
        `option rtsp_transport ${transport}`,
        // Sound and metadata are not even asked for.
        'option allowed_media_types video',
        `option timeout ${Math.round(timeoutMs * 1000)}`,
        // The script's input is looked at on its own, for 5 s if nobody says otherwise: that long, every reconnect would bring nothing.
        'option analyzeduration 1000000',
        // ffmpeg announced that it will check by default; those that do not know the option here only say so.
        ...(url.protocol === 'rtsps:' ? ['option tls_verify 0'] : []),
      ]
    : [`file ${quote(`${address}${url.search === '' ? '?' : '&'}${transport}`)}`];
  return {
    arguments: [
      ...['-f', 'concat', '-safe', '0'],
      ...['-protocol_whitelist', 'pipe,fd,rtsp,rtsps,rtp,srtp,udp,tcp,tls,crypto', '-i', 'pipe:0'],
    ],
    stdin: ['ffconcat version 1.0', ...script, ''].join('\n'),
    secrets: [user, password].filter((secret) => secret !== ''),
    description: hideSecrets(open),
    explain: (complaints) => explainTransport(complaints, transport),
  };
}

function explainTransport(complaints: string, transport: RtspTransport): string | undefined {
  if (!/: 461\b|\b461 unsupported|unsupported transport|nonmatching transport/i.test(complaints)) return undefined;
  const [asked, other] = transport === 'tcp' ? ['TCP', 'UDP'] : ['UDP', 'TCP'];
  return `received 461: the camera does not send over ${asked}; set ${other} as the transport`;
}

function parseAddress(address = ''): URL {
  const url = URL.canParse(address.trim()) ? new URL(address.trim()) : undefined;
  if (!url || !/^rtsps?:$/.test(url.protocol) || url.hostname === '') {
    const received = address.trim() === '' ? 'an empty one' : `"${hideSecrets(address.trim())}"`;
    throw new SourceError(
      `Expected an address such as rtsp://camera.lan:554/stream1 for RTSP but received ${received}`,
      'ALPR_SOURCE_SETTINGS',
    );
  }
  return url;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** encodeURIComponent leaves these five; the quote would end the script's, the others cost nothing. */
function encodeLogin(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

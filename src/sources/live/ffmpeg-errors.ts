import type { SourceErrorCode } from '../source.js';

/** What a person makes of ffmpeg's complaints. */
export interface Diagnosis {
  /** Goes on after "but ". */
  what: string;
  code: SourceErrorCode;
}

type Case = [pattern: RegExp, what: string, code?: SourceErrorCode];

/** The first that fits; specific ones before those that many causes share. */
const cases: Case[] = [
  [
    /\b401\b.*unauthori[sz]ed|authorization failed/i,
    'received 401: the camera refused user or password',
    'ALPR_SOURCE_LOGIN',
  ],
  [/\b403\b|access denied/i, 'received 403: this user may not see that stream', 'ALPR_SOURCE_LOGIN'],
  [/\b404\b/, 'received 404: the camera has no such stream (is the path of the address right?)'],
  [/\b454\b|session not found/i, 'received 454: the camera forgot the session'],
  [
    /: 461\b|\b461 unsupported|unsupported transport|nonmatching transport/i,
    'the camera refused the transport (try the other of tcp and udp)',
  ],
  [/\b453\b|not enough bandwidth/i, 'received 453: the camera has no bandwidth left (too many viewers)'],
  [/\b503\b|\b5XX\b/, 'received 503: the camera is busy, starting, or has too many viewers'],
  [
    /failed to resolve hostname|name or service not known|nodename nor servname|no address associated/i,
    'there is no computer of this name',
    'ALPR_SOURCE_UNREACHABLE',
  ],
  [/connection refused/i, 'nothing listens there (connection refused)', 'ALPR_SOURCE_UNREACHABLE'],
  [
    /no route to host|network is unreachable|host is (down|unreachable)/i,
    'there is no way to it',
    'ALPR_SOURCE_UNREACHABLE',
  ],
  [
    /unknown (decoder|encoder|input format)|decoder .* not found|encoder not found/i,
    'this ffmpeg was built without what it takes',
    'ALPR_FFMPEG',
  ],
  [/protocol not found/i, 'this ffmpeg was built without that protocol', 'ALPR_FFMPEG'],
  [/unrecognized option|option not found/i, 'this ffmpeg does not know an option (is it too old?)', 'ALPR_FFMPEG'],
  [/device or resource busy/i, 'the device is in use by another program'],
  [
    /(cannot open|could not open|opening).*permission denied|permission denied/i,
    'Node-RED may not open it (is its user in the group "video"?)',
    'ALPR_SOURCE_SETTINGS',
  ],
  [/matches no streams/i, 'there is no picture in that stream', 'ALPR_SOURCE_SETTINGS'],
  [
    /unexpected tls packet|wrong version number|tls|ssl|handshake/i,
    'it does not speak TLS as ffmpeg does (rtsp:// instead of rtsps://?)',
  ],
  [/(connection|operation) timed out|timed out/i, 'nothing answered in time', 'ALPR_SOURCE_UNREACHABLE'],
  [/no such file or directory|no such device/i, 'there is no such device or file', 'ALPR_SOURCE_SETTINGS'],
  [/invalid data found/i, 'what came is no video'],
];

/** True only of something that cannot be opened; a stream that ran says it of its damaged pieces. */
const atTheStart = /no video|no picture|no such device|may not open/;

/**
 * @param complaints ffmpeg's last words
 * @param ran whether frames had come
 * @returns undefined when they say nothing that is known
 */
export function diagnose(complaints: string, ran: boolean): Diagnosis | undefined {
  const found = cases.find(([pattern, what]) => pattern.test(complaints) && !(ran && atTheStart.test(what)));
  return found && { what: found[1], code: found[2] ?? 'ALPR_SOURCE' };
}

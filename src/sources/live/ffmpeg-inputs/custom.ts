import { hideSecrets } from '../redact.js';
import type { LiveSettings } from '../settings.js';
import type { FfmpegInput } from './input.js';
import { findInput, refuse } from './own-options.js';
import { splitArguments } from './split-arguments.js';

const longest = 4000;
/** Options whose value is a secret: `-headers`, `-passphrase`, `-decryption_key` … */
const secretOption = /^-.*(pass|secret|token|headers|cookies|key)/;

/**
 * Any input of ffmpeg, in the words of its command line: `-f lavfi -i testsrc=size=1280x720`. Every user of the machine can read
 * it (`ps`), passwords too: an address with a password belongs to the kinds rtsp, mjpeg and snapshot. In errors and in the
 * description they are hidden.
 * @throws SourceError ALPR_SOURCE_SETTINGS unless it is options, `-i` and one input
 */
export function customInput(settings: LiveSettings): FfmpegInput {
  const line = settings.arguments ?? '';
  if (line.length > longest) refuse(`at most ${longest} characters`, `${line.length}`);
  if (line.includes('\0')) refuse('text', 'a zero byte');
  const words = splitArguments(line);
  if (words === undefined) refuse('every quote closed', 'an open one');
  // ffmpeg's own name in front is what one copies from a shell.
  if (/^(.*\/)?ffmpeg$/.test(words[0] ?? '')) words.shift();
  const index = words.includes('-i') ? findInput(words, shown) : -1;
  const input = words[index + 1];
  if (index < 0 || input === undefined)
    refuse('input options, -i and an input', line.trim() === '' ? 'nothing' : 'none of that form');
  if (index + 2 < words.length) {
    refuse('nothing after the input (what comes out is camera-in’s)', shown(words[index + 2]!));
  }
  if (/^(-|pipe:.*|fd:.*)$/.test(input)) refuse('an input other than standard input', shown(input));
  return {
    arguments: words,
    secrets: secretsOf(words),
    description: `ffmpeg ${shorten(hideSecrets(input))}`,
  };
}

function secretsOf(words: readonly string[]): string[] {
  return words.flatMap((word, at) => {
    if (secretOption.test(words[at - 1] ?? '') && word !== '') return [word];
    const [, user = '', password = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^:@/]*):([^\s]*)@/i.exec(word) ?? [];
    // A single letter as a user's name would be cut out of every word.
    return [user, password].filter((part) => part.length > 1);
  });
}

function shown(word: string): string {
  return JSON.stringify(shorten(hideSecrets(word)));
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

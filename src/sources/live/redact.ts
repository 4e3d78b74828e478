/** In place of what was cut out. */
const hidden = '***';

/** What is longer is cut: strangers write parts of it, and the patterns below take their time. */
const longest = 4000;

/** `scheme://user:password@`: up to the last @ of the word, since people type passwords that hold an @ or a slash. */
const userInfo = /(?<![a-z0-9+.-])([a-z][a-z0-9+.-]*:\/\/)[^\s'"]*@/gi;

/**
 * Values in queries, paths and settings whose names say that they are credentials: `token=`, `api_key=`, `loginpas=`, `u=`. Paths
 * such as `/user=admin_password=…_channel=1` are what a whole family of recorders is called by.
 */
const credential =
  /([?&;,{\s/]|^)([\w.-]{0,40}?(?:(?:pass|pas|pwd|psw|token|secret|credential|loginuse)[\w.-]{0,40}|key|auth|sig|signature|session|user|username|usr|login)=|(?:u|p|pw)=)("[^"]*"|'[^']*'|[^\s&;,#'"}]*)/gi;

/** `Authorization: Basic …`, `Digest username=…`: to the end of the line. */
const authorization = /((?:proxy-)?authorization\s*[:=]\s*|\b(?:basic|bearer|digest)\s+(?=\S{8}))[^\r\n]*/gi;

/**
 * A text in which nobody finds a secret: no user info in addresses, no query values that look like credentials, and none of
 * the secrets given, neither raw nor percent-encoded nor as base64 of `user:password`.
 * @param secrets such as user and password, in this order where both are known
 */
export function hideSecrets(text: string, secrets: readonly string[] = []): string {
  let result = text;
  for (const form of formsOf(secrets)) result = result.replaceAll(form, hidden);
  if (result.length > longest) result = `${result.slice(0, longest)}…`;
  return result
    .replace(userInfo, `$1${hidden}@`)
    .replace(authorization, `$1${hidden}`)
    .replace(credential, `$1$2${hidden}`);
}

/** Longest first, so that none is cut by a shorter one. */
function formsOf(secrets: readonly string[]): string[] {
  // Half a pair of surrogates cannot be percent-encoded, and no camera gets to see it.
  // A single character would be cut out of every word.
  const known = secrets.map((secret) => Buffer.from(secret).toString()).filter((secret) => [...secret].length > 1);
  const forms = new Set<string>();
  for (const secret of known) {
    for (const form of [secret, encodeURIComponent(secret), encodeURI(secret), encodeStrictly(secret)]) {
      forms.add(form).add(form.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()));
    }
    for (const other of known) forms.add(Buffer.from(`${secret}:${other}`).toString('base64'));
  }
  return [...forms].sort((a, b) => b.length - a.length);
}

function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

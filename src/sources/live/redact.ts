/** In place of what was cut out. */
const hidden = '***';

/** `scheme://user:password@`: up to the last @ of the word, since people type passwords that hold an @ or a slash. */
const userInfo = /([a-z][a-z0-9+.-]*:\/\/)[^\s'"]*@/gi;

/** Query values and settings whose names say that they are credentials: `token=`, `api_key=`, `pwd2=`. */
const credential =
  /([?&;,{\s]|^)([\w.-]*?(?:(?:pass|pwd|token|secret|credential)[\w.-]*|key|auth|sig|signature|session|user|username|login)=)("[^"]*"|'[^']*'|[^\s&;,#'"}]*)/gi;

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
  return result
    .replace(userInfo, `$1${hidden}@`)
    .replace(authorization, `$1${hidden}`)
    .replace(credential, `$1$2${hidden}`);
}

/** Longest first, so that none is cut by a shorter one. */
function formsOf(secrets: readonly string[]): string[] {
  const known = secrets.filter((secret) => secret !== '');
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

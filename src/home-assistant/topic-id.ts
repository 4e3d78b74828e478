import { createHash } from 'node:crypto';

const LONGEST = 48;

/**
 * A name as Home Assistant's discovery takes it in topics and ids: `[a-zA-Z0-9_-]` only (field facts §5.1). Two names never get
 * the same id: whatever had to be changed ends in eight digits of its SHA-256, and so does a name that looks like one of those.
 */
export function topicId(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-zA-Z0-9_-]+/g, '_')
    .slice(0, LONGEST);
  if (plain === name && plain !== '' && !/-[0-9a-f]{8}$/.test(plain)) return plain;
  return `${plain === '' || plain === '_' ? 'camera' : plain}-${shortHash(name)}`;
}

/** Eight hexadecimal digits: no secret, only no text to read at a glance. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 8);
}

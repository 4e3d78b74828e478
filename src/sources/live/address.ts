import { ConfigError } from '../../frame/config-error.js';
import { hideSecrets } from './redact.js';

/**
 * Checks an address as a setting. User and password have fields of their own, which flows that are exported leave out.
 * @param schemes without the colon, the usual one first
 * @throws ConfigError that names the setting and repeats no secret
 */
export function checkAddress(name: string, text: string, schemes: readonly string[]): void {
  const example = `an address such as ${schemes[0]}://camera.lan/stream1`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !schemes.includes(url.protocol.slice(0, -1)) || url.hostname === '') {
    // What cannot be taken apart may hold a password anywhere.
    const shown = /@/.test(text) ? 'another text' : JSON.stringify(hideSecrets(text.slice(0, 60)));
    throw new ConfigError(`Expected ${example} for ${name} but received ${text === '' ? 'nothing' : shown}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError(
      `Expected an address without user and password, which have fields of their own, for ${name} but received one with them`,
    );
  }
}

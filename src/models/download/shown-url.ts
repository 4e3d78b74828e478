/**
 * An address as it may be shown and logged: without user and password, and without the query, which carries the keys of
 * signed addresses.
 */
export function shownUrl(address: string | URL): string {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return 'an address that is none';
  }
  return `${url.protocol}//${url.host}${url.pathname}${url.search === '' ? '' : '?…'}`;
}

// Addresses of cameras as people paste them: user and password are taken out, so that they never enter the flow. No part of it
// needs a page.
(function (root) {
  const HOST = /^(?:\[[0-9a-f:.%]+\]|[\w.-]+)(?::\d{1,5})?$/i;
  /** With numbers in it: no mail address ends like this. */
  const NUMBERED = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.%]+\]|[\w.-]+:\d{1,5})(?::\d{1,5})?$/i;
  const SECRET_QUERY =
    /[?&;/_](?:[a-z0-9.-]*(?:pass|pas|pwd|psw|token|secret|auth|key|session|credential)[a-z0-9.-]*|pw|p)=[^&;#]+/i;

  function decode(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  }

  function authorityOf(rest) {
    return rest.split(/[/?#]/)[0];
  }

  /** More than a word: `cam.lan`, `10.0.0.5`, `[fe80::1]`, `cam:554`. */
  function isClearlyHost(authority) {
    return HOST.test(authority) && (/[.:]/.test(authority) || authority.toLowerCase() === 'localhost');
  }

  /** Where user info ends in what follows `scheme://`: the index of its @, or -1. Passwords may hold @, / and # as they are. */
  function endOfLogin(rest) {
    const authority = authorityOf(rest);
    const end = authority.lastIndexOf('@');
    if (end < 0 && HOST.test(authority)) {
      // The @ of a path belongs to the path when there is a host before it; `admin:12` may be one, or the beginning of a login.
      const at = rest.lastIndexOf('@');
      return /^[^.[]+:/.test(authority) && NUMBERED.test(authorityOf(rest.slice(at + 1))) ? at : -1;
    }
    if (end >= 0 && isClearlyHost(authority.slice(end + 1))) return end;
    for (let at = rest.lastIndexOf('@'); at > end; at = rest.lastIndexOf('@', at - 1)) {
      if (isClearlyHost(authorityOf(rest.slice(at + 1)))) return at;
    }
    return end < 0 ? rest.lastIndexOf('@') : end;
  }

  /**
   * `rtsp://user:password@host/path` in its parts.
   * @returns {address, user, password}, the address without user info; the password undefined where only a user is named;
   *   nothing where there is no user info
   */
  function splitLogin(text) {
    const given = String(text).trim();
    const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(given);
    if (scheme === null) return undefined;
    const rest = given.slice(scheme[0].length);
    const end = endOfLogin(rest);
    if (end < 0) return undefined;
    const login = rest.slice(0, end);
    const colon = login.indexOf(':');
    return {
      address: scheme[0] + rest.slice(end + 1),
      user: decode(colon < 0 ? login : login.slice(0, colon)),
      password: colon < 0 ? undefined : decode(login.slice(colon + 1)),
    };
  }

  /** Whether a query says a password or a token, which stays part of the flow. */
  function hasSecretQuery(text) {
    return SECRET_QUERY.test(String(text));
  }

  /** Whether some address in a command line has a user and a password. */
  function hasLogin(text) {
    return /[a-z][a-z0-9+.-]*:\/\/[^\s/?#'"@]*:[^\s'"]*@/i.test(String(text));
  }

  /** What is wrong with the address of a camera: the key of a text; undefined when nothing. */
  function addressProblem(text, schemes) {
    const given = String(text === undefined || text === null ? '' : text).trim();
    // Filled in by Node-RED when it starts the flow.
    if (/^\$\{[^}]+\}$/.test(given)) return undefined;
    if (given === '') return 'addressEmpty';
    if (splitLogin(given) !== undefined) return 'addressLogin';
    const found = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]+)/i.exec(given);
    return found && schemes.includes(found[1].toLowerCase()) && HOST.test(found[2]) ? undefined : 'address';
  }

  root.plateflowAddress = { splitLogin, hasSecretQuery, hasLogin, addressProblem };
})(globalThis);

import assert from 'node:assert/strict';
import { hideSecrets } from '../../../src/sources/live/redact.js';

describe('texts without secrets', () => {
  const user = 'wächter one';
  const password = `p@ss/w:rd #?%&'ü"`;
  const strict = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  const texts = [
    `rtsp://${user}:${password}@camera.lan/stream`,
    `Impossible to open 'rtsp://${encodeURIComponent(user)}:${encodeURIComponent(password)}@camera.lan/stream'`,
    `rtsp://${strict(user)}:${strict(password)}@camera.lan/stream`,
    `path=${strict(password).toLowerCase()} of ${encodeURIComponent(user).toLowerCase()}`,
    `rtsp://x:${encodeURI(password)}@camera.lan/stream`,
    `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
    `token ${Buffer.from(`${user}:${password}`).toString('base64')} was refused`,
    `the word ${password} alone, and ${user} too`,
  ];
  for (const text of texts) {
    it(`cuts them out of ${text.slice(0, 40)}…`, () => {
      const shown = hideSecrets(text, [user, password]);
      for (const secret of [user, password]) {
        for (const form of [
          secret,
          encodeURIComponent(secret),
          encodeURI(secret),
          strict(secret),
          Buffer.from(`${user}:${password}`).toString('base64'),
        ]) {
          assert.ok(!shown.toLowerCase().includes(form.toLowerCase()), shown);
        }
      }
    });
  }

  const unknown: [string, string][] = [
    ['rtsp://admin:geheim@camera.lan/s', 'rtsp://***@camera.lan/s'],
    ['rtsp://admin:ge@heim@camera.lan/s', 'rtsp://***@camera.lan/s'],
    ['rtsp://admin:ge/heim@camera.lan/s', 'rtsp://***@camera.lan/s'],
    ['http://c/snap?user=admin&password=geheim&size=2', 'http://c/snap?user=***&password=***&size=2'],
    ['http://c/snap?usr_pwd=geheim#x', 'http://c/snap?usr_pwd=***#x'],
    ['http://c/s?access_token=geheim;sig=geheim;auth=geheim', 'http://c/s?access_token=***;sig=***;auth=***'],
    ['http://c/s?API-KEY=geheim', 'http://c/s?API-KEY=***'],
    ['rtsp://c:554/user=admin_password=geheim_channel=1_stream=0.sdp?real_stream', 'rtsp://c:554/user=***'],
    ['rtsp://c/user=admin&password=geheim&channel=1', 'rtsp://c/user=***&password=***&channel=1'],
    ['rtsp://c/11?u=admin&p=geheim&size=2', 'rtsp://c/11?u=***&p=***&size=2'],
    ['http://c/s.cgi?loginuse=admin&loginpas=geheim', 'http://c/s.cgi?loginuse=***&loginpas=***'],
    ['http://c/s.cgi?usr=admin&pw=geheim', 'http://c/s.cgi?usr=***&pw=***'],
    ['passphrase="ge heim" more', 'passphrase=*** more'],
    ['Authorization: Digest username="a", response="geheim"', 'Authorization: ***'],
    ['Proxy-Authorization: Bearer geheim', 'Proxy-Authorization: ***'],
  ];
  for (const [text, shown] of unknown) {
    it(`finds what it was not told of in ${text}`, () => assert.equal(hideSecrets(text), shown));
  }

  for (const text of [
    'rtsp://camera.lan:554/Streaming/Channels/101?transportmode=unicast&profile=Profile_1',
    'Stream #0:0: Video: h264 (High), yuv420p(progressive), 1920x1080, 25 fps, 25 tbr, 90k tbn',
    'method DESCRIBE failed: 401 Unauthorized',
    'error while decoding MB 12 34, bytestream -5',
    '',
  ]) {
    it(`leaves "${text}" as it is`, () => assert.equal(hideSecrets(text), text));
  }

  it('takes the longest first, and no empty ones', () => {
    assert.equal(hideSecrets('abcabc ab', ['ab', 'abcabc', '']), '*** ***');
  });

  it('does not cut a password of one character out of every word', () => {
    assert.equal(hideSecrets('Expected x', ['x', 'p']), 'Expected x');
    // Where it stands as a login it goes all the same.
    assert.equal(hideSecrets('rtsp://x:p@cam/1', ['x', 'p']), 'rtsp://***@cam/1');
  });

  it('is quick with long texts, and cuts them', () => {
    for (const piece of ['keykeykey-', 'a', 'a://', 'pass', '?pass', 'a.', "'a='"]) {
      const text = piece.repeat(100_000);
      const began = process.cpuUsage();
      assert.ok(hideSecrets(text, ['geheim']).length < 5000, piece);
      // Without a limit these take minutes.
      assert.ok(process.cpuUsage(began).user < 2_000_000, piece);
    }
  });

  it('takes what is no whole text', () => {
    assert.equal(hideSecrets('Expected \ud800 here', ['\ud800x']), 'Expected \ud800 here');
  });
});

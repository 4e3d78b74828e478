import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { seededRandom } from '../support/random.js';

interface Addresses {
  splitLogin(text: string): { address: string; user: string; password?: string } | undefined;
  hasSecretQuery(text: string): boolean;
  hasLogin(text: string): boolean;
  addressProblem(text: string, schemes: string[]): string | undefined;
}

/** What camera-in's dialog does with addresses, without an editor. */
function loadAddresses(): Addresses {
  const script = readFileSync(join(__dirname, '..', '..', 'resources', 'camera-address.js'), 'utf8');
  const context: { plateflowAddress?: Addresses } = {};
  runInNewContext(script, context);
  return context.plateflowAddress!;
}

describe('Addresses in the dialog of camera-in', () => {
  const { splitLogin, hasSecretQuery, hasLogin, addressProblem } = loadAddresses();
  const split = (text: string): unknown[] | undefined => {
    const found = splitLogin(text);
    return found && [found.address, found.user, found.password];
  };

  it('lose user and password, encoded or as they are', () => {
    const cases: [string, unknown[] | undefined][] = [
      ['rtsp://a:b@cam.lan:554/x?y=z', ['rtsp://cam.lan:554/x?y=z', 'a', 'b']],
      ['  http://a@10.0.0.1/ ', ['http://10.0.0.1/', 'a', undefined]],
      ['http://a:@10.0.0.1/', ['http://10.0.0.1/', 'a', '']],
      ['rtsp://:pw@10.0.0.1/', ['rtsp://10.0.0.1/', '', 'pw']],
      ['rtsp://a:b:c@10.0.0.1', ['rtsp://10.0.0.1', 'a', 'b:c']],
      ['rtsp://a:p@q/r#s?t@[fe80::1]:554/x', ['rtsp://[fe80::1]:554/x', 'a', 'p@q/r#s?t']],
      ['rtsp://a:p/w@cam/x', ['rtsp://cam/x', 'a', 'p/w']],
      ['rtsp://a:%ZZ@cam.lan/', ['rtsp://cam.lan/', 'a', '%ZZ']],
      // A word before the path is a host, too, when nothing later looks more like one.
      ['rtsp://a:b@cam/x@y', ['rtsp://cam/x@y', 'a', 'b']],
      ['rtsp://a:12/3@10.0.0.5/x', ['rtsp://10.0.0.5/x', 'a', '12/3']],
      ['rtsp://cam:554/x?mail=a@b.c', undefined],
      ['rtsp://cam.lan/x@y.z', undefined],
      ['http://cam/snap.jpg?mail=a@b.c', undefined],
      ['cam.lan', undefined],
      ['${ADDRESS}', undefined],
      ['', undefined],
    ];
    for (const [text, expected] of cases) assert.deepEqual(split(text), expected, text);
  });

  it('lose whatever user and password people have', () => {
    const random = seededRandom(7);
    const letters = [...'aZ09 :/?#[]@!$&\'()*+,;=%"<>^`{|}~äß€'];
    const word = (): string => Array.from({ length: 1 + Math.floor(random() * 12) }, () => letters[Math.floor(random() * letters.length)]).join(''); // prettier-ignore
    for (let turn = 0; turn < 3000; turn++) {
      const [user, password] = [word(), word()];
      const login = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
      assert.deepEqual(split(`rtsp://${login}@cam/live@1?a=b`), ['rtsp://cam/live@1?a=b', user, password]);
      // As it stands on a note, without what is part of addresses.
      const plain = password.replace(/[@.:[\]%]/g, '-').trim();
      if (plain !== '') assert.deepEqual(split(`rtsp://admin:${plain}@10.0.0.5:554/live`), ['rtsp://10.0.0.5:554/live', 'admin', plain]); // prettier-ignore
    }
  });

  it('are refused when they are none for the source, or hold a login', () => {
    const schemes = ['rtsp', 'rtsps'];
    const cases: [string, string | undefined][] = [
      ['', 'addressEmpty'],
      ['rtsp://cam/x', undefined],
      ['RTSPS://[::1]:322/x', undefined],
      ['${CAMERA_URL}', undefined],
      ['http://cam/x', 'address'],
      ['rtsp://', 'address'],
      ['rtsp:///x', 'address'],
      ['rtsp://ca m/x', 'address'],
      ['rtsp://cam:123456/x', 'address'],
      ['rtsp://a:b@cam/x', 'addressLogin'],
    ];
    for (const [text, problem] of cases) assert.equal(addressProblem(text, schemes), problem, text);
  });

  it('with a secret in the query, or in arguments, are known', () => {
    for (const text of [
      'http://c/?password=x',
      'http://c/?a=1&userPwd=x',
      'http://c/?access_token=x',
      'http://c/x?session=1',
    ]) {
      // prettier-ignore
      assert.equal(hasSecretQuery(text), true, text);
    }
    for (const text of [
      'rtsp://c/user=a_password=b_channel=1_stream=0.sdp?real_stream',
      'http://c/s.cgi?loginuse=a&loginpas=b',
      'http://c/s.cgi?u=a&pw=b',
      'http://c/s.cgi?u=a&p=b',
    ]) {
      assert.equal(hasSecretQuery(text), true, text);
    }
    for (const text of ['http://c/?channel=1', 'http://c/?password=', 'http://c/password/x']) {
      assert.equal(hasSecretQuery(text), false, text);
    }
    assert.equal(hasLogin('-f x -i rtsp://a:b@c/d'), true);
    assert.equal(hasLogin('-f lavfi -i testsrc=size=1x1:rate=1 -user_agent a@b'), false);
  });
});

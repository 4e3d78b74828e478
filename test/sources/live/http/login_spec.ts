import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Login } from '../../../../src/sources/live/http/login.js';

describe('login of cameras', () => {
  const parameter = (header: string | undefined, name: string): string | undefined =>
    new RegExp(`[ ,]${name.replace('*', '\\*')}=(?:"([^"]*)"|([^ ,]*))`)
      .exec(header ?? '')
      ?.slice(1)
      .find(Boolean);

  // RFC 7616, section 3.9.1.
  const mufasa =
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=ALGORITHM, ' +
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
  const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';
  const examples: [string, string][] = [
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ];
  for (const [algorithm, response] of examples) {
    it(`computes the example of RFC 7616 with ${algorithm}`, () => {
      const login = new Login('Mufasa', 'Circle of Life', () => cnonce);
      assert.equal(login.challenged([mufasa.replace('ALGORITHM', algorithm)], false), 'retry');
      const header = login.authorization('GET', '/dir/index.html');
      assert.equal(parameter(header, 'response'), response);
      assert.equal(parameter(header, 'username'), 'Mufasa');
      assert.equal(parameter(header, 'nc'), '00000001');
      assert.equal(parameter(login.authorization('GET', '/dir/index.html'), 'nc'), '00000002');
    });
  }

  it('computes the example of RFC 7616 with SHA-512-256 and a hashed user (erratum 4897)', () => {
    const login = new Login('Jäsøn Doe', 'Secret, or not?', () => 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v');
    const challenge =
      'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, userhash=true, charset=UTF-8, ' +
      'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS"';
    assert.equal(login.challenged([challenge], false), 'retry');
    const header = login.authorization('GET', '/doe.json');
    assert.equal(parameter(header, 'username'), '793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b');
    assert.equal(parameter(header, 'response'), '3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5');
    assert.equal(parameter(header, 'userhash'), 'true');
  });

  it('prefers the strongest Digest to Basic, whatever the order and the number of headers', () => {
    const digest = (algorithm: string): string =>
      `Digest realm="x", nonce="${algorithm}", qop="auth", algorithm=${algorithm}`;
    for (const headers of [
      ['Basic realm="a, b=c"', digest('MD5'), digest('SHA-256')],
      [`${digest('SHA-256')}, ${digest('MD5')}, Basic realm="x"`],
      [`Negotiate, basic Realm="x",${digest('MD5')} , ${digest('SHA-256')}`],
    ]) {
      const login = new Login('me', 'pw');
      assert.equal(login.challenged(headers, false), 'retry');
      assert.equal(parameter(login.authorization('GET', '/'), 'nonce'), 'SHA-256', headers.join(' | '));
    }
  });

  it('answers nothing before it was asked', () => {
    assert.equal(new Login('me', 'pw').authorization('GET', '/'), undefined);
  });

  it('writes names in other scripts so that a header can carry them', () => {
    const login = new Login('Zoë "Ж"', 'ключ');
    login.challenged(['Digest realm="x", nonce="n", qop="auth"'], false);
    assert.equal(parameter(login.authorization('GET', '/'), 'username*'), "UTF-8''Zo%C3%AB%20%22%D0%96%22");
    const basic = new Login('Ж', 'ключ');
    basic.challenged(['Basic realm="x"'], false);
    assert.equal(basic.authorization('GET', '/'), `Basic ${Buffer.from('Ж:ключ').toString('base64')}`);
  });

  const digest = 'Digest realm="x", nonce="n", qop="auth"';
  const answers: [string, string[], boolean, string][] = [
    ['a Digest that was answered wrongly', [digest], true, 'refused'],
    ['a Digest whose nonce is stale', [`${digest}, stale=true`], true, 'retry'],
    ['Basic that was answered wrongly', ['Basic realm="x"'], true, 'refused'],
    ['a kind that we do not know', ['NTLM', 'Negotiate'], false, 'unknown'],
    ['a Digest that protects bodies only', ['Digest realm="x", nonce="n", qop="auth-int"'], false, 'unknown'],
    ['an algorithm that we do not know', ['Digest realm="x", nonce="n", algorithm=TIGER'], false, 'unknown'],
    ['no challenge at all', [], false, 'unknown'],
    ['nonsense', ['"""===,,,  = ', ','], false, 'unknown'],
  ];
  for (const [name, headers, answered, expected] of answers) {
    it(`takes ${name} for ${expected}`, () => {
      assert.equal(new Login('me', 'pw').challenged(headers, answered), expected);
      assert.equal(new Login('', '').challenged(headers, answered), 'missing');
    });
  }

  it('uses the nonce that the camera names for the next request', () => {
    const login = new Login('me', 'pw');
    login.challenged([digest], false);
    login.authorization('GET', '/');
    login.accepted('qop=auth, rspauth="x", nextnonce="fresh"');
    const header = login.authorization('GET', '/');
    assert.deepEqual([parameter(header, 'nonce'), parameter(header, 'nc')], ['fresh', '00000001']);
  });

  it('reads a very long header of nonsense in no time worth naming', () => {
    const header = `Digest ${'a="'.repeat(3000)}${'\\'.repeat(3000)}`;
    assert.equal(new Login('me', 'pw').challenged([header], false), 'unknown');
  });
});

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { isSigned, signatureOf } from '../../src/outbox/signature.js';
import { signedForWebhook } from '../../src/outbox/webhook.js';

const secret = 'keep this';
const seconds = 1_790_000_000;
const options = { nowSeconds: seconds + 10 };

describe('The signature of a webhook', () => {
  it('is HMAC-SHA-256 over time, full stop and body', () => {
    // RFC 4231, test case 2, is the same function: key "Jefe".
    const known = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
    assert.equal(createHmac('sha256', 'Jefe').update('what do ya want for nothing?').digest('hex'), known);
    const expected = createHmac('sha256', secret).update('1790000000.{"a":1}').digest('hex');
    assert.equal(signatureOf('{"a":1}', secret, seconds), `t=1790000000,v1=${expected}`);
    assert.equal(signatureOf(Buffer.from('{"a":1}'), secret, seconds), `t=1790000000,v1=${expected}`);
  });

  it('is accepted for the same body, secret and time', () => {
    const header = signatureOf('body ü', secret, seconds);
    assert.equal(isSigned('body ü', header, secret, options), true);
    assert.equal(isSigned(Buffer.from('body ü'), header, secret, options), true);
  });

  it('is accepted among several, as while a secret changes', () => {
    const [time, good] = signatureOf('body', secret, seconds).split(',');
    assert.equal(isSigned('body', `${time}, v1=${'0'.repeat(64)}, ${good}`, secret, options), true);
  });

  const header = signatureOf('body', secret, seconds);
  const refusals: [string, string, string | undefined, string, number?][] = [
    ['another body', 'Body', header, secret],
    ['another secret', 'body', header, 'keep that'],
    ['an empty secret', 'body', signatureOf('body', '', seconds), ''],
    ['another time', 'body', header.replace('t=1790000000', 't=1790000001'), secret],
    ['a recording of more than five minutes ago', 'body', header, secret, seconds + 301],
    ['a time ahead', 'body', header, secret, seconds - 301],
    ['no header', 'body', undefined, secret],
    ['no time', 'body', header.split(',')[1], secret],
    ['no signature', 'body', `t=${seconds}`, secret],
    ['half a signature', 'body', header.slice(0, -2), secret],
    ['letters that are no digits', 'body', `t=${seconds},v1=${'z'.repeat(64)}`, secret],
  ];
  for (const [title, body, value, key, nowSeconds = seconds] of refusals) {
    it(`is refused with ${title}`, () => assert.equal(isSigned(body, value, key, { nowSeconds }), false));
  }
});

describe('A message for a webhook', () => {
  const sign = (message: Record<string, unknown>): { headers: Record<string, string>; payload: string | Buffer } =>
    signedForWebhook(message, 7, secret, seconds + 0.9) as never;

  it('carries JSON as the text that was signed, pictures in base64', () => {
    const { headers, payload } = sign({ payload: { plate: 'AB', images: { plate: Buffer.from('jpeg') } } });
    assert.equal(payload, '{"plate":"AB","images":{"plate":"anBlZw=="}}');
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers['X-Plateflow-Delivery'], '7');
    assert.equal(isSigned(payload, headers['X-Plateflow-Signature'], secret, { nowSeconds: seconds }), true);
  });

  it('leaves text, bytes and other headers as they are', () => {
    const bytes = Buffer.from([1, 2, 255]);
    const message = { payload: bytes, headers: { 'Content-Type': 'image/jpeg', a: 'b' } };
    const { headers, payload } = sign(message);
    assert.equal(payload, bytes);
    assert.deepEqual([headers['Content-Type'], headers['a'], headers['content-type']], ['image/jpeg', 'b', undefined]);
    assert.equal(isSigned(bytes, headers['X-Plateflow-Signature'], secret, { nowSeconds: seconds }), true);
    assert.deepEqual(Object.keys(message.headers), ['Content-Type', 'a']);
    assert.equal(sign({ payload: 'text' }).payload, 'text');
  });

  it('is refused as a form, whose bytes are not known here', () => {
    const message = { payload: { json: '{}' }, headers: { 'content-type': 'multipart/form-data' } };
    assert.throws(() => sign(message), { code: 'ALPR_OUTBOX_MESSAGE', message: /received a form/ });
  });
});

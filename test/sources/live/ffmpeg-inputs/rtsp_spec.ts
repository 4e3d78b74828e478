import assert from 'node:assert/strict';
import { rtspInput } from '../../../../src/sources/live/ffmpeg-inputs/rtsp.js';
import type { LiveSettings } from '../../../../src/sources/live/settings.js';

describe('RTSP as an input of ffmpeg', () => {
  const input = (settings: Partial<LiveSettings>, version = '5.1.6') =>
    rtspInput({ source: 'rtsp', ...settings }, { path: 'ffmpeg', version, passthrough: [] });
  const script = (settings: Partial<LiveSettings>, version?: string) => input(settings, version).stdin!.split('\n');

  it('says everything in a script, and nothing that names the camera in the arguments', () => {
    assert.deepEqual(script({ url: 'rtsp://gate.lan/a b?x=1', user: 'me', password: "p'@%", timeoutMs: 2500 }), [
      'ffconcat version 1.0',
      "file 'rtsp://me:p%27%40%25@gate.lan/a%20b?x=1'",
      'option rtsp_transport tcp',
      'option allowed_media_types video',
      'option timeout 2500000',
      'option analyzeduration 1000000',
      '',
    ]);
    assert.ok(!input({ url: 'rtsp://gate.lan/x' }).arguments.join(' ').includes('gate'));
  });

  it('lets no address out of its quotes', () => {
    const [, file] = script({ url: "rtsp://gate.lan/a'b\noption rtsp_transport udp" });
    assert.match(file!, /^file 'rtsp:\/\/gate\.lan\/a(%27|'\\'')boption%20rtsp_transport%20udp'$/);
  });

  it('names the transport in the address for an ffmpeg before 5.0', () => {
    assert.deepEqual(script({ url: 'rtsp://gate.lan/x' }, '4.4.2').slice(1, -1), ["file 'rtsp://gate.lan/x?tcp'"]);
    const [, file] = script({ url: 'rtsp://gate.lan/x?channel=1', transport: 'udp' }, '4.3.1');
    assert.equal(file, "file 'rtsp://gate.lan/x?channel=1&udp'");
  });

  it('does not have certificates checked', () => {
    assert.ok(script({ url: 'rtsps://gate.lan/x' }).includes('option tls_verify 0'));
    assert.ok(!script({ url: 'rtsp://gate.lan/x' }).includes('option tls_verify 0'));
  });

  it('takes a login from the address where the settings have none, and shows it nowhere', () => {
    const { stdin, secrets, description } = input({ url: 'rtsp://me:ge%40heim@gate.lan/x?token=geheim' });
    assert.match(stdin!, /rtsp:\/\/me:ge%40heim@gate\.lan/);
    assert.deepEqual(secrets, ['me', 'ge@heim']);
    assert.equal(description, 'rtsp://gate.lan/x?token=***');
    assert.match(input({ url: 'rtsp://a:b@gate.lan/x', user: 'c', password: 'd' }).stdin!, /rtsp:\/\/c:d@gate/);
  });

  it('knows IPv6', () => {
    assert.match(
      input({ url: 'rtsp://[fe80::1]:8554/x', user: 'u', password: 'p' }).stdin!,
      /rtsp:\/\/u:p@\[fe80::1\]:8554/,
    );
  });
});

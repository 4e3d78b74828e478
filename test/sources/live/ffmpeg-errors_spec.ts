import assert from 'node:assert/strict';
import { diagnose } from '../../../src/sources/live/ffmpeg-errors.js';

describe('what ffmpeg’s complaints mean', () => {
  // Complaints as ffmpeg 4.3 to 7 write them.
  const cases: [string, string | undefined, RegExp?][] = [
    ['method DESCRIBE failed: 401 Unauthorized', 'ALPR_SOURCE_LOGIN', /401/],
    [
      'pipe:0: Server returned 401 Unauthorized (authorization failed)',
      'ALPR_SOURCE_LOGIN',
      /refused user or password/,
    ],
    ['method DESCRIBE failed: 403 Forbidden', 'ALPR_SOURCE_LOGIN', /403/],
    ['method DESCRIBE failed: 404 Not Found', 'ALPR_SOURCE', /404/],
    ['method SETUP failed: 461 Unsupported Transport', 'ALPR_SOURCE', /transport/],
    ['Nonmatching transport in server reply', 'ALPR_SOURCE', /transport/],
    ['method DESCRIBE failed: 503 Service Unavailable', 'ALPR_SOURCE', /busy/],
    ['pipe:0: Server returned 5XX Server Error reply', 'ALPR_SOURCE', /busy/],
    ['Connection to tcp://10.0.0.1:554?timeout=0 failed: No route to host', 'ALPR_SOURCE_UNREACHABLE', /no way/],
    [
      'Connection to tcp://10.0.0.1:554?timeout=0 failed: Connection timed out',
      'ALPR_SOURCE_UNREACHABLE',
      /nothing answered/,
    ],
    ['Failed to resolve hostname gate: Temporary failure in name resolution', 'ALPR_SOURCE_UNREACHABLE', /no computer/],
    [
      'The specified session has been invalidated for some reason.; Connection refused',
      'ALPR_SOURCE_UNREACHABLE',
      /refused/,
    ],
    ['Cannot open video device /dev/video0: Device or resource busy', 'ALPR_SOURCE', /in use/],
    ['Cannot open video device /dev/video0: Permission denied', 'ALPR_SOURCE_SETTINGS', /group "video"/],
    ['Cannot open video device /dev/video7: No such file or directory', 'ALPR_SOURCE_SETTINGS', /no such device/],
    ["Stream map '0:v:0' matches no streams.", 'ALPR_SOURCE_SETTINGS', /no picture/],
    ["Unrecognized option 'autoscale'.", 'ALPR_FFMPEG', /too old/],
    ['Unknown input format: v4l2', 'ALPR_FFMPEG', /built without/],
    ['rtsps://gate/x: Protocol not found', 'ALPR_FFMPEG', /protocol/],
    ['pipe:0: Invalid data found when processing input', 'ALPR_SOURCE', /no video/],
    ['something that nobody has seen', undefined],
    ['', undefined],
  ];
  for (const [complaints, code, what] of cases) {
    it(complaints === '' ? 'nothing' : complaints, () => {
      const found = diagnose(complaints, false);
      assert.equal(found?.code, code);
      if (what) assert.match(found!.what, what);
    });
  }

  it('takes damaged pieces of a stream that ran for what they are', () => {
    const damaged = 'Error while decoding stream #0:0: Invalid data found when processing input';
    assert.equal(diagnose(damaged, true), undefined);
    assert.equal(diagnose(`${damaged}; Connection refused`, true)?.code, 'ALPR_SOURCE_UNREACHABLE');
  });
});

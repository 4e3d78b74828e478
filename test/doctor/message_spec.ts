import assert from 'node:assert/strict';
import { splitMessage } from '../../src/doctor/message.js';

describe('A message becomes title and fix of a finding', () => {
  const cases: { message: string; title: string; fix?: string }[] = [
    { message: 'it did not answer', title: 'it did not answer' },
    {
      message: 'Expected HailoRT 4.23.0 for /a.b/c but received none. Install it. Then restart.',
      title: 'Expected HailoRT 4.23.0 for /a.b/c but received none',
      fix: 'Install it. Then restart',
    },
    {
      message: 'Expected a library but none loads:\n  /a: text\n  /b: ENOENT\nInstall it.',
      title: 'Expected a library but none loads',
      fix: 'Install it',
    },
    { message: 'Several lines:\n  only a list', title: 'Several lines' },
    { message: '', title: '' },
  ];
  for (const { message, ...expected } of cases) {
    it(JSON.stringify(message).slice(0, 60), () => assert.deepEqual(splitMessage(message), expected));
  }
});

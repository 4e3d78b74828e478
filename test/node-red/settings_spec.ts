import assert from 'node:assert/strict';
import { SettingsReader } from '../../src/node-red/settings.js';

describe('SettingsReader', () => {
  const rule = { min: 0, max: 1 };
  const numbers: { value: unknown; expected: number | undefined; error?: string }[] = [
    { value: undefined, expected: undefined },
    { value: '', expected: undefined },
    { value: '  ', expected: undefined },
    { value: null, expected: undefined },
    { value: 0.5, expected: 0.5 },
    { value: '0.5', expected: 0.5 },
    { value: 0, expected: 0 },
    { value: 'abc', expected: undefined, error: 'Expected a number from 0 to 1 for x but received "abc"' },
    { value: NaN, expected: undefined, error: 'Expected a number from 0 to 1 for x but received NaN' },
    { value: 1.01, expected: undefined, error: 'Expected a number from 0 to 1 for x but received 1.01' },
    { value: -0.1, expected: undefined, error: 'Expected a number from 0 to 1 for x but received -0.1' },
    { value: true, expected: undefined, error: 'Expected a number from 0 to 1 for x but received true' },
    { value: [1], expected: undefined, error: 'Expected a number from 0 to 1 for x but received an array of 1' },
  ];
  for (const { value, expected, error } of numbers) {
    it(`reads ${JSON.stringify(value) ?? 'undefined'} as ${error === undefined ? String(expected) : 'an error'}`, () => {
      const read = new SettingsReader({ x: value });
      assert.equal(read.optionalNumber('x', rule), expected);
      assert.equal(read.error?.message, error);
    });
  }

  it('takes text that a check lets through, and names what the check says otherwise', () => {
    const short = (text: string): void => {
      if (text.length > 3) throw new Error('Expected three characters at most');
    };
    const read = new SettingsReader({ good: ' abc ', bad: 'abcd', empty: undefined });
    assert.deepEqual(['good', 'bad', 'empty'].map((name) => read.checkedText(name, short)), ['abc', '', '']); // prettier-ignore
    assert.equal(read.error?.message, 'Expected three characters at most');
  });

  it('takes the default for an empty field', () => {
    assert.equal(new SettingsReader({ x: '' }).number('x', 7), 7);
  });

  it('asks for whole numbers where there are no halves', () => {
    const read = new SettingsReader({ x: 2.5 });
    read.number('x', 1, { min: 1, integer: true });
    assert.equal(read.error?.message, 'Expected a whole number of at least 1 for x but received 2.5');
  });

  it('reads settings within a setting, and names them with it', () => {
    const read = new SettingsReader({ scheduler: { plates: { priority: 32, threshold: 5 } } });
    const plates = read.section('scheduler').section('plates');
    assert.equal(plates.optionalNumber('threshold', { min: 1 }), 5);
    assert.equal(plates.optionalNumber('priority', { min: 0, max: 31 }), undefined);
    assert.equal(read.section('scheduler').section('text').optionalNumber('priority'), undefined);
    const message = 'Expected a number from 0 to 31 for scheduler.plates.priority but received 32';
    assert.equal(read.error?.message, message);
  });

  for (const value of ['round robin', 5, [1], true]) {
    it(`takes ${JSON.stringify(value)} for no settings`, () => {
      const read = new SettingsReader({ scheduler: value });
      assert.equal(read.section('scheduler').optionalNumber('threshold'), undefined);
      assert.match(read.error!.message, /^Expected an object for scheduler but received /);
    });
  }

  it('reads text of a certain form', () => {
    const read = new SettingsReader({ a: ' x1 ', b: 'y', c: '' });
    assert.equal(read.matchingText('a', /^x\d$/, 'an x'), 'x1');
    assert.equal(read.matchingText('c', /^x\d$/, 'an x'), '');
    assert.equal(read.error, undefined);
    const wrong = new SettingsReader({ b: 'y' });
    wrong.matchingText('b', /^x\d$/, 'an x');
    wrong.matchingText('c', /^x\d$/, 'an x', true);
    assert.equal(
      wrong.error?.message,
      'Expected an x for b but received "y"; Expected an x for c but received nothing',
    );
  });

  it('names the choices', () => {
    const read = new SettingsReader({ mode: 'sometimes' });
    assert.equal(read.choice('mode', ['never', 'always'], 'never'), 'never');
    assert.equal(read.error?.message, 'Expected one of never, always for mode but received "sometimes"');
  });

  const flags: [unknown, boolean | undefined][] = [
    [true, true],
    [false, false],
    ['true', true],
    ['false', false],
    [undefined, true],
    ['', true],
    ['yes', undefined],
    [1, undefined],
  ];
  for (const [value, expected] of flags) {
    it(`takes ${JSON.stringify(value) ?? 'undefined'} for ${expected === undefined ? 'an error' : String(expected)}`, () => {
      const read = new SettingsReader({ on: value });
      const flag = read.flag('on', true);
      if (expected === undefined) assert.match(read.error!.message, /^Expected true or false for on but received /);
      else assert.equal(flag, expected);
    });
  }

  it('reads a regular expression and refuses a broken one', () => {
    assert.match('AB12', new SettingsReader({ format: '^[A-Z]{2}\\d{2}$' }).pattern('format')!);
    const read = new SettingsReader({ format: '[A-' });
    assert.equal(read.pattern('format'), undefined);
    assert.equal(read.error?.message, 'Expected a regular expression for format but received "[A-"');
  });

  it('collects all problems and carries a code', () => {
    const read = new SettingsReader({ a: 'x', b: 'y' });
    read.number('a', 1);
    read.number('b', 1);
    read.requiredText('model', 'the name of a model');
    assert.equal(
      read.error?.message,
      'Expected a number for a but received "x"; Expected a number for b but received "y"; ' +
        'Expected the name of a model for model but received nothing',
    );
    assert.equal(read.error?.code, 'ALPR_SETTINGS');
  });
});

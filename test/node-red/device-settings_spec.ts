import assert from 'node:assert/strict';
import { readDeviceSettings } from '../../src/node-red/device-settings.js';
import { SettingsReader } from '../../src/node-red/settings.js';

function settingsOf(config: object): { settings: ReturnType<typeof readDeviceSettings>; error: string | undefined } {
  const read = new SettingsReader(config);
  const settings = readDeviceSettings(read);
  return { settings, error: read.error?.message };
}

describe('The settings of a hailo-device', () => {
  it('are, without any, whatever this computer has', () => {
    const { settings, error } = settingsOf({});
    assert.deepEqual(settings, { backend: 'auto', runtime: 'auto', hailo: { timeoutMs: 5000 } });
    assert.equal(error, undefined);
  });

  it('are read from what the dialog stores', () => {
    const { settings, error } = settingsOf({
      backend: 'hailo',
      runtime: 'wasm',
      workers: '2',
      hailoLibrary: ' /opt/hailo/lib ',
      hailoDevice: '0000:0A:00.0',
      hailoService: true,
      hailoGroup: 'gate',
      hailoTimeout: '800',
      hailoScheduler: { vehicles: {}, plates: { threshold: 5, timeoutMs: 100, priority: '17' }, text: { priority: 0 } },
    });
    assert.deepEqual(settings, {
      backend: 'hailo',
      runtime: 'wasm',
      workers: 2,
      hailo: {
        library: '/opt/hailo/lib',
        deviceId: '0000:0a:00.0',
        multiProcessService: true,
        groupId: 'gate',
        timeoutMs: 800,
        scheduler: { plates: { threshold: 5, timeoutMs: 100, priority: 17 }, text: { priority: 0 } },
      },
    });
    assert.equal(error, undefined);
  });

  it("leave the Hailo's out, right or wrong, where the CPU computes", () => {
    const wrong = { hailoDevice: 'x', hailoTimeout: 1, hailoService: true, hailoScheduler: { text: { priority: 99 } } };
    const { settings, error } = settingsOf({ backend: 'cpu', ...wrong });
    assert.deepEqual(settings, { backend: 'cpu', runtime: 'auto' });
    assert.equal(error, undefined);
  });

  it('leave the group out where nothing is shared', () => {
    assert.deepEqual(settingsOf({ hailoGroup: 'gate' }).settings.hailo, { timeoutMs: 5000 });
  });

  const refused: [Record<string, unknown>, RegExp][] = [
    [{ backend: 'gpu' }, /^Expected one of auto, cpu, hailo for backend but received "gpu"$/],
    [{ hailoDevice: 'first' }, /^Expected a PCIe address like 0000:01:00\.0 for hailoDevice but received "first"$/],
    [{ hailoDevice: '0000:01:00.0; rm' }, /for hailoDevice but received/],
    [{ hailoService: 'yes' }, /^Expected true or false for hailoService but received "yes"$/],
    [{ hailoService: true }, /^Expected the group's name .* for hailoGroup but received nothing$/],
    [{ hailoService: true, hailoGroup: 'UNIQUE' }, /for hailoGroup but received "UNIQUE"$/],
    [{ hailoTimeout: 99 }, /^Expected a whole number from 100 to 60000 for hailoTimeout but received 99$/],
    [{ hailoTimeout: '1e9' }, /for hailoTimeout but received "1e9"$/],
    [{ hailoScheduler: 'fast' }, /^Expected an object for hailoScheduler but received "fast"$/],
    [{ hailoScheduler: { plates: 5 } }, /^Expected an object for hailoScheduler\.plates but received 5$/],
    [
      { hailoScheduler: { plates: { threshold: 0 } } },
      /^Expected a whole number from 1 to 1024 for hailoScheduler\.plates\.threshold but received 0$/,
    ],
    [
      { hailoScheduler: { text: { priority: 32 } } },
      /from 0 to 31 for hailoScheduler\.text\.priority but received 32$/,
    ],
    [
      { hailoTimeout: 200, hailoScheduler: { text: { timeoutMs: 200 } } },
      /from 0 to 199 for hailoScheduler\.text\.timeoutMs but received 200$/,
    ],
    [{ hailoScheduler: { text: { timeoutMs: -1 } } }, /for hailoScheduler\.text\.timeoutMs but received -1$/],
  ];
  for (const [config, expected] of refused) {
    it(`refuse ${JSON.stringify(config)} and say why`, () => assert.match(settingsOf(config).error ?? '', expected));
  }
});

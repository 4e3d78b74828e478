import type { StubConfig } from './stub.js';

const services = { running: 0, none: 1, unreachable: 2, 'other-version': 3 } as const;
let series = 0;

/**
 * The configuration as control.c reads it: one line each, a word and its values.
 * @param freshFaults their counters start again; else they go on, since a fault is known by its number
 */
export function configText(config: StubConfig, freshFaults: boolean): string {
  if (freshFaults) series++;
  const lines: (string | number)[][] = [];
  for (const device of config.devices ?? [{ id: '0000:01:00.0' }]) {
    const { id, architecture = 'hailo8', firmware = '-', temperature = 48.5, power = -1, lost = false } = device;
    lines.push(['device', id, architecture, firmware, temperature, power, Number(lost)]);
  }
  config.faults?.forEach(({ call, status, network = '-', after = 0, times = -1 }, index) =>
    lines.push(['fault', series * 100 + index, call, status, network, after, times]),
  );
  for (const [network, ms] of Object.entries(config.frameTimes ?? {})) lines.push(['frame_time', network, ms]);
  for (const [call, ms] of Object.entries(config.delays ?? {})) lines.push(['delay', call, ms]);
  for (const network of config.silent ?? []) lines.push(['silent', network]);
  for (const { network = '*', class: index, count } of config.nmsLies ?? []) {
    lines.push(['nms_lie', network, index, Number.isNaN(count) ? 'nan' : count]);
  }
  lines.push(['switch_time', config.switchTime ?? 0]);
  lines.push(['driver_busy', Number(config.driverBusy ?? false)]);
  lines.push(['lost_status', config.lostStatus ?? 63]);
  lines.push(['service', services[config.service ?? 'running']]);
  lines.push(['abort_on_misuse', Number(config.abortOnMisuse ?? false)]);
  if (config.backend !== undefined) lines.push(['backend', config.backend]);
  const bad = lines.flat().find((value) => typeof value === 'string' && /[\s]/.test(value));
  if (bad !== undefined) throw new Error(`Expected a value without blanks for the stub but received "${bad}"`);
  return lines.map((line) => `${line.join(' ')}\n`).join('');
}

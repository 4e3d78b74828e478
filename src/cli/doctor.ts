import { examine } from '../doctor/examine.js';
import type { Finding } from '../doctor/finding.js';
import { Catalogue } from '../models/catalogue.js';
import { parseCommand, UsageError } from './arguments.js';

export const doctorHelp = `alpr doctor [options]   Looks at what the networks need on this machine, and says how to fix what is wrong

  --library PATH          libhailort.so, or its folder (default: searched for)
  --service               the device is to be shared through HailoRT's service
  --models FOLDER         more manifests
  --json                  the findings as JSON: [{id, level, title, fix?}]

Exit code 0: nothing keeps the networks from running as they should; 1: at least one error.`;

/** @returns exit code 0, or 1 when a finding is an error */
export async function runDoctor(args: string[]): Promise<number> {
  const { values, targets } = parseCommand(args, {
    library: { type: 'string' },
    service: { type: 'boolean' },
    models: { type: 'string' },
    json: { type: 'boolean' },
  });
  if (targets.length > 0) throw new UsageError(`Expected options only but received '${targets[0]}'`);
  const { library, models } = values;
  const catalogue = new Catalogue(typeof models === 'string' ? [models] : []);
  const findings = await examine({
    library: typeof library === 'string' ? library : undefined,
    service: values['service'] === true,
    manifests: catalogue.list(),
  });
  for (const { error } of catalogue.problems) findings.push({ id: 'models', level: 'error', title: error.message });
  const plain = !process.stdout.isTTY || (process.env['NO_COLOR'] ?? '') !== '';
  process.stdout.write(values['json'] === true ? `${JSON.stringify(findings, null, 2)}\n` : report(findings, plain));
  return findings.some(({ level }) => level === 'error') ? 1 : 0;
}

const levels = ['ok', 'info', 'warning', 'error'] as const;
const signs = {
  ok: { plain: 'ok     ', sign: '✔', colour: 32 },
  info: { plain: 'info   ', sign: 'ℹ', colour: 36 },
  warning: { plain: 'warning', sign: '⚠', colour: 33 },
  error: { plain: 'ERROR  ', sign: '✖', colour: 31 },
};

/**
 * The findings as lines, the worst last, where the eye is when the command ends; what to do stands indented below each.
 *
 * @param plain words instead of coloured signs
 */
export function report(findings: readonly Finding[], plain: boolean): string {
  const lines = levels.flatMap((level) => {
    const { plain: word, sign, colour } = signs[level];
    const mark = plain ? word : `\x1b[${colour}m${sign}\x1b[0m`;
    const indent = ' '.repeat(plain ? word.length : 1);
    return findings
      .filter((finding) => finding.level === level)
      .flatMap(({ title, fix }) => [`${mark} ${title}`, ...(fix === undefined ? [] : [`${indent} → ${fix}`])]);
  });
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  return `${[...lines, '', summary(count('error'), count('warning'))].join('\n')}\n`;
}

function summary(errors: number, warnings: number): string {
  const number = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;
  if (errors === 0 && warnings === 0) return 'Nothing to fix.';
  return [errors > 0 ? number(errors, 'error') : '', warnings > 0 ? number(warnings, 'warning') : '']
    .filter(Boolean)
    .join(', ')
    .concat('. More in docs/hailo.md.');
}

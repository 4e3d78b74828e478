import { parseArgs, type ParseArgsConfig } from 'node:util';

/** The command line was not understood; the message is for the person who typed it. */
export class UsageError extends Error {
  readonly code = 'ALPR_USAGE';
}

export type OptionValues = Record<string, string | boolean | undefined>;

/** Splits a sub-command's arguments; unknown options are an error that names them. */
export function parseCommand(
  args: string[],
  options: NonNullable<ParseArgsConfig['options']>,
): { values: OptionValues; targets: string[] } {
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true, strict: true });
    return { values: values as OptionValues, targets: positionals };
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** A number option, checked; `undefined` when it was not given. */
export function numberOption(values: OptionValues, name: string, min: number, max: number): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (typeof text !== 'string' || text.trim() === '' || !(value >= min && value <= max)) {
    throw new UsageError(`Expected a number from ${min} to ${max} for --${name} but received '${String(text)}'`);
  }
  return value;
}

/** One of a few words. */
export function choiceOption<T extends string>(
  values: OptionValues,
  name: string,
  choices: readonly T[],
  fallback: T,
): T {
  const value = values[name] ?? fallback;
  if (!choices.includes(value as T)) {
    throw new UsageError(`Expected ${choices.join(', ')} for --${name} but received '${String(value)}'`);
  }
  return value as T;
}

import { AlprNodeError, describeValue, toError } from './errors.js';

interface NumberRule {
  min?: number;
  max?: number;
  integer?: boolean;
}

/** A node's settings do not make sense; the node stays in the flow, red, and fails every message with this. */
export class SettingsError extends AlprNodeError {
  constructor(problems: string[]) {
    super('ALPR_SETTINGS', problems.join('; '));
    this.name = 'SettingsError';
  }
}

/**
 * Reads a node's settings as the editor (or a hand-written flow) stored them. Problems are collected, so that the
 * constructor of a node never throws and a person sees all of them at once.
 */
export class SettingsReader {
  private readonly problems: string[];
  private readonly prefix: string;

  /** @param part of another reader's settings: `section` makes these */
  constructor(
    private readonly config: object,
    part?: { problems: string[]; prefix: string },
  ) {
    this.problems = part?.problems ?? [];
    this.prefix = part?.prefix ?? '';
  }

  /** Settings within a setting: an object, or nothing set. What is wrong with them is named `name.setting` and counts here. */
  section(name: string): SettingsReader {
    const value = this.value(name);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isObject && value !== undefined && value !== null && value !== '') this.problem(name, 'an object', value);
    const part = { problems: this.problems, prefix: `${this.prefix}${name}.` };
    return new SettingsReader(isObject ? value : {}, part);
  }

  /** undefined for an empty field: automatic, or the model's own. */
  optionalNumber(name: string, rule: NumberRule = {}): number | undefined {
    const value = this.value(name);
    if (value === undefined || value === null || (typeof value === 'string' && value.trim() === '')) return undefined;
    const number = typeof value === 'number' || typeof value === 'string' ? Number(value) : NaN;
    const { min = -Infinity, max = Infinity, integer = false } = rule;
    if (Number.isFinite(number) && number >= min && number <= max && (!integer || Number.isInteger(number)))
      return number;
    this.problem(name, `${integer ? 'a whole number' : 'a number'}${rangeText(rule)}`, value);
    return undefined;
  }

  /** `fallback` for an empty field. */
  number(name: string, fallback: number, rule: NumberRule = {}): number {
    return this.optionalNumber(name, rule) ?? fallback;
  }

  /** Trimmed; '' when not set. */
  text(name: string): string {
    const value = this.value(name);
    if (value === undefined || value === null) return '';
    if (typeof value === 'string') return value.trim();
    if (typeof value === 'number') return String(value);
    this.problem(name, 'text', value);
    return '';
  }

  requiredText(name: string, what: string): string {
    const text = this.text(name);
    if (text === '') this.problem(name, what, undefined);
    return text;
  }

  /** Trimmed text of a certain form; '' when not set, unless it is required. */
  matchingText(name: string, form: RegExp, what: string, required = false): string {
    const text = this.text(name);
    if (text === '' ? !required : form.test(text)) return text;
    this.problem(name, what, text === '' ? undefined : text);
    return '';
  }

  /** Text with a form of its own; '' when `check` throws, whose message then is the problem. */
  checkedText(name: string, check: (text: string) => unknown): string {
    const text = this.text(name);
    try {
      check(text);
      return text;
    } catch (thrown) {
      this.problems.push(toError(thrown).message);
      return '';
    }
  }

  choice<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const text = this.text(name);
    if (text === '') return fallback;
    const found = allowed.find((choice) => choice === text);
    if (found === undefined) this.problem(name, `one of ${allowed.join(', ')}`, text);
    return found ?? fallback;
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.value(name);
    if (value === undefined || value === null || value === '') return fallback;
    if (typeof value === 'boolean') return value;
    if (value === 'true') return true;
    if (value === 'false') return false;
    this.problem(name, 'true or false', value);
    return fallback;
  }

  /** A regular expression; undefined when not set. */
  pattern(name: string): RegExp | undefined {
    const text = this.text(name);
    if (text === '') return undefined;
    try {
      return new RegExp(text, 'u');
    } catch {
      this.problem(name, 'a regular expression', text);
      return undefined;
    }
  }

  /** Everything that is wrong, or undefined. */
  get error(): SettingsError | undefined {
    return this.problems.length === 0 ? undefined : new SettingsError(this.problems);
  }

  private value(name: string): unknown {
    return (this.config as Record<string, unknown>)[name];
  }

  private problem(name: string, expected: string, received: unknown): void {
    this.problems.push(`Expected ${expected} for ${this.prefix}${name} but received ${describeValue(received)}`);
  }
}

function rangeText({ min, max }: NumberRule): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? '' : ` of at most ${max}`;
}

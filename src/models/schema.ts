import { nearestName } from './nearest-name.js';

/** The part of JSON Schema that manifest.schema.json uses; `oneOf` branches are told apart by their `decoder`, `anyOf` ones by being a list or an object. */
export interface Schema {
  type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean';
  description?: string;
  const?: string | number;
  enum?: (string | number)[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  oneOf?: Schema[];
  anyOf?: Schema[];
  $ref?: string;
  $defs?: Record<string, Schema>;
}

/** Called with the field's path, what it should be and what it is; throws. */
export type Fail = (path: string, expected: string, received: unknown) => never;

/** Checks a value against a schema and calls `fail` for the first field that does not fit. */
export function checkSchema(value: unknown, schema: Schema, root: Schema, path: string, fail: Fail): void {
  const rule = resolve(schema, root);
  if (rule.oneOf) {
    checkSchema(value, pickBranch(value, rule.oneOf, root, path, fail), root, path, fail);
    return;
  }
  if (rule.anyOf) {
    const rules = rule.anyOf.map((branch) => resolve(branch, root));
    const wanted = isRecord(value) ? 'object' : 'array';
    // What is neither a list nor an object is told the first branch.
    const branch = rules.find(({ type }) => type === wanted) ?? rules[0];
    if (branch) checkSchema(value, branch, root, path, fail);
    return;
  }
  if (rule.const !== undefined && value !== rule.const) fail(path, JSON.stringify(rule.const), value);
  if (rule.enum && !rule.enum.includes(value as string)) fail(path, `one of ${rule.enum.join(', ')}`, value);
  if (rule.type === 'object') checkObject(value, rule, root, path, fail);
  else if (rule.type === 'array') checkArray(value, rule, root, path, fail);
  else if (rule.type && !isScalar(value, rule)) fail(path, describe(rule), value);
}

function resolve(schema: Schema, root: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const target = root.$defs?.[schema.$ref.replace('#/$defs/', '')];
  if (!target) throw new Error(`Expected a definition for ${schema.$ref} in the manifest schema but found none`);
  return target;
}

function firstBranch(rule: Schema, root: Schema): Schema {
  const first = rule.anyOf?.[0];
  return first === undefined ? rule : resolve(first, root);
}

function pickBranch(value: unknown, branches: Schema[], root: Schema, path: string, fail: Fail): Schema {
  if (!isRecord(value)) fail(path, 'an object with a decoder', value);
  const byDecoder = new Map(
    branches.map((branch) => {
      const rule = resolve(branch, root);
      return [rule.properties?.['decoder']?.const, rule] as const;
    }),
  );
  const decoder = (value as Record<string, unknown>)['decoder'];
  const branch = byDecoder.get(decoder as string);
  return branch ?? fail(`${path}.decoder`, `one of ${[...byDecoder.keys()].join(', ')}`, decoder);
}

function checkObject(value: unknown, rule: Schema, root: Schema, path: string, fail: Fail): void {
  if (!isRecord(value)) fail(path, 'an object', value);
  const properties = rule.properties ?? {};
  for (const key of Object.keys(value as object)) {
    if (Object.hasOwn(properties, key)) continue;
    const near = nearestName(key, Object.keys(properties));
    const hint = near === undefined ? `one of ${Object.keys(properties).join(', ')}` : `${near}`;
    fail(inside(path, key), `no such field (did you mean ${hint}?)`, (value as Record<string, unknown>)[key]);
  }
  for (const key of rule.required ?? []) {
    if (!Object.hasOwn(value as object, key)) {
      fail(inside(path, key), describe(firstBranch(resolve(properties[key] ?? {}, root), root)), undefined);
    }
  }
  for (const [key, item] of Object.entries(value as object)) {
    checkSchema(item, properties[key] as Schema, root, inside(path, key), fail);
  }
}

function checkArray(value: unknown, rule: Schema, root: Schema, path: string, fail: Fail): void {
  if (!Array.isArray(value)) fail(path, describe(rule), value);
  const items = value as unknown[];
  const { minItems = 0, maxItems = Infinity } = rule;
  if (items.length < minItems || items.length > maxItems) fail(path, describe(rule), value);
  if (rule.items) {
    for (let i = 0; i < items.length; i++) checkSchema(items[i], rule.items, root, `${path}[${i}]`, fail);
  }
}

function isScalar(value: unknown, rule: Schema): boolean {
  if (rule.type === 'boolean') return typeof value === 'boolean';
  if (rule.type === 'string') {
    if (typeof value !== 'string' || value.length < (rule.minLength ?? 0)) return false;
    return rule.pattern === undefined || new RegExp(rule.pattern).test(value);
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  if (rule.type === 'integer' && !Number.isInteger(value)) return false;
  if (value < (rule.minimum ?? -Infinity) || value > (rule.maximum ?? Infinity)) return false;
  return rule.exclusiveMinimum === undefined || value > rule.exclusiveMinimum;
}

/** The rule in words: "an integer from 1 to 4096 (pixels)". */
function describe(rule: Schema): string {
  const note = rule.description ? ` (${rule.description})` : '';
  if (rule.const !== undefined) return JSON.stringify(rule.const);
  if (rule.enum) return `one of ${rule.enum.join(', ')}`;
  if (rule.oneOf) return 'an object with a decoder';
  switch (rule.type) {
    case 'object':
      return 'an object';
    case 'array':
      return `an array ${itemCount(rule)}${note}`;
    case 'boolean':
      return 'true or false';
    case 'string':
      return `a ${rule.minLength || rule.pattern ? 'non-empty ' : ''}string${note}`;
    default:
      return `${rule.type === 'integer' ? 'an integer' : 'a number'}${range(rule)}${note}`;
  }
}

function itemCount({ minItems = 0, maxItems }: Schema): string {
  if (maxItems === undefined) return `of at least ${minItems}`;
  return minItems === maxItems ? `of ${minItems}` : `of ${minItems} to ${maxItems}`;
}

function range({ minimum, maximum, exclusiveMinimum }: Schema): string {
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}`;
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  return minimum === undefined ? '' : ` of at least ${minimum}`;
}

function inside(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

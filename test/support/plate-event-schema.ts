import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkSchema, type Schema } from '../../src/models/schema.js';
import { packageRoot } from './node-red-process.js';

/** docs/plate-event.schema.json */
export const plateEventSchema = JSON.parse(
  readFileSync(join(packageRoot, 'docs', 'plate-event.schema.json'), 'utf8'),
) as Schema;

/**
 * Checks an event, as JSON takes it, against the schema. Stricter than that: a field that the schema does not name is one that
 * somebody forgot to write down.
 */
export function assertPlateEvent(event: unknown): void {
  const json = JSON.parse(JSON.stringify(event)) as unknown;
  checkSchema(json, plateEventSchema, plateEventSchema, 'event', (path, expected, received) =>
    assert.fail(`Expected ${expected} for ${path} but received ${JSON.stringify(received)}`),
  );
}

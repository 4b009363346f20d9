import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { CASE_SCHEMA } from '../../src/policy/cases/index.js';
import { POLICY_SCHEMA } from '../../src/policy/index.js';

describe.each([
  ['policies', POLICY_SCHEMA],
  ['cases', CASE_SCHEMA],
])('the schema of %s', (_name, schema) => {
  it('is one by the standard, and has nothing in it that the library warns of: the service itself does not look', () => {
    const warnings: unknown[] = [];
    const warn = (...words: unknown[]): void => void warnings.push(words);
    const ajv = new Ajv2020({
      allErrors: true,
      allowUnionTypes: true,
      logger: { log: warn, warn, error: warn },
    });
    expect(ajv.validateSchema(schema), JSON.stringify(ajv.errors)).toBe(true);
    expect(() => ajv.compile(schema)).not.toThrow();
    expect(warnings).toEqual([]);
  });
});

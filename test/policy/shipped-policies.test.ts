import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatProblem, POLICY_SCHEMA, readPolicy } from '../../src/policy/index.js';
import { TEST_PSEUDONYMS } from './list-pseudonyms.js';

const POLICIES = new URL('../../policies/', import.meta.url);

describe('the policies that ship', () => {
  it.each(['default', 'strict-timers'])(
    '%s compiles without a problem and is named after its file',
    (name) => {
      const file = `${name}.yaml`;
      const result = readPolicy(readFileSync(new URL(file, POLICIES), 'utf8'), {
        pseudonyms: TEST_PSEUDONYMS,
      });
      const problems =
        result.kind === 'invalid' ? result.problems.map((one) => formatProblem(one, file)) : [];
      expect(problems).toEqual([]);
      expect(result.kind === 'valid' && result.policy.name).toBe(name);
    },
  );
});

describe('the schema for editors', () => {
  it('is the schema that the service checks with', () => {
    const file = readFileSync(new URL('policy.schema.json', POLICIES), 'utf8');
    expect(JSON.parse(file)).toEqual(POLICY_SCHEMA);
  });
});

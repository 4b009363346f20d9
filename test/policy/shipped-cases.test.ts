import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  CASE_SCHEMA,
  type CaseResult,
  formatCaseReport,
  type NamedCaseFile,
  readCases,
  runCases,
} from '../../src/policy/cases/index.js';
import { formatProblem, readPolicy } from '../../src/policy/index.js';
import { TEST_IDENTITY } from './case-identity.js';

const POLICIES = new URL('../../policies/', import.meta.url);
const CASES = new URL('cases/', POLICIES);

/** What the brief for the default policy asks for. */
const LEAST_CASES = 60;

const files = readdirSync(CASES)
  .filter((file) => file.endsWith('.yaml'))
  .map((file): NamedCaseFile => {
    const result = readCases(readFileSync(new URL(file, CASES), 'utf8'));
    if (result.kind === 'valid') return { file, document: result.document };
    throw new Error(result.problems.map((problem) => formatProblem(problem, file)).join('\n'));
  });

function resultsUnder(file: string): readonly CaseResult[] {
  const read = readPolicy(readFileSync(new URL(file, POLICIES), 'utf8'), { pseudonyms: TEST_IDENTITY });
  if (read.kind === 'invalid')
    throw new Error(read.problems.map((one) => formatProblem(one, file)).join('\n'));
  return runCases(files, read.policy, { identity: TEST_IDENTITY }).results;
}

describe.each(['default.yaml', 'strict-timers.yaml', 'examples/lists-and-custom-rules.yaml'])(
  '%s',
  (file) => {
    const results = resultsUnder(file).filter((result) => result.kind !== 'not-expected');

    it('has cases', () => {
      expect(results.length).toBeGreaterThan(0);
    });

    it.each(results.map((result) => [`${result.suite}: ${result.name}`, result] as const))(
      '%s',
      (_name, result) => {
        const report = { policy: file, passed: 0, failed: 1, notExpected: 0, results: [result] };
        expect(result.kind, formatCaseReport(report)).toBe('passed');
      },
    );
  },
);

describe('the cases that ship', () => {
  it('are many, and each says something of a policy that ships', () => {
    expect(files.flatMap(({ document }) => document.cases).length).toBeGreaterThanOrEqual(LEAST_CASES);
  });

  it('follow the schema that editors check with', () => {
    const file = readFileSync(new URL('cases.schema.json', POLICIES), 'utf8');
    expect(JSON.parse(file)).toEqual(CASE_SCHEMA);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type NamedCaseFile, readCases, runCases } from '../../src/policy/cases/index.js';
import { formatProblem, readPolicy } from '../../src/policy/index.js';
import { TEST_IDENTITY } from './case-identity.js';

/** The default policy and the cases of version 1 of the engine, and what it decided. */
const THEN = new URL('engine-1/', import.meta.url);

interface OutcomeOfThen {
  readonly suite: string;
  readonly name: string;
  readonly decision: string;
  readonly score: number;
  readonly holdUntil?: string;
  readonly reasons: readonly string[];
}

function text(file: string): string {
  return readFileSync(new URL(file, THEN), 'utf8');
}

const read = readPolicy(text('default.yaml'), { pseudonyms: TEST_IDENTITY });

const files = readdirSync(new URL('cases/', THEN)).map((file): NamedCaseFile => {
  const result = readCases(text(`cases/${file}`));
  if (result.kind === 'valid') return { file, document: result.document };
  throw new Error(result.problems.map((problem) => formatProblem(problem, file)).join('\n'));
});

const outcomes: readonly OutcomeOfThen[] = JSON.parse(text('outcomes.json'));

describe('the default policy of version 1', () => {
  it('compiles', () => {
    expect(read.kind === 'invalid' ? read.problems : []).toEqual([]);
  });

  const results = new Map(
    (read.kind === 'valid' ? runCases(files, read.policy, { identity: TEST_IDENTITY }).results : []).map(
      (result) => [`${result.suite}: ${result.name}`, result],
    ),
  );

  it.each(outcomes.map((one) => [`${one.suite}: ${one.name}`, one] as const))(
    'means what it meant: %s',
    (name, { suite: _suite, name: _name, ...then }) => {
      const result = results.get(name);
      const outcome = result?.kind === 'passed' || result?.kind === 'failed' ? result.outcome : undefined;
      expect({ ...outcome, reasons: outcome?.reasons.map(({ code }) => code) }).toEqual(then);
    },
  );
});

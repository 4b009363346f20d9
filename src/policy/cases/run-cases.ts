import { decide } from '../../decision/decide.js';
import { explain } from '../../decision/explain.js';
import type { CompiledPolicy } from '../../decision/policy-model.js';
import type { Decision } from '../../decision/vocabulary.js';
import { buildInput, type CaseIdentity } from './build-input.js';
import type { CaseDocument, CaseFileDocument } from './case-document.js';
import { compareOutcome, type Difference } from './compare-outcome.js';

/** A case file with the name that its results are reported under. */
export interface NamedCaseFile {
  readonly file: string;
  readonly document: CaseFileDocument;
}

/** What a case came to. `not-expected`: it says nothing of this policy. `broken`: it cannot be run. */
export type CaseResult =
  | (CaseName & { readonly kind: 'passed'; readonly outcome: CaseOutcome })
  | (CaseName & {
      readonly kind: 'failed';
      readonly outcome: CaseOutcome;
      readonly differences: readonly Difference[];
    })
  | (CaseName & { readonly kind: 'not-expected' })
  | (CaseName & { readonly kind: 'broken'; readonly cause: string });

interface CaseName {
  readonly file: string;
  readonly suite: string;
  readonly name: string;
}

/** The answer in short, for people and `--json`. */
export interface CaseOutcome {
  readonly decision: Decision;
  /** 0 to 100, one decimal. */
  readonly score: number;
  readonly holdUntil?: string;
  /** Most points first. */
  readonly reasons: readonly { readonly code: string; readonly points: number; readonly capped: number }[];
}

export interface CaseReport {
  readonly policy: string;
  readonly passed: number;
  readonly failed: number;
  readonly notExpected: number;
  readonly results: readonly CaseResult[];
}

export interface RunCasesOptions {
  readonly identity: CaseIdentity;
  /** Take the expectations of the policy of this name; default: the policy's own. For copies under a new name. */
  readonly expectationsOf?: string;
}

/**
 * Runs cases against a policy. Pure: a case carries its own `now`. A case that cannot be run counts as failed, and
 * does not stop the others.
 */
export function runCases(
  files: readonly NamedCaseFile[],
  policy: CompiledPolicy,
  options: RunCasesOptions,
): CaseReport {
  const speakingOf = options.expectationsOf ?? policy.name;
  const results = files.flatMap(({ file, document }) =>
    document.cases.map((one) => runCase({ file, suite: document.suite, name: one.name }, document, one)),
  );
  return {
    policy: policy.name,
    passed: results.filter((result) => result.kind === 'passed').length,
    failed: results.filter((result) => result.kind === 'failed' || result.kind === 'broken').length,
    notExpected: results.filter((result) => result.kind === 'not-expected').length,
    results,
  };

  function runCase(name: CaseName, file: CaseFileDocument, one: CaseDocument): CaseResult {
    const expected = one.expect_under?.[speakingOf] ?? (file.policy === speakingOf ? one.expect : undefined);
    if (expected === undefined) return { kind: 'not-expected', ...name };
    try {
      const input = buildInput(file, one, options.identity);
      const verdict = decide(input, policy);
      const explanation = explain(input, policy, verdict);
      const differences = compareOutcome(expected, { verdict, explanation }, input.now);
      const outcome: CaseOutcome = {
        decision: verdict.decision,
        score: verdict.score / 10,
        ...(explanation.holdUntil !== undefined && {
          holdUntil: new Date(explanation.holdUntil).toISOString(),
        }),
        reasons: verdict.reasons.map(({ code, points, capped }) => ({
          code,
          points: points / 10,
          capped: capped / 10,
        })),
      };
      return differences.length === 0
        ? { kind: 'passed', ...name, outcome }
        : { kind: 'failed', ...name, outcome, differences };
    } catch (error) {
      return { kind: 'broken', ...name, cause: error instanceof Error ? error.message : String(error) };
    }
  }
}

import type { CompiledPolicy } from '../../decision/policy-model.js';
import type { PolicyProblem } from '../policy-problem.js';
import type { CaseIdentity } from './build-input.js';
import type { CaseFileDocument } from './case-document.js';
import type { Difference } from './compare-outcome.js';
import { readCases } from './read-cases.js';
import { type CaseResult, type NamedCaseFile, runCases } from './run-cases.js';

/** A file of cases that is kept with a revision. */
export interface CaseText {
  /** Under which its results are reported. */
  readonly name: string;
  /** YAML. */
  readonly text: string;
}

/** A problem with the name of the case file that has it. */
export interface CaseFileProblem extends PolicyProblem {
  readonly file: string;
}

export type CaseTextsResult =
  | { readonly kind: 'valid'; readonly files: readonly NamedCaseFile[] }
  | { readonly kind: 'invalid'; readonly problems: readonly CaseFileProblem[] };

/** One case that came out otherwise than its policy must. */
export interface CaseFailure {
  readonly file: string;
  readonly suite: string;
  readonly name: string;
  /** How it differs, in words. */
  readonly cause: string;
}

export interface RevisionCaseReport {
  readonly passedCount: number;
  readonly failures: readonly CaseFailure[];
}

/**
 * Reads the case files that come with a revision. Files that say nothing of its policy are a mistake: they would check
 * nothing.
 *
 * @param policyName whose cases they must be
 */
export function readOwnCases(texts: readonly CaseText[], policyName: string): CaseTextsResult {
  const files: NamedCaseFile[] = [];
  const problems: CaseFileProblem[] = [];
  for (const { name: file, text } of texts) {
    const read = readCases(text);
    if (read.kind === 'invalid') {
      problems.push(...read.problems.map((problem) => ({ ...problem, file })));
    } else if (!speakOf(read.document, policyName)) {
      const message = `no case of it says anything of the policy \`${policyName}\``;
      problems.push({ file, path: 'policy', line: 0, column: 0, message });
    }
    if (read.kind === 'valid') files.push({ file, document: read.document });
  }
  return problems.length > 0 ? { kind: 'invalid', problems } : { kind: 'valid', files };
}

/**
 * Of case files for many policies those that speak of one.
 *
 * @throws Error when one of them has mistakes: the package is broken
 */
export function packagedCasesOf(texts: readonly CaseText[], policyName: string): readonly NamedCaseFile[] {
  const files: NamedCaseFile[] = [];
  for (const { name: file, text } of texts) {
    // Reading takes milliseconds; a text without the name speaks of another policy.
    if (!text.includes(policyName)) continue;
    const read = readCases(text);
    if (read.kind === 'invalid') throw new Error(`the packaged cases ${file} have mistakes`);
    if (speakOf(read.document, policyName)) files.push({ file, document: read.document });
  }
  return files;
}

function speakOf({ policy, cases }: CaseFileDocument, policyName: string): boolean {
  return policy === policyName || cases.some((one) => one.expect_under?.[policyName] !== undefined);
}

/**
 * Runs the cases that speak of a policy, one a turn: a hundred together would take the event loop for 50 ms.
 *
 * @param policy compiled with `identity`
 * @param nextTurn resolves when others had their turn
 */
export async function runRevisionCases(
  files: readonly NamedCaseFile[],
  policy: CompiledPolicy,
  identity: CaseIdentity,
  nextTurn: () => Promise<void>,
): Promise<RevisionCaseReport> {
  let passedCount = 0;
  const failures: CaseFailure[] = [];
  for (const { file, document } of files) {
    for (const one of document.cases) {
      const report = runCases([{ file, document: { ...document, cases: [one] } }], policy, { identity });
      passedCount += report.passed;
      failures.push(...report.results.flatMap(failureOf));
      if (report.notExpected === 0) await nextTurn();
    }
  }
  return { passedCount, failures };
}

function failureOf(result: CaseResult): CaseFailure[] {
  switch (result.kind) {
    case 'passed':
    case 'not-expected':
      return [];
    case 'failed':
      return [{ ...nameOf(result), cause: result.differences.map(inWords).join('; ') }];
    case 'broken':
      return [{ ...nameOf(result), cause: `cannot be run: ${result.cause}` }];
    default:
      return result satisfies never;
  }
}

function nameOf({ file, suite, name }: CaseResult): Omit<CaseFailure, 'cause'> {
  return { file, suite, name };
}

function inWords({ what, expected, actual }: Difference): string {
  return `${what}: expected ${expected}, came ${actual}`;
}

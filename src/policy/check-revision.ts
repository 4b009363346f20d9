import type { CaseIdentity } from './cases/build-input.js';
import {
  type CaseFileProblem,
  type CaseText,
  packagedCasesOf,
  type RevisionCaseReport,
  readOwnCases,
  runRevisionCases,
} from './cases/revision-cases.js';
import type { PolicyProblem } from './policy-problem.js';
import { readPolicy } from './read-policy.js';

/** What checking a revision came to. Plain data, so that it can come from another thread. */
export type RevisionCheck =
  | {
      readonly kind: 'valid';
      /** Of the policy's text. */
      readonly hash: string;
      readonly report: RevisionCaseReport;
    }
  /** All problems of the policy; if it has none, all of its case files. */
  | { readonly kind: 'invalid'; readonly problems: readonly (PolicyProblem | CaseFileProblem)[] };

export interface CheckRevisionOptions {
  /** Names for what policies and cases list in clear; no keys are needed. */
  readonly identity: CaseIdentity;
  /** Files to take when a revision has none of its own, e.g. those that come with the package. */
  readonly packaged: () => readonly CaseText[];
  /** Resolves when others had their turn. */
  readonly nextTurn: () => Promise<void>;
  /** See `PolicyContext.isRecorded`. */
  readonly isRecorded?: boolean;
}

/**
 * Checks a policy and runs the cases that it must pass: its own, else the packaged ones that speak of a policy of its
 * name. With neither there is nothing to pass.
 */
export async function checkRevision(
  text: string,
  cases: readonly CaseText[],
  { identity, packaged, nextTurn, isRecorded = false }: CheckRevisionOptions,
): Promise<RevisionCheck> {
  const read = readPolicy(text, { pseudonyms: identity, isRecorded });
  if (read.kind === 'invalid') return read;
  const { policy } = read;
  await nextTurn();
  const own = readOwnCases(cases, policy.name);
  if (own.kind === 'invalid') return own;
  const files = own.files.length > 0 ? own.files : packagedCasesOf(packaged(), policy.name);
  await nextTurn();
  const report = await runRevisionCases(files, policy, identity, nextTurn);
  return { kind: 'valid', hash: policy.hash, report };
}

import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { KeptRevision, PolicyChange } from '../../audit/policy-history.js';
import { PolicyRevisionRefSchema } from '../../gen/holdfast/v1/decision_pb.js';
import {
  type DecisionFlip,
  DecisionFlipSchema,
  PolicyCaseFailureSchema,
  type PolicyCaseReport,
  PolicyCaseReportSchema,
  PolicyChangeKind,
  type PolicyChange as PolicyChangeMessage,
  PolicyChangeSchema,
  type PolicyProblem as PolicyProblemMessage,
  PolicyProblemSchema,
  type PolicyRevision,
  PolicyRevisionSchema,
  type ShadowSummary as ShadowSummaryMessage,
  ShadowSummarySchema,
} from '../../gen/holdfast/v1/policy_service_pb.js';
import type {
  CaseFileProblem,
  DecisionFlip as Flip,
  PolicyProblem,
  RevisionCaseReport,
  ShadowSummary,
} from '../../policy/index.js';
import { MINOR_UNITS_PER_UNIT } from '../risk/limits.js';
import { DECISION_NUMBERS } from '../risk/wire.js';
import { MAX_REPORTED_FAILURES } from './limits.js';
import type { PolicyParts } from './parts.js';

/** A kept revision as the contract shows it. @param withText lists leave the text out */
export function revisionMessage(
  { history, shadows }: Pick<PolicyParts, 'history' | 'shadows'>,
  { body, createdAt }: KeptRevision,
  withText: boolean,
): PolicyRevision {
  const { number, hash, text, author, message, parent } = body;
  return create(PolicyRevisionSchema, {
    ref: create(PolicyRevisionRefSchema, { number, hash }),
    text: withText ? text : '',
    author,
    message,
    parent,
    createdAt: timestampFromMs(createdAt),
    active: history.standing.active === number,
    shadow: shadows.numbers.includes(number),
  });
}

export function problemMessage(problem: PolicyProblem | CaseFileProblem): PolicyProblemMessage {
  return create(PolicyProblemSchema, { file: '', ...problem });
}

export function caseReportMessage({ passedCount, failures }: RevisionCaseReport): PolicyCaseReport {
  return create(PolicyCaseReportSchema, {
    passedCount,
    failedCount: failures.length,
    failures: failures
      .slice(0, MAX_REPORTED_FAILURES)
      .map((failure) => create(PolicyCaseFailureSchema, failure)),
  });
}

export function flipMessage({ before, after, count, value }: Flip): DecisionFlip {
  return create(DecisionFlipSchema, {
    before: DECISION_NUMBERS[before],
    after: DECISION_NUMBERS[after],
    count: BigInt(count),
    value: value / MINOR_UNITS_PER_UNIT,
  });
}

export function shadowSummaryMessage(summary: ShadowSummary): ShadowSummaryMessage {
  return create(ShadowSummarySchema, {
    comparedCount: BigInt(summary.comparedCount),
    droppedCount: BigInt(summary.droppedCount),
    flips: summary.flips.map(flipMessage),
    since: timestampFromMs(summary.since),
  });
}

const CHANGE_KINDS: Readonly<Record<PolicyChange['kind'], PolicyChangeKind>> = {
  created: PolicyChangeKind.REVISION_CREATED,
  activated: PolicyChangeKind.ACTIVATED,
  'rolled-back': PolicyChangeKind.ROLLED_BACK,
  'shadow-started': PolicyChangeKind.SHADOW_STARTED,
  'shadow-stopped': PolicyChangeKind.SHADOW_STOPPED,
};

/** @param differences what it did to the rules, in words */
export function changeMessage(
  { kind, changedAt, ...facts }: PolicyChange,
  differences: readonly string[],
): PolicyChangeMessage {
  return create(PolicyChangeSchema, {
    ...facts,
    differences: [...differences],
    kind: CHANGE_KINDS[kind],
    changedAt: timestampFromMs(changedAt),
  });
}

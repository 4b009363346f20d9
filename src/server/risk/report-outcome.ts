import { create } from '@bufbuild/protobuf';
import { getAssessment, type RecordedAssessment } from '../../audit/index.js';
import { isYoungDestination, UNKNOWN_VALUE } from '../../decision/outflow.js';
import type { UnixMs } from '../../decision/vocabulary.js';
import {
  type Outcome,
  type RejectedOutcome,
  RejectedOutcomeSchema,
  type ReportOutcomeRequest,
  type ReportOutcomeResponse,
  ReportOutcomeResponseSchema,
} from '../../gen/holdfast/v1/risk_service_pb.js';
import { positionOf } from '../../journal/index.js';
import { OUTCOME_LABELS } from '../../policy/simulate/replay-item.js';
import type { OutcomeBody, OutcomeWithdrawal } from '../../store/codec/entries.js';
import { invalidArgument } from '../errors.js';
import type { CallContext } from '../grpc-adapter.js';
import { FieldRules, type Violation } from './field-rules.js';
import { MAX_BATCH_OUTCOMES, MAX_ID_CHARACTERS, MAX_REPORTER_CHARACTERS } from './limits.js';
import type { RiskParts } from './parts.js';
import { record } from './record.js';
import { WithdrawalSearch } from './withdrawal-search.js';

const NO_SUCH_WITHDRAWAL: Violation = {
  field: 'withdrawal_id',
  reason: 'WITHDRAWAL_NOT_FOUND',
  description: 'must be a withdrawal that was assessed lately; give its `account_id`, or the `assessment_id`',
};

const NO_SUCH_ASSESSMENT: Violation = {
  field: 'assessment_id',
  reason: 'ASSESSMENT_NOT_FOUND',
  description: 'must be the id of an assessment',
};

/**
 * Keeps the good outcomes of a batch and reports the bad ones. Of several about one assessment the one with the latest
 * `observed_at` counts, whatever the order in which they come. One that says what is known already is not kept again.
 *
 * @returns when every accepted outcome is durable
 * @throws CallError INVALID_ARGUMENT for a batch that is empty or too long
 * @throws JournalError code `AUDIT_UNAVAILABLE` when nothing can be recorded
 */
export async function reportOutcome(
  parts: RiskParts,
  request: ReportOutcomeRequest,
  context: CallContext,
): Promise<ReportOutcomeResponse> {
  const count = request.outcomes.length;
  if (count === 0 || count > MAX_BATCH_OUTCOMES) {
    const description = `must have from 1 to ${MAX_BATCH_OUTCOMES} entries`;
    throw invalidArgument([{ field: 'outcomes', reason: 'WRONG_COUNT', description }]);
  }
  const now = parts.clock.nowMs();
  const rejected: RejectedOutcome[] = [];
  const search = new WithdrawalSearch(parts, context);
  for (const [index, outcome] of request.outcomes.entries()) {
    const violation = await take(parts, outcome, now, context.tenant, search);
    if (violation === undefined) continue;
    const { field, description } = violation;
    rejected.push(create(RejectedOutcomeSchema, { index, field, cause: description }));
  }
  // One that is known already may still be on its way to disk.
  await parts.journal.whenDurable(parts.journal.head);
  parts.telemetry.outcomesReported(count - rejected.length, rejected.length);
  return create(ReportOutcomeResponseSchema, { acceptedCount: count - rejected.length, rejected });
}

/** @returns why it is not kept; undefined if it is */
async function take(
  parts: RiskParts,
  outcome: Outcome,
  now: UnixMs,
  tenant: string,
  search: WithdrawalSearch,
): Promise<Violation | undefined> {
  const rules = new FieldRules(now);
  const isByWithdrawal = readTarget(outcome, rules);
  const label = rules.requiredWord('label', OUTCOME_LABELS, outcome.label);
  const reportedBy = rules.requiredText('reported_by', outcome.reportedBy, MAX_REPORTER_CHARACTERS);
  const observedAt = rules.requiredTime('observed_at', outcome.observedAt);
  if (label === undefined || observedAt === undefined || rules.violations.length > 0) {
    return rules.violations[0];
  }
  const assessment = isByWithdrawal
    ? await search.latest(outcome.withdrawalId, outcome.accountId)
    : assessmentOf(parts, tenant, outcome.assessmentId);
  if (assessment === undefined) return isByWithdrawal ? NO_SUCH_WITHDRAWAL : NO_SUCH_ASSESSMENT;
  const assessmentId = assessment.id;
  const withdrawal = withdrawalOf(assessment);
  const body: OutcomeBody = { kind: 'outcome', assessmentId, label, reportedBy, observedAt, withdrawal };
  if (!isKnown(parts, tenant, body)) record(parts.journal, parts.view, tenant, 'outcome', () => body);
  return undefined;
}

/** @returns whether it names its withdrawal, not its assessment */
function readTarget({ assessmentId, withdrawalId, accountId }: Outcome, rules: FieldRules): boolean {
  rules.optionalText('withdrawal_id', withdrawalId, MAX_ID_CHARACTERS);
  rules.optionalText('account_id', accountId, MAX_ID_CHARACTERS);
  if (withdrawalId === '') {
    rules.requiredText('assessment_id', assessmentId, MAX_ID_CHARACTERS);
    if (accountId !== '') rules.refuse('account_id', 'NOT_ALONE', 'must come with `withdrawal_id`');
    return false;
  }
  if (assessmentId !== '') rules.refuse('withdrawal_id', 'NOT_BOTH', 'must not come with `assessment_id`');
  return true;
}

function assessmentOf(parts: RiskParts, tenant: string, id: string): RecordedAssessment | undefined {
  const position = positionOf(id);
  return position === undefined ? undefined : getAssessment(parts.journal, tenant, id, position);
}

/** What of an assessment the ledger must know when its outcome is reported. */
export function withdrawalOf({ body }: RecordedAssessment): OutcomeWithdrawal {
  const { now, request } = body.input;
  const { accountId, withdrawal, destination } = request;
  return {
    accountId,
    withdrawal,
    at: now,
    value: request.value ?? UNKNOWN_VALUE,
    destination: destination.id,
    young: isYoungDestination(destination, now),
    allowed: body.decision === 'ALLOW',
  };
}

function isKnown(
  { view }: RiskParts,
  tenant: string,
  { assessmentId, label, reportedBy, observedAt }: OutcomeBody,
): boolean {
  const known = view.outcome(tenant, assessmentId);
  return known?.label === label && known.reportedBy === reportedBy && known.observedAt === observedAt;
}

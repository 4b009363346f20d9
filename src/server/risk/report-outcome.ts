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
  for (const [index, outcome] of request.outcomes.entries()) {
    const violation = take(parts, outcome, now, context.tenant);
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
function take(parts: RiskParts, outcome: Outcome, now: UnixMs, tenant: string): Violation | undefined {
  const rules = new FieldRules(now);
  const assessmentId = rules.requiredText('assessment_id', outcome.assessmentId, MAX_ID_CHARACTERS);
  const label = rules.requiredWord('label', OUTCOME_LABELS, outcome.label);
  const reportedBy = rules.requiredText('reported_by', outcome.reportedBy, MAX_REPORTER_CHARACTERS);
  const observedAt = rules.requiredTime('observed_at', outcome.observedAt);
  if (label === undefined || observedAt === undefined || rules.violations.length > 0) {
    return rules.violations[0];
  }
  const position = positionOf(assessmentId);
  const assessment =
    position === undefined ? undefined : getAssessment(parts.journal, tenant, assessmentId, position);
  if (assessment === undefined) return NO_SUCH_ASSESSMENT;
  const withdrawal = withdrawalOf(assessment);
  const body: OutcomeBody = { kind: 'outcome', assessmentId, label, reportedBy, observedAt, withdrawal };
  if (!isKnown(parts, tenant, body)) record(parts.journal, parts.view, tenant, 'outcome', () => body);
  return undefined;
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

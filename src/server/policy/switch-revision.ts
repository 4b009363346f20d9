import { create } from '@bufbuild/protobuf';
import {
  type ActivatePolicyRevisionRequest,
  type ActivatePolicyRevisionResponse,
  ActivatePolicyRevisionResponseSchema,
  type RollbackPolicyRequest,
  type RollbackPolicyResponse,
  RollbackPolicyResponseSchema,
} from '../../gen/holdfast/v1/policy_service_pb.js';
import type { PolicyActivationBody } from '../../store/codec/entries.js';
import { CallError } from '../errors.js';
import { etagOf, requireEtag } from './etag.js';
import { MAX_ETAG_CHARACTERS, MAX_REASON_CHARACTERS } from './limits.js';
import { caseReportMessage, revisionMessage } from './messages.js';
import type { PolicyParts, ReadyRevision } from './parts.js';
import { recordChange } from './record-change.js';
import {
  policyInvalid,
  readyRevision,
  requireActor,
  requireNumber,
  requireRevision,
  requireRevisions,
} from './require.js';

/**
 * Switches a revision on if the live one is still the one that the caller saw and its cases pass.
 *
 * @throws CallError ABORTED when another one is live; FAILED_PRECONDITION in file mode, and for failing cases without an
 *   `override_reason`; NOT_FOUND; INVALID_ARGUMENT
 * @throws JournalError code `AUDIT_UNAVAILABLE`
 */
export async function activateRevision(
  parts: PolicyParts,
  request: ActivatePolicyRevisionRequest,
): Promise<ActivatePolicyRevisionResponse> {
  const { number, etag, overrideReason, actor, reason } = request;
  requireActor(parts, request, (rules) => {
    requireNumber(rules, number);
    rules.requiredText('etag', etag, MAX_ETAG_CHARACTERS);
    rules.optionalText('override_reason', overrideReason, MAX_REASON_CHARACTERS);
  });
  requireRevisions(parts);
  const { text, cases } = requireRevision(parts, number).body;
  requireEtag(etag, parts.history.standing);
  const checked = await parts.check(text, cases ?? [], true);
  if (checked.kind === 'invalid') throw policyInvalid(checked.problems);
  const { report } = checked;
  const failedCaseCount = report.failures.length;
  if (failedCaseCount > 0 && overrideReason === '') {
    throw new CallError('POLICY_CASES_FAILED', undefined, {
      metadata: { failed_case_count: String(failedCaseCount), first: report.failures[0]?.name ?? '' },
    });
  }
  // While the cases ran another one may have been activated. From here to the switch nothing can come between.
  requireEtag(etag, parts.history.standing);
  const ready = readyRevision(parts, number);
  const durable = switchTo(parts, ready, {
    kind: 'policy-activation',
    number,
    previous: parts.history.standing.active,
    actor,
    reason,
    ...(failedCaseCount > 0 ? { override: { reason: overrideReason, failedCaseCount } } : {}),
  });
  const { standing } = parts.history;
  const response = create(ActivatePolicyRevisionResponseSchema, {
    revision: revisionMessage(parts, ready.kept, true),
    etag: etagOf(standing),
    caseReport: caseReportMessage(report),
  });
  await durable;
  return response;
}

/**
 * Switches the revision on that was live before. Runs no cases: taking back must be quick.
 *
 * @throws CallError ABORTED when an etag names another live revision; FAILED_PRECONDITION in file mode and when there was
 *   none before; INVALID_ARGUMENT
 * @throws JournalError code `AUDIT_UNAVAILABLE`
 */
export async function rollbackPolicy(
  parts: PolicyParts,
  request: RollbackPolicyRequest,
): Promise<RollbackPolicyResponse> {
  const { actor, reason, etag } = request;
  requireActor(parts, request, (rules) => {
    rules.optionalText('etag', etag, MAX_ETAG_CHARACTERS);
  });
  requireRevisions(parts);
  const { standing } = parts.history;
  if (etag !== '') requireEtag(etag, standing);
  const number = standing.earlier.at(-1);
  if (number === undefined) throw new CallError('POLICY_NO_EARLIER_REVISION');
  const ready = readyRevision(parts, number);
  const durable = switchTo(parts, ready, {
    kind: 'policy-activation',
    number,
    previous: standing.active,
    actor,
    reason,
    rollback: true,
  });
  const now = parts.history.standing;
  const response = create(RollbackPolicyResponseSchema, {
    revision: revisionMessage(parts, ready.kept, true),
    etag: etagOf(now),
  });
  await durable;
  return response;
}

/** In one tick: the entry, its effect on the history, and the policy that decides. */
function switchTo(
  parts: PolicyParts,
  { kept, live }: ReadyRevision,
  body: PolicyActivationBody,
): Promise<void> {
  const { durable } = recordChange(parts, body);
  parts.live.switchTo(live);
  parts.shadows.stop(live.number);
  parts.telemetry.policyActivated(live.number, kept.body.hash);
  return durable;
}
